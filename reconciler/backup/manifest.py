"""What is to be known of a backup, as data: from JSON and to it; it opens no database and holds no secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, field
from pathlib import Path
from typing import Any

from reconciler.dialects.dumping import Weight
from reconciler.errors import BackupError
from reconciler.frozen import frozen, frozen_in_order

FORMAT = "reconcile backup"
FORMAT_VERSION = "1.0"
MANIFEST = "manifest.json"


@frozen_in_order
class Part:
    """One file of a backup: its name, its size in bytes, and the SHA-256 of what is in it."""

    name: str
    bytes: int
    sha256: str


@frozen
class Manifest:
    """A backup without its content.

    `created_at` is UTC, ISO 8601. `server` is the version of what answered, `tool` and `tool_version` what wrote it.
    `schemas` are those that were looked at besides the default one, `schema`. `run_id` is the run that it was made
    for, "" where somebody asked for it. `tables` are counted and weighed; `bookmark` is the database's own word for
    itself as it was. `compressed` says that the parts are gzip files of what the tool wrote.
    """

    id: str
    project: str
    environment: str
    dialect: str
    schema: str
    schemas: tuple[str, ...]
    server: str
    tool: str
    tool_version: str
    created_at: str
    actor: str
    run_id: str = ""
    bookmark: str = ""
    compressed: bool = False
    seconds: float = 0.0
    parts: tuple[Part, ...] = ()
    tables: Mapping[str, Weight] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """The size of all parts."""
        return sum(part.bytes for part in self.parts)

    @property
    def rows(self) -> int:
        """How many rows are in it."""
        return sum(weight.rows for weight in self.tables.values())


@frozen_in_order
class Backup:
    """A backup that is there: its folder, and its manifest."""

    path: Path
    manifest: Manifest


def manifest_data(manifest: Manifest) -> dict[str, Any]:
    """Return what the file holds, and what JSON reports show."""
    said = asdict(manifest)
    tables = {name: asdict(weight) for name, weight in sorted(manifest.tables.items())}
    head = {"format": FORMAT, "format_version": FORMAT_VERSION}
    return {**head, **said, "bytes": manifest.bytes, "rows": manifest.rows, "tables": tables}


def manifest_text(manifest: Manifest) -> str:
    """Return the file."""
    return json.dumps(manifest_data(manifest), indent=1, ensure_ascii=False) + "\n"


def read_manifest(path: Path) -> Manifest:
    """Read the manifest in a folder. Raises BackupError, saying what is wrong with it."""
    try:
        said = json.loads((path / MANIFEST).read_text("utf-8"))
    except OSError as error:
        raise BackupError(f"the backup {path.name} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise _wrong(path, f"it is not JSON ({error})") from None
    version = said.get("format_version") if isinstance(said, dict) and said.get("format") == FORMAT else None
    if not isinstance(version, str) or version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        raise _wrong(path, f"its format is {version!r}, this version reads {FORMAT_VERSION}")
    try:
        return _read(said)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _wrong(path, f"what it holds cannot be read ({error!r})") from None


def _read(said: Mapping[str, Any]) -> Manifest:
    words = ("id", "project", "environment", "dialect", "schema", "server", "tool", "tool_version", "created_at",
             "actor", "run_id", "bookmark")  # fmt: skip
    parts = tuple(Part(str(one["name"]), int(one["bytes"]), str(one["sha256"])) for one in said["parts"])
    for part in parts:
        if Path(part.name).name != part.name or part.name.startswith("."):
            raise ValueError(part.name)
    tables = {
        str(name): Weight(rows=int(one["rows"]), fingerprint=str(one["fingerprint"]), exact=bool(one["exact"]))
        for name, one in said["tables"].items()
    }
    return Manifest(
        **{word: str(said[word]) for word in words}, schemas=tuple(map(str, said["schemas"])),
        compressed=bool(said["compressed"]), seconds=float(said["seconds"]), parts=parts, tables=tables,
    )  # fmt: skip


def _wrong(path: Path, why: str) -> BackupError:
    return BackupError(f"{path} is no backup: {why}", hint="`reconcile backup list` shows those that are there")
