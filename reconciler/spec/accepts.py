"""A JSON Schema in, a quick predicate over nodes out: yes or no and never why; it knows no kind.

Validating thousands of correct documents with a general validator costs more than everything else in loading them. So a
document is asked here first, and only one that is refused goes to the validator, which knows the words. The predicate
understands the keywords that our schemas use, and refuses to be made from any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache, reduce
from typing import Any

from reconciler.spec.nodes import Node, plain

Accepts = Callable[[Node], bool]
Schema = Mapping[str, Any]

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, Decimal),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}
_SILENT = frozenset({"$schema", "title", "description", "definitions", "x-interpolate"})
_MAPPING = frozenset({"properties", "additionalProperties", "required", "propertyNames", "minProperties"})


def compiled(schema: Schema) -> Accepts:
    """Return the predicate of a schema. Raises ValueError for a keyword that it does not understand."""
    return _Compiler(schema).compile(schema)


class _Compiler:
    def __init__(self, root: Schema) -> None:
        self.root = root
        self.done: dict[str, Accepts] = {}

    def compile(self, schema: Schema) -> Accepts:
        if "$ref" in schema:
            return self.reference(schema["$ref"])
        words = schema.keys() - _SILENT
        tests = [test(self, schema) for keyword, test in _KEYWORDS.items() if keyword in words]
        if words & _MAPPING:
            tests.append(self.mapping(schema))
        unknown = words - _KEYWORDS.keys() - _MAPPING
        if unknown:
            raise ValueError(f"no test for the keywords {sorted(unknown)}")
        return reduce(_both, tests) if tests else _anything

    def reference(self, name: str) -> Accepts:
        if name not in self.done:

            def later(node: Node) -> bool:
                return self.done[name](node)

            # A definition may hold itself: its name is looked up when it is used.
            self.done[name] = later
            target: Any = self.root
            for step in name.removeprefix("#/").split("/"):
                target = target[step]
            self.done[name] = self.compile(target)
        return self.done[name]

    def mapping(self, schema: Schema) -> Accepts:
        known = {key: self.compile(value) for key, value in schema.get("properties", {}).items()}
        rest = schema.get("additionalProperties", True)
        other = _nothing if rest is False else _anything if rest is True else self.compile(rest)
        required = schema.get("required", ())
        least = schema.get("minProperties", 0)
        keys = _of_text(self.compile(schema["propertyNames"])) if "propertyNames" in schema else None

        def accepts(node: Node) -> bool:
            value = node.value
            if type(value) is not dict:
                return True
            for key, child in value.items():
                if not known.get(key, other)(child):
                    return False
            for key in required:
                if key not in value:
                    return False
            return len(value) >= least and (keys is None or all(map(keys, value)))

        return accepts

    def type(self, schema: Schema) -> Accepts:
        named = schema["type"]
        types = frozenset(t for name in ([named] if isinstance(named, str) else named) for t in _TYPES[name])
        return lambda node: type(node.value) in types

    def enum(self, schema: Schema) -> Accepts:
        allowed = [(type(option), option) for option in schema["enum"]]
        return lambda node: (type(node.value), node.value) in allowed

    def const(self, schema: Schema) -> Accepts:
        return self.enum({"enum": [schema["const"]]})

    def any_of(self, schema: Schema) -> Accepts:
        options = [self.compile(option) for option in schema["anyOf"]]

        def accepts(node: Node) -> bool:
            for option in options:  # noqa: SIM110  # twice as fast as any()
                if option(node):
                    return True
            return False

        return accepts

    def items(self, schema: Schema) -> Accepts:
        item = self.compile(schema["items"])
        return lambda node: type(node.value) is not list or all(map(item, node.value))

    def min_items(self, schema: Schema) -> Accepts:
        least: int = schema["minItems"]
        return lambda node: type(node.value) is not list or len(node.value) >= least

    def unique_items(self, _schema: Schema) -> Accepts:
        return lambda node: type(node.value) is not list or _all_differ([plain(item) for item in node.value])

    def min_length(self, schema: Schema) -> Accepts:
        least: int = schema["minLength"]
        return lambda node: type(node.value) is not str or len(node.value) >= least

    def minimum(self, schema: Schema) -> Accepts:
        least: int = schema["minimum"]
        return lambda node: type(node.value) is not int or node.value >= least

    def pattern(self, schema: Schema) -> Accepts:
        search = re.compile(schema["pattern"]).search
        return lambda node: type(node.value) is not str or search(node.value) is not None


_KEYWORDS: Mapping[str, Callable[[_Compiler, Schema], Accepts]] = {
    "type": _Compiler.type,
    "enum": _Compiler.enum,
    "const": _Compiler.const,
    "anyOf": _Compiler.any_of,
    "items": _Compiler.items,
    "minItems": _Compiler.min_items,
    "uniqueItems": _Compiler.unique_items,
    "minLength": _Compiler.min_length,
    "minimum": _Compiler.minimum,
    "pattern": _Compiler.pattern,
}


def _of_text(accepts: Accepts) -> Callable[[str], bool]:
    """Return a predicate of texts; the same names come again and again."""
    return lru_cache(maxsize=4096)(lambda text: accepts(Node(text, (0, 0, 0))))


def _both(first: Accepts, second: Accepts) -> Accepts:
    return lambda node: first(node) and second(node)


def _nothing(_node: Node) -> bool:
    return False


def _anything(_node: Node) -> bool:
    return True


def _all_differ(values: list[Any]) -> bool:
    return all(value not in values[:number] for number, value in enumerate(values))
