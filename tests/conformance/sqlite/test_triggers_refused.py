"""What SQLite's triggers cannot be is told while validating, and nothing breaks out of a body."""

from __future__ import annotations

import pytest

from tests.conformance.driver import Project
from tests.conformance.sqlite.test_triggers import ADDED, LOG, T, table


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("events: [insert, delete]\n    body: [delete from t]", "a trigger of SQLite has one event"),
        ("events: [truncate]\n    body: [delete from t]", "SQLite has no TRUNCATE"),
        ("events: [insert]\n    each: statement\n    body: [delete from t]", "SQLite's triggers are for each row"),
        ("events: [insert]\n    enabled: false\n    body: [delete from t]", "cannot be switched off"),
        ("events: [insert]\n    constraint: true\n    body: [delete from t]", "no constraint triggers"),
        ("events: [insert]\n    definer: root@localhost\n    body: [delete from t]", "no accounts"),
        ("events: [insert]\n    body: [delete from t where a = new.b]", "new.b: table.t has no column 'b'"),
        ("events: [insert]\n    body: delete from t where a = NEW.[b]", "NEW.b: table.t has no column 'b'"),
        ("events: [insert]\n    when: new.c > 1\n    body: [delete from t]", "new.c: table.t has no column 'c'"),
        ("events: [insert]\n    body: [delete from t where a = old.a]", "insert: there is no OLD row"),
        ("events: [insert]\n    body: [set new.a = 1]", "an assignment to NEW"),
        ("events: [insert]\n    body: {postgres: BEGIN RETURN NEW; END}", "has no text for sqlite"),
        ("events: [insert]\n    body: delete from t; END; drop table t; select 1", "none begins with END"),
        ("events: [insert]\n    body: delete from t; drop table t", "none begins with drop"),
        ("events: [insert]\n    body: delete from t; select 1 /*", "a comment has no end"),
        ("events: [insert]\n    body: delete from t where a = 'x", "the body cannot be read"),
        ("events: [insert]\n    body: BEGIN END", "it is empty"),
        ("events: [insert]\n    body: delete frm t", 'near "frm": syntax error'),
    ],
)
def test_what_sqlite_cannot_have_is_told(project: Project, said: str, message: str) -> None:
    document = T.format(a="int", rest=f"triggers:\n  audit:\n    timing: after\n    {said}\n")
    told = [message for messages in project.impossible(document).values() for message in messages]
    assert len(told) == 1, told
    assert message in told[0]


def test_a_function_that_it_calls_is_none_of_sqlite(project: Project) -> None:
    text = T.format(a="int", rest="triggers: {x: {timing: after, events: [insert], execute: f, arguments: [a]}}\n")
    assert any("no functions to execute" in str(found) for found in project.impossible(text).values())


def test_triggers_have_their_names_for_the_whole_database(project: Project) -> None:
    other = table(ADDED).replace("table: t", "table: u").replace("audit", "Audit")
    assert "does not tell it from" in str(project.impossible(LOG, table(ADDED), other)["SPEC200"])
