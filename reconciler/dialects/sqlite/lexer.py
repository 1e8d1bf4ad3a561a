"""SQLite's tokens: a text in, its words with their places out; it knows no grammar (sqlite.org/draft/tokenreq.html)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache, partial
from typing import NamedTuple

from reconciler.dialects.sql import double_quoted
from reconciler.dialects.sqlite.names import fold


class Lexeme(StrEnum):
    """What a token is. A `name` is an identifier in quotes; a `word` may be a keyword or an identifier."""

    WORD = "word"
    NAME = "name"
    STRING = "string"
    BLOB = "blob"
    NUMBER = "number"
    SIGN = "sign"


class LexError(Exception):
    """A text that SQLite would not accept either, or that we cannot read."""


class Token(NamedTuple):
    """One token: its text as written, its place, and `word`, the upper-case keyword that it may be, "" in quotes."""

    lexeme: Lexeme
    text: str
    start: int
    end: int
    word: str

    @property
    def value(self) -> str:
        """The identifier or string without its quotes."""
        if self.lexeme in (Lexeme.NAME, Lexeme.STRING):
            quote = self.text[-1]
            inner = self.text[1:-1]
            return inner if quote == "]" else inner.replace(quote * 2, quote)
        return self.text


# What a word is made of is said by what in ASCII it is not: a class that reaches beyond takes long to compile.
_TOKENS = re.compile(
    r"""
    (?: (?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<blob>[xX]'[0-9A-Fa-f]*')
  | (?P<string>'(?:[^']|'')*')
  | (?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
  | (?P<number>0[xX][0-9A-Fa-f]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<word>[^\x00-\x23%-@\[-^`{-\x7f][^\x00-\x23%-\/:-@\[-^`{-\x7f]*)
  | (?P<sign>\|\||->>|->|<<|>>|<=|>=|==|<>|!=|[-+*/%&|~<>=(),.;?:@])
  | (?P<wrong>.)
    ) \s*
    """,
    re.VERBOSE | re.DOTALL,
)


_LEXEMES: Mapping[str | None, Lexeme] = {lexeme.value: lexeme for lexeme in Lexeme}
# What calling the class does, without its detour through a Python function.
_made = partial(tuple.__new__, Token)


def tokens(text: str) -> list[Token]:
    """Return the tokens of a text, white space and comments left out. Raises LexError."""
    found: list[Token] = []
    for match in _TOKENS.finditer(text):
        group = match.lastgroup
        lexeme = _LEXEMES.get(group)
        if lexeme is not None:
            start, end = match.span(group or 0)
            words = text[start:end]
            found.append(_made((lexeme, words, start, end, words.upper() if group == "word" else "")))
        elif group == "wrong":
            raise LexError(f"unreadable at {text[match.start() : match.start() + 20]!r}")
    return found


def words_of(text: str) -> frozenset[str]:
    """Return every word of a text that may be an identifier, without its quotes. Raises LexError."""
    return frozenset(token.value for token in tokens(text) if token.lexeme in (Lexeme.WORD, Lexeme.NAME))


def next_token(text: str, at: int) -> tuple[Token | None, int]:
    """Return the token that begins at a place, None for blanks or a comment, and where it ends. Raises LexError."""
    match = _TOKENS.match(text, at)
    group = match.lastgroup if match else "wrong"
    if match is None or group == "wrong":
        raise LexError(f"unreadable at {text[at : at + 20]!r}")
    lexeme = _LEXEMES.get(group)
    start, end = match.span(group or 0)
    if lexeme is None:
        return None, match.end()
    words = text[start:end]
    return Token(lexeme, words, start, end, words.upper() if group == "word" else ""), end


# Two spellings of one operator (sqlite.org/lang_expr.html#operators).
_SAME: Mapping[str, str] = {"==": "=", "<>": "!="}


@lru_cache(maxsize=65536)
def canonical(text: str) -> str:
    """Return a spelling in which white space, comments, letter case, identifier quotes and outer parentheses do not
    count.

    A text that cannot be read is its own spelling.
    """
    try:
        found = tokens(text.strip().rstrip(";"))
    except LexError:
        return text
    return " ".join(_spelling(token) for token in _bare(found))


def _spelling(token: Token) -> str:
    if token.lexeme in (Lexeme.WORD, Lexeme.NAME):
        return token.value.lower()
    if token.lexeme is Lexeme.NUMBER or token.lexeme is Lexeme.BLOB:
        return token.text.lower()
    return _SAME.get(token.text, token.text)


def _bare(found: list[Token]) -> list[Token]:
    """Take away parentheses that enclose everything."""
    partners, opened = {}, []
    for index, token in enumerate(found):
        if token.text == "(":
            opened.append(index)
        elif token.text == ")" and opened:
            partners[opened.pop()] = index
    first, last = 0, len(found) - 1
    while last - first > 1 and partners.get(first) == last:
        first, last = first + 1, last - 1
    return found[first : last + 1]


def closing(found: list[Token], opening: int) -> int:
    """Return the index of the parenthesis that closes the one at `opening`. Raises LexError when there is none."""
    depth = 0
    for index in range(opening, len(found)):
        text = found[index].text
        depth += (text == "(") - (text == ")")
        if depth == 0:
            return index
    raise LexError("a parenthesis is not closed")


def renamed_words(text: str, words: Mapping[str, str]) -> str:
    """Rename identifiers, whatever their letter case, and leave every other character as it is.

    What a parenthesis follows is a function, and no column of that name.
    """
    lowered = {fold(old): new for old, new in words.items()}
    pieces: list[str] = []
    end = 0
    try:
        found = tokens(text)
    except LexError:
        return text
    for token, following in zip(found, [*found[1:], None], strict=True):
        called = following is not None and following.text == "("
        if token.lexeme in (Lexeme.WORD, Lexeme.NAME) and fold(token.value) in lowered and not called:
            new = lowered[fold(token.value)]
            pieces += [text[end : token.start], new if new.isidentifier() else double_quoted(new)]
            end = token.end
    return "".join((*pieces, text[end:]))
