"""The dialects by name: a database's words in, a value that knows how to talk to it out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from reconciler.dialects.base import Dialect
from reconciler.errors import UsageError

# name → the module that assembles the value; imported when first asked for, because drivers are slow to load
_MODULES: Mapping[str, str] = {
    "sqlite": "reconciler.dialects.sqlite.dialect",
    "d1": "reconciler.dialects.sqlite.d1.dialect",
    "postgres": "reconciler.dialects.postgres.dialect",
    "mysql": "reconciler.dialects.mysql.dialect",
    "mariadb": "reconciler.dialects.mysql.mariadb",
}

NAMES: tuple[str, ...] = tuple(_MODULES)


@cache
def dialect(name: str) -> Dialect:
    """Return a dialect by name. Raises UsageError when there is none."""
    if name not in _MODULES:
        raise UsageError(f"there is no dialect {name!r}", hint=f"known: {', '.join(NAMES)}")
    value = import_module(_MODULES[name]).DIALECT
    assert isinstance(value, Dialect)
    return value
