"""A request in; a backup made, listed, tried, read back or thrown away; what is in it is weighed and told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler import dialects
from reconciler.backup import folder
from reconciler.backup.manifest import Backup, Manifest
from reconciler.dialects.base import Dialect, Session, Target
from reconciler.dialects.dumping import Told, Tool, Weight
from reconciler.errors import BackupError, UsageError
from reconciler.execute.apply import actor
from reconciler.execute.ledger import now
from reconciler.frozen import frozen
from reconciler.model.codec import encode_model
from reconciler.model.ref import Kind
from reconciler.report.backups import Listing, Pruned, Restored, Tried
from reconciler.spec import with_url, without_password
from reconciler.workflow.looking import told as in_words
from reconciler.workflow.opening import Request, open_request, open_without_target

if TYPE_CHECKING:
    from reconciler.workflow.opening import Opened

# Where backups are kept unless the environment says it, beside the project file.
PLACE = Path(".reconcile") / "backups"


@frozen
class Wish:
    """What is wanted of backups: in which folder, None for the environment's own; which one; compressed or not.

    `into` is the URL to read it back into, "" for the database that it was made of; what that holds is `spare`d: kept
    in a backup before it goes.
    """

    to: Path | None = None
    word: str = folder.LATEST
    into: str = ""
    compress: bool = False
    spare: bool = True


# Asks a person whether everything in a database may go; raises when the answer is no.
Confirm = Callable[[Backup, str, int], None]


def place_of(opened: Opened, to: Path | None) -> Path:
    """Return the folder of an environment's backups; a path in the project file is relative to that file."""
    return to if to is not None else opened.project.root / (opened.environment.backup.to or PLACE)


def create(request: Request, wish: Wish, told: Told) -> Backup:
    """Make a backup. Raises BackupError, TargetError, UsageError, SpecError; then there is none."""
    opened = open_request(request, access="read")
    opened = replace(opened, target=replace(opened.target, missing="error"))
    with in_words(None):
        return take(opened, place_of(opened, wish.to), told, tool=ready(opened), compress=wish.compress)


def ready(opened: Opened) -> Tool:
    """Return what makes a backup of this database. Raises BackupError when that is missing or does not fit."""
    with in_words(None):
        return opened.dialect.dump().writer(opened.target)


def take(opened: Opened, where: Path, told: Told, *, tool: Tool, run_id: str = "", compress: bool = False) -> Backup:
    """Make a backup in a folder: it is there as a whole, or not at all.

    Args:
        opened: of which database.
        where: the folder of backups.
        told: is told how far it is.
        tool: what `ready` found.
        run_id: the run that it is made for.
        compress: whether files that are not are to be compressed.

    Raises:
        BackupError: when it cannot be made or kept.
    """
    begun, name = time.monotonic(), folder.new_id()
    created_at, dialect = now(), opened.dialect
    with folder.making(where, name) as place:
        taken = dialect.dump().take(opened.target, tool, place, told)
        server, target, model = _looked(dialect, opened.target)
        (place / folder.MODEL).write_text(json.dumps(model, ensure_ascii=False), "utf-8")
        files = folder.compressed(place, taken.files) if compress else taken.files
        manifest = Manifest(
            id=name, project=opened.project.name, environment=opened.environment.name, dialect=dialect.name,
            schema=target.schema, schemas=target.schemas, server=server, tool=tool.name, tool_version=tool.version,
            created_at=created_at, actor=actor(), run_id=run_id, bookmark=taken.bookmark, compressed=compress,
            seconds=round(time.monotonic() - begun, 3), tables=taken.tables,
            parts=tuple(folder.part(place / file) for file in (*files, folder.MODEL)),
        )  # fmt: skip
        return folder.keep(place, manifest)


def _looked(dialect: Dialect, target: Target) -> tuple[str, Target, list[dict[str, Any]]]:
    """Return what answers, the target with every schema that is there, and the model."""
    session: Session = dialect.connect(replace(target, access="read"))
    try:
        others = tuple(name for name in dialect.other_schemas(session) if name != target.schema)
        seen = replace(target, schemas=tuple(sorted({*target.schemas, *others})), access="read")
        return dialect.server(session).version, seen, encode_model(dialect.inspect(session, seen).model)
    finally:
        session.close()


def listing(request: Request, wish: Wish) -> Listing:
    """Return the backups of an environment, newest first; no database is asked."""
    opened = open_without_target(request, _any_dialect(request))
    where = place_of(opened, wish.to)
    return Listing(environment=opened.environment.name, folder=where, backups=_of(opened, where))


def _any_dialect(request: Request) -> str:
    return dialects.NAMES[0] if request.url is None else ""


def _of(opened: Opened, where: Path) -> tuple[Backup, ...]:
    mine = (opened.project.name, opened.environment.name)
    return tuple(one for one in folder.backups(where) if (one.manifest.project, one.manifest.environment) == mine)


def prune(request: Request, wish: Wish, seconds: float | None, *, dry_run: bool) -> Pruned:
    """Delete the backups of an environment that are older than so many seconds, None for what it says itself.

    The newest stays.
    """
    found = listing(request, wish)
    opened = open_without_target(request, _any_dialect(request))
    gone = folder.outlived(found.backups, opened.environment.backup.keep if seconds is None else seconds)
    for one in () if dry_run else gone:
        folder.remove(one)
    kept = tuple(one for one in found.backups if one not in gone)
    return Pruned(environment=found.environment, folder=found.folder, removed=gone, kept=kept, dry_run=dry_run)


