"""Names on SQLite: letter case tells nothing apart, and some names are not for users."""

from __future__ import annotations

import pytest

from tests.conformance.driver import Project
from tests.target import Target

LIVE = "create table t (id integer primary key, state text); insert into t (state) values ('x')"
ID = "id: {type: int, identity: true}"


def spec(columns: str = "state: {type: text}", head: str = "table: t", rest: str = "") -> str:
    return f"{head}\ncolumns: {{{ID}, {columns}}}\nprimary_key: [id]\n{rest}"


def test_a_table_renamed_to_other_letters_is_the_same_table(project: Project, sqlite: Target) -> None:
    sqlite.execute(LIVE)
    project.apply(spec(head="table: T\nrenamed_from: t"))
    assert sqlite.query("select state from t") == [("x",)]


def test_a_column_renamed_to_other_letters_is_the_same_column(project: Project, sqlite: Target) -> None:
    sqlite.execute(LIVE)
    project.apply(spec("State: {type: text, renamed_from: state}"))
    assert sqlite.query("select state from t") == [("x",)]


@pytest.mark.parametrize(
    "document",
    [
        spec("status: {type: text, renamed_from: State}"),
        spec("status: {type: text, renamed_from: State}", head="table: T"),
        spec("status: {type: text, renamed_from: STATE}", head="table: u\nrenamed_from: T"),
    ],
)
def test_the_old_name_in_other_letters_is_found(project: Project, sqlite: Target, document: str) -> None:
    sqlite.execute(LIVE)
    project.apply(document)
    table = "u" if "table: u" in document else "t"
    assert sqlite.query(f"select status from {table}") == [("x",)]


def test_what_is_removed_in_other_letters_goes(project: Project, sqlite: Target) -> None:
    sqlite.execute(f"{LIVE}; create table Legacy (a int); create unique index T_STATE_KEY on t (state);")
    removed = "removed: {unique.t_state_key: {reason: wrong}}\n"
    project.apply(spec(rest=removed), "removed: table.legacy\nreason: unused\n")
    assert sqlite.query("select name from sqlite_schema where name in ('Legacy', 'T_STATE_KEY')") == []


def test_two_names_that_are_one_are_refused(project: Project) -> None:
    assert "does not tell it from" in str(project.impossible(spec("a: {type: int}, A: {type: int}"))["SPEC200"])


@pytest.mark.parametrize("name", ["sqlite_x", "SQLite_x", "_cf_x", "_reconcile_x", "__rc_x"])
def test_a_name_that_is_taken_is_refused(project: Project, name: str) -> None:
    assert "names that begin with" in str(project.impossible(spec(head=f"table: {name}"))["SPEC200"])
    assert "names that begin with" in str(project.impossible(spec(rest=f"indexes: {{{name}: [state]}}\n"))["SPEC200"])
    assert "SPEC200" in project.impossible(f"view: {name}\nquery: select 1 as a\n")
