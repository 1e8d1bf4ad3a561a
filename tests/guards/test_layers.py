"""Who may import whom: the contracts of pyproject.toml hold, and no part of the package stands outside them."""

from __future__ import annotations

import subprocess
import sys
import tomllib

from tests.guards.tree import ROOT

LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"

# What stands outside the layers: the public names gather from all of them, and `__main__` only starts `cli`.
OUTSIDE = {"__init__", "__main__"}


def test_the_contracts_hold() -> None:
    done = subprocess.run([sys.executable, "-c", LINT], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_part_of_the_package_is_in_a_layer() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (layers,) = [contract["layers"] for contract in settings["contracts"] if contract["type"] == "layers"]
    in_layers = {module.strip().removeprefix("reconciler.") for layer in layers for module in layer.split("|")}
    folder = ROOT / "reconciler"
    there = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    assert there - OUTSIDE == in_layers
