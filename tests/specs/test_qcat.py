"""qcat's five sources contradict each other and say where; its dirty database goes to its specs, killed or not."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.engines import backup_tools
from tests.listening import listening
from tests.process import ROOT, Reconcile, run_process
from tests.target import Target

FIRST, NINTH = "sql/migrations/000001_init_schema.up.sql:20", "sql/migrations/000009_add_remaining_tables.up.sql:10"
SOURCES = ("sql/migrations", "sql/scripts/fix_api_issues.sql", "sql/scripts/create_missing_tables.sql", "sql/deploy")
READ = ("import", "--from-sql", *SOURCES, "--dialect", "postgres", "--out")
AUDIT = "select action, resource_type, resource_id is null, old_values, new_values from audit_logs order by action"
ROWS = [
    ("create", "user", False, None, {}),
    ("delete", "strategy", False, {"name": "old"}, None),
    ("update", "strategy", False, {"status": "draft"}, {"status": "active"}),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the example."""
    return Path(shutil.copytree(ROOT / "specs" / "qcat", tmp_path / "qcat"))


def test_five_sources_contradict_each_other(project: Path, reconcile: Reconcile, postgres: Target) -> None:
    there = {"DATABASE_URL": postgres.url, "COLUMNS": "80"}
    out = project.parent / "out"
    told = reconcile(*READ, out, cwd=project, env=there).ok(65)
    assert "table.audit_logs: 5 definitions, 4 different" in told.out
    for words in (f"1  {FIRST}", f"2  {NINTH}   skipped in silence", "Nothing is written"):
        assert words in told.out
    index = re.search(r"column \"resource_type\" does not exist\n +--> (\S+)", told.err)
    assert index
    assert index.group(1).endswith("000009_add_remaining_tables.up.sql:20:1")
    assert not out.exists()

    sources = json.loads(reconcile(*READ, out, "--json", cwd=project, env=there).ok(65).out)["result"]["sources"]
    (conflict,) = sources["conflicts"]
    places = [(f"{one['file']}:{one['line']}", one["variant"], one["fate"]) for one in conflict["definitions"]]
    assert places == [
        (FIRST, 1, "stands"), (NINTH, 2, "skipped"), ("sql/scripts/fix_api_issues.sql:2", 3, "skipped"),
        ("sql/scripts/create_missing_tables.sql:1", 2, "skipped"), ("sql/deploy/init-db.sql:9", 4, "failed"),
    ]  # fmt: skip
    by_field = {one["address"].rpartition(".")[2]: one["variants"] for one in conflict["fields"]}
    there_in = {name: [number for number, one in enumerate(each, 1) if one] for name, each in by_field.items()}
    assert there_in["entity_id"] == there_in["old_value"] == there_in["new_value"] == [1, 4]
    assert there_in["resource_id"] == there_in["old_values"] == [2, 3]
    assert [one and one["not_null"] for one in by_field["entity_id"]] == [True, None, None, False]
    assert any("whole server" in one["reason"] for one in sources["not_run"]), "no role is made"

    reconcile(*READ, out, "--keep", NINTH.partition(":")[0], cwd=project, env=there).ok()
    assert "resource_type" in (out / "tables" / "audit_logs.yaml").read_text()
    reconcile("validate", cwd=out).ok()
    left = "select datname from pg_database where datname like '\\_\\_rc%' union select rolname from pg_roles"
    assert ("qcat_app",) not in postgres.query(left)
    assert not [name for (name,) in postgres.query(left) if name.startswith("__rc")]
    assert postgres.observe().count("CREATE") == 0, "nothing runs on the target"


def test_a_dirty_database_converges(project: Path, reconcile: Reconcile, postgres: Target) -> None:
    there = {"DATABASE_URL": postgres.url}
    run_process([sys.executable, "before.py", postgres.url], cwd=project).ok()
    doctor = reconcile("doctor", cwd=project, env=there).ok().out
    assert "dirty at version 9" in doctor
    assert "once the schema is right: migrate -path DIR -database URL force 9" in doctor
    before = postgres.observe()
    for point in ("after_step:hit=3:kill", "before_commit:kill"):
        killed = reconcile("apply", "--auto-approve", cwd=project, env=there | {"RECONCILE_FAILPOINT": point})
        assert killed.code < 0
        assert postgres.observe() == before, "all of it is one transaction"

    # Somebody runs another script by hand: a new column beside the old one.
    postgres.execute("alter table audit_logs add column old_values jsonb")
    both = reconcile("plan", cwd=project, env=there).ok(1).err
    assert "RUN034" in both
    assert "merge: a backfill that fills 'old_values' from 'old_value'" in both
    postgres.execute("update audit_logs set old_values = old_value")
    specs = project / "audit.yaml"
    specs.write_text(f"{specs.read_text()}removed: {{column.old_value: {{reason: merged into old_values}}}}\n")
    reconcile("apply", "--auto-approve", cwd=project, env=there).ok(3)
    consent = "DS103:table.audit_logs.column.old_value"
    reconcile("apply", "--auto-approve", "--allow", consent, cwd=project, env=there).ok()
    assert postgres.query(AUDIT) == ROWS
    reconcile("check", cwd=project, env=there).ok()
    assert postgres.query("select version, dirty from schema_migrations") == [(9, True)], "another tool's own"


def test_it_is_noticed_repaired_as_far_as_nothing_is_lost_and_deployed(
    project: Path, reconcile: Reconcile, postgres: Target
) -> None:
    run_process([sys.executable, "before.py", postgres.url], cwd=project).ok()
    with listening() as ops:
        there = {
            "DATABASE_URL": postgres.url, "QCAT_WEBHOOK_URL": ops.url, "RECONCILE_STATE": str(project.parent / "state"),
            "RECONCILE_TOOLS": backup_tools("postgres", project.parent),
        }  # fmt: skip
        reconcile("watch", "--due", cwd=project, env=there).ok(2)
    (told,) = ops.bodies
    assert (told["event"], told["lines"][0]) == ("check_failed", "golang-migrate: dirty at version 9")
    assert told["summary"].startswith("1 dirty, 6 different; what is safe is repaired, ")
    assert "table.audit_logs.column.old_values is still called old_value" in told["lines"]
    assert postgres.query("select count(*) from risk_limits") == [(0,)], "what destroys nothing is made"

    # Checked, backed up, rehearsed on a copy, applied, checked again; nobody had to force a version.
    done = json.loads(reconcile("deploy", "--auto-approve", "--json", cwd=project, env=there).ok().out)["result"]
    assert done["apply"]["plan"]["rehearsal"]["status"] == "passed"
    assert done["apply"]["applied"]["backup"] in done["restore"]
    assert [one["state"] for one in done["after"]["foreign_tools"]] == ["dirty"]
    assert postgres.query(AUDIT) == ROWS


def test_what_is_there_can_be_accepted(project: Path, reconcile: Reconcile, postgres: Target) -> None:
    run_process([sys.executable, "before.py", postgres.url], cwd=project).ok()
    out = project.parent / "as-it-is"
    told = reconcile("import", "--url", postgres.url, "--out", out).ok().out
    assert "force 9" in told
    assert sorted(path.stem for path in (out / "tables").iterdir()) == [
        "audit_logs", "positions", "strategies", "users",
    ]  # fmt: skip
    assert "entity_type" in (out / "tables" / "audit_logs.yaml").read_text()
    reconcile("plan", "--detailed-exitcode", "-C", out).ok()
