"""Both models and the changes between them in, foreign keys that would lose the key they point to out as problems."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.errors import Problem
from reconciler.model.change import Change, Rename
from reconciler.model.model import Model
from reconciler.model.objects import ForeignKey, Index, PrimaryKey, Unique
from reconciler.model.ref import Kind, Ref

_KEYS = frozenset({Kind.PRIMARY_KEY, Kind.UNIQUE, Kind.INDEX})


def lost_keys(changes: Sequence[Change], old: Model, new: Model) -> list[Problem]:
    """Return a problem for each foreign key that stays and that no key of its target is under any more.

    A database refuses such a change, or, as SQLite does, every row that is written afterwards.

    Args:
        changes: all of the plan's.
        old: the live model, renames applied.
        new: what the plan leads to, with what nobody declared.
    """
    touched = {change.ref.top for change in changes if change.ref.kind in _KEYS and not isinstance(change, Rename)}
    if not touched:
        return []
    keys = [obj for obj in new.values() if isinstance(obj, ForeignKey) and obj.target in touched]
    return [
        Problem(
            code="RUN033",
            message=f"{key.ref} points to {key.target}({', '.join(key.target_columns)}), no key any more",
            hint=f"change or remove {key.ref} in the same plan, or keep a key over these columns",
            address=str(key.ref),
        )
        for key in sorted(keys, key=lambda key: key.ref)
        if _has_key(key, old) and not _has_key(key, new)
    ]


def _has_key(key: ForeignKey, model: Model) -> bool:
    wanted = set(key.target_columns)
    return any(wanted == set(columns) for columns in _unique_columns(key.target, model))


def _unique_columns(table: Ref, model: Model) -> list[tuple[str | None, ...]]:
    """Return the columns of everything that makes them unique together in a table."""
    found: list[tuple[str | None, ...]] = [key.columns for key in model.children(table, PrimaryKey)]
    found += [unique.columns for unique in model.children(table, Unique)]
    indexes = (index for index in model.children(table, Index) if index.unique and index.where is None)
    return [*found, *(tuple(part.column for part in index.parts) for index in indexes)]
