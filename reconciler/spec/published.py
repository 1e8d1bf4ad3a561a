"""Nothing in, the JSON Schemas that ship with the program out: for editors, and for whoever asks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_ENDINGS = (".schema.json", ".json")


@cache
def published() -> Mapping[str, str]:
    """Return the text of every schema by its file name."""
    found = [path for path in files("reconciler.schemas").iterdir() if path.name.endswith(".json")]
    return {path.name: path.read_text("utf-8") for path in sorted(found, key=lambda path: path.name)}


def kinds() -> Mapping[str, str]:
    """Return the file name of each kind of document: spec documents, the project file, what the program writes."""
    return {_kind(name): name for name in published()}


def title(file: str) -> str:
    """Return what a schema is for, in a few words."""
    return str(json.loads(published()[file]).get("title", ""))


def _kind(name: str) -> str:
    return next(name.removesuffix(ending) for ending in _ENDINGS if name.endswith(ending))
