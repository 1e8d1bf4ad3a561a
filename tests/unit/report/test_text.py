"""A plan as text: what has to be in it, what must not, and that the last lines say what to do."""

from __future__ import annotations

import re
import shlex

import pytest

from reconciler.errors import Position, Problem
from reconciler.model.change import Alter, Create, Drop
from reconciler.model.objects import Column, View
from reconciler.model.ref import Ref
from reconciler.model.types import Type
from reconciler.model.values import Literal, Sql
from reconciler.plan.hazards import Effect
from reconciler.plan.policy import parse_allowance
from reconciler.report.layout import Look, coloured
from reconciler.report.problems import width
from reconciler.report.text import plan_text
from tests.unit.report.made import hazard, made, step

ORDERS = Ref.root("table", "orders")
TOTAL = Column(ref=ORDERS.child("column", "total"), type=Type("int"))
WIDE = Column(ref=TOTAL.ref, type=Type("bigint"))
ODD = Column(ref=ORDERS.child("column", "it's \x1b[2K odd"), type=Type("text"))
LOOK = Look(width=80)


def test_nothing_to_do_is_one_line() -> None:
    text = plan_text(made(undeclared=[ORDERS]), LOOK)
    assert text.count("\n") == 1
    assert "up to date" in text
    assert "1 undeclared" in text
    assert "undeclared" not in plan_text(made(undeclared=[ORDERS], policy="ignore"), LOOK)
    assert "? table.orders" in plan_text(made(undeclared=[ORDERS]), Look(detail=1))


def test_a_note_is_told_even_if_there_is_nothing_to_do() -> None:
    assert "the server is read-only" in plan_text(made(notes=["the server is read-only"]), LOOK)


def test_statements_are_whole_and_end_with_a_semicolon() -> None:
    sql = "CREATE VIEW x AS\nSELECT '[red]', '[/foo]', " + ", ".join(f"column_{n}" for n in range(80))
    text = plan_text(made(step(Create(TOTAL), sql=[sql, "SELECT 2"])), LOOK)
    lines = [line.strip() for line in text.splitlines()]
    for line in f"{sql};".splitlines():
        assert line in lines
    assert "SELECT 2;" in lines


@pytest.mark.parametrize("columns", [60, 80, 100, 120])
def test_the_table_fits_the_width(columns: int) -> None:
    refs = [ORDERS.child("column", f"a_rather_long_name_of_a_column_{n}") for n in range(3)]
    text = plan_text(made(*(step(Create(Column(ref=ref, type=Type("text")))) for ref in refs)), Look(width=columns))
    table = text.split("\n\n")[2].splitlines()
    assert len(table) == 5
    assert all(width(line) <= columns for line in table)


def test_colours_change_nothing_but_colours() -> None:
    review = made(step(Alter(TOTAL, WIDE, ("type",))), hazards=[hazard("DS107", TOTAL.ref, Effect.BLOCK, 2)])
    painted = plan_text(review, Look(width=80, paint=coloured))
    assert re.sub(r"\x1b\[[\d;]*m", "", painted) == plan_text(review, LOOK)
    assert "\x1b[" in painted


def test_both_sides_of_a_field_are_shown() -> None:
    assert re.search(r"type +int → bigint", plan_text(made(step(Alter(TOTAL, WIDE, ("type",)))), LOOK))


def test_a_field_that_names_the_same_as_before_says_so() -> None:
    """An enum that loses a value is made anew, and so are the columns that have it."""
    assert "type  int, which changes itself" in plan_text(made(step(Alter(TOTAL, TOTAL, ("type",)))), LOOK)


def test_long_texts_are_compared_line_by_line() -> None:
    old = View(ref=Ref.root("view", "v"), query=Sql("select a,\n  b\nfrom t"))
    new = View(ref=old.ref, query=Sql("select a,\n  c\nfrom t"))
    lines = [line.strip() for line in plan_text(made(step(Alter(old, new, ("query",)))), LOOK).splitlines()]
    assert "-   b" in lines
    assert "+   c" in lines


