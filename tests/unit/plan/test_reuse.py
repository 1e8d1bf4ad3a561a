"""A plan is taken over from a moment ago only when nothing is otherwise now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.compare.compare import Memory, Owned
from reconciler.compare.planning import Planned, prepare
from reconciler.dialects.base import Session, Target
from reconciler.dialects.sqlite.dialect import DIALECT
from reconciler.model.model import Desired, Model
from reconciler.model.objects import Column, Table
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.plan.policy import Policy

TARGET = Target(dialect="sqlite", url="sqlite://", label="memory", access="write")


def _table(name: str) -> list[Table | Column]:
    ref = Ref.root(Kind.TABLE, name)
    return [Table(ref=ref), *(Column(ref=ref.child(Kind.COLUMN, c), type=Type("int"), position=1) for c in "abc")]


DESIRED = Desired(model=DIALECT.normalize(Model([*_table("t"), *_table("u")])).model)


@pytest.fixture
def session() -> Session:
    return DIALECT.connect(TARGET)


def _prepare(session: Session, before: Planned | None = None, owned: Owned | None = None) -> Planned:
    return prepare(DIALECT, session, TARGET, DESIRED, owned or Owned(), Policy(), (), before)


def test_the_same_plan_is_taken_over(session: Session) -> None:
    first = _prepare(session)
    assert _prepare(session, first).plan is first.plan


def test_what_changed_meanwhile_is_planned_anew(session: Session) -> None:
    first = _prepare(session)
    session.execute("CREATE TABLE u (a INTEGER, b INTEGER, c INTEGER)")
    second = _prepare(session, first)
    assert second.plan.id != first.plan.id
    assert second.plan.id == _prepare(session).plan.id


def test_letters_alone_are_a_difference(session: Session) -> None:
    session.execute("CREATE TABLE u (a integer, b INTEGER)")
    first = _prepare(session)
    session.execute("DROP TABLE u")
    session.execute("CREATE TABLE u (a INTEGER, b INTEGER)")
    second = _prepare(session, first)
    assert second.plan is not first.plan


@pytest.mark.parametrize(
    "owned",
    [
        Owned(known=True),
        Owned(objects=frozenset({Ref.root(Kind.TABLE, "t")})),
        Owned(memory={(Ref.root(Kind.TABLE, "t"), "default"): Memory("a", "b")}),
    ],
)
def test_another_ledger_is_planned_anew(session: Session, owned: Owned) -> None:
    first = _prepare(session)
    assert _prepare(session, first, owned).plan is not first.plan


def test_another_server_is_planned_anew(session: Session) -> None:
    first = _prepare(session)
    other = replace(first, server=replace(first.server, features=frozenset()))
    assert _prepare(session, other).plan is not first.plan
