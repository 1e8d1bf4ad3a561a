"""A past run and a look at the database in; what was done, and how everything declared stands now, out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from reconciler.frozen import frozen_in_order
from reconciler.model.ref import Kind, Ref
from reconciler.plan.outcome import PastRun
from reconciler.report.assertions import assertion_data
from reconciler.report.drift import Drift, Finding, drift
from reconciler.report.facts import RunReport
from reconciler.report.history import result, run_in_full, seconds_of
from reconciler.report.layout import Cell, Look, Style, counted, cut_middle, duration, grid
from reconciler.report.markdown import code, marker, prose
from reconciler.report.problems import safe
from reconciler.report.run_parts import Part, parts, table_rows
from reconciler.report.scrub import scrubbed
from reconciler.report.words import label

# So many names of one kind are listed to a person.
_NAMED = 6
# Words that do not get their plural from an s.
_PLURALS: Mapping[str, str] = {"index": "indexes", "unique": "unique constraints"}


@frozen_in_order
class Counts:
    """What became of the statements of a run: `skipped` are those that were never reached."""

    done: int
    failed: int
    skipped: int


@frozen_in_order
class Standing:
    """The declared objects of one kind: their addresses, and what is wrong with some of them."""

    kind: str
    refs: tuple[Ref, ...]
    wrong: tuple[Drift, ...]


def counts(run: PastRun) -> Counts | None:
    """Return the counts of a run; None for one of an older version, which did not write down what there was to do."""
    if len(run.statements) != run.total:
        return None
    done = sum(run.statements[: run.done])
    failed = 1 if run.error and run.state in ("failed", "partial") and run.done < len(run.statements) else 0
    return Counts(done, failed, sum(run.statements) - done - failed)


def standings(found: RunReport) -> list[Standing]:
    """Return how the declared objects stand, those of each kind together, in the order of the kinds."""
    wrong: dict[str, list[Drift]] = {}
    for one in drift(found.review):
        if one.finding is not Finding.UNDECLARED:
            wrong.setdefault(Ref.parse(one.address).kind, []).append(one)
    declared: dict[str, list[Ref]] = {}
    for ref in sorted(found.review.desired.model):
        declared.setdefault(ref.kind, []).append(ref)
    kinds = [str(kind) for kind in Kind if kind in declared or kind in wrong]
    return [Standing(kind, tuple(declared.get(kind, ())), tuple(wrong.get(kind, ()))) for kind in kinds]


def report_text(found: RunReport, look: Look) -> str:
    """Return the report for a person."""
    run, standing, bad = found.run, standings(found), not_as_declared(found)
    head = f" REPORT  {safe(run.run_id)} on {safe(found.review.environment)}"
    room = max(look.width - 15, 30)
    facts = [f"   {word:<12}{cut_middle(safe(value), room)}" for word, value in facts_of(found).items()]
    lines = [look.paint(Style.STRONG, head), *facts, "", *_steps(run, bad, look), ""]
    lines += [" Declared, as the database is now:", *_stands(standing, look)]
    lines += [f"       {safe(one.address)} {safe(one.message)}" for one in bad]
    last = "everything declared is as declared" if not bad else f"{counted(len(bad), 'object')} not as declared"
    lines += ["", f" {look.paint(Style.DANGER if bad else Style.GOOD, last)}"]
    return "".join(f"{line}\n" for line in lines)


def facts_of(found: RunReport) -> Mapping[str, str]:
    """Return what is to be known of a run and its database, by the word for it; nothing of it is painted."""
    run, server, took = found.run, found.review.planned.server, seconds_of(found.run)
    version = f"{found.review.dialect} {server.version}".strip()
    whose = [version, server.database, f"as {server.user}" if server.user else ""]
    facts = {
        "result": result(run),
        "when": f"{run.started_at.replace('T', ' ')[:19]} UTC" + ("" if took is None else f", {duration(took)}"),
        "by": f"{run.actor} with {run.tool}",
        "commit": run.commit,
        "database": "  ".join(filter(None, whose)),
        "steps": f"{run.done} done" + ("" if run.total is None else f" of {run.total}"),
        "statements": _counted_words(run),
        "rows": f"{sum(step.rows for step in run.steps):,} changed",
        "backup": run.backup,
        "error": scrubbed(run.error).partition("\n")[0],
    }
    return {word: value for word, value in facts.items() if value}


def _counted_words(run: PastRun) -> str:
    known = counts(run)
    return f"{known.done:,} done, {known.failed:,} failed, {known.skipped:,} not reached" if known else ""


def _steps(run: PastRun, bad: Sequence[Drift], look: Look) -> list[str]:
    """Return what was done, and of each step whether its object is now as it was meant to be."""
    wrong = {one.address: one.finding.value for one in bad}
    rows = [
        [
            Cell("✗" if step.address in wrong else "✔", Style.DANGER if step.address in wrong else Style.GOOD),
            Cell(str(step.position), right=True),
            Cell(safe(step.action)),
            Cell(cut_middle(safe(step.address), max(look.width - 35, 20))),
            Cell(counted(step.rows, "row") if step.rows else "", right=True),
            Cell(f"now: {wrong[step.address]}" if step.address in wrong else ""),
        ]
        for step in (run.steps if look.detail else run.steps[:40])
    ]
    more = len(run.steps) - len(rows)
    lines = grid(rows, look.paint, indent="   ", gap="  ") if rows else ["   nothing was committed"]
    worked = (step for step in run.steps if step.action == "backfill")
    lines += [f"      {safe(line.removeprefix('-- '))}" for step in worked for line in step.statements.splitlines()]
    return [" Done by it:", *lines, *([f"   … {counted(more, 'more step')}, -v shows them"] if more > 0 else [])]


def _stands(standing: Sequence[Standing], look: Look) -> list[str]:
    rows = []
    for each in standing:
        good = not each.wrong
        names = [safe(ref.name) for ref in each.refs if ref.parent is None or each.kind == Kind.TRIGGER]
        listed = ", ".join(names[:_NAMED]) + (f" … {len(names) - _NAMED} more" if len(names) > _NAMED else "")
        state = "" if good else f"{len(each.wrong)} not as declared"
        rows.append([
            Cell("✔" if good else "✗", Style.GOOD if good else Style.DANGER), Cell(_how_many(each)),
            Cell(state, Style.DANGER), Cell(cut_middle(listed, max(look.width - 32, 20))),
        ])  # fmt: skip
    return grid(rows, look.paint, indent="   ", gap="  ")


def _how_many(each: Standing) -> str:
    word = label(each.kind)
    return counted(len(each.refs), word, _PLURALS.get(each.kind, "") or f"{word}s")


def report_markdown(found: RunReport, look: Look) -> str:
    """Return the report as Markdown, for a ticket or a wiki."""
    run, bad = found.run, not_as_declared(found)
    well = not bad and run.state == "done"
    lines = [
        marker("report", found.review.project, found.review.environment),
        f"### {'🟢' if well else '🔴'} {code(found.review.environment)}: {prose(result(run))}\n",
        *(f"* {word}: {prose(value)}" for word, value in facts_of(found).items()),
    ]
    for part in parts(found, bad):
        lines += ["", f"#### {prose(part.title)}\n", *(f"* {prose(line)}" for line in part.lines), *_table(part)]
    return "\n".join(lines) + "\n"


def _table(part: Part) -> list[str]:
    if not part.rows:
        return []
    rows = [
        [sign, *(code(cell) if at in part.code and cell else prose(cell) for at, cell in enumerate(row))]
        for sign, row in zip(part.signs, part.rows, strict=True)
    ]
    more = [f"\n… {counted(part.left, 'more')}"] if part.left else []
    head = ["", *part.columns]
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows), *more]


def report_html(found: RunReport) -> str:
    """Return the report as one page that needs nothing else."""
    from reconciler import __version__
    from reconciler.report.html.page import page

    run, bad = found.run, not_as_declared(found)
    return page(
        "run.html", run=run, error=scrubbed(run.error), words=result(run),
        well=not bad and run.state == "done", bad=len(bad), facts=facts_of(found), parts=list(parts(found, bad)),
        environment=found.review.environment, project=found.review.project, version=__version__,
        created_at=found.review.created_at,
    )  # fmt: skip


def not_as_declared(found: RunReport) -> list[Drift]:
    """Return what somebody declared and is otherwise now."""
    return [one for each in standings(found) for one in each.wrong]


def report_data(found: RunReport) -> dict[str, Any]:
    """Return the report as plain data."""
    known, server = counts(found.run), found.review.planned.server
    return {
        "run": run_in_full(found.run),
        "target": {
            "dialect": found.review.dialect, "server_version": server.version, "host": server.host,
            "database": server.database, "user": server.user, "label": found.review.label,
        },
        "environment": found.review.environment,
        "statements": asdict(known) if known else None,
        "rows": sum(step.rows for step in found.run.steps),
        "declared": [
            {
                "kind": each.kind, "count": len(each.refs), "addresses": list(map(str, each.refs)),
                "wrong": [{"address": one.address, "finding": one.finding.name.lower(), "message": one.message}
                          for one in each.wrong],
            }
            for each in standings(found)
        ],
        "as_declared": not any(each.wrong for each in standings(found)),
        "assertions": assertion_data(found.review),
        "tables": table_rows(found),
    }  # fmt: skip
