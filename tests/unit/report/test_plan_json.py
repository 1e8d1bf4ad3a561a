"""The plan as JSON: of the form that its schema says, complete, and in agreement with itself."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft7Validator

from reconciler.errors import Position, Problem
from reconciler.model.change import Alter, Create, Drop, Rename
from reconciler.model.objects import Column, PrimaryKey, Table
from reconciler.model.ref import Ref
from reconciler.model.types import Type
from reconciler.plan.hazards import Effect
from reconciler.report.facts import Review
from reconciler.report.json import document, envelope
from reconciler.report.plan_file import plan_file_data
from reconciler.report.plan_json import plan_data
from tests.unit.report.made import hazard, made, step

ORDERS = Ref.root("table", "orders")
OLD = Column(ref=ORDERS.child("column", "state"), type=Type("text"))
NEW = Column(ref=ORDERS.child("column", "status"), type=Type("text"))
TOTAL = Column(ref=ORDERS.child("column", "total"), type=Type("int"))
WIDE = Column(ref=TOTAL.ref, type=Type("bigint"))
PAYMENTS = Ref.root("table", "payments")
ID = Column(ref=PAYMENTS.child("column", "id"), type=Type("int"))
KEY = PrimaryKey(ref=PAYMENTS.child("primary_key"), columns=("id",))
WARNING = Problem(code="SPEC200", message="no comments", severity="warning", position=Position("a.yaml", 1, 2))
SCHEMA = json.loads(files("reconciler.schemas").joinpath("plan.schema.json").read_text("utf-8"))
VALIDATOR = Draft7Validator(SCHEMA)


def everything() -> Review:
    """Return a review with something in every part."""
    refused = hazard("DS103", OLD.ref, count=2)
    return made(
        step(Rename(OLD, NEW)),
        step(Alter(TOTAL, WIDE, ("type",))),
        step(Create(Table(ref=PAYMENTS)), Create(ID), Create(KEY)),
        step(Drop(OLD)),
        hazards=[refused, hazard("DS107", TOTAL.ref, Effect.NOTICE)],
        refused=[refused],
        removed={OLD.ref: "unused"},
        positions={(OLD.ref, ""): Position("orders.yaml", 9, 3, 11)},
        undeclared=[Ref.root("table", "notes")],
        unmodelled=[ORDERS.child("trigger", "t")],
        obstacles=[Problem(code="RUN037", message="no right", hint="GRANT …", address="table.orders")],
        warnings=[WARNING],
        notes=["read-only"],
    )


def made_whole(data: Mapping[str, Any]) -> Any:
    """Return data as whoever reads the document gets it."""
    return json.loads("".join(document(data)))


def shown(review: Review) -> Any:
    """Return a plan as whoever reads it gets it."""
    return made_whole(plan_data(review))


def test_the_schema_is_one() -> None:
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("review", [made(), everything()], ids=["nothing", "everything"])
def test_a_plan_is_of_the_form_of_the_schema(review: Review) -> None:
    for data in (shown(review), made_whole(plan_file_data(review))):
        assert [error.message for error in VALIDATOR.iter_errors(data)] == []


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, value in inner for place in _places(value, (*path, key)))]


def _at(node: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        node = node[key]
    return node


OBJECTS = [path for path in _places(shown(everything())) if isinstance(_at(shown(everything()), path), dict)]
FREE = ("before", "after")


@pytest.mark.parametrize("path", [path for path in OBJECTS if not set(FREE) & set(path)], ids=str)
def test_the_schema_is_strict(path: tuple[Any, ...]) -> None:
    """A key more is wrong everywhere, and so is a key less."""
    data = shown(everything())
    more = copy.deepcopy(data)
    _at(more, path)["surprise"] = 1
    assert not VALIDATOR.is_valid(more)
    for key in _at(data, path):
        less = copy.deepcopy(data)
        del _at(less, path)[key]
        assert not VALIDATOR.is_valid(less), key


def test_the_summary_counts_the_changes() -> None:
    data = shown(everything())
    counted = [change for change in data["changes"] if change["inside"] is None]
    for action in ("create", "update", "rename", "delete", "replace"):
        assert data["summary"][action] == sum(action in change["actions"] for change in counted)
    assert data["summary"]["statements"] == sum(len(one["statements"]) for one in data["steps"])
    assert data["summary"]["create"] == 1


def test_steps_and_changes_name_each_other() -> None:
    data = shown(everything())
    by_number = {one["number"]: one for one in data["steps"]}
    assert list(by_number) == [1, 2, 3, 4]
    for change in data["changes"]:
        assert change["address"] in by_number[change["step"]]["changes"]


def test_a_change_says_what_and_why_and_where() -> None:
    change = shown(everything())["changes"][-1]
    assert change["actions"] == ["delete"]
    assert change["action_reason"] == "removed"
    assert change["source"] == {"file": "orders.yaml", "line": 9, "column": 3, "end_line": 9, "end_column": 11}
    assert (change["before"]["type"], change["after"]) == ("text", None)


def test_a_rename_has_its_previous_address() -> None:
    change = shown(everything())["changes"][0]
    assert (change["address"], change["previous_address"]) == (str(NEW.ref), str(OLD.ref))


def test_approval_has_the_words_to_allow() -> None:
    approval = shown(everything())["approval"]
    assert approval == {"required": True, "reasons": ["DS103"], "allow": [f"DS103:{OLD.ref}"]}


@pytest.mark.parametrize(("approve", "effect", "required"), [
    ("never", Effect.CONSENT, False), ("always", Effect.NOTICE, True), ("risky", Effect.NOTICE, False),
    ("risky", Effect.CONSENT, True),
])  # fmt: skip
def test_who_is_asked(approve: str, effect: Effect, required: bool) -> None:
    review = made(step(Drop(OLD)), hazards=[hazard("DS103", OLD.ref, effect)], approve=approve)
    assert shown(review)["approval"]["required"] is required
    assert shown(made(approve=approve))["approval"]["required"] is False


def test_applyable_needs_consent_and_privileges() -> None:
    danger = hazard("DS103", OLD.ref)
    problem = Problem(code="RUN037", message="no right")
    assert shown(made(step(Drop(OLD))))["applyable"] is True
    assert shown(made(step(Drop(OLD)), hazards=[danger], refused=[danger]))["applyable"] is False
    assert shown(made(step(Drop(OLD)), obstacles=[problem]))["applyable"] is False


@pytest.mark.parametrize(("code", "ok"), [(0, True), (2, True), (1, False), (3, False), (64, False)])
def test_the_envelope_is_the_same_on_failure(code: int, ok: bool) -> None:
    problem = Problem(code="RUN010", message="no answer from postgres://me:secret@host/db")
    found = envelope("plan", code, None, [problem])
    assert list(found) == ["format_version", "command", "ok", "exit_code", "result", "diagnostics"]
    assert (found["ok"], found["exit_code"], found["result"]) == (ok, code, None)
    assert "secret" not in "".join(document(found))


def test_a_document_suits_every_terminal_and_encoding() -> None:
    text = "".join(document({"a": "é\x1b[2K\u202e\u2028"}))
    assert text.isascii()
    assert "\x1b" not in text
    assert json.loads(text) == {"a": "é\x1b[2K\u202e\u2028"}


def test_a_part_is_made_when_its_turn_comes_and_not_kept() -> None:
    alive: list[int] = []

    class Part(list[int]):
        def __init__(self, number: int) -> None:
            super().__init__(range(number, number + 50_000))
            alive.append(number)

        def __del__(self) -> None:
            alive.remove(self[0])

    parts = [partial(Part, number) for number in range(4)]
    most = [len(alive) for _ in document({"parts": parts})]
    assert (max(most), alive) == (1, [])


def test_what_json_cannot_hold_is_no_part() -> None:
    with pytest.raises(TypeError, match="Decimal"):
        list(document({"a": Decimal(1)}))
