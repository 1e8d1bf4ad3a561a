"""A program and a table of what its dialect cannot say in; the program without it, and a problem for each, out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple, TypeVar

from reconciler.model.objects import Object

T = TypeVar("T", bound=Object)

# What takes a problem: the object, its field, a message, a hint.
Add = Callable[[Object, str, str, str], None]

ON_POSTGRES = "say it for postgres alone: dialect: {postgres: …}, or only: [postgres]"
ON_MYSQL = "say it for mysql alone: dialect: {mysql: …}, or only: [mysql, mariadb]"


class Beyond(NamedTuple):
    """A field of which a dialect knows one value alone, and what to say to another one."""

    field: str
    usual: object
    message: str
    hint: str


def without(obj: T, table: Iterable[Beyond], add: Add) -> T:
    """Return an object with the one value that its dialect knows; a field that its kind has not is passed over."""
    for field, usual, message, hint in table:
        if getattr(obj, field, usual) != usual:
            add(obj, field, message, hint)
            obj = replace(obj, **{field: usual})  # type: ignore[arg-type]
    return obj
