"""What stood before and after an apply in, the three parts of a deployment as text and as plain data out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.frozen import frozen
from reconciler.report.layout import Look, Style, capped, counted, wrapped
from reconciler.report.problems import safe
from reconciler.report.wellness import HEALTHY, WARNING

_STYLES: Mapping[str, Style] = {HEALTHY: Style.GOOD, WARNING: Style.CARE}


@frozen
class Deployment:
    """A deployment as far as it came: what both checks found, and how the apply ended.

    `before` and `after` are as `check` tells them; `after` is None where nothing was to be looked at again. `applied`
    and `applied_text` are what the apply tells. `restore` is the command that brings back what there was, "" where no
    backup was made; `well` says whether the deployment is done.
    """

    before: Mapping[str, Any]
    applied: Mapping[str, Any] | None
    applied_text: Callable[[Look], str]
    after: Mapping[str, Any] | None
    restore: str
    well: bool


def deployed_text(done: Deployment, look: Look) -> str:
    """Return the three parts, and on what to do if it went wrong."""
    text = checked_text("Before", done.before, look) + "\n" + done.applied_text(look)
    if done.after is not None:
        text += "\n" + checked_text("After", done.after, look)
    if done.restore:
        words = "What was there before comes back with" if done.well else "To go back to what was there before"
        text += f" {words}:  {safe(done.restore)}\n"
    return text


def checked_text(when: str, told: Mapping[str, Any], look: Look) -> str:
    """Return what a check found: its status, and the first of its issues."""
    status, issues = str(told["status"]), list(told["issues"])
    number = f", {counted(len(issues), 'issue')}" if issues else ""
    lines = [f" {when}: {look.paint(_STYLES.get(status, Style.DANGER), status)}{number}"]
    for item in capped(["\n     ".join(wrapped(safe(f"- {issue}"), look, 3, 5)) for issue in issues], look):
        lines.append(f"   {item}")
    return "".join(f"{line}\n" for line in lines)


def deployed_data(done: Deployment) -> dict[str, Any]:
    """Return the same as plain data; `status` is how the database is now, as far as anybody has looked."""
    return {
        "status": (done.after or done.before)["status"], "before": done.before, "apply": done.applied,
        "after": done.after, "restore": done.restore or None,
    }  # fmt: skip
