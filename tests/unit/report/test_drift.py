"""A check: what counts as drift, and what a person can do about each difference."""

from __future__ import annotations

import pytest

from reconciler.model.change import Alter, Create, Drop, Rename
from reconciler.model.objects import Column, Table, View
from reconciler.model.ref import Ref
from reconciler.model.types import Type
from reconciler.model.values import Sql
from reconciler.plan.hazards import Effect
from reconciler.plan.scope import Reason
from reconciler.report.drift import Finding, check_data, check_text, drift, pending
from reconciler.report.facts import Review
from reconciler.report.layout import Look
from tests.unit.report.made import hazard, made, step

ORDERS = Ref.root("table", "orders")
TOTAL = Column(ref=ORDERS.child("column", "total"), type=Type("int"))
WIDE = Column(ref=TOTAL.ref, type=Type("bigint"))
OLD = Column(ref=ORDERS.child("column", "sum"), type=Type("int"))
VIEW = View(ref=Ref.root("view", "v"), query=Sql("select 1"))
NOTES = Ref.root("table", "notes")


@pytest.mark.parametrize(("review", "finding", "message"), [
    (made(step(Create(TOTAL))), Finding.MISSING, "is declared and not there"),
    (made(step(Alter(TOTAL, WIDE, ("type",)))), Finding.CHANGED, "type is int, declared bigint"),
    (made(step(Rename(OLD, TOTAL))), Finding.CHANGED, "is still called sum"),
    (made(step(Drop(TOTAL)), removed={TOTAL.ref: "unused"}), Finding.REMOVAL, 'removed: "unused"'),
    (
        made(step(Drop(TOTAL)), dropped={TOTAL.ref: Reason.LEDGER}), Finding.REMOVAL,
        "the specs do not declare it any more",
    ),
    (made(undeclared=[NOTES]), Finding.UNDECLARED, "is in neither the specs nor the ledger"),
])  # fmt: skip
def test_what_differs(review: Review, finding: Finding, message: str) -> None:
    (found,) = drift(review)
    assert (found.finding, found.message) == (finding, message)
    assert found.suggestion


@pytest.mark.parametrize(("review", "fails"), [
    (made(), False),
    (made(step(Create(TOTAL))), True),
    (made(step(Drop(TOTAL))), True),
    (made(undeclared=[NOTES]), False),
    (made(undeclared=[NOTES], policy="error"), True),
    (made(undeclared=[NOTES], policy="ignore"), False),
    (made(policy="error"), False),
])  # fmt: skip
def test_when_a_check_fails(review: Review, fails: bool) -> None:
    assert pending(review, drift(review)) is fails
    assert check_data(review)["pending"] is fails
    text = check_text(review, Look())
    assert ("drift:" in text) is fails
    assert ("up to date" in text) is not fails


def test_what_is_ignored_is_not_listed() -> None:
    assert drift(made(undeclared=[NOTES], policy="ignore")) == ()


def test_objects_of_a_missing_table_are_one_difference() -> None:
    assert [one.address for one in drift(made(step(Create(Table(ref=ORDERS)), Create(TOTAL))))] == ["table.orders"]


def test_a_view_that_is_only_made_again_is_no_drift_of_its_own() -> None:
    review = made(step(Drop(VIEW)), step(Alter(TOTAL, WIDE, ("type",))), step(Create(VIEW)))
    assert [one.address for one in drift(review)] == [str(TOTAL.ref)]


def test_a_suggestion_has_the_words_that_allow_it() -> None:
    danger = hazard("DS103", TOTAL.ref, count=1)
    (found,) = drift(made(step(Drop(TOTAL)), hazards=[danger], refused=[danger]), "reconcile apply -e prod")
    assert found.suggestion == f"reconcile apply -e prod --allow DS103:{TOTAL.ref}"
    (allowed,) = drift(made(step(Drop(TOTAL)), hazards=[danger]))
    assert "--allow" not in allowed.suggestion


def test_what_the_rows_contradict_cannot_just_be_applied() -> None:
    blocks = hazard("MF104", TOTAL.ref, Effect.BLOCK, 2)
    (found,) = drift(made(step(Alter(TOTAL, WIDE, ("type",))), hazards=[blocks], refused=[blocks]))
    assert "mended first" in found.suggestion


def test_the_counts_agree_with_the_list() -> None:
    data = check_data(made(step(Create(TOTAL)), step(Drop(OLD)), undeclared=[NOTES]))
    assert data["summary"] == {"missing": 1, "changed": 0, "removal": 1, "pending": 0, "undeclared": 1}
    assert [one["finding"] for one in data["drift"]] == ["missing", "removal", "undeclared"]
