"""Two appliers at once: one waits or gives up with exit 5, and the result is right either way."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import warm
from tests.process import Reconcile, surroundings
from tests.target import Target

SPEC = """
table: things
columns: {id: {type: bigint, identity: true}, name: {type: varchar(40), not_null: true, default: none}}
primary_key: [id]
indexes: {things_name_idx: [name]}
"""


@pytest.fixture
def folder(target: Target, tmp_path: Path) -> Path:
    """A project for the target."""
    made = tmp_path / "project"
    made.mkdir()
    (made / "things.yaml").write_text(SPEC)
    (made / "reconcile.yaml").write_text(
        f"reconcile: 1\nproject: two\ndialects: [{target.dialect}]\n"
        f"environments: {{here: {{url: '{target.url}', default: true}}}}\n"
    )
    return made


def start(folder: Path, words: Sequence[str] = (), failpoint: str = "") -> warm.Running:
    """Start an apply in the background."""
    environ = surroundings({"RECONCILE_FAILPOINT": failpoint})
    return warm.start(["apply", "--auto-approve", "-C", str(folder), *words], cwd=folder, environ=environ)


def test_five_at_once_make_one_table(target: Target, folder: Path, reconcile: Reconcile) -> None:
    """All succeed, whoever comes first; the schema and the ledger are as after one."""
    runs = [start(folder) for _ in range(5)]
    ended = [run.result() for run in runs]
    assert [one.code for one in ended] == [0] * 5, ended
    assert target.query("select count(*) from things") == [(0,)]
    assert target.query("select count(*) from _reconcile_run where state = 'done'") == [(1,)]
    assert "up to date" in reconcile("plan", "-C", folder).ok().out


def test_the_lock_is_waited_for_and_then_given_up(target: Target, folder: Path, reconcile: Reconcile) -> None:
    """While one run hangs with the lock, another exits 5 and names the holder; when it dies, the next goes through."""
    holder = start(folder, failpoint="after_gate:sleep")
    late = ["apply", "--auto-approve", "--lock-timeout", "300ms", "-C", str(folder)]
    # Whoever gets the lock before the holder has it gives it back and does nothing.
    earlier = {"RECONCILE_FAILPOINT": "after_lock:raise"}
    try:
        refused = next(one for one in iter(lambda: reconcile(*late, env=earlier), None) if one.code != 1)
        assert refused.code == 5, refused
        assert "holds the lock" in refused.err
        waiting = start(folder, ["--lock-timeout", "60s"])
        with pytest.raises(TimeoutError):
            waiting.result(timeout=1)
    finally:
        holder.kill()
        assert holder.result().code == -signal.SIGKILL
    assert waiting.result().code == 0
    assert "up to date" in reconcile("plan", "-C", folder).ok().out


def test_what_somebody_agreed_to_is_not_replaced_by_something_else(
    target: Target, folder: Path, reconcile: Reconcile, tmp_path: Path
) -> None:
    """A saved plan is refused with exit 4 once the database has moved on, and nothing happens."""
    plan = tmp_path / "plan.json"
    reconcile("plan", "--out", plan, "-C", folder).ok()
    assert plan.stat().st_mode & 0o777 == 0o600
    target.execute("create table things (id int)")
    refused = reconcile("apply", plan, "--auto-approve", "-C", folder)
    assert refused.code == 4, refused
    assert target.query("select count(*) from things") == [(0,)]


def test_a_saved_plan_is_applied_without_its_specs(
    target: Target, folder: Path, reconcile: Reconcile, tmp_path: Path
) -> None:
    """The plan file carries the declared model; it is applied once, and is stale afterwards."""
    plan = tmp_path / "plan.json"
    reconcile("plan", "--out", plan, "-C", folder).ok()
    (folder / "things.yaml").unlink()
    reconcile("apply", plan, "--auto-approve", "-C", folder).ok()
    assert target.query("select count(*) from things") == [(0,)]
    assert reconcile("apply", plan, "--auto-approve", "-C", folder).code == 4


def test_an_unrelated_table_does_not_make_a_plan_stale(
    target: Target, folder: Path, reconcile: Reconcile, tmp_path: Path
) -> None:
    """The fingerprint covers what is declared, owned, or depends on these, and nothing else."""
    plan = tmp_path / "plan.json"
    reconcile("plan", "--out", plan, "-C", folder).ok()
    target.execute("create table somebody_elses (id int)")
    reconcile("apply", plan, "--auto-approve", "-C", folder).ok()
