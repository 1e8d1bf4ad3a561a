"""Steps share a wait for their answers, and the one that fails is still called by its name."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reconciler.dialects.base import DatabaseError, Target
from reconciler.dialects.sqlite.dialect import DIALECT
from reconciler.execute.batches import Progress, carry_out
from reconciler.model.ref import Kind, Ref
from reconciler.plan.step import Statement, Step


def _step(number: int, *sql: str) -> Step:
    ref = Ref.root(Kind.TABLE, f"t{number}")
    return Step(subject=ref, action="create", changes=(), statements=tuple(map(Statement, sql)))


def _many(count: int) -> list[Step]:
    return [_step(n, f"CREATE TABLE t{n} (a)", f"INSERT INTO t{n} VALUES (1), (2)") for n in range(count)]


class _Counting:
    """A real session that notes how many statements each call brings."""

    def __init__(self) -> None:
        self.inner = DIALECT.connect(Target(dialect="sqlite", url="sqlite://", label="memory", access="write"))
        self.calls: list[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def execute_each(self, statements: Sequence[str]) -> Sequence[int]:
        self.calls.append(len(statements))
        return self.inner.execute_each(statements)


def test_every_step_is_told_in_order_with_its_rows() -> None:
    session, told = _Counting(), []
    progress = Progress(
        finished=lambda position, step, rows, seconds, ways: told.append((position, step.subject.name, rows))
    )
    done = carry_out(session, progress, 10, _many(40))  # type: ignore[arg-type]
    assert told == [(11 + n, f"t{n}", 2) for n in range(40)]
    assert [one.position for one in done] == [position for position, _, _ in told]
    assert sum(session.calls) == 80
    assert session.calls[0] == 2, "the first step goes alone: nobody knows yet how slow it is"
    assert max(session.calls) > 2, "quick steps go together"


@pytest.mark.parametrize("bad", [0, 1, 17, 39])
def test_the_step_that_fails_is_named_and_none_after_it_runs(bad: int) -> None:
    session = _Counting()
    steps = _many(40)
    steps[bad] = _step(bad, f"CREATE TABLE t{bad} (a)", f"INSERT INTO nowhere{bad} VALUES (1)")
    with pytest.raises(
        DatabaseError, match=rf"^step {bad + 6} \(create table\.t{bad}\): no such table: nowhere{bad}\n"
    ):
        carry_out(session, Progress(), 5, steps)  # type: ignore[arg-type]
    assert session.inner.query("SELECT count(*) FROM sqlite_schema")[0][0] == bad + 1


def test_rows_are_inserted_as_they_are() -> None:
    session = DIALECT.connect(Target(dialect="sqlite", url="sqlite://", label="memory", access="write"))
    session.execute("CREATE TABLE t (a TEXT, b INTEGER)")
    session.insert("t", ("a", "b"), [("it's :x ? %s", 1), (None, 2)])
    assert session.query("SELECT a, b FROM t ORDER BY b") == [("it's :x ? %s", 1), (None, 2)]
