"""What the ledger is asked for some roots alone is what it tells of them among all others, on every dialect."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.execute import ledger
from reconciler.workflow.filling import ledger_of
from reconciler.workflow.looking import session_on
from reconciler.workflow.opening import open_request
from tests.conformance.driver import Project
from tests.target import Target

TABLE = """\
---
table: t{number}
columns: {{id: {{type: bigint, not_null: true, default: {number}}}}}
primary_key: [id]
checks: {{c{number}: {{sql: id > {number} OR id = {number}}}}}
protect: {protected}
"""


def tables(count: int) -> str:
    return "".join(TABLE.format(number=number, protected=str(number % 2 > 0).lower()) for number in range(count))


# So few that each is asked for, and more.
@pytest.mark.parametrize("left", [1, 40])
def test_others_are_left_out(target: Target, tmp_path: Path, left: int) -> None:
    project = Project(tmp_path, target)
    project.apply(tables(60))
    opened = open_request(project.request, access="read")
    with session_on(opened) as session:
        where, memory = ledger_of(opened), opened.dialect.server(session).memory
        everything = ledger.read(session, where, memory)
        roots = sorted({ref.top for ref in everything.objects})
        asked = ledger.read(session, where, memory, roots[left:])
        nothing = ledger.read(session, where, memory, roots)
    wanted = set(roots[:left])
    assert len(roots) == 60
    assert asked == replace(
        everything,
        objects=frozenset(ref for ref in everything.objects if ref.top in wanted),
        protected=frozenset(ref for ref in everything.protected if ref.top in wanted),
        memory={(ref, place): kept for (ref, place), kept in everything.memory.items() if ref.top in wanted},
    )
    assert nothing == replace(everything, objects=frozenset(), protected=frozenset(), memory={})
    assert len(everything.protected) == 30
    assert everything.memory or target.dialect in {"sqlite", "d1"}


def test_a_ledger_of_an_older_version_says_what_it_has(target: Target, tmp_path: Path) -> None:
    project = Project(tmp_path, target)
    project.apply(tables(60))
    opened = open_request(project.request, access="read")
    with session_on(opened) as session:
        before = ledger.read(session, ledger_of(opened), opened.dialect.server(session).memory)
    target.execute("ALTER TABLE _reconcile_object DROP COLUMN deprecated")
    with session_on(opened) as session:
        assert ledger.read(session, ledger_of(opened), opened.dialect.server(session).memory) == before
    project.apply(tables(61))
