"""The generic core stays generic: comparing, expanding and ordering name no kind; a new kind changes none of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from reconciler.model.ref import Kind
from tests.guards.tree import ROOT, parsed

GENERIC = ["reconciler/diff.py", "reconciler/plan/expand.py", "reconciler/plan/order.py", "reconciler/plan/settle.py"]


def kinds_named(tree: ast.Module) -> Iterator[str]:
    """Give every way in which a module names a kind: `Kind.TABLE`, `Kind("table")`, or the word as a string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Kind":
            yield f"line {node.lineno}: Kind.{node.attr}"
        elif isinstance(node, ast.Constant) and node.value in set(Kind):
            yield f"line {node.lineno}: {node.value!r}"


@pytest.mark.parametrize("path", GENERIC)
def test_no_kind_is_named(path: str) -> None:
    assert list(kinds_named(parsed(ROOT / path))) == []


@pytest.mark.parametrize("code", ["x = Kind.TABLE", "x = Kind('view')", "if ref.kind == 'column': pass"])
def test_the_guard_sees(code: str) -> None:
    assert len(list(kinds_named(ast.parse(code)))) == 1
