"""What a statement says of being done, and of what it may not leave behind, is heeded; SQLite answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import dialects
from reconciler.dialects.base import DatabaseError, Target
from reconciler.execute.climb import carried_out
from reconciler.model.ref import Ref
from reconciler.plan.step import DataCheck, Statement

ADDED = Statement("INSERT INTO t VALUES (1)", unless="SELECT count(*) FROM t")
PROOF = DataCheck(code="MF105", ref=Ref.root("table", "t"), message="there are {count}", count="SELECT count(*) FROM t")


def test_what_is_done_is_not_done_again_and_what_may_not_be_there_is_found(tmp_path: Path) -> None:
    place = Target(dialect="sqlite", url=f"sqlite:///{tmp_path / 'x.db'}", label="x", access="write")
    session = dialects.dialect("sqlite").connect(place)
    session.execute("CREATE TABLE t (a)")
    ran = carried_out(session, [ADDED, ADDED], lambda size: False)
    assert [one.sql for one in ran] == [ADDED.sql, f"-- done before: {ADDED.sql}"]
    with pytest.raises(DatabaseError, match="there are 2") as caught:
        carried_out(session, [ADDED, Statement("INSERT INTO t VALUES (2)", proof=PROOF)], lambda size: False)
    assert (caught.value.before, caught.value.code) == (1, "MF105")
    assert session.query("SELECT a FROM t ORDER BY a") == [(1,), (2,)]
    session.close()
