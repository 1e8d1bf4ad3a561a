"""Nulls that are alike: a new column is null in every row, and so the same in every row."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.errors import Refused
from tests.target import Target

TABLE = """
table: t
columns:
  id: {{type: int, primary_key: true}}
  a: {{type: int}}
{more}"""


def project(folder: Path, target: Target, more: str = "") -> workflow.Request:
    (folder / "s.yaml").write_text(TABLE.format(more=more).lstrip())
    (folder / "reconcile.yaml").write_text(
        "reconcile: 1\nproject: p\n"
        f"environments: {{here: {{url: '{target.url}', default: true, policy: {{approve: never}}}}}}\n"
    )
    return workflow.Request(directory=folder)


@pytest.mark.parametrize(
    ("column", "refused"), [("b: {type: int}", True), ("b: {type: bigint, identity: true}", False)]
)
def test_a_key_over_a_new_column_is_asked_of_the_rows(
    postgres: Target, tmp_path: Path, column: str, refused: bool
) -> None:
    workflow.apply(project(tmp_path, postgres))
    postgres.execute("INSERT INTO t VALUES (1, 7), (2, 7)")
    request = project(tmp_path, postgres, f"  {column}\nunique: {{k: {{columns: [a, b], nulls_not_distinct: true}}}}\n")
    if not refused:
        workflow.apply(request)
        return
    with pytest.raises(Refused) as caught:
        workflow.apply(request)
    (hazard,) = caught.value.review.planned.verdict.refused  # type: ignore[attr-defined]
    assert (hazard.code, hazard.count) == ("MF101", 1)
    postgres.execute("DELETE FROM t WHERE id = 2")
    workflow.apply(request)