def test_nothing_from_a_database_moves_the_cursor() -> None:
    danger = hazard("DS103", ODD.ref, count=1)
    column = Column(ref=ODD.ref, type=Type("text"), default=Literal("\x1b[31m\x07"))
    review = made(
        step(Drop(column), sql=["DROP \x1b[2K\x08\r"]), hazards=[danger], refused=[danger],
        undeclared=[Ref.root("table", "\x1b]0;x\x07")], notes=["\x9b1m"], removed={ODD.ref: "\x1b[1A"},
    )  # fmt: skip
    text = plan_text(review, Look(detail=1))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    assert "␛" in text


def test_the_last_line_has_the_words_that_allow_it() -> None:
    refused = [hazard("DS103", TOTAL.ref, count=1), hazard("DS103", ODD.ref, count=1)]
    review = made(step(Drop(TOTAL)), step(Drop(ODD)), hazards=refused, refused=refused)
    text = plan_text(review, Look(width=300, apply="reconcile apply -e prod"))
    words = shlex.split(text.splitlines()[-1])
    assert words[:4] == ["reconcile", "apply", "-e", "prod"]
    assert [word for word in words if word == "--allow"] == ["--allow"] * 2
    assert parse_allowance(words[5]).ref == ODD.ref or parse_allowance(words[7]).ref is not None


def test_what_blocks_cannot_be_allowed() -> None:
    blocks = hazard("MF104", TOTAL.ref, Effect.BLOCK, 3)
    text = plan_text(made(step(Alter(TOTAL, WIDE, ("type",))), hazards=[blocks], refused=[blocks]), LOOK)
    assert "blocked:" in text
    assert "--allow" not in text
    assert "Next:" not in text


def test_an_obstacle_is_told_with_its_remedy() -> None:
    problem = Problem(code="RUN037", message="no right to create", hint="GRANT CREATE ON SCHEMA app TO me")
    text = plan_text(made(step(Create(TOTAL)), obstacles=[problem]), LOOK)
    assert "blocked:" in text
    assert "GRANT CREATE ON SCHEMA app TO me" in text


def test_a_first_apply_says_why_the_spec_s_word_is_not_enough() -> None:
    danger = hazard("DS103", TOTAL.ref, count=1)
    first = plan_text(made(step(Drop(TOTAL)), hazards=[danger], refused=[danger], known=False), LOOK)
    later = plan_text(made(step(Drop(TOTAL)), hazards=[danger], refused=[danger]), LOOK)
    assert "never been applied here" in first
    assert "never been applied here" not in later


def test_an_allowed_plan_ends_with_the_command() -> None:
    assert plan_text(made(step(Create(TOTAL))), LOOK).splitlines()[-1] == " Next:  reconcile apply"


def test_the_same_warning_about_many_objects_is_one() -> None:
    warnings = [
        Problem(
            code="SPEC200", message=f"table.t{n}: keeps no comments", address=f"table.t{n}", severity="warning",
            position=Position("a.yaml", n + 1, 1),
        )
        for n in range(3)
    ]  # fmt: skip
    text = plan_text(made(step(Create(TOTAL)), warnings=warnings), LOOK)
    assert text.count("keeps no comments") == 1
    assert "a.yaml:1, a.yaml:2, a.yaml:3" in text


def test_long_lists_are_cut_and_say_so() -> None:
    many = [Ref.root("table", f"t{n}") for n in range(30)]
    text = plan_text(made(step(Create(TOTAL)), undeclared=many, unmodelled=many), LOOK)
    assert text.count("… 20 more") == 2
    assert "more, -v" not in plan_text(made(step(Create(TOTAL)), undeclared=many), Look(detail=1))


def test_totals_agree_with_the_table() -> None:
    review = made(step(Create(TOTAL)), step(Drop(ODD)), step(Alter(WIDE, TOTAL, ("type",))))
    text = plan_text(review, Look(width=120))
    assert "1 add   1 change   1 drop" in text
    assert "3 steps   3 statements" in text
