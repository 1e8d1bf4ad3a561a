"""Functions and procedures of a live database out, in the server's own words: catalogs in bulk, and SHOW CREATE.

The catalogs lose the escapes and character sets of literals, and tell neither aggregates nor defaults of arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from reconciler.dialects.base import DatabaseError
from reconciler.dialects.mysql.circumstances import account, spelled, stored_options
from reconciler.dialects.mysql.lexer import LexError, Token, each_token, quoted
from reconciler.dialects.mysql.session import Ask
from reconciler.dialects.sql import ours
from reconciler.frozen import frozen_in_order
from reconciler.model.objects import Object, Unmodelled
from reconciler.model.programs import Function, Procedure
from reconciler.model.ref import Ref
from reconciler.model.types import Type
from reconciler.model.values import Argument

_ROUTINES = """
SELECT routine_type, routine_name, is_deterministic, sql_data_access, security_type, routine_comment, definer, sql_mode,
    character_set_client, collation_connection
FROM information_schema.routines WHERE routine_schema = database() ORDER BY routine_type, routine_name
"""
_PARAMETERS = """
SELECT routine_type, specific_name, ordinal_position, parameter_mode, parameter_name, dtd_identifier,
    character_set_name, collation_name
FROM information_schema.parameters WHERE specific_schema = database()
ORDER BY routine_type, specific_name, ordinal_position
"""
_GRANTS = """
SELECT routine_type, routine_name, proc_priv, user, host FROM mysql.procs_priv WHERE db = database()
ORDER BY routine_type, routine_name, user, host
"""

# Words that begin a characteristic → how many tokens it has (dev.mysql.com/doc/refman/9.7/en/create-procedure.html).
_CHARACTERISTICS: Mapping[str, int] = {
    "LANGUAGE": 2, "NOT": 2, "DETERMINISTIC": 1, "CONTAINS": 2, "NO": 2, "READS": 3, "MODIFIES": 3, "SQL": 3,
    "COMMENT": 2,
}  # fmt: skip

Key = tuple[str, str]


@frozen_in_order
class _Catalog:
    """What the catalogs say of all routines, by type and name."""

    parameters: Mapping[Key, Sequence[Sequence[Any]]]
    grants: Mapping[Key, Sequence[str]]
    defaults: Mapping[str, str]


def inspect_routines(ask: Ask, defaults: Mapping[str, str]) -> Iterator[Object]:
    """Yield every routine; one whose text this user may not see, or that is no plain one, is not modelled."""
    rows = [row for row in ask(_ROUTINES) if not ours(row[1])]
    if not rows:
        return
    parameters: dict[Key, list[Sequence[Any]]] = {}
    for kind, name, *rest in ask(_PARAMETERS):
        parameters.setdefault((kind, name), []).append(rest)
    catalog = _Catalog(parameters, _grants(ask), defaults)
    for row in rows:
        yield _routine(ask, row, catalog)


def _grants(ask: Ask) -> dict[Key, list[str]]:
    """Return who may do what with a routine: rights and account. Few may read it; what they do not see is not kept."""
    found: dict[Key, list[str]] = {}
    with suppress(DatabaseError):
        for kind, name, rights, user, host in ask(_GRANTS):
            words = [word for word in rights.upper().split(",") if word != "GRANT"]
            option = " WITH GRANT OPTION" if "GRANT" in rights.upper().split(",") else ""
            to = f"{', '.join(words) or 'USAGE'} TO {account(f'{user}@{host}')}{option}"
            found.setdefault((kind, name), []).append(to)
    return found


def _routine(ask: Ask, row: Sequence[Any], catalog: _Catalog) -> Object:
    kind, name, deterministic, access, security, comment, definer, mode, charset, collation = row
    key = kind, name
    if kind not in ("FUNCTION", "PROCEDURE"):
        return Unmodelled(ref=Ref.root("type", name))
    ref = Ref.root(kind.lower(), name)
    statement = ask(f"SHOW CREATE {kind} {quoted(name)}")[0][2] or ""
    body = _body(statement, function=kind == "FUNCTION")
    if body is None:
        return Unmodelled(ref=ref, definition=statement)
    given = [each for each in catalog.parameters.get(key, ()) if each[0] > 0]
    options = stored_options(mode, charset, collation, catalog.defaults)
    common: dict[str, Any] = {
        "ref": ref, "body": spelled(body), "comment": comment or None, "security": security.lower(),
        "arguments": tuple(_argument(each, catalog) for each in given), "definer": definer,
        "options": tuple(sorted((*options, ("data_access", access.lower())))),
        "carried": tuple(catalog.grants.get(key, ())),
    }  # fmt: skip
    if kind == "PROCEDURE":
        return Procedure(**common)
    (returned,) = (each for each in catalog.parameters[key] if each[0] == 0)
    volatility = "immutable" if deterministic == "YES" else "volatile"
    return Function(**common, returns=_type(returned, catalog), volatility=volatility)


def _argument(row: Sequence[Any], catalog: _Catalog) -> Argument:
    _, mode, name, *_ = row
    return Argument(name=name, type=_type(row, catalog), mode=(mode or "IN").lower())


def _type(row: Sequence[Any], catalog: _Catalog) -> Type:
    """Return a type, with its character set and collation where they are not the database's."""
    *_, text, charset, collation = row
    usual = catalog.defaults["collation"]
    if charset is None or collation == usual:
        return Type(text, native=True)
    meant = catalog.defaults.get(f"charset {charset}")
    words = f" charset {charset}" if collation == meant else f" charset {charset} collate {collation}"
    return Type(text + words, native=True)


def _body(statement: str, *, function: bool) -> str | None:
    """Return what stands behind the characteristics; None for what is no plain routine."""
    try:
        found = list(_header(statement, function))
    except LexError:
        return None
    words = [token.word for token in found]
    if not found or "AGGREGATE" in words[:8] or "DEFAULT" in words:
        return None
    return statement[found[-1].end :].lstrip()


def _header(statement: str, function: bool) -> Iterator[Token]:
    """Yield the tokens before the body. The server writes each characteristic in a line of its own."""
    depth, state, left = 0, "name", 0
    previous: Token | None = None
    for token in each_token(statement):
        fresh_line = previous is not None and "\n" in statement[previous.end : token.start]
        depth += {"(": 1, ")": -1}.get(token.word, 0)
        if state == "type" and depth == 0 and fresh_line:
            state = "rest"
        if state == "rest" and not left:
            left = _CHARACTERISTICS.get(token.word, 0)
            if not left:
                return
        left -= state == "rest"
        if state == "name" and token.word == ")" and depth == 0:
            state = "type" if function else "rest"
        previous = token
        yield token
