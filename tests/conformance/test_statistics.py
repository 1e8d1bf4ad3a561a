"""`check --stats`: what each database keeps of its use, how tables grew, indexes that could go; also in metrics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reconciler.model.objects import Index, Unique
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import IndexPart, Sql
from reconciler.workflow.measuring import redundant
from tests.process import Reconcile
from tests.serve.serving import client, project
from tests.target import Target

SPEC = """\
table: events
columns:
  id: {type: bigint, primary_key: true}
  person: {type: bigint}
  sort: {type: varchar(20)}
indexes:
  events_idle: [sort]
  events_less: [person]
  events_more: [person, sort]
"""
# What is not kept, in the words that tell it; MariaDB counts nothing unless it is told to.
UNKNOWN = {
    "sqlite": ["unused indexes: SQLite does not count what is read", "slow statements: SQLite keeps none"],
    "d1": ["sizes of tables", "unused indexes", "slow statements"],
    "postgres": ["slow statements: pg_stat_statements is not installed"],
    "mysql": [],
    "mariadb": ["unused indexes: performance_schema is off", "slow statements: performance_schema is off"],
}


def test_figures_of_use_and_growth_since_the_last_look(target: Target, reconcile: Reconcile, tmp_path: Path) -> None:
    project(target, tmp_path, spec=SPEC)
    if target.dialect == "mysql":  # It keeps 10,000 statements of all databases, and no further ones.
        target.execute("TRUNCATE performance_schema.events_statements_summary_by_digest")
    env = {"RECONCILE_STATE": str(tmp_path / "state")}

    def told() -> dict[str, Any]:
        return dict(json.loads(reconcile("check", "--stats", "--json", env=env).ok().out)["result"]["statistics"])

    assert reconcile("apply", "--auto-approve", "-e", "it", env=env).ok()
    first = told()
    assert first["since"] is None
    assert first["redundant_indexes"] == [
        {"address": "table.events.index.events_less", "covered_by": "table.events.index.events_more"}
    ]
    assert len(first["unknown"]) == len(UNKNOWN[target.dialect])
    assert all(said.startswith(words) for said, words in zip(first["unknown"], UNKNOWN[target.dialect], strict=True))
    if target.dialect in ("postgres", "mysql"):
        assert "table.events.index.events_idle" in first["unused_indexes"]
    values = ", ".join(f"({n}, {n % 7}, 'a fairly long')" for n in range(500))
    target.execute(f"INSERT INTO events VALUES {values}")
    second = told()
    assert second["since"]
    if target.dialect != "d1":
        (events,) = second["tables"]
        assert (events["address"], events["rows"], events["rows_since"]) == ("table.events", 500, 500)
        assert events["bytes"] > 0
    if target.dialect == "mysql":
        assert all(one["calls"] > 0 and one["mean_seconds"] > 0 for one in second["slow_statements"])
        assert second["slow_statements"]
    text = reconcile("check", "--stats", env={**env, "COLUMNS": "80"}).ok().out
    assert "table.events.index.events_less: table.events.index.events_more finds the same" in text
    assert max(map(len, text.splitlines())) <= 100
    asked = client(tmp_path)
    asked.look()
    metrics = asked.ask("/metrics").text
    assert 'reconcile_idle_indexes{env="it",index="table.events.index.events_less",why="redundant"} 1.0' in metrics
    assert ('reconcile_table_bytes{env="it",table="events"}' in metrics) == (target.dialect != "d1")


def test_which_index_another_one_stands_in_for() -> None:
    table = Ref.root(Kind.TABLE, "t")

    def index(name: str, *columns: str, **more: Any) -> Index:
        parts = tuple(IndexPart(column=column) for column in columns)
        return Index(ref=table.child(Kind.INDEX, name), parts=parts, **more)

    key = Unique(ref=table.child(Kind.UNIQUE, "k"), columns=("u", "v"))
    found = redundant([
        key, index("of_key", "u", "v"), index("other_order", "v", "u"), index("a", "x"), index("b", "x"),
        index("part", "y", where=Sql("y > 0")), index("whole", "y"), index("hash", "x", method="hash"),
        index("only_once", "x", unique=True), index("more", "w", "x"), index("carrying", "w", include=("z",)),
        index("backwards", "w", include=("x",)),
    ])  # fmt: skip
    names = {(one.name, other.name) for one, other in found}
    assert names == {("of_key", "k"), ("a", "only_once"), ("b", "a"), ("backwards", "more")} | (
        names & {("b", "only_once")}
    )
