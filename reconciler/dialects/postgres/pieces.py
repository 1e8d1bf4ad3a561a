"""A file of PostgreSQL's SQL in, its statements out, as psql divides it; its commands and COPY's rows stand apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from reconciler.dialects.pieces import Endless, Grammar, Word, first_words
from reconciler.dialects.postgres.lexer import Sort, Unreadable, next_token

_BODY: Mapping[str, int] = {"BEGIN": 1, "CASE": 1, "END": -1}
_RULE: Mapping[str, int] = {"(": 1, ")": -1}
_PLAIN: Mapping[str, int] = {}


def _step(text: str, at: int) -> tuple[Word | None, int]:
    try:
        token, end = next_token(text, at)
    except Unreadable:
        raise Endless(at) from None
    if token is None:
        return None, end
    quiet = token.sort in (Sort.QUOTED, Sort.STRING)
    return Word("" if quiet else token.text.upper(), token.value, at, end), end


def _nesting(words: Sequence[Word]) -> Mapping[str, int]:
    """A routine's body of SQL (BEGIN ATOMIC … END) and a rule's list hold statements."""
    found = first_words(words, 5)
    if found[:1] != ("CREATE",):
        return _PLAIN
    if {"FUNCTION", "PROCEDURE"} & set(found[1:4]):
        return _BODY
    return _RULE if "RULE" in found[1:4] else _PLAIN


def _command(text: str, at: int) -> str:
    """Lines that begin with a backslash are psql's own; pg_dump writes some of them."""
    return "a command of psql" if text[at] == "\\" else ""


def _block(text: str, words: Sequence[Word], at: int) -> int:
    """Return where the rows end that follow COPY … FROM stdin: behind a line of backslash and dot."""
    found = [word.word for word in words]
    if found[:1] != ["COPY"] or ("FROM", "STDIN") not in pairwise(found):
        return at
    end = text.find("\n\\.", at)
    if end < 0:
        return len(text)
    line = text.find("\n", end + 1)
    return len(text) if line < 0 else line + 1


GRAMMAR = Grammar(step=_step, nesting=_nesting, command=_command, block=_block)
