"""What is folded: the same done to many, at the same risk; never what differs in anything that matters."""

from __future__ import annotations

import pytest

from reconciler.model.change import Create
from reconciler.model.objects import Column, View
from reconciler.model.ref import Ref
from reconciler.model.types import Type
from reconciler.model.values import Sql
from reconciler.report.alike import folds, roots, sameness
from reconciler.report.entries import entries
from reconciler.report.facts import Review
from reconciler.report.layout import Look
from reconciler.report.problems import width
from reconciler.report.text import plan_text
from tests.unit.report.made import hazard, made, step


def columns(number: int, type_: str = "int", name: str = "tenant") -> list[Column]:
    refs = (Ref.root("table", f"{type_}_{n:02}").child("column", name) for n in range(number))
    return [Column(ref=ref, type=Type(type_)) for ref in refs]


def plan(*found: Column) -> Review:
    return made(*(step(Create(column)) for column in found))


def test_a_short_list_stays_as_it_is() -> None:
    assert "×" not in plan_text(plan(*columns(20)), Look())


def test_what_is_alike_is_one_line() -> None:
    text = plan_text(plan(*columns(30)), Look())
    assert "30 × column tenant" in text
    assert "int_00, int_01, int_02" in text
    assert "… int_29" in text
    assert "the same for 29 more (-v): int_01" in text


def test_another_type_is_not_the_same() -> None:
    found = entries(plan(*columns(15), *columns(15, "text"))).all
    assert [len(fold) for fold in folds(found, sameness, Look())] == [15, 15]


def test_another_risk_is_not_the_same() -> None:
    several = columns(30)
    review = made(*(step(Create(column)) for column in several), hazards=[hazard("MF103", several[7].ref)])
    text = plan_text(review, Look())
    assert "29 × column tenant" in text
    assert "table.int_07.column.tenant" in text


def test_views_with_other_queries_are_not_the_same() -> None:
    views = [View(ref=Ref.root("view", f"v_{n}"), query=Sql(f"select {n}")) for n in range(30)]
    found = entries(made(*(step(Create(view)) for view in views))).all
    assert len({sameness(entry) for entry in found}) == 30


def test_a_name_inside_a_name_is_alike() -> None:
    refs = [Ref.root("table", f"t{n}").child("column", f"t{n}_code") for n in range(30)]
    assert "30 × column *_code" in plan_text(plan(*(Column(ref=ref, type=Type("int")) for ref in refs)), Look())


@pytest.mark.parametrize("room", [8, 12, 20, 40, 80])
def test_names_are_cut_between_two(room: int) -> None:
    found = entries(plan(*columns(30), *columns(5, "\u6f22\u5b57"))).all
    text = roots(found, Look(), room)
    assert width(text) <= room
    names = text.split(" … ")[0].split(", ")
    assert all(name in {entry.ref.top.name for entry in found} for name in names if room >= 20)
