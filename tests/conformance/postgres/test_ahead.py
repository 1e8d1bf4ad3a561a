"""A look at the database begins while the specs are read: it finds the same, and leaves nothing behind."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler import dialects, workflow
from reconciler.dialects.base import Session
from reconciler.dialects.base import Target as Place
from reconciler.errors import SpecError, TargetError
from reconciler.workflow import ahead
from reconciler.workflow.opening import Opened
from tests.conformance.shop import Shop
from tests.target import Target

# The schemas of each look that was begun before the specs were read.
Begun = list[tuple[str, ...]]

DOCUMENTS = {
    "here": "table: here\ncolumns: {a: {type: int}}\n",
    "there": "table: audit.there\ncolumns: {a: {type: int}}\n",
}


@pytest.fixture
def shop(pg: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(tmp_path, pg, monkeypatch, DOCUMENTS)


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Begun:
    found: Begun = []
    begin = ahead._begun

    def noted(opened: Opened) -> object:
        found.append(opened.target.schemas)
        return begin(opened)

    monkeypatch.setattr(ahead, "_begun", noted)
    return found


def sessions(pg: Target) -> Sequence[object]:
    return pg.query("select pid from pg_stat_activity where datname = current_database() and"
                    " application_name = 'reconcile'")  # fmt: skip


def test_it_looks_at_what_the_specs_said_the_last_time(shop: Shop, begun: Begun) -> None:
    shop.same()
    assert set(begun) == {("audit",)}
    shop.write("more", "table: more.more\ncolumns: {a: {type: int}}\n")
    begun.clear()
    plan, _ = shop.same()
    assert [step["address"] for step in plan["steps"]] == ["schema.more", "table.more.more"]
    assert begun[0] == ("audit",)
    assert begun[-1] == ("audit", "more")


def test_the_first_time_nothing_is_known(shop: Shop, begun: Begun, tmp_path: Path) -> None:
    (shop.folder / "cache").rename(tmp_path / "gone")
    shop.plan()
    assert begun == []


def test_wrong_specs_are_told_first_and_leave_no_session(shop: Shop, pg: Target) -> None:
    shop.write("more", "table: more\ncolumns: {a: {type: itn}}\n")
    with pytest.raises(SpecError, match="itn"):
        shop.plan()
    until = time.monotonic() + 10
    while sessions(pg) and time.monotonic() < until:
        time.sleep(0.05)
    assert sessions(pg) == []


def test_an_apply_begins_no_look_ahead(shop: Shop, begun: Begun, pg: Target) -> None:
    workflow.apply(shop.request())
    assert begun == []
    assert sessions(pg) == []


def nobody(target: Place) -> Session:
    raise TargetError(f"{target.label}: nobody is there")


@pytest.mark.parametrize(
    ("type_", "error", "words"), [("int", TargetError, "nobody is there"), ("itn", SpecError, "itn")]
)
def test_a_server_that_cannot_be_reached_is_told_after_the_specs(
    shop: Shop, begun: Begun, monkeypatch: pytest.MonkeyPatch, type_: str, error: type[Exception], words: str
) -> None:
    shop.write("more", f"table: more\ncolumns: {{a: {{type: {type_}}}}}\n")
    known = dialects.dialect("postgres")
    monkeypatch.setattr("reconciler.workflow.opening.dialects.dialect", lambda name: replace(known, connect=nobody))
    with pytest.raises(error, match=words):
        shop.plan()
    assert begun == [("audit",)]
