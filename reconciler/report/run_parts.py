"""A past run and a look at the database in; the parts of a written report out, which each format puts down its way."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from reconciler.frozen import frozen
from reconciler.model.model import Model
from reconciler.model.objects import Column
from reconciler.model.programs import Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.plan.outcome import PastStep
from reconciler.report.drift import Drift
from reconciler.report.facts import RunReport
from reconciler.report.layout import counted, duration

# So many rows of one part are told.
MOST = 200
# One row: whether it is as it should be, and its cells.
Told = tuple[bool | None, tuple[str, ...]]
_SIGNS = {True: "✔", False: "✗", None: ""}


@frozen
class Part:
    """One part of a report: a title, sentences, and a table; `good` says of each row whether it is as it should be.

    `code` are the columns that hold addresses or commands, by their place.
    """

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    good: tuple[bool | None, ...] = ()
    lines: tuple[str, ...] = ()
    code: frozenset[int] = frozenset()
    left: int = 0

    @property
    def signs(self) -> tuple[str, ...]:
        """The sign of each row."""
        return tuple(_SIGNS[one] for one in self.good)


def _part(title: str, columns: tuple[str, ...], told: list[Told], code: set[int]) -> Part:
    shown = told[:MOST]
    return Part(
        title=title, columns=columns, rows=tuple(row for _, row in shown), good=tuple(good for good, _ in shown),
        code=frozenset(code), left=len(told) - len(shown),
    )  # fmt: skip


def parts(found: RunReport, bad: list[Drift]) -> Iterator[Part]:
    """Yield the parts that have something to tell; `bad` is what is not as it is declared."""
    made = (_done(found, bad), _work(found), _tables(found), _programs(found, bad), _verified(found, bad),
            _consents(found), _again(found))  # fmt: skip
    yield from (part for part in made if part.rows or part.lines)


def _done(found: RunReport, bad: list[Drift]) -> Part:
    wrong = {one.address: one.finding.value for one in bad}
    told: list[Told] = []
    for step in found.run.steps:
        rows, at = f"{step.rows:,}" if step.rows else "", step.finished_at.replace("T", " ")[:19]
        now = f"now: {wrong[step.address]}" if step.address in wrong else ""
        told.append((not now, (str(step.position), step.action, step.address, rows, at, now)))
    return _part("What was done", ("#", "step", "object", "rows", "committed (UTC)", ""), told, {2})


def _work(found: RunReport) -> Part:
    """Tell what backfills did, what verified it, and how the rows are distributed, as it was written down then."""
    return Part(title="Data work, as it was verified then", lines=tuple(_accounts(found.run.steps)))


def _accounts(steps: tuple[PastStep, ...]) -> Iterator[str]:
    for step in steps:
        if step.action == "backfill":
            yield from (line.removeprefix("-- ") for line in step.statements.splitlines())


def _tables(found: RunReport) -> Part:
    """Tell the declared tables with the rows that they have now."""
    model, condition = found.review.desired.model, found.review.condition
    columns: dict[Ref, int] = {}
    for obj in model.values():
        if isinstance(obj, Column):
            columns[obj.ref.top] = columns.get(obj.ref.top, 0) + 1
    states = condition.tables if condition is not None else {}
    told: list[Told] = []
    for ref, state in states.items():
        rows = "" if state.rows is None else f"{'~' if state.estimated else ''}{state.rows:,}"
        told.append((state.exists, (str(ref), str(columns.get(ref, "")), rows, _comment(model, ref))))
    return _part("Tables, as they are now", ("table", "columns", "rows", ""), told, {0})


def table_rows(found: RunReport) -> dict[str, int | None]:
    """Return the rows of each declared table that is there; None where they could not be counted."""
    condition = found.review.condition
    return {str(ref): one.rows for ref, one in (condition.tables if condition else {}).items() if one.exists}


def _comment(model: Model, ref: Ref) -> str:
    return str(getattr(model.get(ref), "comment", None) or "")


_PROGRAMS = (Kind.TRIGGER, Kind.FUNCTION, Kind.PROCEDURE, Kind.EVENT, Kind.VIEW)


def _programs(found: RunReport, bad: list[Drift]) -> Part:
    wrong = {one.address: one.message for one in bad}
    model = found.review.desired.model
    told: list[Told] = [
        (str(ref) not in wrong, (str(ref), wrong.get(str(ref), "as declared"), _when(model, ref)))
        for ref in sorted(model) if ref.kind in _PROGRAMS
    ]  # fmt: skip
    return _part("Views and programs, as they are now", ("object", "state", ""), told, {0})


def _when(model: Model, ref: Ref) -> str:
    obj = model[ref]
    if isinstance(obj, Trigger):
        return f"{obj.timing} {', '.join(map(str, obj.events))} on {ref.parent}"
    return _comment(model, ref)


def _verified(found: RunReport, bad: list[Drift]) -> Part:
    """Tell what was asked of the database for this report, and what it said."""
    size = counted(len(found.review.desired.model), "declared object")
    stands = f"all of {size} as declared" if not bad else f"{len(bad):,} of {size} otherwise"
    told: list[Told] = [(not bad, ("specs", stands, ""))]
    told += [(False, (one.address, one.message, "")) for one in bad]
    for each in found.review.asserted:
        rows = f"{counted(each.rows, 'row')} offend" if each.rows else "no row offends"
        told.append((each.status == "pass", (str(each.ref), each.message or rows, duration(each.seconds))))
    condition = found.review.condition
    told += [(False, (one.address, one.message, "")) for one in (condition.faults if condition else ())]
    return _part("Verified now", ("what", "found", "took"), told, {0})


def _consents(found: RunReport) -> Part:
    told: list[Told] = [(None, (one.code, one.address, one.by)) for one in found.run.consents]
    return _part("What it was allowed", ("hazard", "object", "by"), told, {0, 1})


def _again(found: RunReport) -> Part:
    """Tell the commands that look again, and those that lead back."""
    run, where = found.run, ["-e", found.review.environment]
    commands = {
        "everything is as declared and sound": ["reconcile", "check", *where],
        "nothing is to be done (exits with 0)": ["reconcile", "plan", *where, "--detailed-exitcode"],
        "every statement of this run": ["reconcile", "show", run.run_id, *where],
        "the way back to what this run left": ["reconcile", "rollback", *where, "--to", run.run_id, "--plan"],
    }
    if run.backup:
        commands["every row as it was before it"] = ["reconcile", "backup", "restore", run.backup, *where]
    told: list[Told] = [(None, (shlex.join(words), what)) for what, words in commands.items()]
    return _part("To look again", ("command", "tells"), told, {0})
