"""A large table is not written anew without a word: what the plan tells, what it asks for, what the server leaves."""

from __future__ import annotations

import json

import pymysql
import pytest

from reconciler import Refused, workflow
from reconciler.errors import ReconcileError
from reconciler.plan.policy import parse_allowance
from reconciler.report.facts import Applied
from tests.conformance.driver import Project
from tests.process import Reconcile
from tests.target import Target

T = "table: t\ncolumns:\n  id: {type: int, primary_key: true}\n  a: {type: int}\n  c: {type: varchar(20)}\n"
P = "table: p\ncolumns: {id: {type: bigint, primary_key: true}}\n"
WIDER = T.replace("a: {type: int}", "a: {type: bigint}")
# Of a column that a check names no other one takes the place.
HELD = "checks: {t_a_check: a >= 0}\n"
MORE = f"{T}  x: {{type: int}}\n"
ROWS = 100_000


def _filled(my: Target, rows: int = ROWS) -> None:
    digit = "(select 0 d" + "".join(f" union all select {d}" for d in range(1, 10)) + ")"
    crossed = ", ".join(f"{digit} as t{n}" for n in range(5))
    number = "t0.d + 10 * t1.d + 100 * t2.d + 1000 * t3.d + 10000 * t4.d"
    my.execute(
        f"insert into t (id, a, c) select n, n, 'x' from (select {number} as n from {crossed}) s where n < {rows}"
    )


def _apply(project: Project, *allow: str) -> Applied:
    return workflow.apply(project.request, workflow.Terms(given=tuple(map(parse_allowance, allow))))


def _last(my: Target) -> str:
    return str(
        my.query("select statements from _reconcile_step order by finished_at desc, position desc limit 1")[0][0]
    )


def test_writes_wait_for_a_large_table_only_with_consent(project: Project, my: Target) -> None:
    project.apply(T + HELD)
    _filled(my)
    online = my.dialect == "mariadb"
    codes = {hazard.code: hazard.count for hazard in project.plan(WIDER + HELD).planned.hazards}
    assert set(codes) == ({"MY130"} if online else {"MY130", "LK102"})
    assert all(count is not None and count >= ROWS for count in codes.values())
    if not online:
        with pytest.raises(Refused, match=r"LK102 at table\.t\.column\.a"):
            _apply(project)
        assert "int" in my.observe()
    _apply(project, "LK102:table.t")
    assert _last(my).endswith("ALGORITHM=COPY, LOCK=NONE" if online else "ALGORITHM=COPY, LOCK=SHARED")
    assert my.query("select count(*), max(a) from t") == [(ROWS, ROWS - 1)]


def test_a_small_table_is_nothing_to_tell_of(project: Project, my: Target) -> None:
    project.apply(T)
    _filled(my, 999)
    assert not project.hazards(WIDER)
    my.execute("insert into t (id) values (5000)")
    assert project.hazards(WIDER) == {"MY130"}


def test_what_the_plan_did_not_tell_of_is_not_done_to_a_large_table(project: Project, my: Target) -> None:
    """The plan takes a text for utf8mb4 where nobody says otherwise: here it is shorter, and grows across 255 bytes."""
    my.execute(f"alter database `{my.query('select database()')[0][0]}` character set latin1")
    spec = T.replace("varchar(20)", "varchar(200)")
    longer = spec.replace("200", "300")
    project.apply(spec)
    _filled(my)
    before = my.observe()
    assert not project.hazards(longer)
    way = "COPY, LOCK=NONE" if my.dialect == "mariadb" else "COPY, LOCK=SHARED"
    next_ = "COPY, LOCK=NONE" if my.dialect == "mariadb" else "INPLACE, LOCK=SHARED"
    consent = r"--allow LK102:table\.t\.column\.c"
    with pytest.raises(ReconcileError, match=f"What is left is {next_}, of which the plan did not tell.*{consent}"):
        _apply(project)
    assert my.observe() == before
    _apply(project, "LK102:table.t.column.c")
    assert _last(my).endswith(f"ALGORITHM={way}")


