"""What goes beyond D1's limits is refused before anything is sent, and the limit is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler import SpecError, TargetError, workflow
from reconciler.dialects.sqlite.d1 import limits
from tests.conformance.d1.test_closure import EVERYTHING, request_for
from tests.process import Reconcile
from tests.target import Target

pytestmark = pytest.mark.live("d1")

WIDE = "table: wide\ncolumns:\n" + "".join(f"  c{n}: {{type: int}}\n" for n in range(limits.COLUMNS + 1))
TABLE = "table: t\ncolumns: {{id: {{type: bigint, identity: true}}, n: {{type: int{}}}}}\nprimary_key: [id]\n{}"


def test_a_table_has_a_hundred_columns_at_most(d1: Target, tmp_path: Path) -> None:
    request = request_for(tmp_path, d1.url, WIDE)
    with pytest.raises(SpecError, match="101 columns, and D1 takes 100"):
        workflow.validate(request)
    workflow.apply(request_for(tmp_path, d1.url, WIDE.replace("  c0: {type: int}\n", "")), EVERYTHING)
    assert d1.query("select count(*) from pragma_table_info('wide')") == [(100,)]


def test_a_statement_has_a_hundred_thousand_bytes_at_most(d1: Target, tmp_path: Path) -> None:
    check = f"checks: {{t_ck: \"n <> length('{'x' * limits.STATEMENT}')\"}}\n"
    request = request_for(tmp_path, d1.url, TABLE.format("", check))
    assert [problem.code for problem in workflow.plan(request).planned.obstacles] == ["RUN045"]
    with pytest.raises(TargetError, match="D1 takes 100,000") as info:
        workflow.apply(request, EVERYTHING)
    assert info.value.code == "RUN045"


def test_a_rebuild_that_cannot_end_in_time_is_refused(
    d1: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = request_for(tmp_path, d1.url, TABLE.format("", "indexes: {t_ix: [n]}\n"))
    workflow.apply(request, EVERYTHING)
    d1.execute("insert into t (n) values (1), (2), (3)")
    (tmp_path / "spec.yaml").write_text(TABLE.format(", not_null: true", "indexes: {t_ix: [n]}\n"))
    monkeypatch.setattr(limits, "WRITTEN", 5)
    before = d1.observe()
    with pytest.raises(TargetError, match=r"table\.t writes 6 rows, indexes counted.*30 seconds") as info:
        workflow.apply(request, EVERYTHING)
    assert "by hand" in info.value.hint
    assert d1.observe() == before
    monkeypatch.setattr(limits, "WRITTEN", 6)
    workflow.apply(request, EVERYTHING)


def test_a_large_plan_goes_in_several_batches(d1: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BATCH", 3)
    commits: list[int] = []
    tables = (TABLE.format("", "").replace(": t\n", f": t{n}\n") for n in range(8))
    request = request_for(tmp_path, d1.url, "---\n".join(tables))
    done = workflow.apply(request, EVERYTHING, progress=workflow.Progress(committed=commits.append))
    assert commits == [3, 6, 8]
    assert done.outcome is not None
    assert workflow.plan(request).planned.plan.empty
    assert d1.query("select count(*), count(distinct position) from _reconcile_step") == [(8, 8)]
    assert d1.query("select count(*) from _reconcile_object where address like 'table.t_'") == [(8,)]


def test_what_is_counted_is_told_and_the_bookmark_kept(d1: Target, tmp_path: Path, reconcile: Reconcile) -> None:
    request_for(tmp_path, d1.url, TABLE.format("", ""))
    out = reconcile("apply", "-e", "here").ok().out
    assert "rows written" in out
    assert "MB large" in out
    shown = json.loads(reconcile("show", "latest", "-e", "here", "--json").ok().out)["result"]
    assert [len(part) for part in shown["bookmark"].split("-")] == [8, 8, 8, 32]
    assert shown["bookmark"] in reconcile("show", "latest", "-e", "here").ok().out


@pytest.mark.parametrize(
    ("url", "token", "words"),
    [
        ("d1://tests", "x", "d1://ACCOUNT_ID/DATABASE_ID"),
        ("d1://tests/a/b", "x", "d1://ACCOUNT_ID/DATABASE_ID"),
        ("d1://tests/a", "", "CLOUDFLARE_API_TOKEN is not set"),
        ("d1://tests/nowhere", "x", "wrangler d1 list"),
    ],
)
@pytest.mark.usefixtures("d1")
def test_a_database_that_cannot_be_had(tmp_path: Path, reconcile: Reconcile, url: str, token: str, words: str) -> None:
    request_for(tmp_path, url, TABLE.format("", ""))
    failed = reconcile("plan", "-e", "here", env={"CLOUDFLARE_API_TOKEN": token}).ok(1)
    assert words in failed.err
    assert "Traceback" not in failed.err
