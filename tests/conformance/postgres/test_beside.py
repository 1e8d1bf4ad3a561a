"""A column of a large table is filled beside the place that it takes, while all go on; what dies is finished."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler import PartlyApplied, workflow
from reconciler.execute import failpoints
from reconciler.plan.policy import Allowance
from reconciler.plan.step import Stage
from reconciler.workflow import backfilling
from tests.conformance.driver import Project
from tests.process import Reconcile
from tests.target import Target

EVERYTHING = workflow.Terms(given=(Allowance("*"),))
NOTHING = workflow.Terms()
ROWS = 4000
BEFORE = """\
table: t
columns: {id: {type: bigint, not_null: true}, a: {type: int}, b: {type: text}}
primary_key: [id]
"""
WITH_UUID = BEFORE.replace("b: {", "u: {type: uuid, not_null: true, default: {sql: gen_random_uuid()}}, b: {")


@pytest.fixture
def project(postgres: Target, tmp_path: Path) -> Project:
    """Every table is large here."""
    made = Project(tmp_path, postgres)
    file = made.folder / "reconcile.yaml"
    file.write_text(file.read_text().replace("approve: never", "approve: never, small_table_rows: 0"))
    return made


def filled(project: Project, target: Target, before: str = BEFORE) -> None:
    target.execute("DROP TABLE IF EXISTS t CASCADE")
    project.apply(before)
    target.execute(f"INSERT INTO t (id, a, b) SELECT n, n % 100, 'x' FROM generate_series(1, {ROWS}) n")


def helpers(target: Target) -> list[tuple[object, ...]]:
    """Return everything that is ours or half made."""
    return target.query(
        "SELECT attname::text FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
        " WHERE attname LIKE '\\_\\_rc%' AND NOT attisdropped AND relkind = 'r'"
        " UNION ALL SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid"
        " WHERE NOT indisvalid OR relname LIKE '\\_\\_rc\\_________\\_%'"
        " UNION ALL SELECT conname FROM pg_constraint WHERE NOT convalidated OR conname LIKE '%\\_\\_rc\\_________\\_%'"
        " UNION ALL SELECT tgname FROM pg_trigger WHERE tgname LIKE '\\_\\_rc%'"
        " UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE '\\_\\_rc%'"
    )


def apply_strictly(project: Project, *documents: str) -> None:
    """Apply with no consent to anything, and hold that nothing is left."""
    project.plan(*documents)
    workflow.apply(project.request, NOTHING)
    assert workflow.plan(project.request).planned.plan.empty


def killed(project: Project, point: str, hit: int) -> bool:
    """Apply in a process of its own that dies at a point; say whether it did."""
    child = os.fork()
    if child == 0:
        failpoints._POINT = failpoints._Armed(point, "kill", hit)
        try:
            workflow.apply(project.request, EVERYTHING)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return status == signal.SIGKILL


@contextmanager
def writing(target: Target, write: Callable[[int], str]) -> Iterator[list[int]]:
    """Write all the while; what a write fails with comes up at the end."""
    stopped, written, failed = threading.Event(), list[int](), list[BaseException]()

    def run() -> None:
        number = 0
        while not stopped.is_set():
            number += 1
            try:
                target.execute(write(number))
            except Exception as error:
                failed.append(error)
                return
            written.append(number)

    writer = threading.Thread(target=run)
    writer.start()
    try:
        yield written
    finally:
        stopped.set()
        writer.join()
    assert not failed, failed


def test_a_value_for_each_row_is_filled_in(project: Project, postgres: Target) -> None:
    filled(project, postgres)
    planned = project.plan(WITH_UUID).planned
    assert "LK102" not in {hazard.code for hazard in planned.hazards}
    assert [step.stage for step in planned.plan.steps] == [Stage.EXPAND, Stage.FILL, Stage.TIGHTEN]
    apply_strictly(project, WITH_UUID)
    assert postgres.query("SELECT count(*), count(DISTINCT u) FROM t") == [(ROWS, ROWS)]
    assert helpers(postgres) == []
    assert postgres.query("SELECT attnotnull FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'u'") == [
        (True,)
    ]


def test_writers_go_on_while_it_is_filled(project: Project, postgres: Target) -> None:
    filled(project, postgres)
    with writing(postgres, lambda n: f"INSERT INTO t (id, a) VALUES ({ROWS + n}, {n})") as written:
        apply_strictly(project, WITH_UUID)
    rows = ROWS + len(written)
    assert len(written) > 5
    assert postgres.query("SELECT count(*), count(DISTINCT u) FROM t") == [(rows, rows)]


DEATHS = (
    ("before_commit", 1), ("after_commit", 1), ("batch_committed", 2), ("between_passes", 1), ("backfill_done", 1),
    ("after_alone", 1), ("before_verify", 2), ("after_commit", 2),
)  # fmt: skip


@pytest.mark.parametrize("part", range(2))
def test_killed_anywhere_the_next_apply_fills_it(project: Project, postgres: Target, part: int) -> None:
    for point, hit in DEATHS[part::2]:
        filled(project, postgres)
        project.plan(WITH_UUID)
        assert killed(project, point, hit), (point, hit)
        apply_strictly(project, WITH_UUID)
        assert postgres.query("SELECT count(*), count(DISTINCT u) FROM t") == [(ROWS, ROWS)], (point, hit)
        assert helpers(postgres) == [], (point, hit)


@pytest.mark.parametrize(
    "after", [BEFORE, WITH_UUID.replace("gen_random_uuid()", "uuid_in(md5(random()::text)::cstring)")]
)
def test_killed_and_then_wanted_otherwise(project: Project, postgres: Target, after: str) -> None:
    for point, hit in (("after_commit", 1), ("batch_committed", 2), ("after_alone", 1)):
        filled(project, postgres)
        project.plan(WITH_UUID)
        assert killed(project, point, hit), (point, hit)
        apply_strictly(project, after)
        assert helpers(postgres) == [], (point, hit)


def test_a_ledger_that_is_lost_is_no_loss(project: Project, postgres: Target) -> None:
    filled(project, postgres)
    project.plan(WITH_UUID)
    assert killed(project, "batch_committed", 2)
    for (name,) in postgres.query("SELECT relname FROM pg_class WHERE relname LIKE '\\_reconcile%' AND relkind = 'r'"):
        postgres.execute(f"DROP TABLE {name}")
    apply_strictly(project, WITH_UUID)
    assert postgres.query("SELECT count(*), count(DISTINCT u) FROM t") == [(ROWS, ROWS)]


TYPED = """\
table: t
columns:
  id: {type: bigint, not_null: true}
  a: {type: int, not_null: true, default: 7, comment: how many}
  b: {type: varchar(40)}
  c: {type: int}
