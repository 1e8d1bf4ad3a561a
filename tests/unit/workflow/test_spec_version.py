"""The commit of specs is what git says, wherever the repository is; where there is none, git is not started."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reconciler.workflow import declaring


def _repository(folder: Path) -> str:
    folder.mkdir()

    def git(*words: str) -> str:
        told = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        return subprocess.run(["git", *told, *words], cwd=folder, check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "first")
    return git("rev-parse", "HEAD").strip()


def test_a_repository_is_found_from_below_by_a_link_and_by_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = _repository(tmp_path / "repository")
    below, link, away = tmp_path / "repository" / "db" / "specs", tmp_path / "link", tmp_path / "away"
    below.mkdir(parents=True)
    away.mkdir()
    link.symlink_to(below)
    assert declaring._git(below, "rev-parse", "HEAD") == head
    assert declaring._git(link, "rev-parse", "HEAD") == head
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "repository" / ".git"))
    assert declaring._git(away, "rev-parse", "HEAD") == head


def test_where_there_is_no_repository_git_is_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIT_DIR", raising=False)
    monkeypatch.setattr(subprocess, "run", None)
    assert declaring._git(tmp_path, "rev-parse", "HEAD") == ""
