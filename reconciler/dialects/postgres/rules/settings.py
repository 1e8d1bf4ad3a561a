"""A column's storage, compression and statistics target: the statements that set and reset them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.dialects.postgres.parameters import usual_storage
from reconciler.dialects.postgres.rules.statements import alter
from reconciler.model.objects import Column
from reconciler.plan.step import Statement

# How a setting is written, and the word for what it is by default (manual, "ALTER TABLE").
_SETTINGS: Mapping[str, tuple[str, str]] = {
    "compression": ("SET COMPRESSION", "DEFAULT"),
    "statistics": ("SET STATISTICS", "-1"),
    "storage": ("SET STORAGE", "DEFAULT"),
}


def made_settings(new: Column) -> Iterator[Statement]:
    """Yield the settings of a column that has none yet."""
    for name, value in new.options:
        yield alter(new, f"{_SETTINGS[name][0]} {str(value).upper()}")


def changed_settings(old: Column, new: Column, features: frozenset[str]) -> Iterator[Statement]:
    """Yield what makes a column's settings those that it is to have; values that are there stay as they are kept."""
    before, after = dict(old.options), dict(new.options)
    for name, (words, usual) in _SETTINGS.items():
        if before.get(name) == after.get(name):
            continue
        by_type = name == "storage" and "storage_default" not in features
        value = after.get(name, usual_storage(new.type.name) if by_type else usual)
        yield alter(new, f"{words} {str(value).upper()}")
