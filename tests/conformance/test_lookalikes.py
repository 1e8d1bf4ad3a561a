"""A drop and a create that look like a rename: a hint, and never a guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.plan.policy import Allowance
from tests.process import Reconcile
from tests.target import Target

BEFORE = "table: t\ncolumns:\n  id: {type: int}\n  note: {type: varchar(40)}\nprimary_key: [id]\n"
HINT = (
    "table.t.column.remark looks like table.t.column.note: if it is the same, say `renamed_from: note`; "
    "as it is, the old one is dropped with what it holds"
)
RETYPED = HINT.replace("looks like", "may be, with another type,")
MORE = RETYPED.replace("remark", "more")
TABLE = (
    "table.u looks like table.t: if it is the same, say `renamed_from: t`; "
    "as it is, the old one is dropped with what it holds"
)


def notes(target: Target, folder: Path, text: str) -> list[str]:
    (folder / "a.yaml").write_text(text)
    request = workflow.Request(directory=folder, url=target.url, specs=(folder / "a.yaml",))
    return [note for note in workflow.plan(request).planned.comparison.notes if "renamed_from" in note]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (BEFORE.replace("note", "remark"), [HINT]),
        (BEFORE.replace("note: {", "remark: {renamed_from: note, "), []),
        (BEFORE.replace("note", "remark") + "removed: {column.note: {reason: nobody reads it}}\n", []),
        (BEFORE.replace("note: {type: varchar(40)}", "remark: {type: int}"), [RETYPED]),
        (BEFORE.replace("note: {type: varchar(40)}", "more: {type: int}\n  remark: {type: int}"), [MORE, RETYPED]),
        (BEFORE.replace("note: {", "more: {type: int}\n  remark: {"), [HINT]),
        (BEFORE + "---\n" + BEFORE.replace("table: t", "table: u"), []),
        (BEFORE.replace("table: t", "table: u"), [TABLE]),
        (BEFORE.replace("table: t", "table: u").replace("note", "other"), []),
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


def test_a_column_is_not_dropped_and_added_without_hint_and_hazard(
    target: Target, tmp_path: Path, reconcile: Reconcile
) -> None:
    (tmp_path / "a.yaml").write_text(BEFORE)
    reconcile("apply", "--url", target.url, "--auto-approve", cwd=tmp_path).ok()
    target.execute("insert into t (id, note) values (1, 'kept')")
    (tmp_path / "a.yaml").write_text(BEFORE.replace("note", "remark").replace("40", "60"))
    for command in (["plan", "-q"], ["apply", "--auto-approve"]):
        done = reconcile(*command, "--url", target.url, cwd=tmp_path)
        told = " ".join((done.out + done.err).split())
        assert "table.t.column.remark looks like table.t.column.note: if it is the same" in told
        assert "DS103" in told
    assert done.code == 3
    assert target.query("select note from t") == [("kept",)]


BOTH = BEFORE.replace("note: {", "remark: {renamed_from: note, ")
GONE = "removed: {column.note: {reason: merged}}\n"
MERGE = """---
backfill: note_to_remark
source: {table: t, key: [id], live_writes: frozen}
do: {update: {set: {remark: note}, where: remark is null and note is not null}}
idempotency: {strategy: converge}
blocks: [table.t.column.note.drop]
"""


def test_a_column_of_both_names_is_merged_or_dropped_and_nothing_is_guessed(
    target: Target, tmp_path: Path, reconcile: Reconcile
) -> None:
    rows = "(1, 'old', null), (2, 'old', 'new'), (3, null, null)"
    for table in ("t", "u"):
        target.execute(f"create table {table} (id int primary key not null, note varchar(40), remark varchar(40))")
        target.execute(f"insert into {table} (id, note, remark) values {rows}")
    specs = tmp_path / "a.yaml"

    def apply(text: str, *allowed: str) -> tuple[int, str]:
        specs.write_text(text)
        allow = [word for each in allowed for word in ("--allow", each)]
        done = reconcile("apply", "--url", target.url, "--auto-approve", *allow, cwd=tmp_path)
        return done.code, done.out + done.err

    code, told = apply(BOTH)
    assert (code, "RUN034" in told, "a.yaml:4:" in told) == (1, True, True)
    assert "merge: a backfill that fills 'remark' from 'note' where it is empty" in told
    assert "drop: `removed: {column.note: {reason: …}}` alone" in told
    assert apply(BOTH + GONE + MERGE)[0] == 3, "what it destroys has to be allowed"
    assert apply(BOTH + GONE + MERGE, "DS103:table.t.column.note")[0] == 0
    assert target.query("select * from t order by id") == [(1, "old"), (2, "new"), (3, None)]
    dropped = (BOTH + GONE).replace("table: t", "table: u")
    assert apply(f"{BOTH}{GONE}{MERGE}---\n{dropped}", "DS103:table.u.column.note")[0] == 0
    assert target.query("select * from u order by id") == [(1, None), (2, "new"), (3, None)]
