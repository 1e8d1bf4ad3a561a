"""What `deploy` was asked in, a report out: a check, an apply with a backup and a rehearsal, and a check again."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.cli import checking, commands
from reconciler.cli.commands import Order, apply_command
from reconciler.cli.report import Report, failed
from reconciler.errors import ReconcileError, TargetError

if TYPE_CHECKING:
    from reconciler.cli.desk import Desk


def deploy(order: Order, desk: Desk) -> Report:
    """Bring the specs to a database by the whole checklist; where that fails, tell the command that restores.

    It ends as `apply` does; and with 2 when all was applied and the check after it fails.
    """
    before = checking.check(order.where, desk)
    if isinstance(before.error, TargetError):
        return before
    applied = _applied(order, desk, before)
    return _ended(order, before, applied, None if applied.error else checking.check(order.where, desk))


def _applied(order: Order, desk: Desk, before: Report) -> Report:
    from reconciler.report.deploying import checked_text

    desk.note(checked_text("Before", _told(before), desk.look) + "\n")
    try:
        return commands.apply(order, desk)
    except ReconcileError as error:
        return failed(error)


def _ended(order: Order, before: Report, applied: Report, after: Report | None) -> Report:
    from reconciler.report.deploying import Deployment, deployed_data, deployed_text

    last = after or applied
    data = applied.data()
    first, second = _told(before), _told(after) if after else None
    backup = _backup(data, applied.error)
    done = Deployment(
        before=first, applied=data, applied_text=applied.text, after=second, well=last.exit_code == 0,
        restore=_restore(order, str(first.get("environment", "")), backup) if backup else "",
    )  # fmt: skip
    report = Report(
        exit_code=last.exit_code, text=lambda look: deployed_text(done, look), data=lambda: deployed_data(done),
        problems=applied.problems, events=applied.events,
    )  # fmt: skip
    if last.error is None:
        return report
    if backup:
        _tell(last.error, backup, done.restore)
    return failed(last.error, report)


def _told(report: Report) -> dict[str, Any]:
    return dict(report.data() or {})


def _backup(data: object, error: ReconcileError | None) -> str:
    """Return the name of the backup that was made, "" where none was."""
    ran = data.get("applied") if isinstance(data, dict) else None
    made = str(ran.get("backup", "")) if isinstance(ran, dict) else ""
    return made or (error.backup if error is not None else "")


def _restore(order: Order, environment: str, backup: str) -> str:
    command = apply_command(Order(where=order.where), environment)
    return command.replace("reconcile apply", f"reconcile backup restore {shlex.quote(backup)}", 1)


def _tell(error: ReconcileError, backup: str, restore: str) -> None:
    """Let an error name the command with the options that it takes here."""
    brief = f"`reconcile backup restore {backup}`"
    if brief in error.hint:
        error.hint = error.hint.replace(brief, f"`{restore}`")
    else:
        words = f"`{restore}` brings back what was there before"
        error.hint = f"{error.hint}; {words}" if error.hint else words
    error.place([replace(one, hint=error.hint) for one in error.problems()[:1]] + [*error.problems()[1:]])
