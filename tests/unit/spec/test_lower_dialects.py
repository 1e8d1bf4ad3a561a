"""What documents declare differs by dialect: overrides, SQL and collations by dialect, options, what is left out."""

from __future__ import annotations

import pytest

from reconciler.errors import SpecError
from reconciler.model.objects import Column, Index, Table
from reconciler.model.ref import Ref
from reconciler.model.types import Type
from reconciler.model.values import Sql
from tests.unit.spec.lowered import column, lower


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("postgres",), Type("jsonb", native=True)),
        (("mysql",), Type("json")),
        (("mariadb", "mysql"), Type("text")),
        (("d1", "sqlite"), Type("json")),
    ],
)
def test_overrides_by_dialect(words: tuple[str, ...], expected: Type) -> None:
    override = "{postgres: {native: jsonb}, mysql: {not_null: true}, mariadb: {type: text}}"
    found = column(f"{{type: json, dialect: {override}}}", *words)
    assert found.type == expected
    assert found.not_null == ("mysql" in words)


def test_overrides_reach_into_a_table() -> None:
    text = """
table: t
columns: {a: {type: int, default: {sql: one}}, b: {type: int}}
indexes: {i: {columns: [a], where: a > 0}}
dialect:
  mysql: {columns: {a: {default: {sql: two}}}, indexes: {i: {where: a > 1, unique: true}}, checks: {c: a > 0}}
  mariadb: {indexes: {i: {omit: true}}, comment: On MariaDB}
"""
    model = lower(text, "mysql").model
    table = Ref.root("table", "t")
    assert model.get_as(table.child("column", "a"), Column).default == Sql("two")
    assert model.get_as(table.child("index", "i"), Index).where == Sql("a > 1")
    assert model.get_as(table.child("index", "i"), Index).unique
    assert table.child("check", "c") in model
    maria = lower(text, "mariadb", "mysql").model
    assert table.child("index", "i") not in maria
    assert maria.get_as(table, Table).comment == "On MariaDB"
    assert table.child("check", "c") not in lower(text).model


@pytest.mark.parametrize(
    ("written", "words", "there"),
    [
        ("only: [sqlite]", ("d1", "sqlite"), True),
        ("only: [d1]", ("sqlite",), False),
        ("only: [mysql, postgres]", ("mariadb", "mysql"), True),
        ("dialect: {sqlite: {omit: true}}", ("d1", "sqlite"), False),
        ("dialect: {sqlite: {omit: true}, d1: {omit: false}}", ("d1", "sqlite"), True),
        ("dialect: {d1: {omit: true}}", ("sqlite",), True),
    ],
)
def test_left_out(written: str, words: tuple[str, ...], there: bool) -> None:
    text = f"table: t\ncolumns: {{a: {{type: int}}, b: {{type: int, {written}}}}}\n"
    assert (Ref.parse("table.t.column.b") in lower(text, *words).model) is there
    whole = f"table: t\ncolumns: {{}}\n{written}\n---\nview: v\nquery: select 1\n"
    assert (Ref.parse("table.t") in lower(whole, *words).model) is there


@pytest.mark.parametrize(
    ("words", "expected"), [(("sqlite",), ("lite", "sqlite")), (("d1", "sqlite"), ("one", "d1")), (("mysql",), None)]
)
def test_sql_by_dialect(words: tuple[str, ...], expected: tuple[str, str] | None) -> None:
    text = "{type: text, default: {sql: {sqlite: lite, d1: one}}}"
    if expected is None:
        with pytest.raises(SpecError) as caught:
            column(text, *words)
        assert "no SQL for mysql" in str(caught.value)
        assert "omit: true" in caught.value.hint
        return
    default = column(text, *words).default
    assert isinstance(default, Sql)
    assert (default.text, default.dialect) == expected


def test_sql_is_of_the_projects_dialect() -> None:
    default = column("{type: text, default: {sql: now()}}", "sqlite").default
    assert isinstance(default, Sql)
    assert default.dialect == "postgres"


def test_collations_are_for_the_dialects_that_they_name() -> None:
    assert column("{type: text, collation: {postgres: C}}").collation == "C"
    assert column("{type: text, collation: {postgres: C}}", "sqlite").collation is None
    assert column("{type: text, collation: nocase}", "sqlite").collation == "nocase"


def test_options_are_of_one_dialect_and_without_defaults() -> None:
    text = "table: t\ncolumns: {}\noptions: {sqlite: {strict: true, without_rowid: true}, d1: {without_rowid: false}}\n"
    table = Ref.root("table", "t")
    assert lower(text, "sqlite").model.get_as(table, Table).options == (("strict", True), ("without_rowid", True))
    assert lower(text, "d1", "sqlite").model.get_as(table, Table).options == (("strict", True),)
    assert lower(text).model.get_as(table, Table).options == ()


def test_a_nullable_key_is_sqlites_alone() -> None:
    text = "{type: text, primary_key: true, not_null: false}"
    assert column(text, "d1", "sqlite").not_null is False
    assert column("{type: text, primary_key: true}", "sqlite").not_null is True


def test_shared_names_follow_the_dialect() -> None:
    text = "table: {}\ncolumns: {{a: {{type: int}}}}\nindexes: {{i: [a]}}\n---\n"
    text = (text.format("t") + text.format("u")).removesuffix("---\n")
    assert len(lower(text, "mysql").model) == 6
    for words in (("postgres",), ("sqlite",), ("d1", "sqlite")):
        with pytest.raises(SpecError) as caught:
            lower(text, *words)
        assert caught.value.code == "SPEC035"
