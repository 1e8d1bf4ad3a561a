"""Sequences as dumps write them, and columns that draw from them, in; serial columns out where that is the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from reconciler.model.objects import Column, Object
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Sql
from reconciler.sources.cursor import Cursor
from reconciler.sources.statements import Statement


@dataclass
class Sequences:
    """Sequences by name, each with the statement that makes it, and the columns that own them."""

    made: dict[str, Statement] = field(default_factory=dict)
    owners: dict[str, Ref] = field(default_factory=dict)

    def make(self, statement: Statement, cursor: Cursor) -> None:
        """Read CREATE SEQUENCE, as far as it says what is so anyway. Raises NotRead."""
        _, name = cursor.path()
        if cursor.took("AS"):
            cursor.name()
        while not cursor.done:
            if not any(cursor.took(*words) for words in _USUAL):
                raise cursor.unread()
        self.made[name] = statement

    def alter(self, cursor: Cursor) -> None:
        """Read ALTER SEQUENCE … OWNED BY. Raises NotRead for anything else."""
        _, name = cursor.path()
        if cursor.took("OWNER", "TO"):
            return
        if not cursor.took("OWNED", "BY"):
            raise cursor.unread()
        path = [cursor.name()]
        while cursor.took("."):
            path.append(cursor.name())
        schema = path[-3] if len(path) > 2 and path[-3] != "public" else ""
        self.owners[name] = Ref.root(Kind.TABLE, path[-2], schema).child(Kind.COLUMN, path[-1])


_USUAL = (
    ("START", "WITH", "1"), ("START", "1"), ("INCREMENT", "BY", "1"), ("INCREMENT", "1"), ("NO", "MINVALUE"),
    ("NO", "MAXVALUE"), ("CACHE", "1"), ("NO", "CYCLE"),
)  # fmt: skip
_SERIALS: Mapping[str, str] = {
    "integer": "serial", "int": "serial", "int4": "serial", "bigint": "bigserial", "int8": "bigserial",
    "smallint": "smallserial",
}  # fmt: skip


def drawn(column: Column) -> str:
    """Return the name of the sequence that a column draws from, "" for none."""
    text = column.default.text if isinstance(column.default, Sql) else ""
    if not text.lower().startswith("nextval("):
        return ""
    return text.partition("'")[2].partition("'")[0].rpartition(".")[2].strip('"')


def serials(objects: Mapping[Ref, Object], sequences: Sequences) -> Iterator[tuple[Object, str]]:
    """Yield all objects, each with the sequence that it would want and that nobody has read, "" for none."""
    for obj in objects.values():
        name = drawn(obj) if isinstance(obj, Column) else ""
        if not isinstance(obj, Column) or not name:
            yield obj, ""
        elif sequences.owners.get(name) == obj.ref and name in sequences.made and obj.type.name.lower() in _SERIALS:
            yield replace(obj, type=Type(_SERIALS[obj.type.name.lower()], native=True), default=None), ""
        else:
            yield replace(obj, default=None), name
