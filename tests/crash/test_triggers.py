"""A trigger that is replaced is there at every moment, the old one or the new one, wherever a run is killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.process import Reconcile
from tests.target import Target

SPEC = """
table: log
columns: {{what: {{type: text}}}}
---
table: t
columns: {{id: {{type: int, identity: true}}, a: {{type: {a}}}}}
primary_key: [id]
triggers:
  first: {{timing: after, events: [insert], body: ["insert into log (what) values ('first {body}')"]}}
  {name}: {{{renamed}timing: before, events: [insert], body: ["insert into log (what) values ('{name}')"]}}
"""
BEFORE = SPEC.format(a="int", body="old", name="second", renamed="")


@pytest.mark.parametrize("server", ["sqlite", pytest.param("d1", marks=pytest.mark.live("d1"))])
@pytest.mark.parametrize("a", ["int", "text"], ids=["alone", "with a rebuild"])
def test_no_moment_is_without_it(
    request: pytest.FixtureRequest, reconcile: Reconcile, tmp_path: Path, server: str, a: str
) -> None:
    target: Target = request.getfixturevalue(server)
    (tmp_path / "reconcile.yaml").write_text(
        f"reconcile: 1\nproject: p\nenvironments: {{here: {{url: '{target.url}', default: true}}}}\n"
    )

    def apply(text: str, failpoint: str = "") -> int:
        (tmp_path / "t.yaml").write_text(text)
        env = {"RECONCILE_FAILPOINT": failpoint} if failpoint else {}
        return reconcile("apply", "--auto-approve", "--allow", "*", "-C", tmp_path, env=env).code

    assert apply(BEFORE) == 0
    before = target.query("select name, sql from sqlite_schema where type = 'trigger' order by rowid")
    after = SPEC.format(a=a, body="new", name="third", renamed="renamed_from: second, ")
    for hit in (1, 2, 3, 4):
        for point in ("before_statement", "after_statement"):
            assert apply(after, f"{point}:hit={hit}:kill") != 0
            assert target.query("select name, sql from sqlite_schema where type = 'trigger' order by rowid") == before
    target.execute("insert into t (a) values (1)")
    assert apply(after) == 0
    target.execute("insert into t (a) values (2)")
    assert sorted(target.query("select what from log")) == [("first new",), ("first old",), ("second",), ("third",)]
