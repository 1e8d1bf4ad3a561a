"""`reconcile plan -o sql | psql`, the whole way: what is refused stops the script, and what is allowed goes through."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.process import Reconcile
from tests.scripting import run_script
from tests.target import Target

BEFORE = "table: t\ncolumns: {id: {type: int}, note: {type: text}}\nprimary_key: [id]\n"
AFTER = "table: t\ncolumns: {id: {type: int}}\nprimary_key: [id]\n"
CONSENT = "DS103:table.t.column.note"


@pytest.mark.parametrize("way", ["-o", "--output"])
def test_a_script_of_a_refused_plan_changes_nothing(
    target: Target, tmp_path: Path, reconcile: Reconcile, way: str
) -> None:
    spec = tmp_path / "t.yaml"
    words = ("--url", target.url, "--specs", spec)
    spec.write_text(BEFORE)
    reconcile("apply", "--auto-approve", *words).ok()
    target.execute("insert into t values (1, 'kept'), (2, null)")
    spec.write_text(AFTER)
    refused = reconcile("plan", way, "sql", *words).ok()
    done = run_script(target, refused.out)
    assert done.code != 0
    assert CONSENT.replace(":", " at ") in done.out + done.err
    assert target.query("select id, note from t order by id") == [(1, "kept"), (2, None)]
    allowed = reconcile("plan", way, "sql", "--allow", CONSENT, *words).ok()
    run_script(target, allowed.out).ok()
    assert target.query("select * from t order by 1") == [(1,), (2,)]
    reconcile("plan", "--detailed-exitcode", *words).ok()
