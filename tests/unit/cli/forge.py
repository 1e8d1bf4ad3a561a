"""A clone with two branches and an origin, in which scripts run as a forge runs them; a directory in, the clone out."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.guards.tree import ROOT

PROJECT = """\
reconcile: 1
project: shop
specs: [schema]
environments:
  production: {url: {env: DATABASE_URL}, dialect: sqlite}
"""
BEFORE = """\
table: orders
columns:
  id: {type: bigint, identity: true}
  note: {type: text}
primary_key: [id]
"""
DROPS = BEFORE.replace("  note: {type: text}\n", "")
SAYS = DROPS + "removed:\n  column.note: {reason: nobody reads it}\n"


@dataclass(frozen=True)
class Repository:
    """A clone with a branch `change`, and what its scripts are run with."""

    top: Path
    env: Mapping[str, str]
    said: list[str] = field(default_factory=list)

    def git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.top, check=True, capture_output=True)

    def commit(self, spec: str) -> None:
        (self.top / "db" / "schema" / "orders.yaml").write_text(spec)
        self.git("add", "db")
        self.git("commit", "-qm", "a change")

    def run(self, script: str, **more: str) -> int:
        """Run a script as a forge does: each line has to succeed."""
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script], cwd=self.top, env={**self.env, **more}, capture_output=True,
            text=True, timeout=120, check=False,
        )  # fmt: skip
        self.said.append(done.stdout + done.stderr)
        return done.returncode


def cloned(tmp_path: Path) -> Repository:
    """Return a clone on the branch `change`, with a project in `db` whose `main` is pushed."""
    top, origin, tools = tmp_path / "clone", tmp_path / "origin", tmp_path / "bin"
    (top / "db" / "schema").mkdir(parents=True)
    tools.mkdir()
    (tools / "reconcile").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m reconciler "$@"\n')
    (tools / "reconcile").chmod(0o755)
    env = {
        **os.environ, "PATH": f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
        "DATABASE_URL": f"sqlite:///{tmp_path}/shop.db", "GITHUB_BASE_REF": "main",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "RUNNER_TEMP": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_ACTION_PATH": str(ROOT),
    }  # fmt: skip
    env.pop("RECONCILE_ENV", None)
    found = Repository(top, env)
    subprocess.run(["git", "init", "-q", "--bare", str(origin)], check=True)
    found.git("init", "-q", "-b", "main")
    for name, value in (("user.name", "a"), ("user.email", "a@b"), ("remote.origin.url", str(origin))):
        found.git("config", name, value)
    found.git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    (top / "db" / "reconcile.yaml").write_text(PROJECT)
    found.commit(BEFORE)
    found.git("push", "-q", "origin", "main")
    found.git("fetch", "-q", "origin")
    found.git("checkout", "-q", "-b", "change")
    return found
