"""A snapshot in, a file out, and back: what a database holds, to plan without it; no row and no secret is in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.compare.compare import Memory, Owned
from reconciler.dialects.base import Server
from reconciler.errors import SnapshotError
from reconciler.model.codec import decode_model, encode_model
from reconciler.model.model import Inspection
from reconciler.model.ref import Ref
from reconciler.report.facts import Snapshot
from reconciler.report.files import write_private

FORMAT = "reconcile snapshot"
FORMAT_VERSION = "1.0"


def snapshot_data(found: Snapshot) -> dict[str, Any]:
    """Return what a snapshot file holds; the host and the user that answered are nobody's business later."""
    memory: dict[str, dict[str, list[str]]] = {}
    for (ref, place), entry in sorted(found.owned.memory.items()):
        memory.setdefault(str(ref), {})[place] = [entry.digest, entry.canonical]
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "created_at": found.created_at,
        "project": found.project,
        "environment": found.environment,
        "dialect": found.dialect,
        "schema": found.schema,
        "schemas": list(found.schemas),
        "server": {
            "version": found.server.version, "memory": found.server.memory, "features": sorted(found.server.features),
        },
        "owned": {
            "known": found.owned.known,
            "objects": sorted(map(str, found.owned.objects)),
            "protected": sorted(map(str, found.owned.protected)),
            "memory": memory,
            "deprecated": {str(ref): day for ref, day in sorted(found.owned.deprecated.items())},
        },
        "objects": encode_model(found.inspection.model),
        "unnamed": sorted(map(str, found.inspection.unnamed)),
    }  # fmt: skip


def write_snapshot(path: Path, found: Snapshot) -> None:
    """Write a snapshot, readable by its owner alone, whole or not at all. Raises SnapshotError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, [json.dumps(snapshot_data(found), indent=1, ensure_ascii=False), "\n"])
    except OSError as error:
        raise SnapshotError(f"the snapshot cannot be written to {path}: {error.strerror or error}") from None


def read_snapshot(path: Path) -> Snapshot:
    """Read a snapshot. Raises SnapshotError, saying what is wrong with it."""
    data = _loaded(path)
    version = data.get("format_version")
    if not isinstance(version, str) or version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        raise _wrong(path, f"its format is {version!r}, this version reads {FORMAT_VERSION}")
    try:
        return _read(data)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise _wrong(path, f"what it holds cannot be read ({error})") from None


def _read(data: Mapping[str, Any]) -> Snapshot:
    server, owned = data["server"], data["owned"]
    memory = {
        (Ref.parse(address), place): Memory(*pair)
        for address, places in owned["memory"].items()
        for place, pair in places.items()
    }
    return Snapshot(
        project=str(data["project"]), environment=str(data["environment"]), dialect=str(data["dialect"]),
        schema=str(data["schema"]), schemas=tuple(map(str, data["schemas"])), created_at=str(data["created_at"]),
        server=Server(
            version=str(server["version"]), host="", database="", user="", memory=str(server["memory"]),
            features=frozenset(map(str, server["features"])), elaborates=False,
        ),
        inspection=Inspection(model=decode_model(data["objects"]), unnamed=frozenset(map(Ref.parse, data["unnamed"]))),
        owned=Owned(
            known=bool(owned["known"]), objects=frozenset(map(Ref.parse, owned["objects"])),
            protected=frozenset(map(Ref.parse, owned["protected"])), memory=memory,
            deprecated={Ref.parse(ref): str(day) for ref, day in owned.get("deprecated", {}).items()},
        ),
    )  # fmt: skip


def _loaded(path: Path) -> Mapping[str, Any]:
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SnapshotError(f"the snapshot {path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise _wrong(path, f"it is not JSON ({error})") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise _wrong(path, "it holds none")
    return data


def _wrong(path: Path, why: str) -> SnapshotError:
    return SnapshotError(f"{path} is no snapshot: {why}", hint="`reconcile snapshot --out FILE` writes one")


def snapshot_text(found: Snapshot, path: Path, command: str) -> str:
    """Return what was written, and what to do with it."""
    from reconciler.report.layout import counted
    from reconciler.report.problems import safe

    size = counted(len(found.inspection.model), "object")
    return f" Snapshot of {safe(found.environment)}: {size} in {safe(str(path))}\n Next:  {safe(command)}\n"
