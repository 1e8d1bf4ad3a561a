"""SHOW CREATE VIEW in, the view out, its query as the server rewrote it; live views and scratch ones alike."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.dialects.base import Session
from reconciler.dialects.mysql.lexer import Lexeme, Token, canonical, tokens
from reconciler.dialects.mysql.reader import Reader
from reconciler.model.objects import View
from reconciler.model.ref import Ref
from reconciler.model.values import Sql

# Options of a view, by their names in a spec, with what the server does when nothing is said.
DEFAULTS: Mapping[str, str] = {"algorithm": "undefined", "security": "definer", "check_option": ""}


def read_view(session: Session, ref: Ref, scratch: str) -> View:
    """Return a scratch view as the server has it, in the place of another one.

    Args:
        session: on the database that the view's names belong to.
        ref: the view's address.
        scratch: the database and name to look at, quoted.
    """
    database = session.query("SELECT database()")[0][0]
    return view_of(session.query(f"SHOW CREATE VIEW {scratch}")[0][1], ref, database)


def view_of(text: str, ref: Ref, database: str) -> View:
    """Return the view that a SHOW CREATE VIEW tells of, asked in the database that its names belong to."""
    reader = Reader(text)
    options: dict[str, str | int | bool] = {}
    while not reader.take("VIEW"):
        word = reader.next().word
        if word == "ALGORITHM" and reader.take("="):
            options["algorithm"] = reader.next().word.lower()
        elif word == "SECURITY":
            options["security"] = reader.next().word.lower()
    while not reader.take("AS"):
        reader.next()
    body, check = _without_check_option(reader.rest())
    options["check_option"] = check
    kept = tuple(sorted((name, value) for name, value in options.items() if value != DEFAULTS[name]))
    return View(ref=ref, query=Sql(body, "mysql", canonical(in_database(body, database))), options=kept)


def _without_check_option(text: str) -> tuple[str, str]:
    found = tokens(text)
    words = [token.word for token in found[-4:]]
    if len(words) == 4 and words[0] == "WITH" and words[2:] == ["CHECK", "OPTION"]:
        return text[: found[-4].start].rstrip(), words[1].lower()
    return text, ""


def in_database(text: str, database: str) -> str:
    """Leave a database's own name out of what a query reads: whether it stands there depends on where one looks."""
    found = tokens(text)
    pieces: list[str] = []
    end = 0
    for index, token in enumerate(found[:-1]):
        before = found[index - 1].word if index else ""
        if _is_name(token, database) and found[index + 1].word == "." and before != ".":
            pieces.append(text[end : token.start])
            end = found[index + 1].end
    return "".join((*pieces, text[end:]))


def _is_name(token: Token, name: str) -> bool:
    return token.lexeme in (Lexeme.NAME, Lexeme.WORD) and token.value == name
