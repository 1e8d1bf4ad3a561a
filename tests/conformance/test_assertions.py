"""Assertions on the real engines: who offends is counted and shown, what is sensitive is not, nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.plan.outcome import Asserted
from reconciler.workflow.acting import Terms
from tests.target import Target

TABLES = """
table: users
columns: {id: {type: int, primary_key: true}, name: {type: text, sensitive: true}, quota: {type: int}}
---
table: spent
columns: {id: {type: int, primary_key: true}, user_id: {type: int}, amount: {type: int}}
"""
ASSERTIONS = """
---
assertion: spends_what_is_given
sample: 2
query: |
  select u.id, u.name as who, u.quota, sum(s.amount) as spent from users u
  join spent s on s.user_id = u.id
  group by u.id, u.name, u.quota having sum(s.amount) > u.quota order by u.id desc
---
assertion: twice
severity: warn
sample: 1
query: select u.id, s.id, '100%' as "%" from users u join spent s on s.user_id = u.id order by s.id
"""
# What would take a long time; D1 has nothing of the kind that ends with the question.
ENDLESS = """
---
assertion: endless
only: [sqlite, postgres, mysql]
timeout: 300ms
query:
  sqlite: |
    with recursive n (i) as (select 1 union all select i + 1 from n where i < 100000000) select i from n where i < 0
  postgres: select pg_sleep(60)
  mysql: select benchmark(50000000, sha2('x', 512)) as n having n > 0
"""


@pytest.fixture
def project(target: Target, tmp_path: Path) -> workflow.Request:
    """A project whose tables are there, with three users of whom two spent too much."""
    (tmp_path / "reconcile.yaml").write_text(
        f"reconcile: 1\nproject: p\nsql: postgres\nenvironments: {{here: {{url: '{target.url}', "
        "policy: {approve: never}}}\n"
    )
    (tmp_path / "tables.yaml").write_text(TABLES.lstrip())
    request = workflow.Request(directory=tmp_path, environment="here")
    workflow.apply(request)
    target.execute("insert into users values (1, 'ann', 5), (2, 'bob', 3), (3, 'cyd', 1)")
    target.execute("insert into spent values (1, 1, 5), (2, 2, 4), (3, 3, 1), (4, 3, 7)")
    return request


def write(request: workflow.Request, text: str) -> None:
    (request.directory / "assertions.yaml").write_text(text.lstrip().removeprefix("---\n"))


def by_name(found: tuple[Asserted, ...]) -> dict[str, Asserted]:
    return {one.ref.name: one for one in found}


def test_who_offends_is_counted_and_shown(project: workflow.Request, target: Target) -> None:
    write(project, ASSERTIONS)
    before = target.observe()
    review = workflow.check(project)
    found = by_name(review.asserted)
    assert review.planned.plan.empty
    spends = found["spends_what_is_given"]
    assert (spends.status, spends.rows, spends.columns) == ("fail", 2, ("id", "who", "quota", "spent"))
    assert [[str(value) for value in row] for row in spends.sample] == [
        ["3", "(sensitive)", "1", "8"], ["2", "(sensitive)", "3", "4"],
    ]  # fmt: skip
    twice = found["twice"]
    assert (twice.status, twice.severity, twice.rows, len(twice.sample)) == ("fail", "warn", 4, 1)
    assert twice.sample[0] == (1, 1, "100%")
    assert target.observe() == before

    target.execute("delete from spent")
    done = workflow.apply(project)
    assert done.outcome is None
    assert {one.status for one in done.review.asserted} == {"pass"}


def test_it_is_asked_once_all_is_applied(project: workflow.Request, target: Target) -> None:
    (project.directory / "more.yaml").write_text(
        "table: later\ncolumns: {id: {type: int, primary_key: true}}\n---\n"
        "assertion: nothing_later\nquery: select id from later\n"
    )
    (before,) = workflow.check(project).asserted
    assert (before.status, before.rows) == ("error", None)
    assert "not in the database" in before.message
    assert workflow.apply(project, Terms(dry_run=True)).review.asserted == ()
    done = workflow.apply(project)
    assert done.outcome is not None
    assert [one.status for one in done.review.asserted] == ["pass"]


def test_the_server_ends_what_takes_too_long(project: workflow.Request, target: Target) -> None:
    if target.dialect == "d1":
        pytest.skip("its engine here goes on with a question that nobody waits for: tests/unit/sqlite/test_d1_wire.py")
    write(project, ENDLESS)
    (found,) = workflow.check(project).asserted
    assert (found.status, found.rows) == ("error", None)
    assert "longer than its timeout of 0.3s" in found.message
    assert found.seconds < 20


WRITING = {
    "postgres": "select pg_catalog.setval('numbers', 77)",
    "mysql": "select add_one()",
    "mariadb": "select add_one()",
}


def test_a_query_cannot_write(project: workflow.Request, target: Target) -> None:
    if target.dialect not in WRITING:
        pytest.skip("no SELECT can write here")
    if target.dialect == "postgres":
        target.execute("create sequence numbers")
    else:
        target.execute(
            "create function add_one() returns int deterministic modifies sql data "
            "begin insert into spent values (99, 1, 1); return 1; end"
        )
    write(project, f'assertion: a\nquery: {{{target.dialect}: "{WRITING[target.dialect]}"}}\n')
    (found,) = workflow.check(project).asserted
    assert found.status == "error"
    assert "read only" in found.message.lower().replace("-", " ")
    assert target.query("select count(*) from spent where id = 99") == [(0,)]
