"""How backfills stand, and what became of those that were carried out, in; text for people and plain data out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from reconciler.model.backfills import Standing
from reconciler.plan.outcome import Shares, Verified, Worked
from reconciler.report.facts import BackfillLine, Backfills, BackfillsRun
from reconciler.report.filling import work_words
from reconciler.report.layout import Cell, Look, Style, counted, duration, grid, joined
from reconciler.report.problems import safe

_STYLES: Mapping[str, Style] = {
    "done": Style.GOOD, "failed": Style.DANGER, "verify_failed": Style.DANGER, "cancelled": Style.CARE,
    "paused": Style.CARE, "interrupted": Style.CARE,
}  # fmt: skip
_SIGNS = {"done": "✔", "failed": "✗", "verify_failed": "✗", "running": "▶", "paused": "‖", "cancelled": "■"}
_DUE = {"": "", "changed after it was done": "defined otherwise since it was done (BF109)"}


def backfills_text(found: Backfills, look: Look) -> str:
    """Return a line for each backfill, and more of one that stands alone."""
    head = joined([safe(found.environment), safe(found.label)], look)
    if not found.lines:
        return "".join(f"{line}\n" for line in (*head, " No backfill is declared or was begun."))
    titles = [
        Cell(""), Cell("backfill"), Cell("state"), Cell("read", right=True), Cell("written", right=True), Cell(""),
    ]  # fmt: skip
    rows = grid([titles, *map(_row, found.lines)], look.paint, indent=" ", gap="  ")
    more = list(_details(found.lines[0])) if len(found.lines) == 1 else []
    return "".join(f"{line}\n" for line in (*head, *rows, *more))


def _row(line: BackfillLine) -> list[Cell]:
    one = line.standing
    wanted = {"pause": ", to pause", "cancel": ", to end"}.get(one.wanted, "") if one.state == "running" else ""
    of = f" of ~{one.estimate:,}" if one.estimate and one.state != "done" else ""
    told = [_DUE.get(line.due, ""), "" if line.declared else "not declared any more"]
    told += [f"next {line.next_at[:16].replace('T', ' ')}" if line.next_at else "", one.reason]
    return [
        Cell(_SIGNS.get(one.state, "·"), _STYLES.get(one.state, Style.FAINT)),
        Cell(safe(one.name)),
        Cell(one.state + wanted, _STYLES.get(one.state, Style.FAINT)),
        Cell(f"{one.read:,}{of}", right=True),
        Cell(f"{one.written:,}", right=True),
        Cell(safe(", ".join(filter(None, told)))),
    ]


def _details(line: BackfillLine) -> Iterator[str]:
    one, backfill = line.standing, line.backfill
    if backfill is not None:
        yield f"   {safe(work_words(backfill))}, generation {one.generation}, {backfill.idempotency.strategy}"
    if one.started_at:
        yield f"   {counted(one.batches, 'transaction')}, now of {one.batch_size:,} rows; begun {_time(one.started_at)}"
    if one.rejected or one.poisoned:
        poisoned = f"{counted(one.poisoned, 'row')} that cannot be written"
        yield f"   {counted(one.rejected, 'reject')}, {poisoned}: see __rc_rejects"
    if one.waited:
        yield f"   waited {duration(one.waited)} for throttles"
    if one.cursor:
        yield f"   at key {safe(one.cursor)}{f' of {safe(one.upper)}' if one.upper else ''}"
    yield from (
        [f"   verified by {', '.join(v.name for v in backfill.verify)}"] if backfill and backfill.verify else []
    )


def _time(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S} UTC"


def backfills_data(found: Backfills) -> dict[str, Any]:
    """Return the same as plain data."""
    return {
        "environment": found.environment,
        "target": found.label,
        "backfills": [
            {
                **asdict(line.standing),
                "address": f"backfill.{line.standing.name}",
                "due": line.due,
                "declared": line.declared,
                "next_at": line.next_at or None,
                "progress": progress_of(line.standing),
            }
            for line in found.lines
        ],
    }


def progress_of(one: Standing) -> float | None:
    """Return the part that is done, from 0 to 1, and 1 only when it is; None when nobody knows how much there is."""
    if one.state == "done":
        return 1.0
    return min(round(one.read / one.estimate, 3), 0.999) if one.estimate else None


def run_text(found: BackfillsRun, look: Look) -> str:
    """Return what became of backfills that were carried out."""
    if not found.worked:
        return f" {safe(found.environment)}  no backfill is due\n"
    lines = worked_lines(found.worked, look)
    return "".join(f"{line}\n" for line in (*lines, f" run {found.run_id}"))


def worked_lines(worked: Sequence[Worked], look: Look) -> list[str]:
    """Return for each backfill what it did, what proves it, and how the rows that it wrote are distributed."""
    return [line for one in worked for line in _worked(one, look)]


def _worked(one: Worked, look: Look) -> Iterator[str]:
    standing = one.standing
    rejects = f", {counted(standing.rejected, 'reject')}" if standing.rejected else ""
    yield (
        f" {look.paint(_STYLES.get(standing.state, Style.FAINT), standing.state)}  backfill.{safe(standing.name)}: "
        f"{counted(standing.read, 'row')} read, {standing.written:,} written{rejects}, "
        f"{counted(standing.batches, 'transaction')}, {duration(one.seconds)}"
    )
    yield from (f"   {_verified(verified, look)}" for verified in one.verified)
    yield from (f"   {_shares(shares)}" for shares in one.distribution)


def _verified(one: Verified, look: Look) -> str:
    good = one.status == "pass"
    sign = look.paint(Style.GOOD if good else Style.DANGER, "✔" if good else "✗")
    return f"{sign} {safe(one.name)} ({one.kind}){'' if good else ': ' + safe(one.message)}"


def _shares(shares: Shares) -> str:
    listed = ", ".join(f"{safe(str(value))} {count:,}" for value, count in shares.counts)
    return f"{safe(shares.table)} by {safe(shares.column)}: {listed}"


def account(one: Worked) -> str:
    """Return what the ledger keeps of a backfill that was carried out, as comments."""
    return "\n".join(f"-- {line.strip()}" for line in _worked(one, Look(width=200)))


def worked_data(worked: Sequence[Worked]) -> list[dict[str, Any]]:
    """Return the same as plain data."""
    return [
        {
            "name": one.standing.name, "address": f"backfill.{one.standing.name}", "state": one.standing.state,
            "generation": one.standing.generation, "rows_read": one.standing.read,
            "rows_written": one.standing.written, "rejected": one.standing.rejected,
            "quarantined": one.standing.poisoned, "batches": one.standing.batches,
            "seconds": round(one.seconds, 3), "reason": one.standing.reason,
            "verified": [asdict(verified) for verified in one.verified],
            "distribution": [asdict(shares) for shares in one.distribution],
        }
        for one in worked
    ]  # fmt: skip


def run_data(found: BackfillsRun) -> dict[str, Any]:
    """Return what became of backfills that were carried out as plain data."""
    return {
        "environment": found.environment, "run_id": found.run_id if found.worked else None,
        "backfills": worked_data(found.worked),
    }  # fmt: skip
