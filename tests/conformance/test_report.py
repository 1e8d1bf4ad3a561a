"""`report` tells what a run did, and how what is declared stands now, whatever was done to it by hand since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler import workflow
from reconciler.errors import UsageError
from reconciler.report.layout import Look
from reconciler.report.run_report import report_data, report_html, report_markdown, report_text
from reconciler.workflow.reporting import report
from tests.target import Target

SPECS = """
table: t
comment: <b>
columns: {id: {type: int, primary_key: true}, n: {type: int}}
indexes: {t_n_idx: [n]}
---
view: v
query: select id, n from t
---
assertion: small
query: select id from t where n > 5
"""


@pytest.fixture
def applied(target: Target, tmp_path: Path) -> workflow.Request:
    """A project that was applied."""
    (tmp_path / "s.yaml").write_text(SPECS.lstrip())
    (tmp_path / "reconcile.yaml").write_text(
        f"reconcile: 1\nproject: p\nenvironments: {{here: {{url: '{target.url}', policy: {{approve: never}}}}}}\n"
    )
    request = workflow.Request(directory=tmp_path, environment="here")
    workflow.apply(request)
    target.execute("insert into t values (1, 1), (2, 2)")
    return request


def kinds(data: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {one["kind"]: (one["count"], len(one["wrong"])) for one in data["declared"]}


def test_what_was_done_and_stands(target: Target, applied: workflow.Request) -> None:
    found = report(applied, "latest")
    data = report_data(found)
    assert data["run"]["state"] == "done"
    assert data["statements"]["done"] >= len(data["run"]["done"]) > 0
    assert (data["statements"]["failed"], data["statements"]["skipped"]) == (0, 0)
    assert data["as_declared"] is True
    assert kinds(data)["table"] == (1, 0)
    assert kinds(data)["column"] == (2, 0)
    text = report_text(found, Look(width=80))
    assert "everything declared is as declared" in text
    assert max(map(len, text.splitlines())) <= 80
    assert data["tables"] == {"table.t": 2}
    assert [one["status"] for one in data["assertions"]] == ["pass"]
    written = report_markdown(found, Look(width=80))
    assert "### 🟢" in written
    assert "| ✔ | `table.t` | 2 | 2 |" in written
    page = report_html(found)
    comments = target.dialect not in ("sqlite", "d1")  # which have none
    assert ("&lt;b&gt;" in page) == ("&#60;b&#62;" in written) == comments
    assert "<b>" not in page
    assert f"reconcile rollback -e here --to {data['run']['run_id']} --plan" in page
    assert "assertion.small" in page


def test_what_somebody_did_since_is_seen(target: Target, applied: workflow.Request) -> None:
    target.execute("DROP VIEW v")
    target.execute("DROP INDEX t_n_idx" + (" ON t" if target.dialect in ("mysql", "mariadb") else ""))
    found = report(applied, "latest")
    data = report_data(found)
    assert data["as_declared"] is False
    assert {one["kind"]: one["wrong"][0]["finding"] for one in data["declared"] if one["wrong"]} == {
        "index": "missing", "view": "missing",
    }  # fmt: skip
    text = report_text(found, Look(width=80))
    assert "2 objects not as declared" in text
    assert "view.v is declared and not there" in text
    assert "### 🔴" in report_markdown(found, Look(width=80))


def test_without_a_run_there_is_no_report(target: Target, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(SPECS.lstrip())
    request = workflow.Request(directory=tmp_path, url=target.url)
    with pytest.raises(UsageError, match="nothing was ever applied"):
        report(request, "latest")
