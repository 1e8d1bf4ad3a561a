"""A past run and a look at the database in; what was done, and how everything declared stands now, out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from reconciler.model.ref import Kind, Ref
from reconciler.plan.outcome import PastRun
from reconciler.report.drift import Drift, Finding, drift
from reconciler.report.facts import RunReport
from reconciler.report.history import result, run_in_full, seconds_of
from reconciler.report.layout import Cell, Look, Style, counted, cut_middle, duration, grid
from reconciler.report.markdown import code, fenced, marker, prose
from reconciler.report.problems import safe
from reconciler.report.words import label

# So many names of one kind are listed to a person.
_NAMED = 6
# Words that do not get their plural from an s.
_PLURALS: Mapping[str, str] = {"index": "indexes", "unique": "unique constraints"}


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the statements of a run: `skipped` are those that were never reached."""

    done: int
    failed: int
    skipped: int


@dataclass(frozen=True, slots=True)
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
    run, standing = found.run, standings(found)
    bad = [one for each in standing for one in each.wrong]
    head = f" REPORT  {safe(run.run_id)} on {safe(found.review.environment)}"
    room = max(look.width - 15, 30)
    facts = [f"   {word:<12}{cut_middle(safe(value), room)}" for word, value in _facts(found).items()]
    lines = [look.paint(Style.STRONG, head), *facts, "", *_steps(run, bad, look), ""]
    lines += [" Declared, as the database is now:", *_stands(standing, look)]
    lines += [f"       {safe(one.address)} {safe(one.message)}" for one in bad]
    last = "everything declared is as declared" if not bad else f"{counted(len(bad), 'object')} not as declared"
    lines += ["", f" {look.paint(Style.DANGER if bad else Style.GOOD, last)}"]
    return "".join(f"{line}\n" for line in lines)


def _facts(found: RunReport) -> Mapping[str, str]:
    """Return what is to be known of a run and its database, by the word for it; nothing of it is painted."""
    run, server, took = found.run, found.review.planned.server, seconds_of(found.run)
    version = f"{found.review.dialect} {server.version}".strip()
    whose = [version, server.database, f"as {server.user}" if server.user else ""]
    facts = {
        "result": result(run),
        "when": f"{run.started_at.replace('T', ' ')[:19]} UTC" + ("" if took is None else f", {duration(took)}"),
        "by": f"{run.actor} with {run.tool}",
        "database": "  ".join(filter(None, whose)),
        "steps": f"{run.done} done" + ("" if run.total is None else f" of {run.total}"),
        "statements": _counted_words(run),
        "rows": f"{sum(step.rows for step in run.steps):,} changed",
        "error": run.error.partition("\n")[0],
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
    run, standing = found.run, standings(found)
    bad = [one for each in standing for one in each.wrong]
    plain = Look(width=120)
    lines = [
        marker("report", found.review.project, found.review.environment),
        f"### {'🔴' if bad or run.state != 'done' else '🟢'} {code(found.review.environment)}: {prose(result(run))}\n",
        *(f"* {word}: {prose(value)}" for word, value in _facts(found).items()),
        "",
        "| | declared | not as declared |\n|---|---|---|",
        *(
            f"| {'✗' if each.wrong else '✔'} | {prose(_how_many(each))} | "
            f"{', '.join(code(one.address) for one in each.wrong[:20])} |"
            for each in standing
        ),
        "",
    ]
    steps = "\n".join(line.strip() for line in _steps(run, bad, plain)[1:])
    return "\n".join(lines) + "\n" + fenced(steps) + "\n"


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
    }  # fmt: skip
