"""A review in, the plan as one page out: totals first, danger first, a picture, SQL, and what is to be known beside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from reconciler import __version__
from reconciler.compare.planning import Planned
from reconciler.plan.hazards import Effect, risk
from reconciler.plan.step import Transaction
from reconciler.report.advice import next_lines
from reconciler.report.assertions import assertion_data
from reconciler.report.blocks import SIGNS
from reconciler.report.entries import VERBS, Entries, destroys, entries
from reconciler.report.facts import Review
from reconciler.report.filling import filling_facts
from reconciler.report.graph.changes import erd_of_changes
from reconciler.report.graph.svg import svg_inside
from reconciler.report.html.page import embedded, fits, page
from reconciler.report.html.plan_facts import lines, sections, told, undoing
from reconciler.report.layout import Look, counted
from reconciler.report.notes import notes_by_sentence
from reconciler.report.plan_json import plan_data
from reconciler.report.problems import render_one
from reconciler.report.rehearsal import rehearsal_lines
from reconciler.report.table import ADJECTIVES
from reconciler.report.text import spec_words, undeclared

# Beginnings of the codes that tell of locks, of tables that are written anew, and of what waits meanwhile.
_LOCKS = ("LK", "MY1", "PG3")
# Steps of a plan that still comes along as data; of a longer one `-o json` has them.
_DATA = 2_000


def plan_html(review: Review, look: Look, back: Planned | None = None) -> str:
    """Return a plan as a page that needs nothing else.

    Args:
        review: the plan.
        look: `look.apply` is the command that applies it.
        back: the plan that would undo it, None for none.
    """
    review = review.whole()
    found, plan = entries(review), review.planned.plan
    picture = erd_of_changes(review, found)
    drawn = svg_inside(picture) if picture else ""
    return page(
        "plan.html", review=review, version=__version__, empty=plan.empty, facts=_facts(review),
        words="up to date" if plan.empty else counted(sum(found.totals.values()), "change"),
        risk=risk(review.planned.hazards, plan.steps), totals=_totals(found), steps=len(plan.steps),
        statements=len(plan.statements), lost=sum(map(destroys, found.all)), lines=lines(found),
        sections=list(sections(review, found)), picture=Markup(drawn),
        fits=fits(drawn),
        **_dangers(review, found, look), **_beside(review, found), **_undone(back, review.dialect),
        data=embedded(plan_data(review)) if len(plan.steps) <= _DATA else "",
    )  # fmt: skip


def _facts(review: Review) -> list[str]:
    server = review.planned.server
    facts = [
        f"plan {review.planned.plan.id}" if not review.planned.plan.empty else "",
        f"{review.dialect} {server.version}".strip(), review.label, spec_words(review.spec),
        counted(review.objects, "object"), f"planned in {review.seconds:.2f}s",
    ]  # fmt: skip
    return [fact for fact in facts if fact]


def _totals(found: Entries) -> list[tuple[str, str, int, str]]:
    return [(verb, SIGNS[verb], found.totals[verb], ADJECTIVES[verb]) for verb in VERBS if found.totals[verb]]


def _dangers(review: Review, found: Entries, look: Look) -> Mapping[str, Any]:
    """Return what refuses a plan, what keeps others waiting, what cannot be undone, and what to do next."""
    stopped = sorted(found.refused, key=lambda one: (one.effect is not Effect.BLOCK, one.code, str(one.ref)))
    commits = [each for each in review.planned.plan.statements if each.transaction is not Transaction.INSIDE]
    return {
        "refused": told(stopped, found),
        "problems": [render_one(one) for one in review.planned.obstacles],
        "next": [line.strip() for line in next_lines(review, found, Look(width=120, apply=look.apply))],
        "locks": told([one for one in review.planned.hazards if one.code.startswith(_LOCKS)], found),
        "commits": len(commits) + 1,
        "destroying": [str(entry.ref) for entry in found.all if destroys(entry)],
    }


def _undone(back: Planned | None, dialect: str) -> Mapping[str, Any]:
    """Return the way back, what it loses in its turn, and whether there is one."""
    sql, statements, losing = undoing(back, dialect)
    return {"back": back is not None, "back_sql": sql, "back_statements": statements, "back_losing": losing}


def _beside(review: Review, found: Entries) -> Mapping[str, Any]:
    """Return what is done to rows, what is asked of them, what the plan leaves alone, and what is to be known."""
    scope = review.planned.comparison.scope
    rehearsed = " ".join(line.strip() for line in rehearsal_lines(review.rehearsal, Look(width=10_000)))
    return {
        "work": [(str(each.ref), filling_facts(each.filling)) for each in found.all if each.filling],
        "row_work": [each for each in found.all if each.rows],
        "rehearsal": rehearsed or "Not rehearsed.",
        "asserted": assertion_data(review),
        "undeclared": list(map(str, undeclared(review))),
        "unmodelled": list(map(str, scope.unmodelled)),
        "ignored": [(str(ref), reason) for ref, reason in scope.ignored.items()],
        "notes": list(notes_by_sentence(review.warnings, review.planned.comparison.notes).items()),
    }
