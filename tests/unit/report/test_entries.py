"""Which changes are reported, why, where from, and at what cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.errors import Position
from reconciler.model.change import Alter, Create, Drop, Rename
from reconciler.model.model import Model
from reconciler.model.objects import Column, Index, Table, View
from reconciler.model.ref import Ref
from reconciler.model.types import Type
from reconciler.model.values import IndexPart, Sql
from reconciler.plan.hazards import Effect
from reconciler.plan.rules import States
from reconciler.plan.scope import Reason
from reconciler.report.entries import danger, destroys, effect_word, entries
from tests.unit.report.made import hazard, made, step

ORDERS = Ref.root("table", "orders")
TABLE = Table(ref=ORDERS)
TOTAL = Column(ref=ORDERS.child("column", "total"), type=Type("int"), position=2)
WIDE = Column(ref=TOTAL.ref, type=Type("bigint"), position=2)
ID = Column(ref=ORDERS.child("column", "id"), type=Type("int"), position=1)
STATE = Column(ref=ORDERS.child("column", "state"), type=Type("text"))
STATUS = Column(ref=ORDERS.child("column", "status"), type=Type("text"))
INDEX = Index(ref=ORDERS.child("index", "orders_idx"), parts=(IndexPart(column="total"),))
VIEW = View(ref=Ref.root("view", "v"), query=Sql("select 1"))
OTHER = View(ref=VIEW.ref, query=Sql("select 2"))


def test_a_drop_and_a_create_of_one_address_are_a_replacement() -> None:
    (entry,) = entries(made(step(Drop(VIEW)), step(Create(OTHER)))).all
    assert (entry.verb, entry.fields, entry.steps, entry.reason) == ("replace", ("query",), (1, 2), "differs")
    assert (entry.old, entry.new) == (VIEW, OTHER)


def test_a_replacement_without_a_difference_says_that_something_else_is_the_reason() -> None:
    found = entries(made(step(Drop(VIEW)), step(Alter(TOTAL, WIDE, ("type",))), step(Create(VIEW))))
    assert {entry.ref: entry.reason for entry in found.all} == {VIEW.ref: "dependency_changed", TOTAL.ref: "differs"}


def test_what_falls_with_its_holder_and_comes_back_is_no_addition() -> None:
    old = Model([VIEW, replace(INDEX, ref=VIEW.ref.child("index", "i"))])
    index, fresh = old[VIEW.ref.child("index", "i")], replace(INDEX, ref=VIEW.ref.child("index", "fresh"))
    gone = replace(step(Drop(VIEW)), drops=frozenset(old))
    review = made(gone, step(Create(VIEW)), step(Create(index)), step(Create(fresh)))
    review = replace(review, planned=replace(review.planned, states=States(old=old, new=Model())))
    found = {entry.ref.name: (entry.verb, entry.reason) for entry in entries(review).all}
    assert found == {"v": ("replace", "dependency_changed"), "i": ("replace", "dependency_changed"),
                     "fresh": ("create", "declared")}  # fmt: skip


def test_a_rename_and_another_change_stay_two() -> None:
    later = Column(ref=STATUS.ref, type=Type("varchar", ("9",)))
    found = entries(made(step(Rename(STATE, STATUS)), step(Alter(STATUS, later, ("type",)))))
    assert [(entry.verb, entry.previous) for entry in found.all] == [("rename", STATE.ref), ("update", None)]


def test_objects_of_a_new_table_are_not_counted_beside_it() -> None:
    found = entries(made(step(Create(TABLE), Create(TOTAL), Create(ID)), step(Create(INDEX))))
    assert [entry.ref for entry in found.main] == [ORDERS]
    assert [entry.ref for entry in found.all] == [ORDERS, ID.ref, TOTAL.ref, INDEX.ref]
    assert found.totals == {"create": 1, "update": 0, "rename": 0, "replace": 0, "delete": 0, "backfill": 0}


def test_a_new_column_of_a_table_that_is_there_counts() -> None:
    assert entries(made(step(Create(TOTAL)))).totals["create"] == 1


@pytest.mark.parametrize(
    ("dropped", "removed", "reason"),
    [
        ({TOTAL.ref: Reason.REMOVED}, {TOTAL.ref: "unused"}, "removed"),
        ({TOTAL.ref: Reason.LEDGER}, {}, "no_longer_declared"),
        ({TOTAL.ref: Reason.UNDECLARED}, {}, "undeclared"),
        ({TOTAL.ref: Reason.PARENT}, {}, "parent_deleted"),
        ({}, {}, "required"),
    ],
)
def test_a_drop_has_its_reason(dropped: dict[Ref, Reason], removed: dict[Ref, str], reason: str) -> None:
    (entry,) = entries(made(step(Drop(TOTAL)), dropped=dropped, removed=removed)).all
    assert entry.reason == reason
    assert entry.note


def test_only_a_drop_by_name_has_a_place() -> None:
    positions = {(TOTAL.ref, ""): Position("orders.yaml", 9, 3), (ORDERS, ""): Position("orders.yaml", 1, 8)}
    (named,) = entries(made(step(Drop(TOTAL)), removed={TOTAL.ref: "unused"}, positions=positions)).all
    (absent,) = entries(made(step(Drop(TOTAL)), dropped={TOTAL.ref: Reason.LEDGER}, positions=positions)).all
    assert named.source == Position("orders.yaml", 9, 3)
    assert absent.source is None


def test_one_changed_field_has_its_own_place() -> None:
    positions = {(TOTAL.ref, ""): Position("orders.yaml", 9, 3), (TOTAL.ref, "type"): Position("orders.yaml", 9, 14)}
    (one,) = entries(made(step(Alter(TOTAL, WIDE, ("type",))), positions=positions)).all
    (two,) = entries(made(step(Alter(TOTAL, WIDE, ("type", "not_null"))), positions=positions)).all
    assert (one.source, two.source) == (Position("orders.yaml", 9, 14), Position("orders.yaml", 9, 3))


def test_a_hazard_belongs_to_its_object_or_to_what_holds_it() -> None:
    own, inner = hazard("DS102", ORDERS), hazard("PR101", TOTAL.ref)
    loose = hazard("DS102", Ref.root("table", "elsewhere"))
    found = entries(made(step(Drop(TABLE)), hazards=[own, inner, loose]))
    assert found.all[0].hazards == (own, inner)
    assert found.loose == (loose,)


def test_a_hazard_of_what_does_not_change_belongs_to_the_same_root() -> None:
    """Rows of a column get other values because the check of its enum changes."""
    moved = hazard("DS110", STATE.ref)
    found = entries(made(step(Create(VIEW)), step(Create(INDEX)), hazards=[moved]))
    assert [entry.hazards for entry in found.all] == [(), (moved,)]
    assert found.loose == ()


def test_what_breaks_running_code_belongs_to_the_rename() -> None:
    later = Column(ref=STATUS.ref, type=Type("int"))
    breaks, narrows = hazard("BC102", STATUS.ref), hazard("DS107", STATUS.ref)
    review = made(step(Rename(STATE, STATUS)), step(Alter(STATUS, later, ("type",))), hazards=[narrows, breaks])
    assert [entry.hazards for entry in entries(review).all] == [(breaks,), (narrows,)]


def test_levels_follow_from_what_is_no_mere_notice() -> None:
    hazards = [hazard("DS107", TOTAL.ref, Effect.NOTICE), hazard("MF104", ID.ref, Effect.BLOCK)]
    review = made(step(Alter(TOTAL, WIDE, ("type",))), step(Alter(ID, ID, ("not_null",))), hazards=hazards)
    assert [entry.level for entry in entries(review).all] == ["low", "medium"]


def test_danger_comes_first() -> None:
    blocks, refused = hazard("MF104", ID.ref, Effect.BLOCK, 3), hazard("DS103", TOTAL.ref, count=3)
    allowed = hazard("DS103", STATE.ref, count=3)
    review = made(
        step(Create(INDEX)), step(Drop(STATE)), step(Drop(TOTAL)), step(Alter(ID, ID, ("not_null",))),
        hazards=[blocks, refused, allowed], refused=[blocks, refused],
    )  # fmt: skip
    found = entries(review)
    ordered = sorted(found.main, key=lambda entry: danger(entry, found.refused))
    assert [entry.ref for entry in ordered] == [ID.ref, TOTAL.ref, STATE.ref, INDEX.ref]
    assert [effect_word(h, found.refused) for h in (blocks, refused, allowed)] == ["blocks", "refused", "allowed"]


@pytest.mark.parametrize(("effect", "count", "lost"), [
    (Effect.CONSENT, 3, True), (Effect.CONSENT, 0, False), (Effect.CONSENT, None, True), (Effect.NOTICE, 3, False),
])  # fmt: skip
def test_an_empty_column_destroys_nothing(effect: Effect, count: int | None, lost: bool) -> None:
    (entry,) = entries(made(step(Drop(TOTAL)), hazards=[hazard("DS103", TOTAL.ref, effect, count)])).all
    assert destroys(entry) is lost
