"""A plan that is too large for the server's lock table goes in several transactions, and says where it stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler import PartlyApplied, PlanError, dialects, workflow
from reconciler.execute import failpoints
from tests.target import Target

TABLES = 8
SPEC = "---\n".join(
    f"table: t{n}\ncolumns: {{id: {{type: bigint, identity: true}}, name: {{type: text}}}}\nprimary_key: [id]\n"
    f"indexes: {{t{n}_name_idx: [name]}}\n"
    for n in range(TABLES)
)


@pytest.fixture
def request_(postgres: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> workflow.Request:
    """A project of some tables, on a server that has room for few."""
    small = replace(dialects.dialect("postgres"), capacity=lambda session: 20)
    monkeypatch.setattr(dialects, "dialect", lambda name: small)
    (tmp_path / "spec.yaml").write_text(SPEC)
    (tmp_path / "reconcile.yaml").write_text(
        "reconcile: 1\nproject: many\nenvironments: {here: "
        f"{{url: '{postgres.url}', default: true, policy: {{approve: never}}}}}}\n"
    )
    return workflow.Request(directory=tmp_path, environment="here")


def test_a_large_plan_is_split_and_arrives(request_: workflow.Request, postgres: Target) -> None:
    commits: list[int] = []
    progress = workflow.Progress(committed=commits.append)
    workflow.apply(request_, progress=progress)
    assert len(commits) > 2
    assert workflow.plan(request_).planned.plan.empty
    assert postgres.query("select count(*) from _reconcile_run where state = 'done'") == [(1,)]


def test_what_stops_between_two_transactions_is_partly_applied(
    request_: workflow.Request, postgres: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 6: what is committed stays and is ours; the next apply finishes, and closes the books of this one."""
    monkeypatch.setattr(failpoints, "_POINT", failpoints._Armed("before_statement", "drop_conn", 6))
    with pytest.raises(PartlyApplied) as info:
        workflow.apply(request_)
    assert info.value.exit_code == 6
    there = postgres.query("select count(*) from pg_tables where tablename ~ '^t[0-9]'")[0][0]
    assert 0 < there < TABLES
    owned = postgres.query("select count(*) from _reconcile_object where address ~ '^table.t[0-9]$'")[0][0]
    assert owned == there
    monkeypatch.setattr(failpoints, "_POINT", None)
    workflow.apply(request_)
    assert workflow.plan(request_).planned.plan.empty
    states: dict[str, int] = dict(postgres.query("select state, count(*) from _reconcile_run group by state"))
    assert states.get("running", 0) == 0
    assert states["done"] == 1


def test_a_lost_answer_to_a_commit_is_not_called_nothing(
    request_: workflow.Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the connection dies at the commit, nobody knows; the next apply does."""
    monkeypatch.setattr(failpoints, "_POINT", failpoints._Armed("before_commit", "drop_conn", 1))
    with pytest.raises(PartlyApplied, match="not known"):
        workflow.apply(request_)
    monkeypatch.setattr(failpoints, "_POINT", None)
    workflow.apply(request_)
    assert workflow.plan(request_).planned.plan.empty


def test_what_cannot_be_split_is_refused_before_it_starts(
    request_: workflow.Request, postgres: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = replace(dialects.dialect("postgres"), capacity=lambda session: 2)
    monkeypatch.setattr(dialects, "dialect", lambda name: tiny)
    with pytest.raises(PlanError, match="room for 2"):
        workflow.apply(request_)
    assert postgres.query("select count(*) from pg_tables where tablename ~ '^t[0-9]'") == [(0,)]
