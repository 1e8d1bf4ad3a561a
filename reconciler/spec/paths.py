"""Objects in, the names of their files out: safe on every file system, and different where the objects are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from reconciler.model.programs import routine_name
from reconciler.model.ref import Kind, Ref

_FOLDERS: Mapping[str, str] = {
    "table": "tables", "enum": "enums", "view": "views", "sequence": "sequences", "domain": "domains",
    "extension": "extensions", "schema": "schemas", "function": "functions", "procedure": "procedures",
    "event": "events",
}  # fmt: skip
# What may be overloaded: those of one name are told apart by a hash.
_ROUTINES = frozenset({Kind.FUNCTION, Kind.PROCEDURE})
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")
_OTHERS = re.compile(r"[^A-Za-z0-9_-]+")
# https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
_NUMBERED = (f"{name}{digit}" for name in ("com", "lpt") for digit in range(10))
_RESERVED = frozenset({"con", "prn", "aux", "nul", *_NUMBERED})


def file_names(refs: Iterable[Ref], taken: Iterable[PurePosixPath] = ()) -> dict[Ref, PurePosixPath]:
    """Return a relative path for each root object, none of them among those taken, whatever the case of letters."""
    used = {str(path).casefold() for path in taken}
    found: dict[Ref, PurePosixPath] = {}
    for ref in sorted(refs):
        path = _path(ref, "")
        if str(path).casefold() in used:
            path = _path(ref, _digest(ref))
        used.add(str(path).casefold())
        found[ref] = path
    return found


def _path(ref: Ref, suffix: str) -> PurePosixPath:
    own = routine_name(ref) if ref.kind in _ROUTINES else ref.name
    names = [name for name in (ref.schema, own) if name]
    safe = all(_SAFE.fullmatch(name) for name in names) and names[0].lower() not in _RESERVED
    stem = ".".join(_OTHERS.sub("_", name)[:60].lstrip("-") or "_" for name in names)
    suffix = suffix or ("" if safe else _digest(ref))
    return PurePosixPath(_FOLDERS[ref.kind]) / (f"{stem}-{suffix}.yaml" if suffix else f"{stem}.yaml")


def _digest(ref: Ref) -> str:
    return hashlib.sha256(str(ref).encode()).hexdigest()[:8]
