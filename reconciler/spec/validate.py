"""A document and its kind's JSON Schema in, one-sentence problems with places out; it knows no rule beyond those."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from pkgutil import get_data
from typing import TYPE_CHECKING, Any

from reconciler.errors import Problem
from reconciler.spec.accepts import Accepts, compiled
from reconciler.spec.nodes import At, Node, Source, plain, pointed, shown
from reconciler.spec.other_words import SAID_HERE

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

# Keys and kinds that the format has a place for and that nothing reads yet: saying so is kinder than "unknown".
LATER = frozenset({
    "tablespace",
    "include", "partition",
})  # fmt: skip

_WORDS: Mapping[str, str] = {
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
}
_TRUTH: Mapping[str, str] = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


@cache
def schema(kind: str) -> Mapping[str, Any]:
    """Return the JSON Schema of a kind of document (`table`, `enum`, `view`, `removed`, `project`)."""
    text = get_data("reconciler.schemas", f"{kind}.json")
    assert text is not None
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded


@cache
def accepts(kind: str) -> Accepts:
    """Return the quick test of a kind of document."""
    return compiled(schema(kind))


def problems(kind: str, node: Node, source: Source) -> list[Problem]:
    """Return everything that is wrong with a document's form; empty for a good one."""
    if accepts(kind)(node):
        return []
    found = (problem for error in errors(kind, node) for problem in _told(error, node, source))
    return sorted(dict.fromkeys(found), key=lambda problem: (problem.position is None, problem.position, problem.code))


def errors(kind: str, node: Node) -> Iterator[ValidationError]:
    """Yield what the schema of a kind says against a document."""
    return iter(_validator(kind).iter_errors(plain(node)))


def innermost(error: ValidationError) -> Iterator[ValidationError]:
    """Yield what an error comes down to, where one of several forms was meant; else the error itself."""
    inner = _meant(error) if str(error.validator) == "anyOf" else []
    if not inner:
        yield error
    for one in inner:
        yield from innermost(one)


@cache
def _validator(kind: str) -> Any:
    from jsonschema import Draft7Validator

    return Draft7Validator(schema(kind))


def suggestion(word: str, words: Iterable[str]) -> str:
    """Return `did you mean …?` for a word that is nearly one of the known ones, else nothing."""
    close = get_close_matches(word.lower(), sorted(words), n=1)
    return f"did you mean {close[0]!r}?" if close else ""


def _told(error: ValidationError, root: Node, source: Source) -> Iterator[Problem]:
    node, path = _find(root, error.absolute_path)
    teller = _TELLERS.get(str(error.validator))
    if teller is None:
        yield source.problem("SPEC015", f"{shown(node)} is not allowed here", pointed(node))
        return
    for code, message, at, hint in teller(error, node, path):
        if code == _DEEPER:
            continue
        yield source.problem(code, message, at, hint=hint)
    if str(error.validator) == "anyOf":
        for inner in _meant(error):
            yield from _told(inner, root, source)


Told = Iterator[tuple[str, str, At, str]]
_DEEPER = ""


def _find(root: Node, path: Iterable[Any]) -> tuple[Node, str]:
    node, words = root, []
    for step in path:
        node = node.value[step]
        words.append(str(step))
    return node, ".".join(words)


def _unknown_keys(error: ValidationError, node: Node, path: str) -> Told:
    known: Mapping[str, Any] = error.schema.get("properties", {})  # type: ignore[union-attr]
    for key, child in node.value.items():
        if key in known:
            continue
        where = f" in {path}" if path else ""
        if key in LATER:
            yield "SPEC012", f"{key!r}{where} is not built yet", child.key or pointed(child), "leave it out until it is"
        else:
            yield (
                "SPEC011",
                f"unknown key {key!r}{where}",
                child.key or pointed(child),
                SAID_HERE.get(key.lower()) or suggestion(key, known) or _choice(known),
            )


def _choice(known: Iterable[str]) -> str:
    names = sorted(known)
    return f"known here: {', '.join(names)}" if 0 < len(names) <= 12 else ""


def _wrong_type(error: ValidationError, node: Node, path: str) -> Told:
    named = error.validator_value
    expected = _either(_WORDS[str(name)] for name in ([named] if isinstance(named, str) else named))  # type: ignore[union-attr]
    yield "SPEC013", f"expected {expected}, found {shown(node)}{_of(path)}", pointed(node), _type_hint(expected, node)


