"""A review in, a script for somebody who applies the plan by hand out: what it costs as comments, then the SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler import dialects
from reconciler.dialects.script import Order, Script, commented
from reconciler.plan.hazards import Hazard
from reconciler.plan.step import Stage
from reconciler.report.blocks import SIGNS
from reconciler.report.entries import Entries, effect_word, entries
from reconciler.report.facts import Review
from reconciler.report.layout import counted
from reconciler.report.text import spec_words


def plan_sql(review: Review) -> str:
    """Return the script. Raises PlanError when there is a change that no script can guard."""
    dialect = dialects.dialect(review.dialect)
    planned = review.planned
    script = dialect.script(
        Order(
            plan=planned.plan.only(Stage.EXPAND), states=planned.states, schema=review.schema or dialect.default_schema,
            server=planned.server.version, refusal=_refusal(review),
        )
    )  # fmt: skip
    return "".join(f"{line}\n" for line in _comments(review, script)) + f"\n{script.body}"


def _refusal(review: Review) -> str:
    """Return why the plan is refused, "" when it is not."""
    refused = review.planned.verdict.refused
    codes = ", ".join(sorted({f"{hazard.code} at {hazard.ref}" for hazard in refused}))
    return f"plan {review.planned.plan.id} is refused: {codes}" if refused else ""


def _comments(review: Review, script: Script) -> Iterator[str]:
    return (f"-- {commented(line)}".rstrip() for line in _head(review, script))


def _head(review: Review, script: Script) -> Iterator[str]:
    plan, found = review.planned.plan, entries(review)
    version = spec_words(review.spec)
    yield f"reconcile plan {plan.id} for {review.dialect}: {counted(len(plan.steps), 'step')}, " + counted(
        len(plan.statements), "statement"
    )
    yield f"project {review.project}, environment {review.environment}, {review.label}"
    yield f"made {review.created_at}{f' from {version}' if version else ''}"
    if not plan.steps:
        yield "There is nothing to do."
        return
    yield ""
    if found.refused:
        yield "THIS PLAN IS REFUSED, so the script stops at its beginning. The hazards below say why; those that can be"
        words = " ".join(f"--allow {word}" for word in review.planned.verdict.allow)
        yield f"allowed are so by: reconcile plan -o sql {words}" if words else "allowed: none of them."
        yield ""
    yield f"Run it with: {script.run}"
    yield "It may be run again: what is done already is left alone, what is neither as planned from nor as planned to"
    yield "stops it. Its end says in words whether the database matches. `reconcile apply` adopts the result."
    yield from _listed("It changes:", (f"{SIGNS[e.verb]} {e.ref}" for e in found.main))
    yield from _listed("It costs:", _hazards(found, review.planned.hazards))
    yield from _listed("Its guards do not see everything:", script.remarks)
    yield from _listed("To be known:", (*_notes(review),))


def _hazards(found: Entries, hazards: Iterable[Hazard]) -> Iterator[str]:
    for hazard in hazards:
        yield f"{hazard.code} {effect_word(hazard, found.refused)} at {hazard.ref}: {hazard.message}"


def _notes(review: Review) -> Iterator[str]:
    yield from review.planned.comparison.notes
    yield from (problem.message for problem in review.planned.obstacles)
    for filling in review.planned.agenda.fillings:
        yield f"{filling.backfill.ref} is not in this script: `reconcile apply` does it"
    if later := review.planned.plan.only(Stage.TIGHTEN).steps:
        yield f"{counted(len(later), 'step')} that wait for it are left out too: apply, or plan again when it is done"


def _listed(title: str, lines: Iterable[str]) -> Iterator[str]:
    listed = list(lines)
    if listed:
        yield ""
        yield title
        yield from (f"  {line}" for line in listed)
