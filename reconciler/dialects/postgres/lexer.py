"""PostgreSQL text in, its tokens out; spellings that differ in blanks, case or outer parentheses made one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache

from reconciler.dialects.sql import double_quoted
from reconciler.frozen import frozen_in_order


class Sort(Enum):
    """What a token is."""

    WORD = "word"
    QUOTED = "quoted"
    STRING = "string"
    NUMBER = "number"
    SIGN = "sign"


@frozen_in_order
class Token:
    """One token: `text` as it was written, `value` a word in lower case or what stands between quotes."""

    sort: Sort
    text: str
    value: str

    def says(self, *words: str) -> bool:
        """Say whether this is one of these unquoted words or signs."""
        return self.sort in (Sort.WORD, Sort.SIGN) and self.value in words


class Unreadable(Exception):
    """A quote or comment has no end."""


# Signs of two characters that must not fall apart; every other sign stands alone ("Lexical Structure", Operators: a
# longer operator is compared by its characters, which is enough to tell two texts apart).
_PAIRS = ("::", "<=", ">=", "<>", "!=", "||", "->", ":=", "=>")


@lru_cache(maxsize=100_000)
def tokens(text: str) -> tuple[Token, ...]:
    """Return the tokens, comments and blanks left out. Raises Unreadable."""
    return tuple(token for _, token in placed(text))


def placed(text: str) -> Iterator[tuple[int, Token]]:
    """Yield each token with where it begins. Raises Unreadable."""
    at = 0
    while at < len(text):
        token, end = next_token(text, at)
        if token is not None:
            yield at, token
        at = end


def next_token(text: str, at: int) -> tuple[Token | None, int]:
    """Return the token that begins at a place, None for a blank or comment, and where it ends. Raises Unreadable."""
    end = _skipped(text, at)
    return (None, end) if end > at else _token(text, at)


def with_others(text: str, others: Mapping[int, str]) -> str:
    """Return the text with other words in the place of its tokens of these numbers; all else stays as it is."""
    pieces: list[str] = []
    done = 0
    for number, (at, token) in enumerate(placed(text)):
        if number in others:
            pieces += (text[done:at], others[number])
            done = at + len(token.text)
    return "".join((*pieces, text[done:]))


def _skipped(text: str, at: int) -> int:
    """Return where blanks or a comment that begin here end."""
    if text[at].isspace():
        return at + 1
    if text.startswith("--", at):
        end = text.find("\n", at)
        return len(text) if end < 0 else end + 1
    if not text.startswith("/*", at):
        return at
    depth, at = 1, at + 2
    while depth:
        opened, closed = text.find("/*", at), text.find("*/", at)
        if closed < 0:
            raise Unreadable(text)
        inner = 0 <= opened < closed
        depth, at = (depth + 1, opened + 2) if inner else (depth - 1, closed + 2)
    return at


def _token(text: str, at: int) -> tuple[Token, int]:
    char = text[at]
    if char == "'":
        return _quoted(text, at, at, Sort.STRING)
    if char == '"':
        return _quoted(text, at, at, Sort.QUOTED)
    if char == "$" and (found := _dollar(text, at)):
        return found
    if char.isdigit() or (char == "." and text[at + 1 : at + 2].isdigit()):
        return _number(text, at)
    if char.isalpha() or char == "_" or ord(char) > 127:
        return _word(text, at)
    length = 2 if text[at : at + 2] in _PAIRS else 1
    return Token(Sort.SIGN, text[at : at + length], text[at : at + length]), at + length


def _word(text: str, at: int) -> tuple[Token, int]:
    end = at
    while end < len(text) and (text[end].isalnum() or text[end] in "_$" or ord(text[end]) > 127):
        end += 1
    if text[at:end] in ("E", "e") and text[end : end + 1] == "'":
        return _escaped(text, at, end)
    return Token(Sort.WORD, text[at:end], text[at:end].lower()), end


def _quoted(text: str, start: int, quote: int, sort: Sort) -> tuple[Token, int]:
    mark, at = text[quote], quote + 1
    while True:
        at = text.find(mark, at)
        if at < 0:
            raise Unreadable(text)
        if text[at + 1 : at + 2] != mark:
            return Token(sort, text[start : at + 1], text[quote + 1 : at].replace(mark * 2, mark)), at + 1
        at += 2


def _escaped(text: str, start: int, quote: int) -> tuple[Token, int]:
    """Read E'…'; its text stands for its value, because a backslash in it may mean many things."""
    at = quote + 1
    while at < len(text):
        if text[at] == "\\" or text[at : at + 2] == "''":
            at += 2
        elif text[at] == "'":
            return Token(Sort.SIGN, text[start : at + 1], text[start : at + 1]), at + 1
        else:
            at += 1
    raise Unreadable(text)


def _dollar(text: str, at: int) -> tuple[Token, int] | None:
    close = text.find("$", at + 1)
    tag = text[at : close + 1]
    if close < 0 or not (tag == "$$" or tag[1:-1].isidentifier()):
        return None
    end = text.find(tag, close + 1)
    if end < 0:
        raise Unreadable(text)
    return Token(Sort.STRING, text[at : end + len(tag)], text[close + 1 : end]), end + len(tag)


def _number(text: str, at: int) -> tuple[Token, int]:
    end = at
    while end < len(text) and (text[end].isalnum() or text[end] in "._"):
        end += 1
        if text[end - 1] in "eE" and text[end : end + 1] in ("+", "-"):
            end += 1
    return Token(Sort.NUMBER, text[at:end], text[at:end].lower()), end


def unwrapped(found: Sequence[Token]) -> Sequence[Token]:
    """Return the tokens without parentheses that hold all of them."""
    while len(found) > 1 and found[0].value == "(" and found[0].sort is Sort.SIGN and _closes(found) == len(found) - 1:
        found = found[1:-1]
    return found


def _closes(found: Sequence[Token]) -> int:
    """Return where the parenthesis that the tokens begin with is closed."""
    depth = 0
    for index, token in enumerate(found):
        if token.sort is Sort.SIGN:
            depth += (token.value == "(") - (token.value == ")")
        if depth == 0:
            return index
    return -1


def is_one_piece(text: str) -> bool:
    """Say whether a text stays inside the parentheses that it is put into, and ends no command."""
    depth = 0
    try:
        found = tokens(text)
    except Unreadable:
        return False
    for token in found:
        depth += token.says("(") - token.says(")")
        if depth < 0 or token.says(";"):
            return False
    return depth == 0


@lru_cache(maxsize=100_000)
def canonical(text: str) -> str:
    """Return the text in one spelling: words in lower case, single blanks, no outer parentheses. Idempotent."""
    try:
        found = unwrapped(tokens(text))
    except Unreadable:
        return text.strip()
    return " ".join(_spelled(token) for token in found)


def _spelled(token: Token) -> str:
    if token.sort is Sort.QUOTED and is_plain(token.value):
        return token.value
    return token.value if token.sort in (Sort.WORD, Sort.NUMBER) else token.text


def quoted_if_needed(name: str) -> str:
    """Write an identifier as the server's format_type does: bare where it may be."""
    return name if is_plain(name) else double_quoted(name)


def is_plain(name: str) -> bool:
    """Say whether a name means the same without quotes."""
    start = name[:1]
    return (
        (start.isascii() and (start.islower() or start == "_"))
        and all(char.isascii() and (char.islower() or char.isdigit() or char == "_") for char in name)
        and name not in KEYWORDS
    )


# Every keyword that is not unreserved: pg_get_keywords() where catcode <> 'U', PostgreSQL 12 to 18.
KEYWORDS = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast
    char character check coalesce collate collation column concurrently constraint create cross current_catalog
    current_date current_role current_schema current_time current_timestamp current_user dec decimal default deferrable
    desc distinct do else end except exists extract false fetch float for foreign freeze from full grant greatest group
    grouping having ilike in initially inner inout int integer intersect interval into is isnull join json json_array
    json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize json_table json_value
    lateral leading least left like limit localtime localtimestamp merge_action national natural nchar none normalize
    not notnull null nullif numeric offset on only or order out outer overlaps overlay placing position precision
    primary real references returning right row select session_user setof similar smallint some substring symmetric
    system_user table tablesample then time timestamp to trailing treat trim true union unique user using values
    varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest
    xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
    """.split()
)
