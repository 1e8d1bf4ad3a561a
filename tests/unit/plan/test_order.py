"""The order of steps follows from their edges alone; a cycle is an error that lists its path."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import PlanError
from reconciler.model.ref import Kind, Ref
from reconciler.plan.order import order
from reconciler.plan.step import Statement, Step


def ref(name: str) -> Ref:
    return Ref.root(Kind.TABLE, name)


def step(name: str, *, weight: int = 50, action: str = "update", **edges: set[str]) -> Step:
    made = Step(subject=ref(name), action=action, statements=(Statement(name),), changes=(), weight=weight)
    sets: dict[str, Any] = {kind: frozenset(map(ref, names)) for kind, names in edges.items()}
    return replace(made, **sets)


def names(steps: tuple[Step, ...]) -> list[str]:
    return [step.subject.name for step in steps]


def test_what_is_needed_is_made_first() -> None:
    made = order([step("view", needs={"table"}, weight=1), step("table", creates={"table"}, weight=99)])
    assert names(made) == ["table", "view"]


def test_what_is_dropped_is_released_first_and_made_again_after() -> None:
    steps = [
        step("make", creates={"x"}, weight=1),
        step("drop", drops={"x"}, weight=2),
        step("release", releases={"x"}, weight=3),
    ]
    assert names(order(steps)) == ["release", "drop", "make"]


def test_weight_then_address_decide_what_the_edges_leave_open() -> None:
    assert names(order([step("b"), step("c", weight=1), step("a")])) == ["c", "a", "b"]


def test_renames_come_before_everything() -> None:
    assert names(order([step("a", weight=0), step("z", action="rename", weight=99)])) == ["z", "a"]


def test_a_cycle_is_a_bug_and_is_told_with_its_path() -> None:
    with pytest.raises(PlanError, match=r"table\.a → table\.b → table\.a|table\.b → table\.a → table\.b"):
        order([step("a", creates={"a"}, needs={"b"}), step("b", creates={"b"}, needs={"a"})])


@given(
    st.permutations(
        [step(n, creates={n}, needs=m) for n, m in [("a", {"b"}), ("b", {"c"}), ("c", set()), ("d", {"a"})]]
    )
)
def test_the_order_given_does_not_matter(steps: list[Step]) -> None:
    assert names(order(steps)) == ["c", "b", "a", "d"]
