"""A SQLite database in, the rows that tell what its main schema holds out; nothing is made of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import pairwise
from typing import Any

from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.sql import captures
from reconciler.dialects.sqlite.lexer import tokens
from reconciler.dialects.sqlite.names import fold, hidden
from reconciler.dialects.sqlite.objects import Facts
from reconciler.frozen import frozen_in_order
from reconciler.model.ref import Kind, Ref

_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid"
# A table of a module has no page of its own, and asking for its columns needs the module. Cloudflare's own tables may
# not be asked for.
_COLUMNS = """
    SELECT m.name, x.name, x.type, x."notnull", x.dflt_value, x.pk, x.hidden
    FROM sqlite_schema AS m, pragma_table_xinfo(m.name) AS x
    WHERE m.type = 'table' AND m.rootpage <> 0 AND substr(m.name, 1, 4) <> '_cf_' ORDER BY m.rowid, x.cid"""
_FOREIGN_KEYS = """
    SELECT m.name, k.id, k."table", k."from", k."to", k.on_update, k.on_delete
    FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS k
    WHERE m.type = 'table' AND m.rootpage <> 0 AND substr(m.name, 1, 4) <> '_cf_' ORDER BY m.rowid, k.id, k.seq"""
_KINDS = "SELECT name, type FROM pragma_table_list WHERE schema = 'main'"

# What every look asks.
QUESTIONS = (_SCHEMA, _KINDS, _COLUMNS, _FOREIGN_KEYS)

# PRAGMA table_list's type → kind word of tables that are not modelled
_OTHER_KINDS: Mapping[str, str] = {"virtual": "virtual_table", "shadow": "virtual_table"}

# type, name, the table or view that it belongs to, the text that made it
SchemaRow = tuple[str, str, str, str | None]


@frozen_in_order
class Rows:
    """One reading: the rows of sqlite_schema that are the specs' business, what each table is, and its PRAGMAs."""

    schema: Sequence[SchemaRow]
    kinds: Mapping[str, str]
    facts: Mapping[str, Facts]

    def relation(self, row: SchemaRow) -> Ref:
        """Return the address of the table or view that a row of either makes."""
        type_, name, *_ = row
        kind = Kind.VIEW if type_ == "view" else _OTHER_KINDS.get(self.kinds.get(name, "table"), Kind.TABLE)
        return Ref.root(kind, name)

    def relations(self) -> Mapping[str, Ref]:
        """Return the addresses of all tables and views, by their names without letter case."""
        return {fold(row[1]): self.relation(row) for row in self.schema if row[0] in ("table", "view")}


def read(session: Session) -> Rows:
    """Read everything in the main schema; our own and SQLite's tables are left out."""
    # A table's own name is beside those of its indexes and triggers, as whoever made them wrote it.
    rows = [row for row in session.query(_SCHEMA) if not hidden(str(row[2])) and not captures(str(row[1]))]
    kinds = dict(session.query(_KINDS))
    _mark_shadows(session, kinds, rows)
    facts: dict[str, Facts] = defaultdict(Facts)
    for table, *row in session.query(_COLUMNS):
        facts[table].columns.append(tuple(row))
    for table, number, *row in session.query(_FOREIGN_KEYS):
        facts[table].foreign_keys.setdefault(number, []).append(tuple(row))
    return Rows(rows, kinds, facts)


def without(rows: Rows, aside: AbstractSet[Ref]) -> Rows:
    """Return a reading without some tables and views, and what belongs to them."""
    gone = {fold(ref.name) for ref in aside}
    return replace(rows, schema=[row for row in rows.schema if fold(row[2]) not in gone]) if gone else rows


def _mark_shadows(session: Session, kinds: dict[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Where this library has not the module of a table, take every table with its name before it for one of its own."""
    virtual = {name: sql for _, name, _, sql in rows if kinds.get(name) == "virtual"}
    if not virtual:
        return
    try:
        loaded = {fold(name) for (name,) in session.query("SELECT name FROM pragma_module_list")}
    except DatabaseError:  # D1 does not tell, and has the module of every table that there is
        return
    for name in (name for name, sql in virtual.items() if fold(_module(sql)) not in loaded):
        prefix = fold(f"{name}_")
        shadows = [other for other, kind in kinds.items() if kind == "table" and fold(other).startswith(prefix)]
        kinds.update(dict.fromkeys(shadows, "shadow"))


def _module(sql: str) -> str:
    return next((name.value for using, name in pairwise(tokens(sql)) if using.word == "USING"), "")
