"""What is to become of rows that somebody writes while data work goes on, and what a dialect has to say of triggers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.dialects.base import Session
from reconciler.frozen import frozen, frozen_in_order


@frozen
class Capture:
    """What happens with each row of a table that somebody adds, changes or deletes; every name but `names` is quoted.

    `names` is event (insert, update, delete) → the name of the trigger. `place` is the schema, with its dot, where
    functions may be made for it. `table` is the one that is written, `alias` its own name, `columns` those of a row
    and `key` what tells rows apart. `carried` is event → the statements that come behind it, in which NEW and OLD are
    the rows. `sets` are columns of the row itself with what they become, where `where` holds. `turn` is a query that
    whoever sees an old state of the database has to wait for.
    """

    names: Mapping[str, str]
    place: str
    table: str
    alias: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    carried: Mapping[str, tuple[str, ...]]
    sets: tuple[tuple[str, str], ...] = ()
    where: str = "1 = 1"
    turn: str = ""

    def row(self, side: str) -> str:
        """Return a row, NEW or OLD, as what stands behind FROM: under the table's name, and with its columns."""
        return f"(SELECT {', '.join(f'{side}.{name} AS {name}' for name in self.columns)}) AS {self.alias}"


@frozen_in_order
class Caught:
    """A trigger that catches what is written, as it is there: does it fire, and the statement that removes it."""

    fires: bool
    drop: str


@dataclass(frozen=True, kw_only=True)
class Capturing:
    """How a dialect catches what is written.

    * `made(capture)`: the statements that make its triggers, and take away first what has their names.
    * `found(session, place)`: the triggers of this kind that are there, by name; `place` as in Capture.
    * `changed(session, statements, seconds)`: carries such statements out, as one where that can be had; none waits
      longer than that for a lock.
    * `locking`: what stands behind a query whose rows nobody else may change until the end of the transaction, ""
      where nobody else can write meanwhile.
    """

    made: Callable[[Capture], Sequence[str]]
    found: Callable[[Session, str], Mapping[str, Caught]]
    changed: Callable[[Session, Sequence[str], float], None]
    locking: str = ""
