"""What a command loads: start-up is most of what a small project waits for, and one import more is never noticed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.project import write
from tests.guards.tree import ROOT

# What none of it needs as long as no document asks for it, and what takes longest to load.
HEAVY = {
    "asyncio", "jinja2", "jsonschema", "reconciler.dialects.bulk", "reconciler.dialects.health",
    "reconciler.dialects.rows", "reconciler.execute.apply", "reconciler.model.backfills", "rich", "socket",
    "sqlalchemy", "sqlglot", "urllib.request",
}  # fmt: skip
# The parts of a dialect that tell what is wrong with specs: what makes the normal form, and no way to a database.
PARTS = {
    "sqlite": {"alike", "elsewhere", "lexer", "literals", "lowered", "names", "normalize", "proofread", "surroundings",
               "types"},
    "postgres": {"identity", "lexer", "literals", "names", "normalize", "normalize_programs", "parameters", "parts",
                 "routines", "routines_options", "trigger_texts", "types"},
}  # fmt: skip
# Classes for each of which six functions are compiled.
DEAR = re.compile(r"^@dataclass\(frozen=True, slots=True(, kw_only=True)?\)", re.MULTILINE)
URLS = {"sqlite": "sqlite:///absent.db", "postgres": "postgresql://nobody@localhost:1/absent"}


def loaded(folder: Path) -> set[str]:
    """Return the modules that are loaded once the specs of a folder have been validated."""
    words = "import sys; from reconciler.cli import main; main(['validate', '-q']); print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True, cwd=folder,
                          env={"PYTHONPATH": str(ROOT), "PATH": ""})  # fmt: skip
    return set(done.stdout.split())


@pytest.mark.parametrize("name", PARTS)
def test_who_validates_loads_nothing_of_what_works_on_a_database(name: str, tmp_path: Path) -> None:
    write(tmp_path, 3, name, URLS[name])
    found = loaded(tmp_path)
    head = f"reconciler.dialects.{name}."
    assert {module.removeprefix(head) for module in found if module.startswith(head)} == PARTS[name] | {"dialect"}
    assert not HEAVY & found
    assert not {module for module in found if module.startswith("reconciler.plan.")}


def test_no_class_costs_what_a_frozen_dataclass_costs() -> None:
    own = ROOT / "reconciler/frozen.py"
    dear = [
        path for path in (ROOT / "reconciler").rglob("*.py") if path != own and DEAR.search(path.read_text("utf-8"))
    ]
    assert not dear, "reconciler/frozen.py makes such classes for a tenth of the time"
