"""A plan in, what to do next out: the command with the exact words that allow it, or what stands in its way."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from reconciler.plan.hazards import Effect, Hazard
from reconciler.report.entries import Entries
from reconciler.report.facts import Review
from reconciler.report.layout import Look, Style, capped, counted, wrapped
from reconciler.report.problems import render_one, safe

# So many hazards are allowed one by one; for more the command names their codes.
_MOST = 8


def approval_required(review: Review) -> bool:
    """Say whether a person is asked before this plan is applied."""
    if review.planned.plan.empty or review.approve == "never":
        return False
    consents = any(hazard.effect is not Effect.NOTICE for hazard in review.planned.hazards)
    return review.approve == "always" or consents


def applyable(review: Review) -> bool:
    """Say whether nothing refuses this plan and nothing stands in its way."""
    return not review.planned.verdict.refused and not review.planned.obstacles


def allowing(review: Review) -> list[str]:
    """Return the arguments that would allow what can be allowed, ready for a shell."""
    return [f"--allow {shlex.quote(safe(word))}" for word in review.planned.verdict.allow]


def next_lines(review: Review, found: Entries, look: Look) -> list[str]:
    """Return the last lines of a plan."""
    blockers = [hazard for hazard in found.refused if hazard.effect is Effect.BLOCK]
    stops = [*_obstacles(review, look), *_blockers(blockers, look)]
    if stops:
        return [*stops, *_consent(review, look, "Once that is done, this would still have to be allowed:")]
    if found.refused:
        return [*_first_time(review), *_consent(review, look, "To consent to what is refused, and apply:")]
    if not look.apply or (review.rehearsal is not None and review.rehearsal.status == "failed"):
        return []
    asks = "" if approval_required(review) else "   (asks nothing: see the policy's `approve`)"
    return [f" Next:  {look.paint(Style.STRONG, look.apply)}{asks}"]


def _obstacles(review: Review, look: Look) -> list[str]:
    problems = review.planned.obstacles
    if not problems:
        return []
    lines = [f"   {line}" for problem in problems for line in render_one(problem).splitlines()]
    things = f"{counted(len(problems), 'thing')} {'stands' if len(problems) == 1 else 'stand'} in the way"
    return [f" {look.paint(Style.DANGER, 'blocked:')} {things}", *lines]


def _blockers(blockers: Sequence[Hazard], look: Look) -> list[str]:
    if not blockers:
        return []
    title = "this cannot be allowed away. Mend what each line names and plan again:"
    listed = capped([line.strip() for line in refusals(sorted(blockers, key=_by_place))], look)
    lines = [
        f"{'   ' if not number else '      '}{line}"
        for text in listed
        for number, line in enumerate(wrapped(text, look, 3, 6))
    ]
    return [f" {look.paint(Style.DANGER, 'blocked:')} {title}", *lines]


def refusals(hazards: Sequence[Hazard]) -> list[str]:
    """Return hazards one line each, with how many rows and the first keys."""
    return [
        f"   {hazard.code} {safe(str(hazard.ref))}: {safe(hazard.message)}"
        + (f" (first keys: {'; '.join(map(safe, hazard.sample))})" if hazard.sample else "")
        for hazard in hazards
    ]


def _by_place(hazard: Hazard) -> tuple[str, str]:
    return hazard.code, str(hazard.ref)


def _first_time(review: Review) -> list[str]:
    destructive = any(hazard.kind.destructive for hazard in review.planned.verdict.refused)
    if review.planned.owned.known or not destructive:
        return []
    return [" This project has never been applied here: what destroys data is allowed on the command line alone."]


def _consent(review: Review, look: Look, title: str) -> list[str]:
    words = allowing(review)
    if not words:
        return []
    if len(words) > _MOST and not look.detail:
        return [f" {title}", *_consent_by_code(review, look)]
    return [f" {title}", *_command([look.apply, *words], look)]


def _command(words: Sequence[str], look: Look) -> list[str]:
    """Return a command on one line where it fits, on several otherwise."""
    command = " ".join(words)
    if len(command) + 3 > look.width:
        command = " \\\n     ".join(words)
    return [f"   {look.paint(Style.STRONG, line)}" for line in command.split("\n")]


def _consent_by_code(review: Review, look: Look) -> list[str]:
    """Return the command that allows many hazards at once; it is good for exactly this plan."""
    codes = dict.fromkeys(word.partition(":")[0] for word in review.planned.verdict.allow)
    words = [look.apply, f"--expect-id {review.planned.plan.id}", *(f"--allow {safe(code)}" for code in codes)]
    number = len(review.planned.verdict.allow)
    note = f"   (all {number:,} of them, in this plan and no other; -v lists them one by one)"
    return [*_command(words, look), note]
