"""Specs that are edited to say what a database says: what differs changes, and everything else stays as it was."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from reconciler import spec
from reconciler.errors import SpecError
from reconciler.model.model import Model
from reconciler.spec.load import load_text

WRITTEN = """\
# The shop's customers.

table: customers   # who buys
comment: "People"

columns:
    # the key
    id:      {type: bigint, primary_key: true}   # never reused
    name:    {type: text}

    # contact
    email:   {type: 'varchar(320)', not_null: true}  # lower-cased
    code:
        type: char(3)   # ISO
        default: "EUR"
    # nobody knows why
    gone: {type: text}
    status: {type: varchar(10), default: {sql: {sqlite: "'a'", postgres: "lower('A')"}}, renamed_from: state}

indexes:
    # for the login page
    by_email: [email]
    by_code: {columns: [code], where: code <> ''}
removed:
    column.legacy: {reason: unused}
# the end
---
enum: mood
values:
  - sad    # first
  # the best
  - happy
"""
THERE = """\
table: customers
comment: "People"
columns:
    id: {type: bigint, primary_key: true}
    name: {type: text, not_null: true}
    email: {type: varchar(200), not_null: true}
    code: {type: char(4), default: "EUR"}
    status: {type: varchar(10), default: {sql: "lower('B')"}}
    legacy: {type: text}
    fresh: {type: int}
indexes:
    by_email: [email, code]
    by_name: [name]
---
enum: mood
values: [sad, so-so, happy]
"""
EDITS = """\
-    name:    {type: text}
+    name:    {type: text, not_null: true}
-    email:   {type: 'varchar(320)', not_null: true}  # lower-cased
+    email:   {type: varchar(200), not_null: true}  # lower-cased
-        type: char(3)   # ISO
+        type: char(4)   # ISO
-    # nobody knows why
-    gone: {type: text}
-    status: {type: varchar(10), default: {sql: {sqlite: "'a'", postgres: "lower('A')"}}, renamed_from: state}
+    status:
+      type: varchar(10)
+      default: {sql: {sqlite: "'a'", postgres: "lower('B')"}}
+      renamed_from: state
+    legacy: {type: text}
+    fresh: {type: int}
-    by_email: [email]
-    by_code: {columns: [code], where: code <> ''}
-removed:
-    column.legacy: {reason: unused}
+    by_email: [email, code]
+    by_name: [name]
+  - so-so
"""


def lowered(text: str) -> Model:
    return spec.lower(load_text(text), dialect="postgres", fallback=("postgres",), sql="postgres", variables={}).model


def imported(model: Model, folder: Path) -> list[str]:
    paths = spec.write(model, folder, dialect="postgres", project_name="x", url="postgresql://h/db")
    return [path.name for path in paths if path.name != "reconcile.yaml"]


def edits(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return "".join(f"{line}\n" for line in lines if not line.startswith(("---", "+++", "@@")))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_only_what_differs_is_edited(tmp_path: Path, end: str) -> None:
    file = tmp_path / "all.yaml"
    file.write_bytes(WRITTEN.replace("\n", end).encode())
    assert imported(lowered(THERE), tmp_path) == ["all.yaml"]
    after = file.read_bytes().decode()
    assert after.count("\r") == (after.count("\n") if end == "\r\n" else 0)
    assert edits(WRITTEN, after.replace("\r\n", "\n")) == EDITS
    assert imported(lowered(THERE), tmp_path) == []


def test_what_has_no_place_is_written_anew_with_its_comments(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    file.write_text("table: t\ncolumns: # these\n  a: {type: int, primary_key: true} # the key\n  b: {type: int}\n"
                    "protect: true # never\n")  # fmt: skip
    there = lowered("table: t\ncolumns: {a: {type: int, not_null: true}, b: {type: int}}\nprimary_key: [a, b]")
    assert imported(there, tmp_path) == ["t.yaml"]
    text = file.read_text()
    assert "primary_key: [a, b]" in text
    assert [line.partition("#")[2] for line in text.splitlines() if "#" in line] == [" these", " the key", " never"]


def test_what_says_more_than_one_dialect_s_part_is_not_guessed_at(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    text = "table: t\ncolumns:\n  a: {type: int, primary_key: true}\n  b: {type: int, only: [sqlite]}\n"
    file.write_text(text)
    with pytest.raises(SpecError) as raised:
        imported(lowered("table: t\ncolumns: {a: {type: int, not_null: true}}"), tmp_path)
    (problem,) = raised.value.problems()
    assert (problem.code, problem.position and problem.position.line) == ("SPEC019", 1)
    assert file.read_text() == text
