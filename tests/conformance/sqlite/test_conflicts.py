"""Conflict clauses on SQLite: declared, compared, changed, imported and kept, always on a table with rows."""

from __future__ import annotations

import pytest

from tests.conformance.driver import Project
from tests.target import Target

WORDS = ("rollback", "fail", "ignore", "replace")


def spec(column: str = "", unique: str = "", key: str = "", extra: str = "") -> str:
    return (
        f"table: t\ncolumns:\n  id: {{type: int}}\n  a: {{type: int{column}}}\n  b: {{type: text}}\n{extra}"
        f"primary_key: {{columns: [id]{key}}}\nunique: {{t_b: {{columns: [b]{unique}}}}}\n"
    )


def clause(word: str) -> str:
    return f", dialect: {{sqlite: {{on_conflict: {word}}}}}" if word else ""


def text(sqlite: Target) -> str:
    return str(sqlite.query("select sql from sqlite_schema where name = 't'")[0][0])


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("place", ["column", "unique", "key"])
def test_each_clause_is_made_changed_and_taken_away(project: Project, sqlite: Target, place: str, word: str) -> None:
    null = ", not_null: true" if place == "column" else ""

    def documents(chosen: str) -> str:
        return spec(**{place: clause(chosen)} | ({"column": null + clause(chosen)} if place == "column" else {}))

    project.apply(documents(word))
    assert f"ON CONFLICT {word.upper()}" in text(sqlite)
    sqlite.execute("insert into t values (1, 2, 'x'), (2, 3, 'y')")
    other = "replace" if word != "replace" else "ignore"
    project.apply(documents(other))
    assert f"ON CONFLICT {other.upper()}" in text(sqlite)
    project.apply(documents(""))
    assert "ON CONFLICT" not in text(sqlite)
    project.apply(documents("abort"))
    assert "ON CONFLICT" not in text(sqlite)
    assert sqlite.query("select * from t order by id") == [(1, 2, "x"), (2, 3, "y")]


def test_what_is_declared_happens(project: Project, sqlite: Target) -> None:
    project.apply(spec(", not_null: true, default: 7" + clause("replace"), clause("ignore"), clause("replace")))
    sqlite.execute("insert into t values (1, null, 'x'); insert into t values (2, 1, 'x');")
    sqlite.execute("insert into t values (1, 5, 'z')")
    assert sqlite.query("select * from t") == [(1, 5, "z")]


def test_a_rowid_has_one_too(project: Project, sqlite: Target) -> None:
    document = "table: t\ncolumns: {{id: {{type: int, identity: true}}, a: {{type: {}}}}}\n{}"
    key = "primary_key: {columns: [id], dialect: {sqlite: {on_conflict: replace}}}\n"
    project.apply(document.format("int", key))
    sqlite.execute("insert into t values (1, 1); insert into t values (1, 2)")
    project.apply(document.format("text", key))
    sqlite.execute("insert into t values (1, 3)")
    assert sqlite.query("select id, a from t") == [(1, "3")]


def test_an_index_gives_way_to_a_constraint_with_a_clause(project: Project, sqlite: Target) -> None:
    sqlite.execute("create table t (id int primary key not null, a int, b text); create unique index t_b on t (b)")
    project.apply(spec())
    assert "ON CONFLICT" not in text(sqlite)
    project.apply(spec(unique=clause("replace")))
    sqlite.execute("insert into t values (1, 1, 'x'); insert into t values (2, 2, 'x')")
    assert sqlite.query("select id from t") == [(2,)]


def test_it_is_imported_and_stays_through_a_rebuild(project: Project, sqlite: Target) -> None:
    sqlite.execute(
        "create table t (id integer primary key on conflict replace, a int constraint nn not null on conflict ignore, "
        "b text unique on conflict fail, c int, check (c > 0) on conflict replace)"
    )
    document = project.imported("tables/t.yaml")
    assert document.count("on_conflict: ") == 3
    assert "c: {native: int}" in document
    project.apply(document.replace("c: {native: int}", "c: {type: bigint}"))
    for words in ("PRIMARY KEY ON CONFLICT REPLACE", 'CONSTRAINT "nn" NOT NULL ON CONFLICT IGNORE',
                  'UNIQUE ("b") ON CONFLICT FAIL', "CHECK (c > 0) ON CONFLICT REPLACE", "BIGINT"):  # fmt: skip
        assert words in text(sqlite)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (spec(clause("ignore")), "is about null"),
        (spec(unique=", dialect: {sqlite: {on_conflict: ignored}}"), "ignored"),
    ],
)
def test_what_makes_no_sense_is_refused(project: Project, document: str, words: str) -> None:
    assert words in str(project.impossible(document))
