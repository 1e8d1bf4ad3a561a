"""Identities and the sequences behind columns: their numbers in, normal forms and the words of their statements out.

What a sequence's numbers are by default follows from its type and direction (manual, "CREATE SEQUENCE").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.dialects.postgres import types
from reconciler.frozen import frozen_in_order
from reconciler.model.values import Identity


@frozen_in_order
class Bounds:
    """The least and the greatest number that a sequence gives unless it is told otherwise."""

    minimum: int
    maximum: int


def bounds(type_name: str, increment: int) -> Bounds:
    """Return the bounds of a sequence of a type; one that counts down goes from -1 to the least number there is."""
    greatest = 2 ** (types.INTEGERS.get(types.SERIAL.get(type_name, type_name), 8) * 8 - 1) - 1
    return Bounds(1, greatest) if increment > 0 else Bounds(-greatest - 1, -1)


def settled(identity: Identity, type_name: str) -> Identity:
    """Return an identity in normal form: start and increment as numbers, the rest only where it is no default."""
    increment = identity.increment or 1
    usual = bounds(type_name, increment)
    minimum = _unless(identity.minimum, usual.minimum)
    maximum = _unless(identity.maximum, usual.maximum)
    first = _first(increment, minimum, maximum, usual)
    return Identity(
        always=identity.always, start=first if identity.start is None else identity.start, increment=increment,
        minimum=minimum, maximum=maximum, cache=_unless(identity.cache, 1), cycle=identity.cycle,
    )  # fmt: skip


def portable(identity: Identity, type_name: str) -> Identity:
    """Return an identity in the spec's words: what is a default is left out."""
    own = settled(identity, type_name)
    increment = own.increment or 1
    first = _first(increment, own.minimum, own.maximum, bounds(type_name, increment))
    return replace(own, start=_unless(own.start, first), increment=_unless(increment, 1))


def _first(increment: int, minimum: int | None, maximum: int | None, usual: Bounds) -> int:
    """Return where a sequence starts by itself."""
    if increment > 0:
        return usual.minimum if minimum is None else minimum
    return usual.maximum if maximum is None else maximum


def _unless(number: int | None, usual: int) -> int | None:
    return None if number == usual else number


def words(identity: Identity, type_name: str) -> str:
    """Write an identity from ALWAYS or BY DEFAULT on; what is a default is left out."""
    options = " ".join(_options(portable(identity, type_name)))
    head = f"{'ALWAYS' if identity.always else 'BY DEFAULT'} AS IDENTITY"
    return f"{head} ({options})" if options else head


def _options(identity: Identity) -> Iterator[str]:
    numbers = (
        ("START WITH", identity.start), ("INCREMENT BY", identity.increment), ("MINVALUE", identity.minimum),
        ("MAXVALUE", identity.maximum), ("CACHE", identity.cache),
    )  # fmt: skip
    yield from (f"{word} {number}" for word, number in numbers if number is not None)
    if identity.cycle:
        yield "CYCLE"


def changes(old: Identity, new: Identity) -> Iterator[str]:
    """Yield the settings that lead from one identity to another; the counter stays where it is.

    SET START changes where RESTART begins and not what comes next (manual, "ALTER SEQUENCE").
    """
    if old.always != new.always:
        yield f"SET GENERATED {'ALWAYS' if new.always else 'BY DEFAULT'}"
    if old.increment != new.increment:
        yield f"SET INCREMENT BY {new.increment or 1}"
    for word, before, after in (("MINVALUE", old.minimum, new.minimum), ("MAXVALUE", old.maximum, new.maximum)):
        if before != after:
            yield f"SET NO {word}" if after is None else f"SET {word} {after}"
    if old.start != new.start:
        yield f"SET START WITH {1 if new.start is None else new.start}"
    if old.cache != new.cache:
        yield f"SET CACHE {new.cache or 1}"
    if old.cycle != new.cycle:
        yield "SET CYCLE" if new.cycle else "SET NO CYCLE"
