"""What must not be in the tree: hosts of package registries, paths of one machine, secrets. And versions agree."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

import pytest

import reconciler
from tests.guards.tree import ROOT, files, name

# Each pattern with something that it has to catch; the samples are put together here so that this file is clean itself.
FORBIDDEN: Mapping[str, tuple[str, str]] = {
    "a registry's host": (
        r"\b(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|proxy\.golang\.org|crates\.io)\b",
        "https://" + "pypi" + ".org/simple",
    ),
    "a package index": (r"--(?:extra-)?index-url\b|\bPIP_(?:EXTRA_)?INDEX_URL\b", "pip install --" + "index-url x"),
    "somebody's path": (r"(?<![\w.~])/(?:home|Users|root|work|workspace)/\w", "/" + "home/ada/shop"),
    "somebody's path on Windows": (r"\b[A-Z]:\\Users\\", "C:" + "\\Users\\ada"),
    "a private key": (r"-----BEGIN [A-Z ]*PRIVATE " + "KEY-----", "-----BEGIN RSA PRIVATE " + "KEY-----"),
    "an access key": (
        r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{36}|github_pat_\w{30,}|xox[abpr]-[\w-]{10,}|sk-[A-Za-z0-9]{20,})",
        "AKIA" + "A" * 16,
    ),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_tree_is_free_of(what: str) -> None:
    pattern, sample = FORBIDDEN[what]
    assert re.search(pattern, sample), "the pattern does not catch its own sample"
    found = [
        f"{name(path)}:{number}: {line.strip()}"
        for path in files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert found == []


def test_the_changelog_begins_with_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    headings = re.findall(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == project["version"]


def test_public_names_are_listed() -> None:
    """`__all__` is what `from reconciler import …` promises: sorted, complete, and everything in it exists."""
    public = [each for each in dir(reconciler) if not each.startswith("_") and each != "annotations"]
    modules = {each for each in public if type(getattr(reconciler, each)).__name__ == "module"}
    assert reconciler.__all__ == sorted(set(public) - modules)
