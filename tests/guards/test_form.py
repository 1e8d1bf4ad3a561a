"""The house rules that a machine can hold: how a module opens, how long things are, what a package consists of."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.guards.tree import ROOT, functions, modules, name, parsed

MODULE_LINES = 350
FUNCTION_LINES = 40

each_module = pytest.mark.parametrize("path", modules(), ids=name)


@each_module
def test_a_module_opens_with_a_sentence(path: Path) -> None:
    docstring = ast.get_docstring(parsed(path)) or ""
    first = docstring.partition("\n")[0]
    assert first.rstrip("*:").rstrip().endswith((".", "!", "?", ":")), f"{name(path)} opens with {first!r}"


@each_module
def test_a_module_is_short_enough_to_read(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MODULE_LINES, f"{name(path)} has {lines} lines"


@each_module
def test_a_function_fits_on_a_screen(path: Path) -> None:
    lengths = {each.name: (each.end_lineno or each.lineno) - each.lineno + 1 for each in functions(path)}
    assert {function: lines for function, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def test_a_folder_with_modules_is_a_package() -> None:
    """The build ships packages; a folder without `__init__.py` would be missing from the wheel."""
    folders = {path.parent for path in modules() if path.is_relative_to(ROOT / "reconciler")}
    assert [name(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
