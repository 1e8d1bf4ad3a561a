"""A drop and a create that look like a rename: a hint, and never a guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.plan.policy import Allowance
from tests.target import Target

BEFORE = "table: t\ncolumns:\n  id: {type: int}\n  note: {type: varchar(40)}\nprimary_key: [id]\n"
HINT = (
    "table.t.column.remark looks like table.t.column.note: if it is the same, say `renamed_from: note`; "
    "as it is, the old one is dropped with what it holds"
)
TABLE = (
    "table.u looks like table.t: if it is the same, say `renamed_from: t`; "
    "as it is, the old one is dropped with what it holds"
)


def notes(target: Target, folder: Path, text: str) -> list[str]:
    (folder / "a.yaml").write_text(text)
    request = workflow.Request(directory=folder, url=target.url, specs=(folder / "a.yaml",))
    return [note for note in workflow.plan(request).planned.comparison.notes if "looks like" in note]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (BEFORE.replace("note", "remark"), [HINT]),
        (BEFORE.replace("note: {", "remark: {renamed_from: note, "), []),
        (BEFORE.replace("note", "remark") + "removed: {column.note: {reason: nobody reads it}}\n", []),
        (BEFORE.replace("note: {type: varchar(40)}", "remark: {type: int}"), []),
        (BEFORE + "---\n" + BEFORE.replace("table: t", "table: u"), []),
        (BEFORE.replace("table: t", "table: u"), [TABLE]),
    ],
)
def test_what_looks_like_a_rename_is_told(target: Target, tmp_path: Path, after: str, expected: list[str]) -> None:
    assert notes(target, tmp_path, BEFORE) == []
    workflow.apply(
        workflow.Request(directory=tmp_path, url=target.url, specs=(tmp_path / "a.yaml",)),
        workflow.Terms(given=(Allowance("*"),)),
    )
    assert notes(target, tmp_path, after) == expected


def test_a_column_that_nobody_declared_may_be_meant(target: Target, tmp_path: Path) -> None:
    target.execute("create table t (id int primary key not null, note varchar(40))")
    (told,) = notes(target, tmp_path, BEFORE.replace("note", "remark"))
    assert told.startswith("table.t.column.remark looks like table.t.column.note")
    assert told.endswith("the old one stays where it is, undeclared")
