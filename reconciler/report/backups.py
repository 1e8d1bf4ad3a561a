"""Backups made, found, tried, read back or deleted in; lines for a person, or plain data for a machine, out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reconciler.backup.manifest import Backup, manifest_data
from reconciler.dialects.dumping import size_words
from reconciler.frozen import frozen
from reconciler.report.layout import Cell, Look, Style, capped, counted, duration, grid, wrapped
from reconciler.report.problems import safe

# What is shown of a time: to the second.
_SECONDS = len("2026-01-31T12:00:00")


@frozen
class Listing:
    """The backups of an environment, newest first."""

    environment: str
    folder: Path
    backups: tuple[Backup, ...]


@frozen
class Pruned:
    """Which backups were too old, and which stay; nothing is deleted in a dry run."""

    environment: str
    folder: Path
    removed: tuple[Backup, ...]
    kept: tuple[Backup, ...]
    dry_run: bool


@frozen
class Tried:
    """What reading a backup back into a scratch database came to; `left_out` are kinds that were not."""

    backup: Backup
    differences: tuple[str, ...]
    read_back: bool
    seconds: float
    left_out: tuple[str, ...] = ()


@frozen
class Restored:
    """What reading a backup back into a database came to; `before` is a backup of what it held until then."""

    backup: Backup
    label: str
    before: Backup | None
    differences: tuple[str, ...]
    seconds: float


def _when(backup: Backup) -> str:
    return backup.manifest.created_at[:_SECONDS].replace("T", " ")


def _content(backup: Backup) -> str:
    said = backup.manifest
    tables, rows = counted(len(said.tables), "table"), counted(said.rows, "row")
    return f"{tables}, {rows}, {size_words(said.bytes)}"


def made_text(backup: Backup, look: Look) -> str:
    """Return that there is a backup, and how it is tried."""
    said, good = backup.manifest, look.paint(Style.GOOD, "✔")
    moving = [name for name, weight in said.tables.items() if not weight.exact]
    note = wrapped(
        f"rows were written meanwhile to {', '.join(map(safe, moving))}: their values cannot be held against it later",
        look, 3, 3,
    )  # fmt: skip
    return "".join(f"{line}\n" for line in (
        f" {good} backup {said.id} of {safe(said.environment)}: {_content(backup)}, {duration(said.seconds)}",
        f"   {safe(str(backup.path))}",
        *([f"   {line}" for line in note] if moving else []),
        f" Next:  reconcile backup verify {said.id}",
    ))  # fmt: skip


def made_data(backup: Backup) -> dict[str, Any]:
    """Return the same as plain data."""
    return {"backup": {**manifest_data(backup.manifest), "path": str(backup.path)}}


def listing_text(found: Listing, look: Look) -> str:
    """Return the backups as a table, newest first."""
    if not found.backups:
        return f" {safe(found.environment)}  no backups in {safe(str(found.folder))}\n"
    lines = [f" {safe(found.environment)}   {safe(str(found.folder))}", *_table(found.backups, look)]
    return "".join(f"{line}\n" for line in (*lines, "", " Next:  reconcile backup verify ID   (or: latest)"))


def _table(backups: tuple[Backup, ...], look: Look) -> list[str]:
    words = ("backup", "when (UTC)", "size", "tables", "rows", "for")
    head = [Cell(word, right=word in ("size", "tables", "rows")) for word in words]
    rows = [
        [
            Cell(safe(one.manifest.id)), Cell(_when(one)), Cell(size_words(one.manifest.bytes), right=True),
            Cell(f"{len(one.manifest.tables):,}", right=True), Cell(f"{one.manifest.rows:,}", right=True),
            Cell(safe(one.manifest.run_id or one.manifest.actor)),
        ]
        for one in backups
    ]  # fmt: skip
    narrow = look.width < 90
    return grid([row[:-1] if narrow else row for row in [head, *rows]], look.paint, gap="  ")


def listing_data(found: Listing) -> dict[str, Any]:
    """Return the same as plain data."""
    return {
        "environment": found.environment, "folder": str(found.folder),
        "backups": [made_data(one)["backup"] for one in found.backups],
    }  # fmt: skip


def tried_text(found: Tried, look: Look) -> str:
    """Return whether a backup holds what it should."""
    head = f"{found.backup.manifest.id}: {_content(found.backup)}"
    if not found.differences:
        told = f" {look.paint(Style.GOOD, '✔')} {head}; read back and compared in {duration(found.seconds)}\n"
        kinds = ", ".join(f"{kind}s" for kind in found.left_out)
        return told + (f"   {kinds} were left out of the trial: they would have begun to run\n" if kinds else "")
    bad = look.paint(Style.DANGER, "✖")
    lines = [f" {bad} {head}", *(f"   {safe(line)}" for line in capped(found.differences, look))]
    return "".join(f"{line}\n" for line in lines)


def tried_data(found: Tried) -> dict[str, Any]:
    """Return the same as plain data."""
    return {
        **made_data(found.backup), "status": "failed" if found.differences else "passed",
        "read_back": found.read_back, "differences": list(found.differences), "left_out": list(found.left_out),
        "duration_s": round(found.seconds, 3),
    }  # fmt: skip


def restored_text(found: Restored, look: Look) -> str:
    """Return that a database holds again what a backup holds, and where is what it held before."""
    said = found.backup.manifest
    sign = look.paint(Style.DANGER, "✖") if found.differences else look.paint(Style.GOOD, "✔")
    proven = "" if found.differences else ", proven row by row"
    lines = [
        f" {sign} {said.id} is read back into {safe(found.label)}: {_content(found.backup)}{proven},"
        f" {duration(found.seconds)}",
        *(f"   {safe(line)}" for line in capped(found.differences, look)),
    ]
    if found.before:
        lines.append(f"   what it held before is in {found.before.manifest.id}")
    return "".join(f"{line}\n" for line in (*lines, " Next:  reconcile plan"))


def restored_data(found: Restored) -> dict[str, Any]:
    """Return the same as plain data."""
    return {
        **made_data(found.backup), "target": found.label, "differences": list(found.differences),
        "status": "failed" if found.differences else "restored",
        "before": found.before.manifest.id if found.before else None, "duration_s": round(found.seconds, 3),
    }  # fmt: skip


def pruned_text(found: Pruned, look: Look) -> str:
    """Return what was deleted, and what stays."""
    word = "would be deleted" if found.dry_run else "deleted"
    lines = [f" {safe(found.environment)}   {safe(str(found.folder))}"]
    lines += _table(found.removed, look) if found.removed else []
    lines.append(f" {counted(len(found.removed), 'backup')} {word}, {len(found.kept)} kept")
    return "".join(f"{line}\n" for line in lines)


def pruned_data(found: Pruned) -> dict[str, Any]:
    """Return the same as plain data."""
    return {
        "environment": found.environment, "folder": str(found.folder), "dry_run": found.dry_run,
        "removed": [one.manifest.id for one in found.removed], "kept": [one.manifest.id for one in found.kept],
    }  # fmt: skip
