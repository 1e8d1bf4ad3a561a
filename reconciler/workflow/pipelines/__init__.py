"""A forge and where a project stands in its repository in, the file that lets the forge check and apply it out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from reconciler.errors import UsageError

# Which file each forge reads, from the top of the repository.
FILES: Mapping[str, str] = {"github": ".github/workflows/database.yaml", "gitlab": ".gitlab/database.yaml"}
_BRANCH = "main"
_PLAIN = re.compile(r"[A-Za-z0-9._/-]+")


def pipeline(forge: str, directory: Path) -> str:
    """Return the text of a forge's file.

    Args:
        forge: github or gitlab.
        directory: where the project is, from the top of the repository.

    Raises UsageError when the directory's name would mean something else in a script.
    """
    inside = directory.as_posix()
    if not _PLAIN.fullmatch(inside):
        raise UsageError(f"{inside!r} cannot stand in a {forge} file as it is",
                         hint="name its directory with letters, digits, dots and dashes alone")  # fmt: skip
    paths = ("**/*.yaml", "**/*.yml", "**/*.csv") if inside == "." else (f"{inside}/**/*",)
    words = {
        "DIRECTORY": inside, "PATHS": ", ".join(map(json.dumps, paths)), "BRANCH": _BRANCH,
        "FILE": FILES[forge],
    }  # fmt: skip
    text = files(__package__).joinpath(f"{forge}.yaml").read_text("utf-8")
    for name, word in words.items():
        text = text.replace(f"@{name}@", word)
    return text


def repository(directory: Path) -> Path:
    """Return the top of the git repository that a directory is in; itself where it is in none."""
    return next((folder for folder in (directory, *directory.parents) if (folder / ".git").exists()), directory)
