"""Past runs in, a table or one run in full for a person, or plain data for a machine, out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from reconciler.plan.outcome import PastRun
from reconciler.report.facts import History
from reconciler.report.layout import Cell, Look, Style, counted, cut, duration, grid, source_text
from reconciler.report.problems import safe, width
from reconciler.report.scrub import scrubbed

# The ledger's word for how a run ended → ours, and its style.
_STATES: Mapping[str, tuple[str, Style]] = {
    "done": ("done", Style.GOOD),
    "failed": ("failed, nothing was changed", Style.DANGER),
    "partial": ("partly applied", Style.DANGER),
    "interrupted": ("interrupted", Style.CARE),
    "running": ("running, or died without a word", Style.CARE),
}


def result(run: PastRun) -> str:
    """Return in words how a run ended; what is committed is told, whatever happened after."""
    words = _STATES.get(run.state, (run.state, Style.CARE))[0]
    if run.state == "interrupted":
        return f"{words}, {counted(run.done, 'step')} committed" if run.done else f"{words}, nothing was changed"
    return words


def steps_words(run: PastRun) -> str:
    """Return how many steps are committed, and of how many where that is known."""
    return f"{run.done}/{run.total}" if run.total is not None else str(run.done)


def seconds_of(run: PastRun) -> float | None:
    """Return how long a run took; None while it runs, or when its times cannot be read."""
    times = [_moment(text) for text in (run.started_at, run.finished_at)]
    return (times[1] - times[0]).total_seconds() if times[0] and times[1] else None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _when(text: str) -> str:
    found = _moment(text)
    return found.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if found else safe(text)


def history_text(found: History, look: Look) -> str:
    """Return the runs as a table, newest first."""
    if not found.runs:
        why = "nothing was ever applied here" if found.known else "there is no ledger: nothing was ever applied here"
        return f" {safe(found.environment)}  no runs: {why}\n"
    head = [Cell(word) for word in ("run", "when (UTC)", "result", "steps", "took", "by", "project")]
    rows = [_row(run, look) for run in found.runs]
    lines = _narrowed([head, *rows], look)
    return "".join(f"{line}\n" for line in (*lines, "", " Next:  reconcile show RUN   (or: show latest)"))


def _row(run: PastRun, look: Look) -> list[Cell]:
    took = seconds_of(run)
    style = _STATES.get(run.state, ("", Style.CARE))[1]
    place = f"{run.project}/{run.environment}" if run.environment else run.project
    return [
        Cell(safe(run.run_id)), Cell(_when(run.started_at)), Cell(safe(result(run)), style),
        Cell(steps_words(run), right=True), Cell(duration(took) if took is not None else "-", right=True),
        Cell(safe(run.actor)), Cell(safe(place)),
    ]  # fmt: skip


# The columns that are cut, in this order, and how short each may get.
_CUT: tuple[tuple[int, int], ...] = ((6, 8), (5, 8), (2, 12))


def _narrowed(rows: list[list[Cell]], look: Look) -> list[str]:
    """Return the rows as lines that fit; whoever made a run and where give way first, and go when that is not enough.

    Runs that cannot be told apart are no history, so ids and times stay whole.
    """
    over = sum(max(width(row[at].text) for row in rows) for at in range(len(rows[0]))) + 2 * len(rows[0]) - look.width
    for at, least in _CUT:
        wide = max(width(row[at].text) for row in rows)
        room = max(wide - max(over, 0), least)
        over -= max(wide - room, 0)
        rows = [[*row[:at], Cell(cut(row[at].text, room), row[at].style), *row[at + 1 :]] for row in rows]
    while over > 0 and len(rows[0]) > 4:
        over -= max(width(row[-1].text) for row in rows) + 2
        rows = [row[:-1] for row in rows]
    return grid(rows, look.paint, indent=" ", gap="  ")


def run_facts(run: PastRun) -> list[tuple[str, str]]:
    """Return what is to be known of a run, each fact with its word; nothing of it is painted or made safe."""
    took = seconds_of(run)
    facts = [
        ("result", result(run)),
        ("when", f"{_when(run.started_at)} UTC{f', {duration(took)}' if took is not None else ''}"),
        ("by", f"{run.actor} with {run.tool}"),
        ("project", run.project),
        ("environment", run.environment),
        ("command", run.command),
        ("commit", run.commit),
        ("takes back", ", ".join(run.takes_back)),
        ("plan", run.plan_id),
        ("steps", steps_words(run)),
        ("bookmark", run.bookmark),
        ("backup", run.backup),
        *(("allowed", f"{c.code} at {c.address}, by {c.by}") for c in run.consents),
    ]
    return [(word, value) for word, value in facts if value]


def run_text(run: PastRun, look: Look) -> str:
    """Return one run in full: how it ended, what it was allowed, every step with its SQL."""
    style = _STATES.get(run.state, ("", Style.CARE))[1]
    lines = [f" RUN   {safe(run.run_id)}"]
    for word, value in run_facts(run):
        lines.append(f"   {word:<12}{look.paint(style, safe(value)) if word == 'result' else safe(value)}")
    lines += _indented("   error       ", scrubbed(run.error))
    for step in run.steps:
        rows = f"   {counted(step.rows, 'row')}" if step.rows else ""
        lines += ["", f" {step.position}  {safe(step.action)} {safe(step.address)}{rows}"]
        lines += [f"      {line}".rstrip() for line in source_text(ended(step.statements))]
    return "".join(f"{line}\n" for line in lines)


def _indented(first: str, text: str) -> list[str]:
    lines = source_text(text) if text else []
    return [f"{first if number == 0 else ' ' * len(first)}{line}".rstrip() for number, line in enumerate(lines)]


def run_data(run: PastRun) -> dict[str, Any]:
    """Return a run as plain data, with its steps where they are known."""
    took = seconds_of(run)
    return {
        "run_id": run.run_id, "started_at": run.started_at, "finished_at": run.finished_at or None,
        "seconds": round(took, 3) if took is not None else None, "actor": run.actor, "tool": run.tool,
        "project": run.project, "environment": run.environment or None, "command": run.command or None,
        "plan_id": run.plan_id, "state": run.state, "result": result(run),
        "steps": {"done": run.done, "total": run.total}, "error": scrubbed(run.error) or None,
        "consents": [asdict(one) for one in run.consents],
        "commit": run.commit or None,
        **({"takes_back": list(run.takes_back)} if run.takes_back else {}),
        **({"bookmark": run.bookmark} if run.bookmark else {}),
        **({"backup": run.backup} if run.backup else {}),
    }  # fmt: skip


def run_in_full(run: PastRun) -> dict[str, Any]:
    """Return one run as plain data with every step that is committed."""
    return {**run_data(run), "done": [asdict(step) for step in run.steps]}


def history_data(found: History) -> dict[str, Any]:
    """Return the runs as plain data."""
    return {"environment": found.environment, "ledger": found.known, "runs": [run_data(run) for run in found.runs]}


def ended(statements: str) -> str:
    """Return statements with the end of the last one; a comment has none."""
    return statements if statements.startswith("--") else f"{statements};"
