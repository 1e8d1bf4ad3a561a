"""Specs of which some have a wrong form in, what is left without that out: what else is wrong is told with it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from pathlib import Path
from typing import Any

from reconciler.errors import Problem
from reconciler.frozen import frozen_in_order
from reconciler.spec import validate
from reconciler.spec.files import read_source, spec_files
from reconciler.spec.load import Document, Documents, SpecFile, kind_of
from reconciler.spec.nodes import Node
from reconciler.spec.parse import parse

# What is nested is laid open by taking away what holds it; a document that needs more than this is given up.
_ROUNDS = 5
# Where a document says what others may name: `columns.total`; what is deeper says how it is.
_NAMED = 2


@frozen_in_order
class Salvaged:
    """What has a right form; `whole` is false when something is missing that the rest may name."""

    documents: Documents
    whole: bool


def salvage(paths: Sequence[Path]) -> Salvaged:
    """Return what of the specs below the paths can be looked at; what was taken away has been told. Never raises."""
    documents: list[Document] = []
    whole = True
    found = spec_files(paths, [])
    for path in found:
        source = read_source(path)
        parsed = None if isinstance(source, Problem) else parse(source)
        if isinstance(source, Problem) or parsed is None or not parsed.sound:
            whole = False
            continue
        file = SpecFile(source, parsed.documents)
        for number, node in enumerate(parsed.documents):
            kind = kind_of(source, node, [])
            lost = _mended(kind, node) if kind else None
            documents += [] if lost is None else [Document(kind, file, number)]
            whole = whole and lost is False
    return Salvaged(Documents(tuple(documents), tuple(map(str, found))), whole)


def _mended(kind: str, node: Node) -> bool | None:
    """Take away what the schema does not want; say whether others may name some of it, None when all of it goes."""
    lost = False
    for _ in range(_ROUNDS):
        if validate.accepts(kind)(node):
            return lost
        for error in (inner for one in validate.errors(kind, node) for inner in validate.innermost(one)):
            path = list(error.absolute_path)
            if str(error.validator) == "additionalProperties":
                _keep(node, path, error.schema.get("properties", {}))  # type: ignore[union-attr]
                continue
            if not path:
                return None
            lost = lost or len(path) <= _NAMED
            _cut(node, path)
    return None


def _keep(node: Node, path: Iterable[Any], keys: Container[str]) -> None:
    """Leave the mapping at a path with these keys alone."""
    at = _at(node, path)
    if at is not None and isinstance(at.value, dict):
        at.value = {key: child for key, child in at.value.items() if key in keys}


def _cut(node: Node, path: Sequence[Any]) -> None:
    """Take away what is at a path; a list without one of its entries would say another thing, so it goes as well."""
    holder = _at(node, path[:-1])
    if holder is not None and isinstance(holder.value, dict):
        holder.value.pop(path[-1], None)
    elif path[:-1]:
        _cut(node, path[:-1])


def _at(node: Node, path: Iterable[Any]) -> Node | None:
    """Return what is at a path, None when it has gone with something else."""
    for step in path:
        try:
            node = node.value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return node
