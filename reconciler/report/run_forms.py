"""A past run in; it as Markdown, as a page, or as the SQL that it ran, out: what the ledger tells and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler import __version__
from reconciler.plan.outcome import PastRun
from reconciler.report.history import ended, result, run_facts
from reconciler.report.layout import source_text
from reconciler.report.markdown import LARGEST, code, fenced, prose
from reconciler.report.run_parts import Part
from reconciler.report.scrub import scrubbed


def run_markdown(run: PastRun) -> str:
    """Return a run with its steps as Markdown; the last ones are left out where a forge would not take all."""
    facts = [f"* {word}: {prose(value)}" for word, value in run_facts(run)]
    text = "\n".join([f"### {'🟢' if run.state == 'done' else '🔴'} {code(run.run_id)}\n", *facts, ""])
    for at, step in enumerate(run.steps):
        told = (
            f"\n{step.position}. {prose(step.action)} {code(step.address)}\n\n{fenced(ended(step.statements), 'sql')}"
        )
        if len(text) + len(told) > LARGEST - 200:
            return f"{text}\n… {len(run.steps) - at:,} more steps: {code(f'reconcile show {run.run_id}')}\n"
        text += told
    return text


def run_html(run: PastRun) -> str:
    """Return a run with its steps as one page that needs nothing else."""
    from reconciler.report.html.page import page

    facts: dict[str, str] = {}
    for word, value in run_facts(run):
        facts[word] = f"{facts[word]}; {value}" if word in facts else value
    parts = [
        Part(title=f"{step.position} {step.action} {step.address}", lines=tuple(source_text(ended(step.statements))))
        for step in run.steps
    ]
    return page(
        "run.html", run=run, error=scrubbed(run.error), words=result(run), well=run.state == "done", bad=None,
        facts=facts, parts=parts, environment=run.environment or run.project, project=run.project,
        created_at=run.started_at, version=__version__,
    )  # fmt: skip


def run_sql(run: PastRun) -> str:
    """Return the statements that a run committed, in order. They were for the database as it was then."""
    return "".join(f"{line}\n" for line in _sql(run))


def _sql(run: PastRun) -> Iterator[str]:
    yield f"-- run {run.run_id}: {result(run)}. These statements were run; they are not guarded against a second time."
    for step in run.steps:
        yield f"\n-- {step.position}: {step.action} {' '.join(source_text(step.address))}"
        yield from source_text(ended(step.statements))
