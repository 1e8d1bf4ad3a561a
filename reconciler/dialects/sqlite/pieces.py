"""A file of SQLite's SQL in, its statements out, as the sqlite3 program divides it; its own commands are told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.dialects.pieces import Endless, Grammar, Word, first_words
from reconciler.dialects.sqlite.lexer import Lexeme, LexError, next_token

_TRIGGER: Mapping[str, int] = {"BEGIN": 1, "CASE": 1, "END": -1}
_PLAIN: Mapping[str, int] = {}


def _step(text: str, at: int) -> tuple[Word | None, int]:
    try:
        token, end = next_token(text, at)
    except LexError:
        raise Endless(at) from None
    if token is None:
        return None, end
    quiet = token.lexeme in (Lexeme.NAME, Lexeme.STRING, Lexeme.BLOB)
    return Word("" if quiet else token.text.upper(), token.value, token.start, token.end), token.end


def _nesting(words: Sequence[Word]) -> Mapping[str, int]:
    found = first_words(words, 4)
    return _TRIGGER if found[:1] == ("CREATE",) and "TRIGGER" in found[1:3] else _PLAIN


def _command(text: str, at: int) -> str:
    """Lines that begin with a dot are the program's own (sqlite.org/cli.html)."""
    return "a command of the sqlite3 program" if text[at] == "." else ""


GRAMMAR = Grammar(step=_step, nesting=_nesting, command=_command)