primary_key: [id]
indexes: {t_a_idx: [a], t_part_idx: {columns: [b], where: a > 5}, t_sum_idx: {columns: [{sql: a + c}]}}
unique: {t_id_a_key: [id, a]}
checks: {t_a_check: a >= 0, t_c_check: c < 1000000}
"""
WIDER = TYPED.replace("a: {type: int,", "a: {type: bigint,")
SHAPE = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
  col_description(a.attrelid, a.attnum)
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = 't'::regclass AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid, '', '' FROM pg_index
WHERE indrelid = 't'::regclass
UNION ALL SELECT conname, pg_get_constraintdef(oid), convalidated, '', '' FROM pg_constraint
WHERE conrelid = 't'::regclass ORDER BY 1, 2"""


def typed(project: Project, target: Target, before: str = TYPED) -> None:
    target.execute("DROP TABLE IF EXISTS t CASCADE")
    project.apply(before)
    target.execute(f"INSERT INTO t SELECT n, n % 100, 'x' || n, n FROM generate_series(1, {ROWS}) n")


def test_another_type_is_filled_beside(project: Project, postgres: Target) -> None:
    """What comes out is what the server makes of it by itself, with all that was on the column."""
    typed(project, postgres)
    postgres.execute("ALTER TABLE t ALTER COLUMN a TYPE bigint")
    shape = postgres.query(SHAPE)
    typed(project, postgres)
    planned = project.plan(WIDER).planned
    assert "LK102" not in {hazard.code for hazard in planned.hazards}
    assert [step.stage for step in planned.plan.steps] == [Stage.EXPAND, Stage.FILL, Stage.TIGHTEN]
    apply_strictly(project, WIDER)
    assert postgres.query(SHAPE) == shape
    assert postgres.query("SELECT count(*), sum(a) FROM t") == [(ROWS, ROWS // 100 * 4950)]
    assert helpers(postgres) == []


def test_a_saved_plan_is_the_same(project: Project, postgres: Target, reconcile: Reconcile) -> None:
    typed(project, postgres)
    project.plan(WIDER)
    saved = project.folder / "saved.rcplan"
    reconcile("plan", "--out", saved, cwd=project.folder).ok(0, 2)
    reconcile("apply", saved, cwd=project.folder).ok()
    assert workflow.plan(project.request).planned.plan.empty
    assert helpers(postgres) == []


@pytest.mark.parametrize("case", [
    ("decimal(10, 2)", "decimal(10, 0)", "n"), ("varchar(40)", "varchar(20)", "'x' || n"),
    ("json", "native jsonb", "json_build_object('n', n)"), ("char(8)", "text", "'y' || n"), ("bigint", "int", "n"),
    ("int", "text", "n"), ("text", "bigint", "n::text"),
    ("native timestamp(6)", "native timestamp(0)", "timestamp '2020-01-01'"),
    ("double", "decimal(12, 3)", "n / 8.0"), ("uuid", "text", "gen_random_uuid()"),
], ids=lambda case: f"{case[0]} to {case[1]}")  # fmt: skip
def test_values_are_those_that_the_server_makes(project: Project, postgres: Target, case: tuple[str, str, str]) -> None:
    old, new = (f"native: '{one[7:]}'" if one.startswith("native ") else f"type: '{one}'" for one in case[:2])
    value = case[2]
    spec = "table: t\ncolumns: {{id: {{type: bigint, not_null: true}}, v: {{{}}}}}\nprimary_key: [id]\n"
    project.apply(spec.format(old))
    postgres.execute(
        f"INSERT INTO t SELECT n, CASE WHEN n % 7 > 0 THEN {value} END FROM generate_series(1, 300) n;"
        "CREATE TABLE other AS TABLE t"
    )
    apply_strictly(project, spec.format(new))
    (kind,) = postgres.query("SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
                             " WHERE attrelid = 't'::regclass AND attname = 'v'")[0]  # fmt: skip
    postgres.execute(f"ALTER TABLE other ALTER COLUMN v TYPE {kind} USING v::{kind}")
    assert postgres.query("SELECT count(*) FROM t JOIN other USING (id) WHERE t.v IS DISTINCT FROM other.v") == [(0,)]
    assert helpers(postgres) == []


def test_writers_lose_nothing_while_a_type_changes(project: Project, postgres: Target) -> None:
    typed(project, postgres)

    def write(number: int) -> str:
        return (
            f"INSERT INTO t (id, a, c) VALUES ({ROWS + number}, {number}, 1);"
            f"UPDATE t SET a = a + 1000 WHERE id = {number}; DELETE FROM t WHERE id = {ROWS - number}"
        )

    with writing(postgres, write) as written:
        apply_strictly(project, WIDER)
    n = len(written)
    assert n > 5
    expected = sum(k % 100 + (1000 if k <= n else 0) for k in range(1, ROWS + 1) if not ROWS - n <= k < ROWS)
    assert postgres.query("SELECT count(*), sum(a) FROM t") == [(ROWS, expected + n * (n + 1) // 2)]
    assert helpers(postgres) == []


TYPE_DEATHS = (
    ("after_commit", 1), ("before_bounds", 1), ("batch_committed", 2), ("backfill_done", 1), ("after_alone", 1),
    ("after_alone", 4), ("after_alone", 7), ("before_verify", 2), ("after_commit", 2),
)  # fmt: skip


@pytest.mark.parametrize("part", range(3))
def test_killed_anywhere_the_next_apply_changes_the_type(project: Project, postgres: Target, part: int) -> None:
    for point, hit in TYPE_DEATHS[part::3]:
        typed(project, postgres)
        project.plan(WIDER)
        assert killed(project, point, hit), (point, hit)
        postgres.execute(f"UPDATE t SET a = a + 1 WHERE id <= 10; INSERT INTO t (id, a) VALUES ({ROWS + 1}, 3)")
        apply_strictly(project, WIDER)
        assert postgres.query("SELECT count(*), sum(a) FROM t") == [(ROWS + 1, ROWS // 100 * 4950 + 13)], (point, hit)
        assert helpers(postgres) == [], (point, hit)


@pytest.mark.parametrize("after", [
    TYPED, TYPED.replace("a: {type: int,", "a: {type: 'decimal(12, 0)',"),
    TYPED.replace("  c: {type: int}\n", "").replace(", t_sum_idx: {columns: [{sql: a + c}]}", "").replace(
        ", t_c_check: c < 1000000", ""),
], ids=["as it was", "another type", "without another column"])  # fmt: skip
def test_a_type_that_is_wanted_otherwise(project: Project, postgres: Target, after: str) -> None:
    for point, hit in (("batch_committed", 2), ("after_alone", 2)):
        typed(project, postgres)
        project.plan(WIDER)
        assert killed(project, point, hit), (point, hit)
        project.apply(after)
        assert helpers(postgres) == [], (point, hit)
        postgres.execute(f"INSERT INTO t (id, a) VALUES ({ROWS + 1}, 3)")


@pytest.mark.parametrize("case", [
    ("CREATE VIEW v AS SELECT a FROM t", "view.v uses it"),
    ("CREATE TABLE o (a int, x bigint, FOREIGN KEY (x, a) REFERENCES t (id, a))", "foreign_key.*uses it"),
    ("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
     "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()", "the trigger g would fire"),
    ("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
     "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", "the trigger g may change"),
    ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", "row-level security"),
    ("CREATE PUBLICATION p FOR TABLE t", "the publication p has it"),
    ("CREATE STATISTICS s ON a, c FROM t", "uses it"),
    ("CREATE SEQUENCE q OWNED BY t.a", "uses it"),
    ("ALTER TABLE t ADD COLUMN g int GENERATED ALWAYS AS (a + 1) STORED", "uses it"),
], ids=lambda case: case[0][:15] + case[0][-60:-30] + case[1])  # fmt: skip
def test_what_stands_in_the_way_is_told(project: Project, postgres: Target, case: tuple[str, str]) -> None:
    typed(project, postgres)
    postgres.execute(case[0])
    hazards = [one for one in project.plan(WIDER).planned.hazards if one.code == "LK102"]
    assert re.search(f"it is not filled beside: .*{case[1]}", "; ".join(one.message for one in hazards)), hazards


def test_it_can_be_paused(project: Project, postgres: Target) -> None:
    """What else the plan has is done; the next apply goes on once somebody lets it."""
    typed(project, postgres)
    more = "---\ntable: other\ncolumns: {id: {type: int}}\n"
    project.plan(WIDER + more)
    assert killed(project, "batch_committed", 2)
    (name,) = [one.standing.name for one in backfilling.backfills(project.request).lines]
    backfilling.want(project.request, name, "pause")
    project.plan(WIDER + more.replace("int}", "int}, x: {type: int}"))
    with pytest.raises(PartlyApplied, match=r"the filling of table\.t\.column\.a is not done \(paused"):
        workflow.apply(project.request, NOTHING)
    postgres.execute("UPDATE t SET a = a + 1 WHERE id <= 10; INSERT INTO other (x) VALUES (1)")
    backfilling.want(project.request, name, "run")
    workflow.apply(project.request, NOTHING)
    assert workflow.plan(project.request).planned.plan.empty
    assert postgres.query("SELECT sum(a) FROM t") == [(ROWS // 100 * 4950 + 10,)]
    assert helpers(postgres) == []
    assert backfilling.backfills(project.request).lines == ()


def test_a_row_that_the_new_type_cannot_hold_ends_it(project: Project, postgres: Target) -> None:
    """It comes in between the plan's look and the first portion; when it is mended the next apply goes on."""
    typed(project, postgres, WIDER)
    project.plan(TYPED)
    assert killed(project, "after_commit", 1)
    postgres.execute("UPDATE t SET a = 3000000000 WHERE id = 17")
    assert project.blocked(TYPED)
    postgres.execute("UPDATE t SET a = 3 WHERE id = 17")
    apply_strictly(project, TYPED)
    assert postgres.query("SELECT max(a) FROM t") == [(99,)]
    assert helpers(postgres) == []
