"""Each field of tables, columns, keys and indexes: made, changed with rows in the table, imported, and dropped."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.postgres.field_cases import CASES
from tests.conformance.postgres.specs import Specs, copied, lines, statements
from tests.target import Target, fresh


@pytest.mark.parametrize("name", CASES)
def test_a_field_is_made_changed_and_imported(pg: Target, tmp_path: Path, name: str) -> None:
    """By way of the first form, directly, and by an import: three databases, and pg_dump sees no difference."""
    case = CASES[name]
    if case.since > version(pg):
        return
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(case.before)
    if case.rows:
        pg.execute(case.rows)
    done = "\n".join(statements(specs.apply(case.after)))
    assert [word for word in case.words if word not in done] == [], done
    assert [word for word in case.never if word in done] == [], done
    with fresh(pg.server, tmp_path) as straight, fresh(pg.server, tmp_path) as imported:
        Specs(tmp_path / "straight", straight.url).apply(case.after)
        assert lines(straight) == lines(pg)
        copied(pg, imported, tmp_path / "imported")
        assert lines(imported) == lines(pg)
    if case.ask:
        assert pg.query(case.ask) == case.answer


def version(pg: Target) -> int:
    """Return the server's major version."""
    return int(pg.query("show server_version_num")[0][0]) // 10000
