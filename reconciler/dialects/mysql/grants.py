"""SHOW GRANTS in, the rights that its user has in one database out; it knows no plan."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from reconciler.dialects.mysql.lexer import Lexeme, LexError
from reconciler.dialects.mysql.reader import Reader

ALL = "ALL PRIVILEGES"
# Stands for all rights on the whole server, some of which nobody has on a single database.
_EVERYWHERE = "ALL PRIVILEGES ON *.*"


def rights_in(grants: Iterable[str], database: str) -> frozenset[str] | None:
    """Return the rights in a database, in upper case; None when a role brings some that we cannot see.

    A right on a single table counts as one: whether it is the table in question is for the server to say.

    Args:
        grants: the rows of SHOW GRANTS.
        database: its name.
    """
    found: set[str] = set()
    for text in grants:
        try:
            read = _read(text)
        except LexError:
            return None
        if read is None:
            return None
        rights, pattern = read
        if _matches(pattern, database):
            found |= rights
    return frozenset(found)


@lru_cache(maxsize=64)
def _read(text: str) -> tuple[frozenset[str], str] | None:
    """Return the rights of one row and the pattern of databases that they hold for; None for the grant of a role.

    Every session asks, and is told the same: what a text means is found out once.
    """
    reader = Reader(text)
    reader.expect("GRANT")
    if reader.tokens[reader.at].lexeme is not Lexeme.WORD:
        return None
    rights = frozenset(_rights(reader))
    if reader.take("TO"):
        return None
    if [token.word for token in reader.tokens[-3:]] == ["WITH", "GRANT", "OPTION"]:
        rights |= {"GRANT OPTION"}
    reader.expect("ON")
    if reader.take("*"):
        return rights | ({_EVERYWHERE} if ALL in rights or "ALL" in rights else frozenset()), "%"
    if "PROXY" in rights:  # acts as another user, and says nothing of databases
        return frozenset(), "%"
    return rights, reader.name()


def _rights(reader: Reader) -> Iterator[str]:
    words: list[str] = []
    while not reader.done() and reader.peek() not in ("ON", "TO"):
        if reader.peek() == "(":  # on single columns
            reader.inside()
        elif reader.take(","):
            yield " ".join(words)
            words = []
        else:
            words.append(reader.next().word)
    yield " ".join(words)


def _matches(pattern: str, database: str) -> bool:
    """A database's name in a grant is a pattern (dev.mysql.com/doc/refman/9.7/en/grant.html)."""
    pieces = re.split(r"(\\.|[%_])", pattern)
    wild = {"%": ".*", "_": "."}
    regex = "".join(wild.get(piece) or re.escape(piece.removeprefix("\\")) for piece in pieces)
    return re.fullmatch(regex, database, re.DOTALL) is not None


def has(rights: frozenset[str], right: str) -> bool:
    """Say whether a right is among them."""
    return right in rights or (right != "GRANT OPTION" and (ALL in rights or "ALL" in rights))


def has_everywhere(rights: frozenset[str], right: str) -> bool:
    """Say whether a right of the whole server is among them: all rights in one database do not bring it."""
    return right in rights or _EVERYWHERE in rights
