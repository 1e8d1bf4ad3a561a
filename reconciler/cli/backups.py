"""What `backup` was asked in, a report out; each calls one function of the workflow."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.commands import request
from reconciler.cli.options import Where
from reconciler.cli.report import Report, failed
from reconciler.errors import ApprovalNeeded, BackupError, Declined, UsageError
from reconciler.frozen import frozen

if TYPE_CHECKING:
    from reconciler.backup.manifest import Backup
    from reconciler.cli.desk import Desk
    from reconciler.workflow.backing_up import Confirm, Wish


@frozen
class Asked:
    """What `backup` is asked to do, as it was said; `keep` is in seconds, None where nobody said it."""

    where: Where
    word: str | None = None
    to: Path | None = None
    into: str | None = None
    keep: float | None = None
    compress: bool = False
    spare: bool = True
    dry_run: bool = False
    auto_approve: bool = False


def backup(action: str, asked: Asked, desk: Desk) -> Report:
    """Make a backup, or do something with those that are there."""
    _fitting(action, asked)
    return _ACTIONS[action](asked, desk)


# Option → the actions for which it means something.
_FITS = {
    "into": ("restore",), "keep": ("prune",), "compress": ("create",), "dry_run": ("prune",),
    "auto_approve": ("restore",), "word": ("verify", "restore"),
}  # fmt: skip
_SHOWN = {"word": "the name of a backup", "dry_run": "--dry-run", "auto_approve": "--auto-approve"}


def _fitting(action: str, asked: Asked) -> None:
    """Raise UsageError for an option that means nothing here."""
    for name, actions in _FITS.items():
        if getattr(asked, name) not in (None, False) and action not in actions:
            raise UsageError(f"{_SHOWN.get(name, f'--{name}')} is for `backup {' and '.join(actions)}`")
    if not asked.spare and action != "restore":
        raise UsageError("--no-backup is for `backup restore`")
    if action == "restore" and asked.word is None:
        raise UsageError("backup restore takes the name of a backup", hint="`reconcile backup list` shows them")


def _wish(asked: Asked) -> Wish:
    from reconciler.backup.folder import LATEST
    from reconciler.workflow.backing_up import Wish

    return Wish(to=asked.to, word=asked.word or LATEST, into=asked.into or "", compress=asked.compress,
                spare=asked.spare)  # fmt: skip


def _create(asked: Asked, desk: Desk) -> Report:
    from reconciler.cli.working import working
    from reconciler.report.backups import made_data, made_text
    from reconciler.workflow.backing_up import create

    with working(desk, "making a backup") as told:
        made = create(request(asked.where), _wish(asked), told)
    return Report(text=lambda look: made_text(made, look), data=lambda: made_data(made))


def _list(asked: Asked, desk: Desk) -> Report:
    from reconciler.report.backups import listing_data, listing_text
    from reconciler.workflow.backing_up import listing

    found = listing(request(asked.where), _wish(asked))
    return Report(text=lambda look: listing_text(found, look), data=lambda: listing_data(found))


def _verify(asked: Asked, desk: Desk) -> Report:
    from reconciler.cli.working import working
    from reconciler.report.backups import tried_data, tried_text
    from reconciler.workflow.backing_up import verify

    with working(desk, "trying a backup") as told:
        found = verify(request(asked.where), _wish(asked), told)
    report = Report(text=lambda look: tried_text(found, look), data=lambda: tried_data(found))
    if not found.differences:
        return report
    hint = "make another one; `reconcile backup list` shows those that are there"
    return failed(BackupError(f"{found.backup.manifest.id} does not hold what it should", hint=hint), report)


def _restore(asked: Asked, desk: Desk) -> Report:
    from reconciler.cli.working import working
    from reconciler.report.backups import restored_data, restored_text
    from reconciler.workflow.backing_up import restore

    with working(desk, "restoring a backup") as told:
        found = restore(request(asked.where), _wish(asked), _confirming(asked, desk), told)
    report = Report(text=lambda look: restored_text(found, look), data=lambda: restored_data(found))
    if not found.differences:
        return report
    where = f"; what was there is in {found.before.manifest.id}" if found.before else ""
    message = f"{found.backup.manifest.id} was read back, and something is not as it was{where}"
    return failed(BackupError(message, hint="the list shows what; restore once more"), report)


def _confirming(asked: Asked, desk: Desk) -> Confirm:
    """Return what asks whether everything in a database may go."""

    def confirm(backup: Backup, environment: str, held: int) -> None:
        if asked.auto_approve:
            return
        words = (
            f"{environment} holds {held} objects; all of it goes, and what {backup.manifest.id} holds takes its place"
        )
        if not desk.asks:
            raise ApprovalNeeded(f"{words}: that needs a yes, and there is nobody to ask; nothing was changed",
                                 hint="say --auto-approve, or name an empty database with --into")  # fmt: skip
        desk.say(f' {words}.\n Type "{environment}" to go on: ')
        if sys.stdin.readline().strip() != environment:
            raise Declined("the answer was no: nothing was changed")

    return confirm


def _prune(asked: Asked, desk: Desk) -> Report:
    from reconciler.report.backups import pruned_data, pruned_text
    from reconciler.workflow.backing_up import prune

    found = prune(request(asked.where), _wish(asked), asked.keep, dry_run=asked.dry_run)
    return Report(text=lambda look: pruned_text(found, look), data=lambda: pruned_data(found))


_ACTIONS = {"create": _create, "list": _list, "verify": _verify, "restore": _restore, "prune": _prune}
ACTIONS = tuple(_ACTIONS)
