"""What there was before runs, and what to declare to get back: renames of several runs are turned around together."""

from __future__ import annotations

import pytest

from reconciler.compare.before import Before, back, decode_before, encode_before
from reconciler.model.model import Inspection, Model
from reconciler.model.objects import Column, Table
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type

USERS, MEMBERS, PEOPLE, OTHER, NEW = (
    Ref.root(Kind.TABLE, name) for name in ("users", "members", "people", "other", "new")
)


def column(table: Ref, name: str) -> Column:
    return Column(ref=table.child(Kind.COLUMN, name), type=Type("int"))


def model(table: Ref, *columns: str) -> Model:
    return Model([Table(ref=table), *(column(table, name) for name in columns)])


FIRST = Before(
    model=model(USERS, "id", "state"), roots=frozenset({USERS, MEMBERS}),
    moves=((USERS, MEMBERS), (MEMBERS.child(Kind.COLUMN, "state"), MEMBERS.child(Kind.COLUMN, "status"))),
)  # fmt: skip
SECOND = Before(
    model=model(MEMBERS, "id", "status"), roots=frozenset({MEMBERS, PEOPLE, NEW}), moves=((MEMBERS, PEOPLE),)
)
NOW = Model([*model(PEOPLE, "id", "status", "late").values(), *model(OTHER, "id").values(), *model(NEW, "id").values()])
OURS = frozenset(NOW) - {OTHER.child(Kind.COLUMN, "id")}


def test_what_was_written_down_is_read_again() -> None:
    text = encode_before(FIRST)
    assert text.isascii()
    assert decode_before(text) == FIRST
    with pytest.raises(ValueError, match="incomplete"):
        decode_before(text[:-9])


def test_renames_of_several_runs_are_turned_around_outermost_first() -> None:
    found = back([FIRST, SECOND], Inspection(model=NOW), OURS)
    assert found.renames == {USERS: PEOPLE, USERS.child(Kind.COLUMN, "state"): USERS.child(Kind.COLUMN, "status")}
    assert set(found.model) == {*FIRST.model, OTHER}, "what was made is not declared, nor what is nobody's"


def test_the_last_run_alone_is_taken_back_to_what_the_one_before_it_left() -> None:
    found = back([SECOND], Inspection(model=NOW), OURS)
    assert found.renames == {MEMBERS: PEOPLE}
    assert set(found.model) == {*SECOND.model, OTHER}