def _type_hint(expected: str, node: Node) -> str:
    value = node.value
    if "true or false" in expected and isinstance(value, str) and value.lower() in _TRUTH:
        return f"YAML 1.2 knows only true and false: write {_TRUTH[value.lower()]}"
    if "text" in expected and (value is None or isinstance(value, bool | int | Decimal)):
        return "put it in quotes if it is text"
    return ""


def _missing(error: ValidationError, node: Node, path: str) -> Told:
    for key in error.validator_value:  # type: ignore[union-attr]
        if key not in node.value:
            yield "SPEC014", f"{key!r} is missing{_of(path)}", node.key or pointed(node), ""


def _not_allowed(error: ValidationError, node: Node, path: str) -> Told:
    options = [option if isinstance(option, str) else shown(option) for option in error.validator_value]  # type: ignore[union-attr]
    hint = suggestion(node.value, options) if isinstance(node.value, str) else ""
    yield "SPEC015", f"expected one of {', '.join(options)}; found {shown(node)}{_of(path)}", pointed(node), hint


def _not_const(error: ValidationError, node: Node, path: str) -> Told:
    yield "SPEC015", f"expected {shown(error.validator_value)}, found {shown(node)}{_of(path)}", pointed(node), ""


def _too_few(_error: ValidationError, node: Node, path: str) -> Told:
    yield "SPEC015", f"expected at least one entry{_of(path)}", pointed(node), ""


def _empty(_error: ValidationError, node: Node, path: str) -> Told:
    yield "SPEC015", f"expected text that is not empty{_of(path)}", pointed(node), ""


def _too_small(error: ValidationError, node: Node, path: str) -> Told:
    yield "SPEC015", f"expected at least {error.validator_value}; found {shown(node)}{_of(path)}", pointed(node), ""


def _repeated(_error: ValidationError, node: Node, path: str) -> Told:
    seen: list[Any] = []
    for item in node.value:
        value = plain(item)
        if value in seen:
            yield "SPEC015", f"{shown(item)} is listed twice{_of(path)}", item.at, ""
        seen.append(value)


def _bad_key(error: ValidationError, node: Node, _path: str) -> Told:
    key = str(error.instance)
    child = node.value.get(key) if isinstance(node.value, dict) else None
    at = (child.key if child is not None else None) or pointed(node)
    wanted = error.schema.get("description") or "a name that is not empty"  # type: ignore[union-attr]
    yield "SPEC011", f"{key!r} is no key for this place; expected {wanted}", at, ""


def _nothing_fits(error: ValidationError, node: Node, path: str) -> Told:
    if _meant(error):
        return
    kinds = [str(name) for branch in _branches(error).values() for name in _types(branch)]
    expected = _either(dict.fromkeys(_WORDS[name] for name in kinds))
    yield "SPEC013", f"expected {expected}, found {shown(node)}{_of(path)}", pointed(node), _type_hint(expected, node)


def _branches(error: ValidationError) -> dict[int, list[ValidationError]]:
    found: dict[int, list[ValidationError]] = {}
    for inner in error.context or ():
        found.setdefault(int(inner.schema_path[0]), []).append(inner)
    return found


def _types(branch: list[ValidationError]) -> list[str]:
    """Return the types that a branch wants and the value has not; a branch inside a branch counts."""
    found: list[str] = []
    for inner in branch:
        if inner.path:
            continue
        if inner.validator == "type":
            named: Any = inner.validator_value
            found += [named] if isinstance(named, str) else named
        elif inner.validator == "anyOf" and not _meant(inner):
            found += [name for deeper in _branches(inner).values() for name in _types(deeper)]
    return found


def _meant(error: ValidationError) -> list[ValidationError]:
    """Return what is wrong in the one branch whose type fits the value; empty when no branch has the type."""
    fitting = [branch for branch in _branches(error).values() if not _types(branch)]
    # Among several, the one that is wrong about the least is what the author meant.
    return min(fitting, key=len) if fitting else []


_TELLERS = {
    "additionalProperties": _unknown_keys,
    "type": _wrong_type,
    "required": _missing,
    "enum": _not_allowed,
    "const": _not_const,
    "minItems": _too_few,
    "minProperties": _too_few,
    "minLength": _empty,
    "minimum": _too_small,
    "uniqueItems": _repeated,
    "pattern": _bad_key,
    "anyOf": _nothing_fits,
}


def _of(path: str) -> str:
    return f" ({path})" if path else ""


def _either(words: Iterable[str]) -> str:
    listed = list(dict.fromkeys(words))
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} or {listed[-1]}"