def verify(request: Request, wish: Wish, told: Told) -> Tried:
    """Read a backup back into a scratch database and look whether everything is there as it was.

    What is wrong with it is in the answer. Raises BackupError where there is none, or it cannot be tried.
    """
    begun = time.monotonic()
    opened, backup = _meant(request, wish)
    dump = opened.dialect.dump()
    damage = folder.damage(backup)
    differences = damage
    if not damage:
        with in_words(None), dump.scratch(opened.target) as target, folder.opened(backup) as place:
            told("reading it back")
            other = dialects.dialect(target.dialect)
            (dump.trial or dump.load)(target, other.dump().reader(target), place, told)
            told("comparing")
            differences = differing(other, backup, target, dump.left_out)
    return Tried(
        backup=backup, differences=differences, read_back=not damage, seconds=time.monotonic() - begun,
        left_out=tuple(sorted(map(str, dump.left_out))),
    )  # fmt: skip


def _meant(request: Request, wish: Wish, access: str = "read") -> tuple[Opened, Backup]:
    opened = open_request(request, access=access)
    where = place_of(opened, wish.to)
    backup = folder.find(where, wish.word, _of(opened, where))
    if backup.manifest.dialect != opened.dialect.name:
        message = f"{backup.manifest.id} is of the dialect {backup.manifest.dialect}, and this is {opened.dialect.name}"
        raise UsageError(message, hint="choose the environment that it was made of with -e")
    return opened, backup


def restore(request: Request, wish: Wish, confirm: Confirm, told: Told) -> Restored:
    """Read a backup back: into an empty database, or into its own with a person's yes, and prove it.

    What its own database holds is kept in a backup first, unless `wish` says otherwise, and taken out of it.

    Raises:
        BackupError: when it is damaged, the database is not empty, or something cannot be read back.
        UsageError: when the database is of another dialect.
    """
    begun = time.monotonic()
    opened, backup = _meant(request, wish, "write")
    if damage := folder.damage(backup):
        raise BackupError("; ".join(damage), hint="`reconcile backup list` shows the others")
    target = _other(opened, wish.into) if wish.into else opened.target
    dump = opened.dialect.dump()
    with in_words(None):
        tool, held, before = dump.reader(target), dump.holds(target), None
        if held and wish.into:
            hint = "name an empty database, or leave --into out to put it in the place of what its own holds"
            raise BackupError(f"{target.label} is not empty: it holds {held} objects", hint=hint)
        if held:
            confirm(backup, opened.environment.name, held)
            before = take(opened, place_of(opened, wish.to), told, tool=ready(opened)) if wish.spare else None
        differences = _read_back(opened.dialect, backup, target, tool, told)
    seconds = time.monotonic() - begun
    return Restored(backup=backup, label=target.label, before=before, differences=differences, seconds=seconds)


def _read_back(dialect: Dialect, backup: Backup, target: Target, tool: Tool, told: Told) -> tuple[str, ...]:
    """Put a backup in the place of all that is there, while no run is at work, and say what came out otherwise."""
    dump = dialect.dump()
    with dialect.lock(target, target.patience, told) as lock, folder.opened(backup) as place:
        ours = replace(target, fence=lock.fence)
        dump.clear(ours)
        told("reading it back")
        dump.load(ours, tool, place, told)
        told("comparing")
        return differing(dialect, backup, ours)


def _other(opened: Opened, url: str) -> Target:
    """Return another database of the same dialect. Raises UsageError for one of another dialect."""
    found = with_url(opened.environment, url)
    if found.dialect != opened.dialect.name:
        raise UsageError(f"--into names a database of the dialect {found.dialect}, and the backup is of"
                         f" {opened.dialect.name}", hint="name one of the same kind")  # fmt: skip
    return replace(opened.target, url=url, label=without_password(url))


def differing(
    dialect: Dialect, backup: Backup, target: Target, left_out: frozenset[Kind] = frozenset()
) -> tuple[str, ...]:
    """Return a sentence for each table and object of a database that is not as it was when a backup was made.

    Args:
        dialect: the dialect of both.
        backup: what was read back.
        target: where.
        left_out: kinds that were not.
    """
    said = backup.manifest
    found = [*_rows_differing(said.tables, dialect.dump().weigh(target))]
    seen = replace(target, schema=said.schema, schemas=said.schemas, access="read", fence="")
    session = dialect.connect(seen)
    try:
        model = encode_model(dialect.inspect(session, seen).model)
    finally:
        session.close()
    return (*found, *_objects_differing(_model_of(backup), model, left_out))


def _rows_differing(was: Mapping[str, Weight], now: Mapping[str, Weight]) -> Iterable[str]:
    for name in sorted(was.keys() | now.keys()):
        if name not in now:
            yield f"the table {name} is missing"
        elif name not in was:
            yield f"the table {name} was not there"
        elif was[name].exact and was[name].rows != now[name].rows:
            yield f"{name} has {now[name].rows:,} rows, and had {was[name].rows:,}"
        elif was[name].exact and was[name].fingerprint != now[name].fingerprint:
            yield f"{name} has other values than it had"


def _model_of(backup: Backup) -> list[dict[str, Any]]:
    """Return the model as it was. Raises BackupError when it cannot be read."""
    try:
        found = json.loads((backup.path / folder.MODEL).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BackupError(f"{backup.manifest.id} cannot be read: {error}") from None
    return found if isinstance(found, list) else []


def _objects_differing(
    was: list[dict[str, Any]], now: list[dict[str, Any]], left_out: frozenset[Kind]
) -> Iterable[str]:
    words = {str(kind) for kind in left_out}
    old, new = ({one["ref"]: one for one in side if one["kind"] not in words} for side in (was, now))
    for address in sorted(old.keys() | new.keys()):
        if address not in new:
            yield f"{address} is missing"
        elif address not in old:
            yield f"{address} was not there"
        elif old[address] != new[address]:
            yield f"{address} is not as it was"
