"""A second run of the command takes what the first one kept, and says the same."""

from __future__ import annotations

from pathlib import Path

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