def test_what_was_got_is_told(project: Project, my: Target, reconcile: Reconcile) -> None:
    """An index of words leaves a hidden column behind, which no catalog shows, and beside it nothing is instant."""
    project.apply(T)
    my.execute("create fulltext index f on t (c)")
    my.execute("drop index f on t")
    way = "INPLACE, LOCK=NONE instead of INSTANT"
    project.plan(MORE)
    data = json.loads(reconcile("apply", "--json", cwd=project.folder).ok().out)
    assert [one["ways"] for one in data["result"]["applied"]["done"]] == [[way]]
    my.execute("create fulltext index f on t (c)")
    my.execute("drop index f on t")
    project.plan(f"{MORE}  y: {{type: int}}\n".replace("a: {type: int}", "a: {type: int, default: 5}"))
    told = [line.rstrip() for line in reconcile("apply", cwd=project.folder).ok().out.splitlines()]
    assert any(line.endswith(f" {way}") for line in told)
    assert any(line.endswith(" INSTANT") for line in told)


def test_a_table_without_room_for_versions_is_written_anew(project: Project, my: Target) -> None:
    if my.dialect == "mariadb":
        pytest.skip("MariaDB counts no versions")
    project.apply(T)
    twice = "alter table t add column gone int, algorithm=instant; alter table t drop column gone, algorithm=instant;"
    my.execute(twice * 120)
    assert not project.hazards(MORE)
    my.execute(twice * 5)
    assert project.hazards(MORE) == {"MY104"}
    my.execute(twice * 2)
    my.execute("alter table t add column z int, algorithm=instant")
    project.apply(f"{MORE}  z: {{type: int}}\n")
    assert _last(my).endswith("ALGORITHM=INPLACE, LOCK=NONE")


def test_what_copies_a_table_goes_in_one_copy(project: Project, my: Target) -> None:
    """And what is instant does not wait for it."""
    before = f"{T}  b: {{type: int}}\n  d: {{type: int}}\n"
    project.apply(P, before)
    my.execute("insert into p values (1); insert into t values (1, 1, 'x', 1, 1)")
    after = (
        f"{WIDER}  b: {{type: bigint, not_null: true}}\n  d: {{type: int, default: 7}}\n  x: {{type: int}}\n"
        "checks:\n  t_ck: b > 0\n"
        "foreign_keys:\n  t_fk: {columns: [a], references: p(id)}\n"
    )
    texts = [statement.sql for statement in project.plan(P, after).planned.plan.statements]
    copies = [text for text in texts if "ALGORITHM=COPY" in text]
    assert len(copies) == 1
    assert all(word in copies[0] for word in ("MODIFY COLUMN `a`", "MODIFY COLUMN `b`", "t_ck", "FOREIGN KEY"))
    assert sorted(text.rpartition("=")[2] for text in texts if text not in copies) == ["INSTANT", "INSTANT"]
    project.apply(P, after)
    assert my.query("select * from t") == [(1, 1, "x", 1, 1, None)]


def test_a_check_beside_a_column_is_asked_of_the_rows(project: Project, my: Target) -> None:
    """MariaDB asks none of them unless it copies."""
    if my.dialect == "mysql":
        pytest.skip("MySQL keeps every check by itself")
    my.execute("create table t (id int primary key, a int check (a > 0)); insert into t values (1, 9)")
    spec = "table: t\ncolumns: {id: {type: int, primary_key: true}, a: {type: int}}\nchecks: {t_a_check: a > 0}\n"
    project.apply(spec)
    texts = [statement.sql for statement in project.plan(spec.replace("> 0", "> 5")).planned.plan.statements]
    assert [text.rpartition("CHECK (")[2].partition(",")[0] for text in texts if "CHECK" in text] == ["a > 5)"]
    assert "ALGORITHM=COPY" in texts[-1]
    project.apply(spec.replace("> 0", "> 5"))
    with pytest.raises(pymysql.err.OperationalError):
        my.execute("insert into t values (2, 3)")
