"""Portable bodies in each family's words, and what NEW and OLD say that is not there."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reconciler.dialects.bodies import Unfit, body_text, wrong_rows
from reconciler.model.model import Model
from reconciler.model.objects import Column, Table
from reconciler.model.programs import Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Body, Sql, Statements

TABLE = Ref.root(Kind.TABLE, "t")
MODEL = Model([Table(ref=TABLE), Column(ref=TABLE.child(Kind.COLUMN, "total"), type=Type("int"))])


def text(body: Body, wanted: str) -> str:
    return body_text(body, wanted, "; ".join)


def portable(*statements: str, dialect: str = "mysql") -> Statements:
    return Statements(tuple(Sql(statement, dialect) for statement in statements))


@pytest.mark.parametrize(
    ("statement", "wanted", "expected"),
    [
        ("update a  set n = n + 1", "mysql", "update a  set n = n + 1"),
        ("update `a` set n = new.n where id = old.id", "postgres", 'UPDATE "a" SET n = new.n WHERE id = old.id'),
        ("insert into a (x, y) values (new.id, 1)", "sqlite", "INSERT INTO a (x, y) VALUES (new.id, 1)"),
        ("delete from a where x = 1", "postgres", "DELETE FROM a WHERE x = 1"),
        ("set new.n = coalesce(new.n, 0)", "mysql", "SET NEW.n = coalesce(new.n, 0)"),
        ("set new.n = 1", "postgres", "NEW.n := 1"),
        ("SET NEW.`a b` = ifnull(old.n, 1)", "postgres", 'NEW."a b" := COALESCE(old.n, 1)'),
        ("call p(now(), 1)", "mysql", "CALL p(now(), 1)"),
        ("call p(coalesce(new.n, 1), 2)", "postgres", "CALL p(COALESCE(new.n, 1), 2)"),
        ("call p()", "postgres", "CALL p()"),
    ],
)
def test_a_statement_in_another_familys_words(statement: str, wanted: str, expected: str) -> None:
    assert text(portable(statement), wanted) == expected


@pytest.mark.parametrize(
    ("body", "wanted", "words"),
    [
        (portable("set new.n = 1"), "sqlite", "an assignment to NEW"),
        (portable("update a set d = date_add(d, interval 1 day)"), "postgres", "update a set d"),
        (portable("truncate table a"), "postgres", "no INSERT, UPDATE or DELETE"),
        (portable("select 1"), "sqlite", "no INSERT, UPDATE or DELETE"),
        (portable("insert into a (x) values (1) on duplicate key update x = 2"), "postgres", "insert"),
        (Sql("BEGIN END", "mariadb"), "postgres", "is written for mariadb"),
    ],
)
def test_what_is_not_known_to_mean_the_same_is_refused(body: Body, wanted: str, words: str) -> None:
    with pytest.raises(Unfit) as caught:
        text(body, wanted)
    assert words in caught.value.message
    assert wanted in caught.value.hint


def test_a_text_stays_as_its_author_wrote_it() -> None:
    assert text(Sql("begin  end", "mariadb"), "mysql") == "begin  end"


@pytest.mark.parametrize(
    ("events", "each", "words", "expected"),
    [
        (["update"], "row", "new . total + OLD . TOTAL", []),
        (["insert"], "row", "new . totl", ["new.totl: table.t has no column 'totl'"]),
        (["insert", "update"], "row", "old . total", []),
        (["insert"], "row", "old . total , old . total", ["insert: there is no OLD row"]),
        (["delete"], "row", "new . total", ["delete: there is no NEW row"]),
        (["update"], "statement", "new . total", ["a trigger for each statement sees no NEW row"]),
        (["insert"], "row", "select old . x from a as old", []),
    ],
)
def test_rows_that_a_trigger_sees(events: Sequence[str], each: str, words: str, expected: list[str]) -> None:
    trigger = Trigger(ref=TABLE.child(Kind.TRIGGER, "g"), timing="after", events=tuple(events), each=each)
    assert [message for message, _ in wrong_rows(trigger, MODEL, words.split())] == expected


def test_of_what_is_not_declared_the_columns_are_not_known() -> None:
    trigger = Trigger(ref=Ref.root(Kind.VIEW, "v").child(Kind.TRIGGER, "g"), timing="instead_of", events=("insert",))
    assert list(wrong_rows(trigger, MODEL, ["new", ".", "anything"])) == []
