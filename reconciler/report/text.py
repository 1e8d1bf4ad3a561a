"""A plan in, the text that a person decides by out: totals first, danger first, the SQL, and what to do next."""

from __future__ import annotations

from reconciler.model.ref import Ref
from reconciler.plan.hazards import Effect, risk
from reconciler.report.advice import next_lines
from reconciler.report.assertions import assertion_lines
from reconciler.report.blocks import blocks, hazard_lines
from reconciler.report.entries import VERBS, Entries, destroys, entries
from reconciler.report.facts import Review, SpecVersion
from reconciler.report.layout import Look, Style, counted, joined
from reconciler.report.notes import ignored_lines, listed, notes, undeclared_lines
from reconciler.report.problems import safe, width
from reconciler.report.rehearsal import rehearsal_lines
from reconciler.report.table import ADJECTIVES, table
from reconciler.report.understanding import not_understood_lines

# So many addresses of a partial plan are named.
_FEW = 3


def plan_text(review: Review, look: Look) -> str:
    """Return a plan as text, every line ended; one line when there is nothing to do and nothing to say."""
    if review.planned.plan.empty:
        return "".join(f"{line}\n" for line in _nothing_to_do(review, look))
    found = entries(review)
    parts = [
        header(review, look),
        _totals(review, found, look),
        table(found, look),
        blocks(review, found, look),
        _loose(found, look),
        _rest(review, look),
        rehearsal_lines(review.rehearsal, look),
        next_lines(review, found, look),
    ]
    return "\n".join("".join(f"{line}\n" for line in part) for part in parts if part)


def _nothing_to_do(review: Review, look: Look) -> list[str]:
    if look.detail:
        return [up_to_date(review, look), *_rest(review, look), *assertion_lines(review, look)]
    comparison = review.planned.comparison
    ignored = ignored_lines(comparison.scope.ignored, look)
    rest = [*not_understood_lines(comparison.not_understood, look), *notes((), comparison.notes, look)]
    return [up_to_date(review, look), *ignored, *rest, *assertion_lines(review, look)]


def up_to_date(review: Review, look: Look) -> str:
    """Return the line that says that there is nothing to do."""
    state = look.paint(Style.GOOD, "up to date")
    loose = len(undeclared(review))
    extra = [f"{loose:,} undeclared (-v lists them)"] if loose and not look.detail else []
    extra = [*part_words(review), *extra]
    return f" {safe(review.environment)}  {state}  {'  '.join([*_circumstances(review), *extra])}"


def header(review: Review, look: Look) -> list[str]:
    """Return which database and which specs this is about."""
    server = f"{review.dialect} {review.planned.server.version}".strip()
    return joined([safe(review.environment), safe(server), safe(review.label), *_circumstances(review)], look)


def _circumstances(review: Review) -> list[str]:
    version = spec_words(review.spec)
    items = [counted(review.objects, "object"), f"{review.seconds:.2f}s"]
    return [version, *items] if version else items


def spec_words(version: SpecVersion) -> str:
    """Return which specs these are, in as few words as possible; nothing when they came in a plan file."""
    if version.commit:
        return f"spec {version.commit}{' + uncommitted changes' if version.dirty else ''}"
    return f"spec sha256:{version.sha256[:12]}" if version.sha256 else ""


def _totals(review: Review, found: Entries, look: Look) -> list[str]:
    planned = review.planned
    level = risk(planned.hazards, planned.plan.steps).upper()
    numbers = [f"{found.totals[verb]} {ADJECTIVES[verb]}" for verb in VERBS if found.totals[verb]]
    first = f" {'PLAN':<6}{planned.plan.id}   {'   '.join(numbers)}"
    style = Style.DANGER if level == "HIGH" else Style.CARE if level == "MEDIUM" else Style.GOOD
    gap = look.width - width(first) - len(f"risk: {level}")
    told = f"risk: {look.paint(style, level)}"
    head = [f"{first}{' ' * gap}{told}"] if gap >= len("   ") else [first, " " * 7 + told]
    lost = sum(map(destroys, found.all))
    facts = [
        *part_words(review),
        *([f"{counted(lost, 'change')} {'destroys' if lost == 1 else 'destroy'} data"] if lost else []),
        *_stopped(found),
        counted(len(planned.plan.steps), "step"),
        counted(len(planned.plan.statements), "statement"),
    ]
    return [*head, *joined(facts, look, indent=" " * 7)]


def part_words(review: Review) -> list[str]:
    """Say of a plan of a part what it is limited to."""
    if not review.only:
        return []
    first, more = ", ".join(safe(str(ref)) for ref in review.only[:_FEW]), len(review.only) - _FEW
    return [f"partial, only {first}{f' and {more} more' if more > 0 else ''}"]


def _stopped(found: Entries) -> list[str]:
    blocked = sum(hazard.effect is Effect.BLOCK for hazard in found.refused)
    refused = len(found.refused) - blocked
    return [
        *([f"{counted(blocked, 'hazard')} {'blocks' if blocked == 1 else 'block'} it"] if blocked else []),
        *([f"{counted(refused, 'hazard')} not allowed"] if refused else []),
    ]


# --- what the plan leaves alone, and what is to be known --------------------------------------------------------------


def _loose(found: Entries, look: Look) -> list[str]:
    """Return hazards that belong to no change of the plan."""
    lines = [line for hazard in found.loose for line in hazard_lines(hazard, found.refused, look, named=True)]
    return [" Hazards of the plan as a whole:", *lines] if lines else []


def undeclared(review: Review) -> tuple[Ref, ...]:
    """Return what nobody declared and the policy wants to hear of."""
    return () if review.undeclared == "ignore" else review.planned.comparison.scope.undeclared


def _rest(review: Review, look: Look) -> list[str]:
    loose, unmodelled = undeclared(review), review.planned.comparison.scope.unmodelled
    asked = [] if review.planned.plan.empty else [assertion.ref for assertion in review.desired.assertions]
    return [
        *undeclared_lines(loose, look),
        *listed(f" Not managed yet ({len(unmodelled):,}), not touched:", unmodelled, look),
        *not_understood_lines(review.planned.comparison.not_understood, look),
        *ignored_lines(review.planned.comparison.scope.ignored, look),
        *listed(f" Assertions ({len(asked):,}), asked once it is applied:", asked, look),
        *notes(review.warnings, review.planned.comparison.notes, look),
    ]
