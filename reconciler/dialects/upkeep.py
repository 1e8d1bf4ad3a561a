"""What a database is asked when its health is looked at, as functions of a dialect, and what it answers, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

from reconciler.dialects.base import Session, Target
from reconciler.dialects.health import Status
from reconciler.dialects.statistics import Statistics
from reconciler.frozen import frozen
from reconciler.model.ref import Ref


@frozen
class Fault:
    """Something about a declared object that is not as it should be, and is no difference from the specs.

    `code` is a word: orphans, invalid_index, uncounted and the like, or the code of a hazard or problem. `suggestion`
    is what mends it when it is typed: a command of ours, or SQL for the database's own client. `rows` is how many rows
    are at fault, None where nobody counted; `sample` are the keys of the first ones.
    """

    code: str
    address: str
    message: str
    status: Status = Status.PROBLEM
    suggestion: str = ""
    rows: int | None = None
    sample: tuple[str, ...] = ()


@frozen
class TableState:
    """Whether a declared table is there, and how many rows it has: None where they cannot be counted, an estimate where
    there are more than are counted.
    """

    exists: bool
    rows: int | None = None
    estimated: bool = False


@frozen
class Condition:
    """What was found in a database beside its differences: its declared tables, and the faults of what is declared."""

    tables: Mapping[Ref, TableState]
    faults: tuple[Fault, ...] = ()


@frozen
class Upkeep:
    """What a dialect knows about the health of a database.

    * `most`: so many rows of a table are counted one by one.
    * `estimates(session, target)`: about how many rows tables have, where the database keeps such a number.
    * `doubtful(session, target)`: the foreign keys whose rows the database does not answer for; None for every one.
    * `invalid(session, target)`: the indexes that are there and not used, because making them was broken off, each
      with the statement that mends it.
    * `statistics`: what it tells of its use.
    """

    most: int = 10_000
    estimates: Callable[[Session, Target], Mapping[Ref, int]]
    doubtful: Callable[[Session, Target], AbstractSet[Ref] | None]
    statistics: Statistics
    invalid: Callable[[Session, Target], Mapping[Ref, str]] = lambda session, target: {}
