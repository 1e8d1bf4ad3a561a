"""What lets a forge check and apply a project, run as the scripts that it is, in a repository with two branches."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.cli import main
from tests.guards.tree import ROOT
from tests.unit.cli.forge import DROPS, SAYS, Repository


def scripts(jobs: Mapping[str, Any], job: str, key: str) -> list[str]:
    """Return the scripts of a job but for those that install something."""
    found = jobs[job][key]
    texts = [step["run"] for step in found if "run" in step] if key == "steps" else found
    return [text for text in texts if "pip install" not in text]


def life(repository: Repository, review: list[str], apply: list[str], drift: list[str]) -> None:
    """Let a change be refused, mended, merged and applied, and a change by hand be found."""

    def ends(jobs: list[str]) -> list[int]:
        codes = []
        for script in jobs:
            codes.append(repository.run(script))
            if codes[-1]:
                break
        return codes

    assert ends(apply)[-1] == 0, repository.said
    repository.commit(DROPS)
    assert ends(review)[-1] == 3, repository.said
    assert "DS103" in repository.said[-1]
    repository.commit(SAYS)
    assert set(ends(review)) == {0}, repository.said
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "change")
    assert ends(apply)[-1] == 0, repository.said
    assert set(ends(drift)) == {0}, repository.said
    with closing(sqlite3.connect(repository.env["DATABASE_URL"].removeprefix("sqlite:///"))) as connection:
        assert [row[1] for row in connection.execute("pragma table_info(orders)")] == ["id"]
        connection.execute("alter table orders add column by_hand int")
        connection.execute("drop table orders")
    assert ends(drift)[-1] == 2, repository.said


def test_what_init_writes_for_github_runs(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository.top)
    assert main(["init", "-C", "db", "--ci", "github", "-q"]) == 0
    text = (repository.top / ".github/workflows/database.yaml").read_text()
    # `on` is a word to YAML 1.2, which GitHub reads, and true to the library here.
    jobs = yaml.safe_load(text.replace("\non:", "\nevents:"))["jobs"]
    assert "@" not in re.sub(r"(checkout|setup-python|upload-sarif|upload-artifact)@", "", text)
    review, plan, apply, drift = (scripts(jobs, job, "steps") for job in ("review", "plan", "apply", "drift"))
    life(repository, [*review, *plan], apply, drift[:1])
    assert "drop" in (summary := Path(repository.env["GITHUB_STEP_SUMMARY"]).read_text())
    assert "<!-- reconcile:plan:shop:production -->" in summary
    assert (repository.top / "plan.html").read_text().startswith("<!doctype html>")
    assert main(["init", "-C", "db", "--ci", "github", "-q"]) == 0
    assert (repository.top / ".github/workflows/database.yaml").read_text() == text


def test_what_init_writes_for_gitlab_runs(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository.top)
    assert main(["init", "-C", "db", "--ci", "gitlab", "-q"]) == 0
    jobs = yaml.safe_load((repository.top / ".gitlab/database.yaml").read_text())
    review, apply, drift = (scripts(jobs, f"reconcile:{job}", "script") for job in ("review", "apply", "drift"))
    assert apply == ['reconcile apply -C "db" -e production --auto-approve --no-input']  # as on GitHub
    assert drift[0].startswith('reconcile check -C "db" -e production ')
    repository.commit(DROPS)
    assert repository.run("\n".join(review)) == 3, repository.said
    assert {"codequality.json", "lint.xml", "plan.md"} <= {path.name for path in repository.top.iterdir()}


def test_init_knows_its_forges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--ci", "sourcehut"]) == 64
    assert main(["init", "-C", "nowhere"]) == 64
    assert "there is no directory" in (told := capsys.readouterr().err)
    assert "RUN000" not in told
    (tmp_path / ".git").mkdir()
    (tmp_path / "a: #b").mkdir()
    assert main(["init", "-C", "a: #b", "--ci", "github"]) == 64


def test_the_action_runs(repository: Repository) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    (script,) = [step["run"] for step in action["runs"]["steps"] if step["name"] == "Run"]
    given = {"DIRECTORY": "db", "BASE": "origin/main"}
    repository.commit(DROPS)
    assert repository.run(script, COMMAND="lint", **given) == 3
    assert "\n::error file=db/schema/orders.yaml,line=1" in f"\n{repository.said[-1]}"
    assert repository.run(script, COMMAND="plan", **given) == 0
    output = Path(repository.env["GITHUB_OUTPUT"]).read_text()
    assert "exit-code=3\nplan-id=\nchanged=false\nexit-code=2\nplan-id=pl_" in output
    assert output.endswith("changed=true\n")
    hostile = "schema; touch owned #$(touch owned)"
    assert repository.run(script, COMMAND="validate", DIRECTORY="db", ARGUMENTS=f"--specs\n{hostile}") == 65
    assert not (repository.top / "owned").exists()
    assert repository.run(script, COMMAND="reset", DIRECTORY="db") == 64


def test_the_hooks_run(repository: Repository) -> None:
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert set(hooks) == {"reconcile-fmt", "reconcile-validate", "reconcile-lint"}
    spec = repository.top / "db" / "schema" / "orders.yaml"
    spec.write_text(DROPS.replace("primary_key: [id]", "primary_key:   [ id ]"))
    inside = {name: f"cd db && {hook['entry']}" for name, hook in hooks.items()}
    assert repository.run(f"{inside['reconcile-fmt']} schema/orders.yaml") == 0
    assert spec.read_text() == DROPS
    assert repository.run(inside["reconcile-validate"]) == 0
    assert repository.run(inside["reconcile-lint"]) == 3
    spec.write_text(SAYS)
    assert repository.run(inside["reconcile-lint"]) == 0
    spec.write_text("table: orders\n")
    assert repository.run(inside["reconcile-validate"]) == 65
