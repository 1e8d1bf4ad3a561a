"""What `watch` was asked in, a report out, when somebody wants an end or all that was due is done."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.cli.options import Where
from reconciler.cli.report import Report
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.cli.desk import Desk
    from reconciler.watch.loop import Wanted


def watch(where: Where, desk: Desk, *, due: bool) -> Report:
    """Run the schedules of a project: until somebody wants an end, or those that are due, once."""
    from reconciler.watch import loop

    wanted = _wanted(where, desk)
    if due:
        worst = loop.once(wanted, os.environ)
        return Report(exit_code=worst, data=lambda: {"schedules": [one.name for one in wanted.schedules]})
    loop.watch(wanted, os.environ)
    return Report()


def _wanted(where: Where, desk: Desk) -> Wanted:
    from reconciler.spec.project import find_project, named_environment, read_project
    from reconciler.watch.loop import Wanted

    file = find_project(where.directory)
    if where.url is not None or file is None:
        raise UsageError("watch needs a project file with schedules:", hint="see docs/watch.md")
    project = read_project(file)
    chosen = named_environment(project, where.environment, os.environ) if where.environment else None
    options = ["-C", str(where.directory.absolute())]
    options += [word for path in where.specs for word in ("--specs", str(path.absolute()))]
    options += [word for name, value in where.variables for word in ("--var", f"{name}={value}")]
    wanted = Wanted(
        project=project, options=tuple(options), environment=chosen.name if chosen else "",
        say=lambda line: desk.note(f"{datetime.now(UTC).isoformat(timespec='seconds')} {_one_line(line)}\n"),
    )  # fmt: skip
    if not wanted.schedules:
        said = f" for {chosen.name}" if chosen else ""
        raise UsageError(f"{file.name} has no schedules{said}", hint="add schedules: to it; see docs/watch.md")
    _all_known(wanted)
    return wanted


def _all_known(wanted: Wanted) -> None:
    for one in wanted.schedules:
        if not wanted.environment_of(one):
            raise UsageError(f"schedule {one.name} does not say for which environment", hint="add environment: …")


def _one_line(text: str) -> str:
    from reconciler.report.problems import safe

    return safe(text)
