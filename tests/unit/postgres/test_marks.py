"""Marks of tables and views: whatever a catalog says counts, and where no root owns a row it counts for all of them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from reconciler.dialects.postgres.marks import DERIVED, OWNERS, marked, without
from reconciler.dialects.postgres.reading import Rows
from reconciler.model.ref import Ref

ONE, OTHER = Ref.root("table", "one"), Ref.root("table", "other")


def relation(oid: int, name: str) -> tuple[Any, ...]:
    return (oid, 2200, name, "r", "p", False, False, False, None, False, None, None, None, "d", False, None)


def foreign_key(oid: int, table: int, target: int) -> tuple[Any, ...]:
    return (oid, table, "fk", "f", [1], target, [1], "a", "a", "s", False, False, True, False, 0, None, None, False,
            None, 0, None, None, None, True, None, None, None)  # fmt: skip


ROWS = Rows(
    schemas={2200: ""}, relations=[relation(1, "one"), relation(2, "other")], column_names={(1, 1): "a", (2, 1): "b"},
    constraints=[foreign_key(7, 1, 2)],
)  # fmt: skip


def marks(rows: Rows, circumstances: str = "") -> dict[Ref, str]:
    return dict(marked(rows, circumstances).marks)


def test_the_same_rows_have_the_same_marks() -> None:
    again = replace(ROWS, relations=[tuple(row) for row in ROWS.relations])
    assert marks(ROWS) == marks(again)
    assert set(marks(ROWS)) == {ONE, OTHER}


def something(name: str, owner: int | None) -> Any:
    """Return a value of a field that says a little more; `owner` is the relation whose row it is."""
    value = getattr(ROWS, name)
    if name in OWNERS:
        row = list(foreign_key(9, 0, 0))
        row[OWNERS[name]] = owner
        return [*value, tuple(row)]
    if name == "edges":
        return {(1259, owner or 99, 1): [(1247, 5, 0)]}
    if name == "other_grants":
        return {(owner or 99, 1): [("x",)]}
    return {**value, 5: "x"} if isinstance(value, dict) else [*value, (5, "x")]


COUNTED = sorted({field.name for field in fields(Rows)} - DERIVED - {"relations"})


@pytest.mark.parametrize("name", COUNTED)
def test_what_no_root_owns_counts_for_all(name: str) -> None:
    after = marks(replace(ROWS, **{name: something(name, None)}))
    assert not set(after.values()) & set(marks(ROWS).values())


@pytest.mark.parametrize("name", sorted({*OWNERS, "edges", "other_grants"} - {"relations"}))
def test_what_a_root_owns_counts_for_it_alone(name: str) -> None:
    after = marks(replace(ROWS, **{name: something(name, 2)}))
    assert after[ONE] == marks(ROWS)[ONE]
    assert after[OTHER] != marks(ROWS)[OTHER]


def test_what_else_decides_counts() -> None:
    assert marks(ROWS, "another server")[ONE] != marks(ROWS)[ONE]


def test_a_foreign_key_counts_by_the_names_that_it_points_to() -> None:
    renamed = replace(ROWS, relations=[relation(1, "one"), relation(2, "another")])
    assert marks(renamed)[ONE] != marks(ROWS)[ONE]
    column = replace(ROWS, column_names={(1, 1): "a", (2, 1): "c"})
    assert marks(column)[ONE] != marks(ROWS)[ONE]
    assert marked(ROWS, "").names == {ONE: frozenset({OTHER}), OTHER: frozenset()}
    assert not marked(ROWS, "").pinned


def test_what_something_else_names_is_pinned() -> None:
    assert marked(replace(ROWS, edges={(1255, 9, 0): [(1259, 2, 1)]}), "").pinned == {OTHER}
    owned = (20, 2200, "s", 1, 1, 1, 1, "a", 1, 9, 1, False, "bigint", None)
    assert marked(replace(ROWS, sequences=[owned]), "").pinned == {ONE}
    part = replace(ROWS, sequences=[owned], inner={(1, 1): owned})
    assert not marked(part, "").pinned
    assert not without(part, {ONE}).sequences
    assert without(replace(ROWS, sequences=[owned]), {ONE}).sequences == [owned]


def test_truth_and_one_are_two_things() -> None:
    row = list(relation(1, "one"))
    row[5] = 0
    assert marks(replace(ROWS, relations=[tuple(row), ROWS.relations[1]]))[ONE] != marks(ROWS)[ONE]


def test_a_value_that_cannot_be_marshalled_counts_too() -> None:
    one, two = (replace(ROWS, leftovers=[(1, 2, "x", 1, 2200, "x", ref)]) for ref in (ONE, object()))
    assert len({marks(rows)[ONE] for rows in (ROWS, one, two)}) == 3


def test_nothing_of_a_root_is_left_without_it() -> None:
    assert without(ROWS, frozenset()) is ROWS
    left = without(ROWS, {ONE})
    assert [row[0] for row in left.relations] == [2]
    assert not left.constraints
