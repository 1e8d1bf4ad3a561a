"""The JSON Schemas and the dataclasses agree: what can differ can be written in a spec, at the place listed here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import pytest

from reconciler.model.fields import compared
from reconciler.model.kinds import KINDS
from reconciler.model.ref import Kind
from tests.guards.tree import ROOT

Node = Mapping[str, Any]

# Field → where a spec says it; `*` stands for a name that the author chooses.
PLACES: Mapping[Kind, Mapping[str, str]] = {
    Kind.SCHEMA: {"comment": "comment"},
    Kind.EXTENSION: {"namespace": "schema", "version": "version", "comment": "comment"},
    Kind.ENUM: {"values": "values", "comment": "comment"},
    Kind.DOMAIN: {
        "type": "type",
        "not_null": "not_null",
        "default": "default",
        "collation": "collation",
        "comment": "comment",
    },
    Kind.SEQUENCE: {
        "type": "type",
        "start": "start",
        "increment": "increment",
        "minimum": "min",
        "maximum": "max",
        "cache": "cache",
        "cycle": "cycle",
        "comment": "comment",
    },
    Kind.OWNED_BY: {"column": "owned_by"},
    Kind.TABLE: {"comment": "comment", "options": "options"},
    Kind.COLUMN: {
        "type": "columns.*.type",
        "not_null": "columns.*.not_null",
        "default": "columns.*.default",
        "generated": "columns.*.generated",
        "identity": "columns.*.identity",
        "collation": "columns.*.collation",
        "on_conflict": "columns.*.on_conflict",
        "comment": "columns.*.comment",
        "options": "columns.*.storage",
    },
    Kind.PRIMARY_KEY: {
        "columns": "primary_key.columns",
        "name": "primary_key.name",
        "on_conflict": "primary_key.on_conflict",
        "include": "primary_key.include",
        "deferrable": "primary_key.deferrable",
        "comment": "primary_key.comment",
    },
    Kind.UNIQUE: {
        "columns": "unique.*.columns",
        "nulls_not_distinct": "unique.*.nulls_not_distinct",
        "include": "unique.*.include",
        "deferrable": "unique.*.deferrable",
        "on_conflict": "unique.*.on_conflict",
        "comment": "unique.*.comment",
    },
    Kind.CHECK: {
        "expression": "checks.*",
        "no_inherit": "checks.*.no_inherit",
        "enforced": "checks.*.enforced",
        "not_valid": "checks.*.not_valid",
        "comment": "checks.*.comment",
    },
    Kind.EXCLUSION: {
        "parts": "exclusions.*.elements",
        "method": "exclusions.*.method",
        "where": "exclusions.*.where",
        "include": "exclusions.*.include",
        "deferrable": "exclusions.*.deferrable",
        "comment": "exclusions.*.comment",
    },
    Kind.FOREIGN_KEY: {
        "columns": "foreign_keys.*.columns",
        "target": "foreign_keys.*.references",
        "target_columns": "foreign_keys.*.references",
        "on_delete": "foreign_keys.*.on_delete",
        "on_delete_columns": "foreign_keys.*.on_delete_columns",
        "match_full": "foreign_keys.*.match",
        "enforced": "foreign_keys.*.enforced",
        "not_valid": "foreign_keys.*.not_valid",
        "on_update": "foreign_keys.*.on_update",
        "deferrable": "foreign_keys.*.deferrable",
        "comment": "foreign_keys.*.comment",
    },
    Kind.INDEX: {
        "parts": "indexes.*.columns",
        "unique": "indexes.*.unique",
        "method": "indexes.*.method",
        "where": "indexes.*.where",
        "include": "indexes.*.include",
        "nulls_not_distinct": "indexes.*.nulls_not_distinct",
        "options": "indexes.*.with",
        "comment": "indexes.*.comment",
    },
    Kind.TRIGGER: {
        "timing": "triggers.*.timing",
        "events": "triggers.*.events",
        "columns": "triggers.*.events",
        "each": "triggers.*.each",
        "when": "triggers.*.when",
        "body": "triggers.*.body",
        "execute": "triggers.*.execute",
        "arguments": "triggers.*.arguments",
        "follows": "triggers.*.follows",
        "constraint": "triggers.*.constraint",
        "deferrable": "triggers.*.deferrable",
        "old_table": "triggers.*.referencing.old_table",
        "new_table": "triggers.*.referencing.new_table",
        "enabled": "triggers.*.enabled",
        "definer": "triggers.*.definer",
        "options": "triggers.*.options",
        "comment": "triggers.*.comment",
    },
    Kind.FUNCTION: {
        "arguments": "arguments",
        "returns": "returns",
        "returns_set": "returns.set",
        "language": "language",
        "body": "body",
        "volatility": "volatility",
        "strict": "strict",
        "security": "security",
        "definer": "definer",
        "options": "options",
        "comment": "comment",
    },
    Kind.PROCEDURE: {
        "arguments": "arguments",
        "language": "language",
        "body": "body",
        "security": "security",
        "definer": "definer",
        "options": "options",
        "comment": "comment",
    },
    Kind.EVENT: {
        "every": "every",
        "at": "at",
        "starts": "starts",
        "ends": "ends",
        "body": "body",
        "enabled": "enabled",
        "preserve": "preserve",
        "definer": "definer",
        "options": "options",
        "comment": "comment",
    },
    Kind.VIEW: {"query": "query", "materialized": "materialized", "comment": "comment", "options": "options"},
}

# The document in which a kind is written; the others have one of their own.
INSIDE: Mapping[Kind, Kind] = {
    **dict.fromkeys(
        (
            Kind.COLUMN,
            Kind.PRIMARY_KEY,
            Kind.UNIQUE,
            Kind.CHECK,
            Kind.EXCLUSION,
            Kind.FOREIGN_KEY,
            Kind.INDEX,
            Kind.TRIGGER,
        ),
        Kind.TABLE,
    ),
    Kind.OWNED_BY: Kind.SEQUENCE,
}
FIELDS = [(kind, field) for kind, fields in PLACES.items() for field in fields]


@cache
def schemas() -> Mapping[str, Node]:
    """Return the shipped JSON Schemas by file name."""
    shipped = (path for path in files("reconciler.schemas").iterdir() if path.name.endswith(".json"))
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in shipped}


def variants(node: Any, file: str) -> Iterator[tuple[Node, str]]:
    """Give what a schema node may stand for, references and alternatives followed, each with its file."""
    if not isinstance(node, Mapping):
        return
    yield node, file
    for word in ("anyOf", "oneOf", "allOf"):
        for alternative in node.get(word, ()):
            yield from variants(alternative, file)
    for word in ("if", "then", "else"):
        yield from variants(node.get(word), file)
    if "$ref" in node:
        address, _, pointer = node["$ref"].partition("#")
        target = address.rpartition("/")[2] or file
        found: Any = schemas()[target]
        for part in filter(None, pointer.split("/")):
            found = found[part]
        yield from variants(found, target)


def below(node: Node, key: str) -> Iterator[Any]:
    """Give what a node says about one key, or about any key when it is `*`."""
    if key != "*":
        yield node.get("properties", {}).get(key)
        return
    yield node.get("additionalProperties")
    yield from node.get("patternProperties", {}).values()


def reachable(kind: Kind, place: str) -> bool:
    """Say whether a place can be written in the document of a kind."""
    document = INSIDE.get(kind, kind)
    found = [each for file, root in schemas().items() for each in variants(root, file)]
    nodes = [(node, file) for node, file in found if str(document) in node.get("properties", {})]
    for key in place.split("."):
        deeper = [each for node, file in nodes for value in below(node, key) for each in variants(value, file)]
        nodes = deeper
    return bool(nodes)


@pytest.mark.parametrize("kind", KINDS)
def test_every_compared_field_has_a_place(kind: Kind) -> None:
    assert set(PLACES[kind]) == set(compared(KINDS[kind]))


@pytest.mark.parametrize(("kind", "field"), FIELDS, ids=[f"{kind}.{field}" for kind, field in FIELDS])
def test_every_place_is_in_the_schemas(kind: Kind, field: str) -> None:
    assert reachable(kind, PLACES[kind][field])


def test_a_place_that_is_not_there_is_seen() -> None:
    assert not reachable(Kind.COLUMN, "columns.*.colour")


def test_the_installed_schemas_are_those_of_the_checkout() -> None:
    assert set(schemas()) == {path.name for path in (ROOT / "schemas").glob("*.json")} != set()
