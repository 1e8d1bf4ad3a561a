"""Rows in, a word for each table and view that changes with all that they say of it out; it makes no object.

Two readings that give a root the same mark give it the same objects, so a row that no root owns counts for all of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from reconciler.dialects.base import Survey
from reconciler.dialects.sqlite.lexer import LexError, words_of
from reconciler.dialects.sqlite.names import fold
from reconciler.dialects.sqlite.reading import Rows, SchemaRow
from reconciler.model.model import Inspection
from reconciler.model.ref import Kind, Ref

_MARKED = frozenset({Kind.TABLE, Kind.VIEW})
# What has a text that may name any table or view.
_READERS = frozenset({"view", "trigger"})


@dataclass(slots=True)
class _Found:
    """What was found out so far: the parts of each mark, who names whom, what something else names."""

    own: dict[Ref, list[Any]]
    rest: list[Any] = field(default_factory=list)
    names: dict[Ref, set[Ref]] = field(default_factory=dict)
    pinned: set[Ref] = field(default_factory=set)


def surveyed(rows: Rows, read: Callable[[AbstractSet[Ref]], Inspection]) -> Survey:
    """Return the marks of tables and views, with who names whom; `read` makes the objects of all but some of them."""
    relations = rows.relations()
    own: dict[Ref, list[Any]] = {ref: [] for ref in relations.values() if ref.kind in _MARKED}
    found = _Found(own=own, names={ref: set() for ref in own})
    for row in rows.schema:
        owner = relations.get(fold(row[2]))
        _parts(found, owner).append(row)
        if row[0] in _READERS or owner not in own:
            _mentioned(found, row, owner, relations)
    for table, facts in rows.facts.items():
        owner = relations.get(fold(table))
        if owner is None:  # one that is hidden
            continue
        _parts(found, owner).append((facts.columns, sorted(facts.foreign_keys.items())))
        keys = (fold(str(key[0][0])) for key in facts.foreign_keys.values())
        _note(found, owner, {relations[name] for name in keys if name in relations})
    kinds = ((relations.get(fold(name)), name, kind) for name, kind in rows.kinds.items())
    found.rest += sorted((name, kind) for ref, name, kind in kinds if ref is not None and ref not in own)
    common = repr(found.rest)
    return Survey(
        marks={ref: _hash(f"{common}{parts!r}") for ref, parts in own.items()},
        names={ref: frozenset(names) for ref, names in found.names.items()},
        pinned=frozenset(found.pinned), read=read,
    )  # fmt: skip


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _parts(found: _Found, owner: Ref | None) -> list[Any]:
    return found.rest if owner is None else found.own.get(owner, found.rest)


def _note(found: _Found, owner: Ref | None, names: AbstractSet[Ref]) -> None:
    if owner in found.names:
        found.names[owner] |= names - {owner}
    else:
        found.pinned |= names


def _mentioned(found: _Found, row: SchemaRow, owner: Ref | None, relations: Mapping[str, Ref]) -> None:
    """Note what a text mentions. One that cannot be read may mention anything; one that reads what is not there decides
    how a column can go, wherever it is.
    """
    from reconciler.dialects.sqlite.resolve import reads

    try:
        words = set(map(fold, words_of(row[3] or "")))
        lost = row[0] in _READERS and not relations.keys() >= reads(row[0], row[3] or "")
    except LexError:
        words, lost = set(relations), True
    _note(found, owner, {relations[word] for word in words if word in relations})
    if lost and owner in found.own:
        found.pinned.add(owner)
