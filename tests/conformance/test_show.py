"""A saved plan is shown as it was, in every format and without a database; an edited one is told from a plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.process import Reconcile
from tests.target import Target

BEFORE = "table: t\ncolumns: {id: {type: int}, a: {type: varchar(9)}, old: {type: text}}\nprimary_key: [id]\n"
AFTER = """\
table: t
columns:
  id: {type: int}
  a: {type: varchar(9), not_null: true, default: new}
  name: {type: text, renamed_from: old, comment: it's}
primary_key: [id]
checks: {t_ck: a <> ''}
indexes: {t_ix: {columns: [{sql: lower(a)}], dialect: {mariadb: {columns: [a]}}}}
---
view: v
query: select id, a from t
"""
FORMS = ("text", "json", "markdown", "sql")


@pytest.fixture
def folder(tmp_path: Path, target: Target, reconcile: Reconcile) -> Path:
    """A project with a saved plan, told in every format beside it."""
    (tmp_path / "reconcile.yaml").write_text(
        "reconcile: 1\nproject: shop\nsql: postgres\nenvironments: "
        f"{{here: {{url: '{target.url}', default: true, policy: {{approve: never}}}}}}\n"
    )
    (tmp_path / "spec.yaml").write_text(BEFORE)
    reconcile("apply", cwd=tmp_path).ok()
    target.execute("create table other (id int); insert into t (id, a) values (1, 'x')")
    (tmp_path / "spec.yaml").write_text(AFTER)
    told = [word for form in FORMS for word in ("-o", f"{form}=plan.{form}")]
    reconcile("plan", "--allow", "BC102:table.t.column.name", "--out", "plan.file.json", *told, cwd=tmp_path).ok()
    return tmp_path


def told(folder: Path, form: str, beginning: str) -> str:
    text = (folder / f"{beginning}.{form}").read_text()
    return text.replace('"command": "show"', '"command": "plan"')


def test_a_saved_plan_is_shown_as_it_was(folder: Path, target: Target, reconcile: Reconcile) -> None:
    target.execute("drop view if exists v; drop table t; drop table other")
    (folder / "spec.yaml").unlink()
    forms = [word for form in FORMS for word in ("-o", f"{form}=shown.{form}")]
    reconcile("show", "plan.file.json", *forms, cwd=folder).ok()
    for form in FORMS:
        assert told(folder, form, "shown") == told(folder, form, "plan"), form


def damaged(folder: Path, name: str, value: Any) -> Path:
    file = folder / "plan.file.json"
    data = json.loads(file.read_text())
    target = data["steps"][0]["statements"][0] if name == "sql" else data
    target[name] = value
    file.write_text(json.dumps(data))
    return file


@pytest.mark.parametrize("command", [("show",), ("apply", "--auto-approve")], ids=["show", "apply"])
def test_an_edited_plan_is_called_so(folder: Path, target: Target, reconcile: Reconcile, command: list[str]) -> None:
    file = damaged(folder, "sql", "drop table t")
    assert "was edited" in reconcile(command[0], file, *command[1:], cwd=folder).ok(1).err
    assert target.query("select id from t") == [(1,)]


def test_a_file_that_is_no_plan_is_no_run_either(folder: Path, reconcile: Reconcile) -> None:
    assert "is not a plan" in reconcile("show", "spec.yaml", cwd=folder).ok(1).err
    assert "No such file" in reconcile("show", "none.json", cwd=folder).ok(1).err
    damaged(folder, "review", {"steps": []})
    assert "what it shows cannot be read" in reconcile("show", "plan.file.json", cwd=folder).ok(1).err
    assert "CREATE TABLE" in reconcile("show", "latest", "-o", "sql", cwd=folder).ok().out
