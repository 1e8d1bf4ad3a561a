"""Statements of a portable body do the same to the same rows on every engine, whoever's words they are written in."""

from __future__ import annotations

from itertools import product

import pytest

from reconciler.dialects.transpile import PORTABLE_STATEMENTS, family, parsed, statement_for, text_for
from reconciler.model.values import Sql
from tests.target import Target

FAMILIES = ("sqlite", "postgres", "mysql")
ROWS = "INSERT INTO {} (id, n, s) VALUES (1, 10, 'a'), (2, NULL, 'b'), (3, -3, NULL)"

# Every one is written for all families alike.
STATEMENTS = [
    "insert into b (id, n, s) values (4, 1 + 2, 'x'), (5, null, 'it''s')",
    "insert into b values (6, 7, 'all')",
    "insert into b (id, n) select id + 10, coalesce(n, 0) from a where id > 1",
    "insert into b (id, s) select a.id + 20, c.s from a join a as c on c.id = a.id where exists (select 1 from b)",
    "update a set n = n + 1",
    "update a set n = coalesce(n, 0) - 2, s = null where id in (1, 2)",
    "update a set n = (select max(b.n) from b where b.id < 3) where s is not null",
    "update a set s = case when n > 0 then 'up' else 'down' end",
    "delete from a where n is null or n < 0",
    "delete from b",
    "delete from a where id not in (select b.id from b where b.n > 0)",
]


def test_a_statement_does_the_same_in_whoevers_words(target: Target) -> None:
    """Each statement as if it were written for each family, on rows of its own."""
    text = "varchar(20)" if family(target.dialect) == "mysql" else "text"
    for table in ("a", "b"):
        target.execute(f"CREATE TABLE {table} (id int PRIMARY KEY, n int, s {text})")
    for source, statement in product(FAMILIES, STATEMENTS):
        for table in ("a", "b"):
            target.execute(f"DELETE FROM {table}")
            target.execute(ROWS.format(table))
        target.execute(statement_for(Sql(statement, source), family(target.dialect)))
        found = [target.query(f"SELECT id, n, s FROM {table} ORDER BY id") for table in ("a", "b")]
        assert [[tuple(row) for row in rows] for rows in found] == EXPECTED[statement], (source, statement)


def _rows(*changed: tuple[object, ...]) -> list[tuple[object, ...]]:
    return list(changed)


PLAIN = _rows((1, 10, "a"), (2, None, "b"), (3, -3, None))
EXPECTED: dict[str, list[list[tuple[object, ...]]]] = {
    STATEMENTS[0]: [PLAIN, _rows(*PLAIN, (4, 3, "x"), (5, None, "it's"))],
    STATEMENTS[1]: [PLAIN, _rows(*PLAIN, (6, 7, "all"))],
    STATEMENTS[2]: [PLAIN, _rows(*PLAIN, (12, 0, None), (13, -3, None))],
    STATEMENTS[3]: [PLAIN, _rows(*PLAIN, (21, None, "a"), (22, None, "b"), (23, None, None))],
    STATEMENTS[4]: [_rows((1, 11, "a"), (2, None, "b"), (3, -2, None)), PLAIN],
    STATEMENTS[5]: [_rows((1, 8, None), (2, -2, None), (3, -3, None)), PLAIN],
    STATEMENTS[6]: [_rows((1, 10, "a"), (2, 10, "b"), (3, -3, None)), PLAIN],
    STATEMENTS[7]: [_rows((1, 10, "up"), (2, None, "down"), (3, -3, "down")), PLAIN],
    STATEMENTS[8]: [_rows((1, 10, "a")), PLAIN],
    STATEMENTS[9]: [PLAIN, []],
    STATEMENTS[10]: [_rows((1, 10, "a")), PLAIN],
}


def test_every_node_of_a_statement_is_run() -> None:
    found: dict[str, set[str]] = {}
    for statement in STATEMENTS:
        for node in parsed(statement, "postgres").walk():
            if type(node).__name__ in PORTABLE_STATEMENTS:
                parts = {name.rstrip("_") for name, part in node.args.items() if part}
                found.setdefault(type(node).__name__, set()).update(parts)
    assert found == {name: set(parts) for name, parts in PORTABLE_STATEMENTS.items()}


def test_a_statement_is_no_expression() -> None:
    with pytest.raises(Exception, match="delete"):
        text_for(Sql("delete from b", "postgres"), "sqlite")
