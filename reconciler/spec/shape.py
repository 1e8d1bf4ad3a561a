"""A kind of document in, how it is laid out out: the order of its keys, which texts are SQL, which names stand alone.

All of it is read off the JSON Schema of the kind: the order of its properties is the canonical order of the keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from typing import Any

from reconciler.spec.emit import Lines
from reconciler.spec.validate import schema

Node = Mapping[str, Any]


class Shape:
    """What the schema says about one place: every form that a value may have there."""

    def __init__(self, forms: Iterable[tuple[Node, str]]) -> None:
        self._forms = tuple(forms)

    @cached_property
    def sql(self) -> bool:
        """Whether a text here is SQL: white space around it means nothing."""
        return any(node.get("$ref", "").endswith("/sql") for node, _ in self._forms)

    @cached_property
    def apart(self) -> bool:
        """Whether each entry has a line of its own: names that the author chose, of what may be more than a scalar."""
        return any(_holds(node) for form, file in self._forms for node, _ in _forms(_named(form), file))

    @cached_property
    def item(self) -> Shape:
        """The items of a list here."""
        return Shape(found for node, file in self._forms for found in _forms(node.get("items"), file))

    @cached_property
    def _properties(self) -> Mapping[str, Shape]:
        forms: dict[str, list[tuple[Node, str]]] = {}
        for node, file in self._forms:
            for key, child in node.get("properties", {}).items():
                forms.setdefault(key, []).extend(_forms(child, file))
        return {key: Shape(found) for key, found in forms.items()}

    @cached_property
    def _others(self) -> Shape:
        return Shape(found for node, file in self._forms for found in _forms(_named(node), file))

    def below(self, key: str) -> Shape:
        """Return the shape of an entry's value."""
        return self._properties.get(key) or self._others

    def ordered(self, keys: Iterable[str]) -> list[str]:
        """Return keys in their canonical order; names that the author chose stay in theirs, behind the others."""
        rank = {key: number for number, key in enumerate(self._properties)}
        return sorted(keys, key=lambda key: rank.get(key, len(rank)))


@cache
def shape(kind: str) -> Shape:
    """Return the shape of a kind of document."""
    file = f"{kind}.json"
    return Shape(_forms({"$ref": file}, file))


def arranged(value: Any, at: Shape) -> Any:
    """Return a value for `emit` with its keys in canonical order, and apart where they have lines of their own."""
    if isinstance(value, Lines):
        value = value.entries
    if isinstance(value, Mapping):
        entries = {key: arranged(value[key], at.below(key)) for key in at.ordered(value)}
        return Lines(entries) if at.apart else entries
    if isinstance(value, list | tuple):
        return [arranged(item, at.item) for item in value]
    return value


def _forms(node: Any, file: str) -> Iterator[tuple[Node, str]]:
    """Give a node of a schema and what it may stand for, each with the file that its references start from."""
    if not isinstance(node, Mapping):
        return
    yield node, file
    for word in ("anyOf", "oneOf", "allOf"):
        for form in node.get(word, ()):
            yield from _forms(form, file)
    if "$ref" in node:
        name, _, pointer = node["$ref"].partition("#")
        target = name or file
        found: Any = schema(target.removesuffix(".json"))
        for part in filter(None, pointer.split("/")):
            found = found[part]
        yield from _forms(found, target)


def _named(node: Node) -> Any:
    """Return what stands under names that the author chooses."""
    others = node.get("additionalProperties") or None
    return others if others is not True else {}


def _holds(node: Node) -> bool:
    kinds = node.get("type", ())
    return "properties" in node or not {"object", "array"}.isdisjoint([kinds] if isinstance(kinds, str) else kinds)
