"""A plan of a part, as `--select` says it: it is saved and applied, and nothing beyond the part is touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.process import Reconcile
from tests.target import Target

A = "table: a\ncolumns: {id: {type: int}, x: {type: int}}\nprimary_key: [id]\n"
B = "table: b\ncolumns: {id: {type: int}, a_id: {type: int, references: a.id}}\nprimary_key: [id]\n"
REST = "view: v\nquery: select id from b\n---\ntable: c\ncolumns: {id: {type: int}}\nprimary_key: [id]\n"
ROWS = "data: c\nkey: [id]\nrows: [{id: 1}]\n"


@pytest.fixture
def folder(tmp_path: Path, target: Target) -> Path:
    """A project of which nothing is there yet, beside a table that nobody declared."""
    (tmp_path / "reconcile.yaml").write_text(
        "reconcile: 1\nproject: shop\nsql: postgres\nenvironments: "
        f"{{here: {{url: '{target.url}', default: true, policy: {{approve: never}}}}}}\n"
    )
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "a.yaml").write_text(A)
    (tmp_path / "rest.yaml").write_text("---\n".join((B, REST, ROWS)))
    target.execute("create table mine (id int)")
    return tmp_path


def planned(folder: Path, reconcile: Reconcile, *select: str) -> tuple[list[str], dict[str, Any]]:
    """Return the roots that a plan of a part changes, in order, and all that it says."""
    words = [word for one in select for word in ("--select", one)]
    reconcile("plan", *words, "--out", "plan.json", cwd=folder).ok()
    told = json.loads((folder / "plan.json").read_text())
    roots = [change["address"] for change in told["changes"] if change["address"].count(".") == 1]
    return roots, told


# What is said, and the roots that such a plan changes.
PARTS = {
    "table.c": ["table.c"],
    "table.[ac]": ["table.a", "table.c"],
    "path:part": ["table.a"],
    "table.b": ["table.a", "table.b"],
    "kind:view": ["table.a", "table.b", "view.v"],
    "+view.v": ["table.a", "table.b", "view.v"],
    "table.a+": ["table.a", "table.b", "view.v"],
    "data.c": ["data.c", "table.c"],
    "table.mine": [],
}


def test_a_part_is_what_was_said_and_what_it_rests_on(folder: Path, reconcile: Reconcile) -> None:
    for word, roots in PARTS.items():
        found, told = planned(folder, reconcile, word)
        assert sorted(found) == roots, word
        assert told["partial"] is True
        assert told["selected"]


def test_a_saved_part_is_applied_and_nothing_else(folder: Path, target: Target, reconcile: Reconcile) -> None:
    planned(folder, reconcile, "table.c", "data.c")
    reconcile("apply", "plan.json", cwd=folder).ok()
    assert target.query("select id from c") == [(1,)]
    again, _ = planned(folder, reconcile, "table.c", "data.c")
    assert again == []
    left = json.loads(reconcile("plan", "--json", cwd=folder).ok().out)["result"]
    assert {change["address"].split(".")[1] for change in left["changes"]} == {"a", "b", "v"}
    assert left["partial"] is False
    assert left["selected"] == []
    assert left["undeclared"] == [{"address": "table.mine"}]
    reconcile("apply", cwd=folder).ok()
    assert reconcile("plan", "--detailed-exitcode", cwd=folder).code == 0


def test_what_is_beyond_the_part_stays_ours(folder: Path, target: Target, reconcile: Reconcile) -> None:
    reconcile("apply", cwd=folder).ok()
    (folder / "part" / "a.yaml").write_text(A.replace("x: {type: int}", "y: {type: int}"))
    (folder / "rest.yaml").write_text("---\n".join((B, REST.split("---\n", maxsplit=1)[0])))
    found = planned(folder, reconcile, "table.a.column.y")[1]
    assert [change["address"] for change in found["changes"]] == ["table.a.column.y"]
    reconcile("apply", "plan.json", cwd=folder).ok()
    assert target.query("select x, y from a") == []
    roots, told = planned(folder, reconcile, "table.c")
    assert roots == ["table.c"]
    assert told["approval"]["allow"] == ["DS102:table.c"]
    reconcile("apply", "plan.json", "--allow", "DS102:table.c", cwd=folder).ok()
    left = json.loads(reconcile("plan", "--json", cwd=folder).ok().out)["result"]
    assert [change["address"] for change in left["changes"]] == ["table.a.column.x"]


def test_words_that_fit_nothing_are_wrong_usage(folder: Path, reconcile: Reconcile) -> None:
    assert reconcile("plan", "--select", "table.nope", cwd=folder).code == 64
    assert reconcile("plan", "--select", "table.a", "--against", "empty", cwd=folder).code == 64
