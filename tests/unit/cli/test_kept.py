"""A second run of the command takes what the first one kept, and says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.process import Reconcile

PROJECT = "reconcile: 1\nproject: many\ndialects: [sqlite, postgres]\n"
TABLE = "table: t{0}\ncolumns:\n  id: {{type: bigint, identity: true}}\n  up: {{type: bigint, references: t{1}.id}}\n"


def test_many_files_are_kept_and_a_broken_one_is_told_as_ever(reconcile: Reconcile, tmp_path: Path) -> None:
    (tmp_path / "reconcile.yaml").write_text(PROJECT)
    for number in range(100):
        text = TABLE.format(number, number // 2) + "primary_key: [id]\n"
        (tmp_path / f"t{number}.yaml").write_text(text)
    kept = {"RECONCILE_CACHE": str(tmp_path / "kept")}
    first = reconcile("validate", cwd=tmp_path, env=kept).ok()
    # The forms of the files; for each dialect what they add, its heads, and which of them are in order.
    assert len(list((tmp_path / "kept/specs").iterdir())) == 7
    assert reconcile("validate", cwd=tmp_path, env=kept).ok().out == first.out
    (tmp_path / "t0.yaml").rename(tmp_path / "gone.txt")
    broken = reconcile("validate", cwd=tmp_path, env=kept).ok(65)
    assert "t1.yaml:4:34" in broken.err + broken.out
    assert broken.err == reconcile("validate", cwd=tmp_path, env={"RECONCILE_CACHE": "off"}).ok(65).err


@pytest.mark.parametrize(("server", "code"), [("mysql", 65), ("mariadb", 65), ("postgres", 0)])
def test_a_trigger_whose_name_another_kept_document_has_is_told(
    reconcile: Reconcile, tmp_path: Path, server: str, code: int
) -> None:
    """A database of MySQL has one trigger of a name, of whatever table."""
    (tmp_path / "reconcile.yaml").write_text(f"reconcile: 1\nproject: many\ndialects: [{server}]\nsql: {server}\n")
    watched = "table: {}\ncolumns: {{id: {{type: int}}}}\ntriggers:\n  {}: {{timing: before, events: [insert], {}}}\n"
    does = "execute: f" if server == "postgres" else "body: [set new.id = 1]"
    for number in range(100):
        (tmp_path / f"t{number}.yaml").write_text(watched.format(f"t{number}", f"x{number}", does))
    (tmp_path / "f.yaml").write_text(
        "function: f\nonly: [postgres]\nreturns: trigger\nlanguage: plpgsql\nbody: begin end\n"
    )
    kept = {"RECONCILE_CACHE": str(tmp_path / "kept")}
    for _ in range(2):
        reconcile("validate", cwd=tmp_path, env=kept).ok()
    name = "x1" if server == "postgres" else "X1"
    (tmp_path / "t2.yaml").write_text(watched.format("t2", name, does))
    told = reconcile("validate", cwd=tmp_path, env=kept).ok(code)
    assert told.err == reconcile("validate", cwd=tmp_path, env={"RECONCILE_CACHE": "off"}).ok(code).err
    assert code == 0 or "one trigger of a name" in told.err


def test_a_plan_of_few_documents_tells_what_is_wrong_as_one_of_all(reconcile: Reconcile, tmp_path: Path) -> None:
    here = "environments: {here: {url: 'sqlite:///here.db', default: true, policy: {approve: never}}}\n"
    (tmp_path / "reconcile.yaml").write_text(f"reconcile: 1\nproject: many\ndialects: [sqlite]\n{here}")
    for number in range(110):
        (tmp_path / f"t{number}.yaml").write_text(TABLE.format(number, number // 2) + "primary_key: [id]\n")
    kept = {"RECONCILE_CACHE": str(tmp_path / "kept")}
    reconcile("apply", cwd=tmp_path, env=kept).ok()
    reconcile("plan", cwd=tmp_path, env=kept).ok()
    (tmp_path / "t49.yaml").unlink()
    broken = reconcile("plan", cwd=tmp_path, env=kept).ok(65)
    assert "t98.yaml:4:34" in broken.err
    assert "did you mean 't9'?" in broken.err
    assert broken.err == reconcile("plan", cwd=tmp_path, env={"RECONCILE_CACHE": "off"}).ok(65).err
