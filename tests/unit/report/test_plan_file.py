"""Plan files: what is written comes back, for its owner alone, and a file that is none is told apart."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import PlanFileError
from reconciler.model.ref import Ref
from reconciler.report.facts import Review
from reconciler.report.plan_file import read_plan, write_plan
from tests.reviews import project, review
from tests.unit.report.made import made

SPECS = """\
table: a
columns:
  id: {type: bigint, identity: true}
  name: {type: "varchar(20)", default: "x", renamed_from: title}
primary_key: [id]
removed:
  column.old: {reason: unused}
"""


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Review:
    """A review of a small project."""
    monkeypatch.chdir(tmp_path)
    return review(project(tmp_path, SPECS, "create table a (id integer primary key, title varchar(20), old text)"))


def test_what_is_written_comes_back(found: Review, tmp_path: Path) -> None:
    write_plan(tmp_path / "plan.json", found)
    saved = read_plan(tmp_path / "plan.json")
    assert (saved.id, saved.dialect) == (found.planned.plan.id, "sqlite")
    assert (saved.environment, saved.project) == ("prod", "shop")
    assert dict(saved.desired.model) == dict(found.desired.model)
    assert saved.desired.renames == found.desired.renames
    assert saved.desired.removed == {Ref.parse("table.a.column.old"): "unused"}


def test_it_is_for_its_owner_alone_even_over_an_open_one(found: Review, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("{}")
    path.chmod(0o644)
    write_plan(path, found)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_is_whole_or_not_there(found: Review, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "plans"
    folder.mkdir()
    (folder / "plan.json").write_text("the old one")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(PlanFileError, match="No space left"):
        write_plan(folder / "plan.json", found)
    assert [path.name for path in folder.iterdir()] == ["plan.json"]
    assert (folder / "plan.json").read_text() == "the old one"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PlanFileError, match="cannot be written"):
        write_plan(tmp_path / "nowhere" / "plan.json", made())


def _without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda data: data.pop(key)


def _with(key: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda data: data.update({key: value})


@pytest.mark.parametrize(("damage", "words"), [
    (_with("format_version", "2.0"), "its format is '2.0'"),
    (_without("format_version"), "its format is None"),
    (_without("plan_id"), "it has no plan_id"),
    (_without("desired"), "it has no desired"),
    (_with("dialect", ""), "it has no dialect"),
    (_with("desired", {"objects": []}), "cannot be read"),
    (_with("desired", {"objects": [{"kind": "rocket"}], "renames": {}, "removed": {}, "unnamed": []}), "be read"),
    (_with("desired", {"objects": 3}), "cannot be read"),
], ids=["later", "no-version", "no-id", "no-desired", "no-dialect", "half", "unknown-kind", "no-list"])  # fmt: skip
def test_what_is_wrong_is_said(
    found: Review, tmp_path: Path, damage: Callable[[dict[str, Any]], object], words: str
) -> None:
    path = tmp_path / "plan.json"
    write_plan(path, found)
    data = json.loads(path.read_text())
    damage(data)
    path.write_text(json.dumps(data))
    with pytest.raises(PlanFileError, match=words) as error:
        read_plan(path)
    assert error.value.hint


@pytest.mark.parametrize(("text", "words"), [("select 1;", "not JSON"), ("[]", "holds no plan"), ("\xff", "not JSON")])
def test_what_is_no_plan(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(PlanFileError, match=words):
        read_plan(path)


def test_a_later_minor_version_is_read(found: Review, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    write_plan(path, found)
    path.write_text(path.read_text().replace('"format_version": "1.0"', '"format_version": "1.7"'))
    assert read_plan(path).id == found.planned.plan.id


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PlanFileError, match="cannot be read: No such file"):
        read_plan(tmp_path / "plan.json")
