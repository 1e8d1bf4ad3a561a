"""The JSON Schemas: a document in valid/ or invalid/ has its kind in its name and, where it is wrong, its mistake."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

from reconciler.spec import validate
from reconciler.spec.codes import CODES
from reconciler.spec.nodes import Node, Source, plain
from reconciler.spec.parse import parse

HERE = Path(__file__).parent
KINDS = (
    "trigger", "table", "enum", "view", "sequence", "domain", "extension", "function", "procedure", "event", "schema",
    "assertion", "backfill", "data", "removed", "project",
)  # fmt: skip
REGISTRY: Any = Registry().with_resources(
    [(f"{kind}.json", DRAFT7.create_resource(validate.schema(kind))) for kind in KINDS]
)


def _documents(folder: str) -> list[Path]:
    found = sorted((HERE / folder).glob("*.yaml"))
    assert found
    return found


def _read(path: Path) -> tuple[Node, Source]:
    source = Source(path.name, path.read_text("utf-8"))
    parsed = parse(source)
    assert not parsed.problems
    return parsed.documents[0], source


def _kind(path: Path) -> str:
    return path.stem.split("-", 1)[0]


@pytest.mark.parametrize("path", _documents("valid"), ids=lambda path: path.stem)
def test_valid_documents_pass(path: Path) -> None:
    node, source = _read(path)
    assert list(Draft7Validator(validate.schema(_kind(path))).iter_errors(plain(node))) == []
    assert validate.problems(_kind(path), node, source) == []


@pytest.mark.parametrize("path", _documents("invalid"), ids=lambda path: path.stem)
def test_invalid_documents_are_told_at_their_place(path: Path) -> None:
    node, source = _read(path)
    assert not Draft7Validator(validate.schema(_kind(path))).is_valid(plain(node))
    assert not validate.accepts(_kind(path))(node)
    problems = validate.problems(_kind(path), node, source)
    assert len(problems) == 1, problems
    assert problems[0].code in CODES
    assert problems[0].position is not None
    assert problems[0].position.end_column > problems[0].position.column
    assert (problems[0].code == "SPEC012") == path.stem.endswith("-not-built") or "options-not" in path.stem


@pytest.mark.parametrize("folder", ["valid", "invalid"])
def test_the_union_for_editors_agrees(folder: str) -> None:
    union = json.loads(files("reconciler.schemas").joinpath("spec.json").read_text("utf-8"))
    validator = Draft7Validator(union, registry=REGISTRY)
    for path in _documents(folder):
        if _kind(path) != "project":
            assert validator.is_valid(plain(_read(path)[0])) == (folder == "valid"), path.stem


@pytest.mark.parametrize("kind", [*KINDS, "spec"])
def test_schemas_are_draft_07(kind: str) -> None:
    Draft7Validator.check_schema(json.loads(files("reconciler.schemas").joinpath(f"{kind}.json").read_text("utf-8")))


def test_what_is_defined_twice_is_defined_alike() -> None:
    seen: dict[str, Any] = {}
    for kind in KINDS:
        for name, definition in validate.schema(kind)["definitions"].items():
            assert seen.setdefault(name, definition) == definition, (kind, name)


@pytest.mark.parametrize(
    ("base", "override"),
    [
        ("column", "columnOverride"),
        ("indexLong", "indexOverride"),
        ("uniqueLong", "uniqueOverride"),
        ("foreignKey", "foreignKeyOverride"),
        ("checkLong", "checkOverride"),
    ],
)
def test_an_override_has_the_keys_of_what_it_overrides(base: str, override: str) -> None:
    definitions = validate.schema("table")["definitions"]
    keys = definitions[base]["properties"].keys() - {"renamed_from", "only", "dialect"}
    assert definitions[override]["properties"].keys() == keys | {"omit"}


def test_no_schema_has_a_key_that_is_not_built() -> None:
    only_elsewhere = {"include", "storage", "postgres", "mysql", "mariadb"}
    for kind in KINDS:
        for keys in _properties(validate.schema(kind)):
            assert not (keys & validate.LATER) - only_elsewhere


def _properties(schema: Any) -> Iterator[set[str]]:
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield set(schema["properties"])
        for value in schema.values():
            yield from _properties(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _properties(value)


SMALL: Any = st.sampled_from(
    [None, True, False, 0, 1, -1, Decimal("1.5"), "", "a", "sqlite", "deferred", [], {}, ["a"], ["a", "a"], [1, True]]
)
KEYS = ["a", "sql", "columns", "postgres", "omit", "env", "type", "default", "reason", "only", "dialect", ""]


def _noded(value: Any) -> Node:
    if isinstance(value, dict):
        return Node({key: _noded(child) for key, child in value.items()}, (1, 1, 2), (1, 1, 2))
    return Node([_noded(child) for child in value] if isinstance(value, list) else value, (1, 1, 2), (1, 1, 2))


def _changed(draw: Callable[[Any], Any], value: Any) -> Any:
    """Return the value with one thing in it replaced, added or left out."""
    if isinstance(value, dict) and value and draw(st.integers(0, 4)):
        key = draw(st.sampled_from(sorted(value)))
        return {**value, key: _changed(draw, value[key])}
    if isinstance(value, list) and value and draw(st.integers(0, 4)):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], _changed(draw, value[place]), *value[place + 1 :]]
    if isinstance(value, dict) and draw(st.booleans()):
        return {**value, draw(st.sampled_from(KEYS)): draw(SMALL)}
    return draw(SMALL | st.dictionaries(st.sampled_from(KEYS), SMALL, max_size=2))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_the_quick_answer_is_the_validators_and_every_error_has_words(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(_documents("valid")))
    value = plain(_read(path)[0])
    for _ in range(data.draw(st.integers(1, 3))):
        value = _changed(data.draw, value)
    kind, node = _kind(path), _noded(value)
    accepted = Draft7Validator(validate.schema(kind)).is_valid(value)
    assert validate.accepts(kind)(node) == accepted
    assert bool(validate.problems(kind, node, Source("x", ""))) != accepted


def test_every_code_is_used_and_every_used_code_is_listed() -> None:
    modules = [path for path in Path(validate.__file__).parent.glob("*.py") if path.stem != "codes"]
    written = "".join(path.read_text("utf-8") for path in modules)
    assert set(re.findall(r"SPEC[0-9]{3}", written)) == set(CODES)
    assert list(CODES) == sorted(CODES)
    assert len(set(CODES.values())) == len(CODES)
