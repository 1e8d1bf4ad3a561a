"""MySQL's tokens: a text in, its words out with their places; spellings that differ in blanks and case made one.

The grammar is that of a session without ANSI_QUOTES and NO_BACKSLASH_ESCAPES, which is what ours are
(dev.mysql.com/doc/refman/9.7/en/string-literals.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

from reconciler.frozen import frozen_in_order


class Lexeme(StrEnum):
    """What a token is. A `name` is an identifier in quotes; a `word` may be a keyword or an identifier."""

    WORD = "word"
    NAME = "name"
    STRING = "string"
    BYTES = "bytes"
    NUMBER = "number"
    SIGN = "sign"


class LexError(Exception):
    """A text that the server would not accept either, or that we cannot read."""


@frozen_in_order
class Token:
    """One token: its text as written, and `value`, the identifier or string that it stands for."""

    lexeme: Lexeme
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The upper-case keyword or sign that this may be, empty for anything in quotes."""
        return self.text.upper() if self.lexeme in (Lexeme.WORD, Lexeme.SIGN) else ""

    @property
    def value(self) -> str:
        """The identifier or string without its quotes."""
        if self.lexeme is Lexeme.NAME:
            return self.text[1:-1].replace("``", "`")
        return unescaped(self.text) if self.lexeme is Lexeme.STRING else self.text


_LEXEMES: Mapping[str, Lexeme] = {lexeme.value: lexeme for lexeme in Lexeme}

# A comment that begins with /*! or /*M! is code for servers from a version on: its inside is read as if it stood there.
_TOKENS = re.compile(
    r"""
    (?P<space>\s+|--(?=\s|\Z)[^\n]*|\#[^\n]*|/\*M?!\d*|\*/|/\*(?!M?!).*?\*/)
  | (?P<bytes>[xX]'[0-9A-Fa-f]*'|0x[0-9A-Fa-f]+|[bB]'[01]*'|0b[01]+)
  | (?P<string>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
  | (?P<name>`(?:[^`]|``)*`)
  | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![A-Za-z0-9_$\u0080-\U0010ffff]))
  | (?P<word>[A-Za-z0-9_$\u0080-\U0010ffff@]+)
  | (?P<sign>\|\||&&|->>|->|<<|>>|<=>|<=|>=|<>|!=|:=|[-+*/%&|~<>=(),.;?:^!{}])
    """,
    re.VERBOSE | re.DOTALL,
)


@lru_cache(maxsize=100_000)
def tokens(text: str) -> tuple[Token, ...]:
    """Return the tokens of a text, white space and comments left out. Raises LexError."""
    return tuple(each_token(text))


def each_token(text: str) -> Iterator[Token]:
    """Yield the tokens of a text one by one, for whoever wants its beginning alone. Raises LexError."""
    at = 0
    while at < len(text):
        token, at = next_token(text, at)
        if token is not None:
            yield token


def next_token(text: str, at: int) -> tuple[Token | None, int]:
    """Return the token that begins at a place, None for blanks or a comment, and where it ends. Raises LexError."""
    match = _TOKENS.match(text, at)
    if match is None:
        raise LexError(f"unreadable at {text[at : at + 20]!r}")
    if match.lastgroup == "space":
        return None, match.end()
    return Token(_LEXEMES[match.lastgroup or ""], match.group(), at, match.end()), match.end()


# What a backslash makes of a letter; of any other character it makes that character.
_ESCAPES: Mapping[str, str] = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}
_BACKSLASH = re.compile(r"\\(.)", re.DOTALL)


def unescaped(literal: str) -> str:
    """Return the characters that a string literal stands for."""
    quote = literal[0]
    inner = literal[1:-1].replace(quote * 2, quote)
    return _BACKSLASH.sub(lambda match: _ESCAPES.get(match.group(1), match.group(1)), inner) if "\\" in inner else inner


def text_literal(value: str) -> str:
    """Quote a character string; a backslash would begin an escape, so it is doubled, and NUL has a form of its own."""
    escaped = value.replace("\\", "\\\\").replace("'", "''").replace("\0", "\\0")
    return f"'{escaped}'"


def quoted(name: str) -> str:
    """Quote an identifier."""
    return "`" + name.replace("`", "``") + "`"


def closing(found: Sequence[Token], opening: int) -> int:
    """Return the index of the parenthesis that closes the one at `opening`. Raises LexError when there is none."""
    depth = 0
    for index in range(opening, len(found)):
        depth += {"(": 1, ")": -1}.get(found[index].word, 0)
        if depth == 0:
            return index
    raise LexError("a parenthesis is not closed")


def unwrapped(found: Sequence[Token]) -> Sequence[Token]:
    """Take away parentheses that enclose everything."""
    while len(found) > 2 and found[0].word == "(" and closing(found, 0) == len(found) - 1:
        found = found[1:-1]
    return found


@lru_cache(maxsize=100_000)
def canonical(text: str) -> str:
    """Return a spelling in which white space, comments, letter case, quotes and outer parentheses do not count.

    A text that cannot be read is its own spelling.
    """
    try:
        found = unwrapped(tokens(text.strip().rstrip(";")))
    except LexError:
        return text
    return " ".join(_spelling(token) for token in found)


_SAME: Mapping[str, str] = {"!=": "<>", "&&": "and"}


def _spelling(token: Token) -> str:
    match token.lexeme:
        case Lexeme.NAME:
            return quoted(token.value) if not _PLAIN.fullmatch(token.value) else token.value.lower()
        case Lexeme.STRING:
            return text_literal(token.value)
        case Lexeme.SIGN:
            return _SAME.get(token.text, token.text)
        case _:
            return token.text.lower()


_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def renamed_words(text: str, words: Mapping[str, str]) -> str:
    """Rename columns, whatever their letter case, and leave every other character as it is.

    What a parenthesis follows is a function, and no column of that name.
    """
    lowered = {old.lower(): new for old, new in words.items()}
    pieces: list[str] = []
    end = 0
    try:
        found = tokens(text)
    except LexError:
        return text
    for token, following in zip(found, [*found[1:], None], strict=True):
        called = following is not None and following.word == "(" and token.lexeme is Lexeme.WORD
        if token.lexeme in (Lexeme.WORD, Lexeme.NAME) and token.value.lower() in lowered and not called:
            pieces += [text[end : token.start], quoted(lowered[token.value.lower()])]
            end = token.end
    return "".join((*pieces, text[end:]))
