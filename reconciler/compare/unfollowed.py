"""A live model and the declared renames in, what still says old names out, in the new ones; nobody declared any of it.

Where no transaction holds a rename together with what has to follow it, a run that dies in between leaves it behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from reconciler.dialects.base import Dialect
from reconciler.model.model import Desired, Model, renamed
from reconciler.model.objects import Object, Unmodelled
from reconciler.model.ref import Ref
from reconciler.model.texts import texts


def unfollowed(dialect: Dialect, live: Model, desired: Desired) -> tuple[Object, ...]:
    """Return the undeclared objects that name what has had its new name for some time, as they are to be.

    A name counts only if nothing has it any more: what says it is broken, whatever else is done.
    """
    moves = sorted((old, new) for new, old in desired.renames.items() if old not in live and new in live)
    if dialect.transactional or not moves:
        return ()
    strangers = [_unread(obj) for ref, obj in live.items() if ref not in desired.model and _says(obj, moves)]
    if not strangers:
        return ()
    past = live
    for old, new in reversed(moves):
        past = renamed(past, {new: old}, lambda obj, _: obj)
    olds = frozenset(old for old, _ in moves)
    broken = [obj for obj in dialect.resolve(strangers, past) if not olds.isdisjoint(_uses(obj))]
    after = dialect.rename(past.updated(broken), moves) if broken else past
    return tuple(_unread(after[obj.ref]) for obj in broken)


def _unread(obj: Any) -> Object:
    found: Object = replace(obj, uses=frozenset())
    return found


def _says(obj: Any, moves: Sequence[tuple[Ref, Ref]]) -> bool:
    """Say whether an object that stands for itself has one of the old names in its texts."""
    if isinstance(obj, Unmodelled) or obj.ref.parent is not None or not hasattr(obj, "uses"):
        return False
    said = " ".join(sql.text.lower() for sql in texts(obj).values())
    return any(old.name.lower() in said for old, _ in moves)


def _uses(obj: Object) -> frozenset[Ref]:
    found: frozenset[Ref] = getattr(obj, "uses", frozenset())
    return found
