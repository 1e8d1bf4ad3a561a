"""A dialect's knowledge of how each field of each kind is changed, as a table of functions and words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from enum import Enum
from typing import Any

from reconciler.frozen import frozen
from reconciler.model.change import Alter, Change
from reconciler.model.model import Model
from reconciler.model.objects import Object
from reconciler.model.ref import Kind, Ref
from reconciler.plan.beside import Beside
from reconciler.plan.step import DataCheck, Statement

# So many rows are read within a fraction of a second, unless they are as heavy as this on the average.
SMALL_TABLE_ROWS, HEAVY_ROW_BYTES = 100_000, 640


class Way(Enum):
    """What to do instead of a statement.

    REPLACE drops the object and creates it again, VIA_PARENT rebuilds the root that holds it (or is it), UNSUPPORTED is
    an error that names the field, the dialect and a way out.
    """

    REPLACE = "replace"
    VIA_PARENT = "via parent"
    UNSUPPORTED = "unsupported"


@frozen
class States:
    """Both models as rules see them: `old` with renames already applied, `new` with what stays undeclared.

    `live` turns an address in `old` into the one that the database has now, before any rename. `features` are what this
    server or library can do. `small_table_rows` says how many rows make a table large. `large` are such, as `old` has
    them, where the dialect tells them beforehand; those that are `online` too are to be read while nobody waits,
    outside of any transaction. `beside` has the columns that are filled beside the place that they take, by that;
    `unfilled` says of others why they are not.
    """

    old: Model
    new: Model
    live: Callable[[Ref], Ref] = lambda ref: ref
    features: frozenset[str] = frozenset()
    small_table_rows: int = SMALL_TABLE_ROWS
    large: frozenset[Ref] = frozenset()
    online: frozenset[Ref] = frozenset()
    beside: Mapping[Ref, Beside] = field(default_factory=dict)
    unfilled: Mapping[Ref, str] = field(default_factory=dict)


Outcome = Sequence[Statement] | Way
Make = Callable[[Any, States], Outcome]
Turn = Callable[[Any, Any, States], Outcome]
Rebuild = Callable[[Sequence[Ref], Sequence[Change], States], Sequence[Statement]]
Together = Callable[[Ref, States], Iterable[Ref]]
Disturbed = Callable[[Alter, States], Iterable[Object]]
Carries = Callable[[Change, States], Iterable[Change]]
Restates = Callable[[Change, States], Iterable[Ref]]
Ask = Callable[[Change, States], Sequence[DataCheck]]


@frozen
class Rules:
    """How one kind is created, dropped, renamed and altered on one dialect.

    `inline`: created inside its parent's CREATE when both are new. `late`: fields whose references need not exist yet.
    `holds`: those of them whose references are not dropped before it, circles apart.
    `disturbs`: altering one of these fields is refused by the server while another object uses this one; users that are
    not `adapts` are dropped before and created again after. `disturbed` names further users that have to go and come
    back, where that depends on more than fields and kinds; `carries` names changes of other objects that one makes
    beside itself, so that its step tells of them and they stay. `late_bound`: what is not modelled finds objects of
    this kind by name each time it runs, so they may come after it, and go and come back under it. `steady`: it is
    altered under whoever uses it, so an alter waits for nobody to let go. `falls`: it goes in silence with what it
    names inside its own root, as an index does with its column; what does not refuses the plan. `looks_up`: it finds
    what it names each time it runs, so it stays while that goes and comes back. `restates` names the objects that the
    statement of a change writes again from end to end. `rebuild` makes roots anew that go in one step: usually one, and
    those that `together` names besides. `weight`, `drop_weight` and `rebuild_weight` order what the edges leave open.
    """

    create: Make | Way
    drop: Make | Way
    alter: Mapping[str, Turn | Way]
    rename: Turn | Way = Way.UNSUPPORTED
    rebuild: Rebuild | None = None
    together: Together | None = None
    inline: bool = False
    late: frozenset[str] = frozenset()
    holds: frozenset[str] = frozenset()
    disturbs: frozenset[str] = frozenset()
    adapts: bool = True
    disturbed: Disturbed | None = None
    carries: Carries | None = None
    restates: Restates | None = None
    late_bound: bool = False
    steady: bool = False
    falls: bool = True
    looks_up: bool = False
    weight: int = 50
    drop_weight: int = 20
    rebuild_weight: int = 40
    hint: str = field(default="change it by hand, or drop it with `removed:` and declare it anew under another name")


RuleTable = Mapping[Kind, Rules]
# By the address of a column: how it is filled beside, or why it is not.
Besides = Mapping[Ref, Beside | str]

_KINDS = frozenset(Kind)


def late_bound(rules: RuleTable, ref: Ref) -> bool:
    """Say whether what is not modelled looks this object up by name each time it runs."""
    return ref.kind in _KINDS and rules[Kind(ref.kind)].late_bound
