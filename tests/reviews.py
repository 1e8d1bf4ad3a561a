"""Reviews to render: specs and a SQLite database in, the plan with its circumstances out, the same each time."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from reconciler import workflow
from reconciler.plan.policy import Allowance
from reconciler.report.facts import Review, SpecVersion
from reconciler.workflow import Request

PROJECT = """\
reconcile: 1
project: shop
dialects: [sqlite]
environments:
  prod: {url: "sqlite:///shop.db", default: true, policy: {approve: APPROVE, undeclared: UNDECLARED}}
"""


def project(directory: Path, specs: str, before: str, *, approve: str = "always", undeclared: str = "report") -> Path:
    """Write a project with one spec file, and its database."""
    text = PROJECT.replace("APPROVE", approve).replace("UNDECLARED", undeclared)
    (directory / "reconcile.yaml").write_text(text, "utf-8")
    (directory / "shop.yaml").write_text(specs, "utf-8")
    with closing(sqlite3.connect(directory / "shop.db")) as connection:
        connection.executescript(before)
    return directory


def review(directory: Path, given: Sequence[Allowance] = ()) -> Review:
    """Plan a project; what differs from run to run and from machine to machine is replaced."""
    return steady(workflow.plan(Request(directory=directory), given=given))


def steady(found: Review) -> Review:
    """Return a review with fixed times, places and versions."""
    server = replace(found.planned.server, version="3.45.1", database="shop.db")
    return replace(
        found,
        planned=replace(found.planned, server=server),
        label="sqlite:///shop.db",
        created_at="2026-08-22T09:14:03Z",
        seconds=0.84,
        spec=SpecVersion(sha256="b0f1" * 16, commit="3f9c21a"),
    )
