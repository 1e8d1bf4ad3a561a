"""Classes that `frozen` makes beside the same ones of `dataclass`: nothing that an object does tells them apart."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields, is_dataclass, replace
from typing import Any, ClassVar

import pytest

from reconciler.frozen import frozen, frozen_in_order


def _base() -> type:
    class Base:
        """Something with a name."""

        kind: ClassVar[str] = ""
        name: str

    return Base


def _child(base: type) -> type:
    class Child(base):  # type: ignore[misc]
        """With all that a field may say of itself."""

        kind = "child"
        size: int = 3
        notes: list[str] = field(default_factory=list)
        told: str = field(default="", compare=False)
        secret: str = field(default="", repr=False)

        def __post_init__(self) -> None:
            if self.secret == "upper":
                object.__setattr__(self, "secret", "UPPER")

    return Child


def _sole() -> type:
    class Sole:
        """One field, and a word of its own for itself."""

        one: int

        def __repr__(self) -> str:
            return f"the one {self.one}"

    return Sole


Make = Callable[[Any], Any]
BY_NAME: tuple[Make, Make] = (frozen, dataclass(frozen=True, slots=True, kw_only=True))
BY_PLACE: tuple[Make, Make] = (frozen_in_order, dataclass(frozen=True, slots=True))


def _both(ways: tuple[Make, Make]) -> list[tuple[Any, Any]]:
    """Return class and class inside it, ours and theirs."""
    return [(base := way(_base()), way(_child(base))) for way in ways]


GIVEN: list[dict[str, Any]] = [
    {"name": "a"}, {"name": "a", "size": 4, "notes": ["x"]}, {"name": "a", "told": "b"}, {"name": "b", "secret": "s"},
    {"name": "b", "secret": "upper"}, {"name": "a", "size": 3.0},
]  # fmt: skip


@pytest.mark.parametrize("ways", [BY_NAME, BY_PLACE])
def test_objects_are_shown_compared_and_replaced_alike(ways: tuple[Make, Make]) -> None:
    (_, ours), (_, theirs) = _both(ways)
    made = [(ours(**given), theirs(**given)) for given in GIVEN]
    for one, other in made:
        assert repr(one) == repr(other)
        assert [getattr(one, f.name) for f in fields(one)] == [getattr(other, f.name) for f in fields(other)]
        assert one.kind == "child"
        assert repr(replace(one, size=9)) == repr(replace(other, size=9))
        assert is_dataclass(one)
    same = [[(a == c, b == d) for c, d in made] for a, b in made]
    assert all(first == second for row in same for first, second in row)
    assert made[0][0] != made[0][1]
    assert ours(name="a").notes is not ours(name="a").notes


@pytest.mark.parametrize("ways", [BY_NAME, BY_PLACE])
def test_equal_objects_have_one_hash(ways: tuple[Make, Make]) -> None:
    for way in ways:
        base = way(_base())
        assert len({base(name="a"), base(name="a"), base(name="b")}) == 2
        sole = way(_sole())
        assert hash(sole(one=1)) == hash(sole(one=1))
        assert repr(sole(one=1)) == "the one 1"


@pytest.mark.parametrize("ways", [BY_NAME, BY_PLACE])
def test_nothing_can_be_set_or_deleted(ways: tuple[Make, Make]) -> None:
    for _, cls in _both(ways):
        one = cls(name="a")
        for name in ("name", "size"):
            with pytest.raises(FrozenInstanceError):
                setattr(one, name, 1)
            with pytest.raises(FrozenInstanceError):
                delattr(one, name)
        assert not hasattr(one, "__dict__")
    with pytest.raises(FrozenInstanceError):  # where `dataclass` itself stumbles
        _both(ways)[0][1](name="a").unheard_of = 1


@pytest.mark.parametrize("ways", [BY_NAME, BY_PLACE])
@pytest.mark.parametrize("wrong", [{}, {"size": 1}, {"name": "a", "unheard_of": 1}])
def test_what_is_missing_or_unheard_of_is_refused_each_time(ways: tuple[Make, Make], wrong: dict[str, Any]) -> None:
    for _, cls in _both(ways):
        for _ in range(2):  # the constructor is compiled by the first call
            with pytest.raises(TypeError, match="__init__"):
                cls(**wrong)
        assert cls(name="a").size == 3


def test_fields_go_by_their_places_where_that_is_said() -> None:
    for way in BY_PLACE:
        assert way(_child(way(_base())))("a", 4).size == 4
    for way in BY_NAME:
        with pytest.raises(TypeError, match="positional"):
            way(_child(way(_base())))("a", 4)


@frozen_in_order
class Kept:
    """One that a copy can be made of by its module and name."""

    name: str
    size: int = 1


def test_copies_are_equal() -> None:
    one = Kept("a", 2)
    assert copy.copy(one) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one
