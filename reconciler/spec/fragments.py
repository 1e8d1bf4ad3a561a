"""One text of SQL in; out come the words in it, and whether it is a single piece that nothing can break out of.

What a spec writes is put between words of ours: a parenthesis that closes ours, a quote or comment without an end, or a
`;` would make another statement of them. Only as much of each family's lexical rules is known here as that takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import NamedTuple


class Flaw(NamedTuple):
    """Why a text is not one piece of SQL: a code, a sentence that follows its name, where in it, and what to do."""

    code: str
    message: str
    offset: int
    hint: str = ""


class _Family(NamedTuple):
    """How a family reads: `passed` matches what nothing can be wrong with, `comment` the start of a line comment.

    `dollars` says that $tag$ quotes, `nested` that comments nest.
    """

    passed: re.Pattern[str]
    comment: re.Pattern[str]
    line_end: re.Pattern[str]
    dollars: bool = False
    nested: bool = False


def _passing(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(alternatives)})*+", re.DOTALL)


# Every character beyond ASCII is a letter of an identifier. It is said by what is none, in ASCII alone: a class that
# reaches beyond takes a hundred times as long to compile.
_OTHERS = "".join(chr(code) for code in range(128) if not (chr(code).isalpha() or chr(code) == "_"))


def _other(besides: str) -> str:
    """Return what matches a character that is no letter and none of these."""
    return "[" + re.escape("".join(sign for sign in _OTHERS if sign not in besides)) + "]"


def _letter(besides: str = "") -> str:
    """Return what matches a letter or one of these."""
    return "[^" + _other(besides)[1:]


_WORD = rf"{_letter()}{_letter('0123456789$')}*+"
_TEXT, _NAME, _TICKED = "'(?:[^']|'')*+'", '"(?:[^"]|"")*+"', "`(?:[^`]|``)*+`"
_ESCAPING, _ESCAPING_NAME = r"'(?:[^'\\]|\\.|'')*+'", r'"(?:[^"\\]|\\.|"")*+"'
_TAG = re.compile(rf"\$(?:{_letter()}{_letter('0123456789')}*+)?\$")
_DASH = r"--(?=[\s\x00-\x20]|\Z)"

# Made when they are needed first: such patterns take long to compile.
_FAMILIES: Mapping[str, Callable[[], _Family]] = {
    # sqlite.org/draft/tokenreq.html: [ ] quote; $x, :x, @x and #x are parameters and may swallow a parenthesis.
    "sqlite": lambda: _Family(
        _passing(
            _WORD, _TEXT, _NAME, _TICKED, r"\[[^\]]*+\]", "-(?!-)", r"/(?!\*)",
            _other("'\"`[();,/$:@#-\0") + "++",
        ),
        re.compile("--"), re.compile("\n"),
    ),
    # postgresql.org/docs/current/sql-syntax-lexical.html: E'…' escapes, $tag$ quotes, comments nest, [ ] pair.
    "postgres": lambda: _Family(
        _passing(
            f"[eE]{_ESCAPING}", rf"(?![eE]'){_WORD}", _TEXT, _NAME, rf"(?!{_TAG.pattern})\$", "-(?!-)", r"/(?!\*)",
            _other("'\"()[];,/$-\0") + "++",
        ),
        re.compile("--"), re.compile("[\n\r]"), dollars=True, nested=True,
    ),
    # dev.mysql.com/doc/refman/8.4/en/comments.html: `--` wants white space behind it, # begins a comment too.
    "mysql": lambda: _Family(
        _passing(_ESCAPING, _ESCAPING_NAME, _TICKED, f"(?!{_DASH})-", r"/(?!\*)", r"[^'\"`();,/#\0-]++"),
        re.compile(f"{_DASH}|#"), re.compile("\n"),
    ),
}  # fmt: skip


@cache
def _family(name: str) -> _Family:
    return _FAMILIES[name]()


_SPECIAL = re.compile(r"['\"`()\[\];,\-/$:@#\\\0]")
_PAIRS = {")": "(", "]": "["}
_PARTNER = "SPEC021"
# SQLite's parser gives up between 80 and 95, and what we read SQL with soon after 40.
_DEEPEST = 40


def flaw(text: str, family: str, *, query: bool = False) -> Flaw | None:
    """Return the first thing that keeps a text from being one piece of SQL, None when it is one.

    Args:
        text: without white space around it.
        family: sqlite, postgres or mysql.
        query: whether it is a whole query, which may have commas, and one `;` as its last character.
    """
    return _flaw(text, family, query) if _SPECIAL.search(text) else None


@lru_cache(maxsize=65536)
def _flaw(text: str, family: str, query: bool) -> Flaw | None:
    reading = _family(family)
    opened: list[int] = []
    at = reading.passed.match(text).end()  # type: ignore[union-attr]  # it matches nothing at the least
    while at < len(text):
        end: int | Flaw | None = at + 1
        if text[at] in "([":
            opened.append(at)
            if len(opened) > _DEEPEST:
                return Flaw("SPEC029", f"nests parentheses more than {_DEEPEST} deep", at, "take some away")
        elif text[at] in ")]":
            if not opened or text[opened.pop()] != _PAIRS[text[at]]:
                return Flaw(_PARTNER, "closes a parenthesis that it has not opened", at)
        elif text[at] != "," or (not opened and not query):
            end = _past(text, at, reading, query)
        if not isinstance(end, int):
            return end
        at = reading.passed.match(text, end).end()  # type: ignore[union-attr]
    return Flaw(_PARTNER, "opens a parenthesis that it does not close", opened[-1]) if opened else None


def _past(text: str, at: int, reading: _Family, query: bool) -> int | Flaw | None:
    """Return where a comment or dollar quote that begins here ends, or else what is wrong here."""
    if reading.comment.match(text, at):
        found = reading.line_end.search(text, at)
        return found.end() if found else _comment_at_end(at)
    if text.startswith("/*", at):
        return _block_end(text, at, nested=reading.nested)
    tag = _TAG.match(text, at) if reading.dollars else None
    closed = text.find(tag.group(), tag.end()) if tag else -1
    if tag and closed >= 0:
        return closed + len(tag.group())
    if text[at] == ";" and query and at == len(text) - 1:
        return at + 1
    return _sign(text, at)


def _comment_at_end(at: int) -> Flaw:
    hint = "write it as /* … */, or behind a # of YAML"
    return Flaw("SPEC026", "ends in a comment, which would swallow what is written behind it", at, hint)


def _block_end(text: str, at: int, *, nested: bool) -> int | Flaw:
    # MySQL executes what stands in /*! … */, MariaDB in /*M! … */ too.
    if text.startswith(("/*!", "/*M!"), at):
        return Flaw("SPEC025", "hides SQL in a comment", at, "write it out")
    depth, end = 1, at + 2
    while depth:
        closed = text.find("*/", end)
        if closed < 0:
            return Flaw("SPEC024", "has a comment without an end", at, "close it with */")
        inner = text.find("/*", end, closed + 1) if nested else -1
        depth, end = (depth + 1, inner + 2) if inner >= 0 else (depth - 1, closed + 2)
    return end


def _sign(text: str, at: int) -> Flaw:
    char = text[at]
    if char == ";":
        return Flaw("SPEC025", "holds a `;`: a spec declares, and holds no second statement", at, "take it away")
    if char == ",":
        return Flaw("SPEC025", "holds a comma outside of parentheses, and so more than one expression", at,
                    "put parentheses around what belongs together")  # fmt: skip
    if char in "'\"`[eE" or _TAG.match(text, at):
        return Flaw("SPEC024", "has a quote without an end", at, "close it; a quote inside of quotes is doubled")
    return Flaw("SPEC025", f"holds {char!r}, which stands for a parameter or for nothing", at, "take it away")


# --- the words in a text ----------------------------------------------------------------------------------------------

_WORDS = re.compile(
    rf"(?P<word>{_letter('0123456789$')}++)|\"(?P<name>[^\"]*+)\"|`(?P<ticked>[^`]*+)`|'[^']*+'|--[^\n]*+|/\*.*?(?:\*/|\Z)|.",
    re.DOTALL,
)


def words(text: str) -> set[str]:
    """Return the words outside of strings and comments, quoted names included."""
    return {found[found.lastgroup] for found in _WORDS.finditer(text) if found.lastgroup}


def sealed(text: str, family: str) -> str:
    """Return a text with a comment at its end made into one that has an end.

    A database keeps such a text as it came, where its own lines end what a spec's do not.
    """
    found = flaw(text, family, query=True)
    if found is not None and found.code == "SPEC026":
        return f"{text[: found.offset]}/*{text[found.offset :].lstrip('-#').replace('*/', '* /')} */"
    return text + " */" if found is not None and text.startswith("/*", found.offset) else text
