"""A file of MySQL's SQL in, its statements out, as the mysql program divides it; DELIMITER is heeded, comments run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.dialects.mysql.lexer import Lexeme, LexError, next_token
from reconciler.dialects.pieces import Endless, Grammar, Word, first_words

_PROGRAM: Mapping[str, int] = {"BEGIN": 1, "CASE": 1, "END": -1}
_PLAIN: Mapping[str, int] = {}
_PROGRAMS = frozenset({"TRIGGER", "PROCEDURE", "FUNCTION", "EVENT"})
_OTHERS = frozenset({"TABLE", "VIEW", "INDEX", "USER", "DATABASE", "SCHEMA", "("})


def _step(text: str, at: int) -> tuple[Word | None, int]:
    try:
        token, end = next_token(text, at)
    except LexError:
        raise Endless(at) from None
    if token is None:
        return None, end
    quiet = token.lexeme in (Lexeme.NAME, Lexeme.STRING, Lexeme.BYTES)
    return Word("" if quiet else token.text.upper(), token.value, token.start, token.end), token.end


def _nesting(words: Sequence[Word]) -> Mapping[str, int]:
    """A body of several statements needs no DELIMITER where a file goes to the server as a whole."""
    found = first_words(words)
    if found[:1] != ("CREATE",):
        return _PLAIN
    kind = next((word for word in found if word in _PROGRAMS or word in _OTHERS), "")
    return _PROGRAM if kind in _PROGRAMS else _PLAIN


def _command(text: str, at: int) -> str:
    """Return what a line is that the program reads itself (dev.mysql.com/doc/refman/9.7/en/mysql-commands.html).

    MariaDB's dumps begin with one that other programs take for a comment (mariadb.com/docs, "mariadb-dump").
    """
    if text[at] == "\\" or text.startswith("/*M!999999\\-", at):
        return "a command of the mysql program"
    word = text[at : at + 10].upper()
    return "sets the end mark" if word.startswith("DELIMITER") and word[9:].strip() == "" else ""


def _begins(text: str, at: int) -> bool:
    return text.startswith(("/*!", "/*M!"), at)


GRAMMAR = Grammar(step=_step, nesting=_nesting, begins=_begins, command=_command)
