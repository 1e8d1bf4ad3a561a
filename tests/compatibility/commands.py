"""Databases and a folder for specs in, what the command line answers out: each command is a process of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import warm
from tests.compatibility.subject import Subject
from tests.process import Result, surroundings
from tests.target import Target


class RefusedError(Exception):
    """A command did not do what it was asked; its text says which one, and why."""


@dataclass(frozen=True, slots=True)
class Specs:
    """A project folder with environments: each is a database that the same specs are held against."""

    directory: Path

    def imported(self, environment: str) -> frozenset[str]:
        """Import from a database, and return the addresses of what is left out, in the import's words."""
        found = self._data("import", "-e", environment, "--out", str(self.directory))["result"]
        tools = (f"table.{each['table']}" for each in found["foreign_tools"])
        in_part = (f"{each['address']}: {each['what']}" for each in found["not_understood"])
        return frozenset([*(each["address"] for each in found["unmodelled"]), *tools, *in_part])

    def validated(self) -> int:
        """Validate, and return the number of objects."""
        return int(self._data("validate")["result"]["objects"])

    def planned(self, environment: str) -> tuple[str, ...]:
        """Plan, and return the addresses that would change."""
        steps = self._data("plan", "-e", environment)["result"]["steps"]
        return tuple(change for step in steps for change in step["changes"])

    def applied(self, environment: str) -> int:
        """Apply with every hazard allowed, and return the number of steps."""
        data = self._data("apply", "-e", environment, "--auto-approve", "--allow", "*")
        return int((data["result"]["applied"] or {"steps": 0})["steps"])

    def _data(self, command: str, *arguments: str) -> Mapping[str, Any]:
        words = [command, *arguments, "-C", str(self.directory), "--json", "-q"]
        done = warm.start(words, cwd=Path.cwd(), environ=surroundings()).result(timeout=None)
        told = f"reconcile {' '.join(words)}\n{done.out}\n{done.err}"
        (self.directory / f"{command}.out").write_text(told, encoding="utf-8")
        if done.code != 0:
            raise RefusedError(f"{command}: {_reason(done)}")
        data: Mapping[str, Any] = json.loads(done.out)
        return data


def project(directory: Path, subject: Subject, **targets: Target) -> Specs:
    """Make a project whose environments are these databases; what specs do not declare is dropped there.

    An import looks into the default schema and into those that specs name.
    """
    directory.mkdir(parents=True, exist_ok=True)
    dialect = next(iter(targets.values())).dialect
    environments = {
        environment: {"url": target.url, "dialect": dialect, "policy": {"approve": "never", "undeclared": "drop"}}
        | ({"schema": subject.schema} if subject.schema else {})
        for environment, target in targets.items()
    }
    document = {"reconcile": 1, "project": subject.name, "dialects": [dialect], "environments": environments}
    # JSON is YAML, so no library is needed to write it.
    (directory / "reconcile.yaml").write_text(json.dumps(document, indent=2), encoding="utf-8")
    for schema in subject.others:
        (directory / f"schema_{schema}.yaml").write_text(f"schema: {json.dumps(schema)}\n", encoding="utf-8")
    return Specs(directory)


def _reason(done: Result) -> str:
    """Return the first thing that a command complains of."""
    try:
        problems = json.loads(done.out)["diagnostics"]
    except (ValueError, KeyError, TypeError):
        return f"exit {done.code}: {(done.err or done.out).strip()[-500:]}"
    words = [f"{each['code'] or ''} {each['summary']}".strip() for each in problems if each["severity"] == "error"]
    return f"exit {done.code}: {len(words)} problem(s), first: {words[0]}" if words else f"exit {done.code}"
