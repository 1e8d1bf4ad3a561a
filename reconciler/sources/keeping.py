"""Contradictions and what a person wants kept in, which definition of each object holds out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from reconciler.errors import UsageError
from reconciler.frozen import frozen
from reconciler.model.ref import Kind
from reconciler.sources.conflicts import Conflict
from reconciler.sources.files import Source
from reconciler.sources.heads import Head, head
from reconciler.sources.statements import Statement

# Names of schemas that say nothing where they stand before a name.
DEFAULTS = ("", "public", "main")

# Kinds of which several tables may hold one of the same name.
INSIDE = frozenset({Kind.INDEX, Kind.TRIGGER})

# What a statement makes, by kind, schema and name; letter case does not count.
Key = tuple[str, str, str]


def key_of(found: Head) -> Key:
    """Return what a statement is about."""
    name = f"{found.table}.{found.name}" if found.kind in INSIDE else found.name
    return found.kind, found.schema.lower() if found.schema not in DEFAULTS else "", name.lower()


@frozen
class Decision:
    """The definition that holds; `before` are the statements that come before it."""

    statement: Statement
    order: Mapping[int, int]

    def comes_after(self, other: Statement) -> bool:
        """Say whether this definition stands behind another statement."""
        return self.order[id(self.statement)] > self.order.get(id(other), 0)


def kept_file(word: str, sources: Sequence[Source]) -> Path | None:
    """Return the file that `--keep` names, None for first and last. Raises UsageError for a file that is not read."""
    if word in ("first", "last"):
        return None
    named = [source.path for source in sources if source.path.absolute() == Path(word).absolute()]
    named = named or [source.path for source in sources if source.path.as_posix().endswith(f"/{word}")]
    if len(named) == 1:
        return named[0]
    what = "names several of the files" if named else "is none of the files that are read"
    raise UsageError(f"--keep {word}: {what}", hint="write first, last, or one of the files as it is listed")


def decide(
    conflicts: Sequence[Conflict], word: str, file: Path | None, statements: Iterable[Statement]
) -> tuple[tuple[Conflict, ...], Mapping[Key, Decision]]:
    """Return the contradictions with what is kept of each, and what to run by that; what is left open is an error."""
    order = {id(statement): number for number, statement in enumerate(statements)}
    told: list[Conflict] = []
    decisions: dict[Key, Decision] = {}
    for conflict in conflicts:
        number = _choice(conflict, word, file)
        statement = conflict.definitions[number].statement if number is not None else None
        told.append(replace(conflict, kept=number))
        if statement is not None and conflict.ref.kind != Kind.COLUMN:
            decision = Decision(statement=statement, order=order)
            # One may name the schema, and another one leave it to a setting.
            places = [one.statement for one in conflict.definitions if one.statement is not None]
            decisions |= {key_of(head(place.words)): decision for place in places}
    return tuple(told), decisions


def _choice(conflict: Conflict, word: str, file: Path | None) -> int | None:
    """Return the number of the definition that is kept; a column's other one would have to be an alteration."""
    of_file = [
        number
        for number, one in enumerate(conflict.definitions)
        if file is not None and one.statement is not None and one.statement.source.path == file
    ]
    number = {"first": 0, "last": len(conflict.definitions) - 1}.get(word, of_file[-1] if of_file else None)
    return None if conflict.ref.kind == Kind.COLUMN and number != 0 else number
