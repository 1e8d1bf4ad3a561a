"""Where objects and their fields are declared: nodes, or what was kept of their places, in; positions out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from reconciler.errors import Position
from reconciler.model.ref import Ref
from reconciler.spec.nodes import At, Node, Source, pointed
from reconciler.spec.overrides import Fields
from reconciler.spec.sheets import Sheet

# Between two objects, between an object and each of its fields, and between a field and its place.
_OBJECT, _FIELD, _VALUE = "|", " ", "="


class Read(NamedTuple):
    """Where an object is declared: the file, the value of its name or key, and its fields."""

    source: Source
    node: Node
    fields: Fields

    @property
    def at(self) -> At:
        """The place of the object's name, or of its value where it has no name."""
        return self.node.key or self.node.at

    def marks(self) -> Mapping[str, At]:
        """Return the object's own place under "", and that of each field."""
        return {"": self.at} | {name: node.at for name, node in self.fields.items()}


@dataclass
class Kept:
    """What was kept of the places of one document: `text` as `written` gives it, in the order of `refs`.

    `again` reads the document anew, for what a text has no place for.
    """

    source: Source
    refs: list[Ref]
    text: str
    again: Callable[[], Mapping[Ref, Place | Kept]]

    @cached_property
    def marks(self) -> dict[Ref, dict[str, At]]:
        """The places of each object and of its fields."""
        return dict(zip(self.refs, map(_marks, self.text.split(_OBJECT)), strict=True))

    @cached_property
    def places(self) -> Mapping[Ref, Place | Kept]:
        """The same with their nodes."""
        return self.again()


class Stored(NamedTuple):
    """The place of one object of a document that nobody has read in this process."""

    kept: Kept
    ref: Ref

    @property
    def source(self) -> Source:
        """The file."""
        return self.kept.source

    @property
    def fields(self) -> Fields:
        """The object's fields."""
        return place_of(self.kept.places, self.ref).fields

    @property
    def at(self) -> At:
        """The place of the object's name, or of its value where it has no name."""
        return self.kept.marks[self.ref][""]

    def marks(self) -> Mapping[str, At]:
        """Return the object's own place under "", and that of each field."""
        return self.kept.marks[self.ref]


Place = Read | Stored
# Where each object is; those of one document that was kept have one entry in common.
Places = Mapping[Ref, Place | Kept]


def place_of(places: Places, ref: Ref) -> Place:
    """Return the place of an object. Raises KeyError."""
    found = places[ref]
    return Stored(found, ref) if isinstance(found, Kept) else found


def written(places: Iterable[Read]) -> str:
    """Return the places of objects as one text, for `Kept`. Raises ValueError for a field that no schema would name."""
    pieces: list[str] = []
    for place in places:
        line, column, end = place.at
        piece = [f"={line}:{column}:{end}"]
        for name, node in place.fields.items():
            if name not in _NAMES:
                _note(name)
            line, column, end = node.at
            piece.append(f"{name}={line}:{column}:{end}")
        pieces.append(_FIELD.join(piece))
    return _OBJECT.join(pieces)


# The names of fields that were met.
_NAMES: set[str] = set()


def _note(name: str) -> None:
    if not name.isidentifier():
        raise ValueError(f"{name!r} is no name of a field")
    _NAMES.add(name)


def _marks(text: str) -> dict[str, At]:
    found: dict[str, At] = {}
    for piece in text.split(_FIELD):
        name, _, at = piece.partition(_VALUE)
        line, column, end = at.split(":")
        found[name] = int(line), int(column), int(end)
    return found


# Fields of the model whose key in a document has another name.
_WRITTEN_AS: Mapping[str, tuple[str, ...]] = {
    "type": ("native",),
    "parts": ("columns", "elements"),
    "options": ("with", "storage", "compression", "statistics", "on_update_now", "invisible", "parser"),
    "expression": ("sql",),
    "target": ("references",),
    "target_columns": ("references",),
    "minimum": ("min",),
    "maximum": ("max",),
    "namespace": ("schema",),
    "column": ("owned_by",),
}


# What the part of a position begins with that is one of many rows.
ROW = "row"


def row_node(place: Place, number: int, column: str) -> Node:
    """Return the value of a row, the row where it does not name the column, the key where there is no such row."""
    nodes: Sequence[Node] = place.fields["rows"].value if "rows" in place.fields else ()
    if number >= len(nodes):
        return place.fields["key"]
    named: Fields = nodes[number].value
    return named.get(column, nodes[number])


class Positions(Mapping[tuple[Ref, str], Position]):
    """Where objects and their fields are declared; made into positions only when somebody asks."""

    def __init__(self, places: Places, sheets: Mapping[Ref, Sheet] | None = None) -> None:
        self._places = places
        self._sheets = sheets or {}

    def __getitem__(self, key: tuple[Ref, str]) -> Position:
        ref, part = key
        place, first = place_of(self._places, ref), part.split(".")[0]
        if first == ROW:
            return self._row(ref, place, part)
        marks = place.marks()
        for name in (part, first, *_WRITTEN_AS.get(first, ())):
            if name in marks:
                return place.source.position(marks[name])
        raise KeyError(key)

    def _row(self, ref: Ref, place: Place, part: str) -> Position:
        """Return where a row or one value of it is: `row.NUMBER` or `row.NUMBER.COLUMN`."""
        number, _, column = part.removeprefix(f"{ROW}.").partition(".")
        if sheet := self._sheets.get(ref):
            return sheet.source.position(sheet.at(int(number), column))
        return place.source.position(pointed(row_node(place, int(number), column)))

    def __iter__(self) -> Iterator[tuple[Ref, str]]:
        return ((ref, name) for ref in self._places for name in place_of(self._places, ref).marks())

    def __len__(self) -> int:
        return sum(len(place_of(self._places, ref).marks()) for ref in self._places)
