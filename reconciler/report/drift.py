"""A review in, what a check found out: what is missing, changed, to go or undeclared, and what to do about each."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from reconciler.errors import Position
from reconciler.frozen import frozen
from reconciler.plan.hazards import Effect, Hazard
from reconciler.plan.understood import CODE as NOT_UNDERSTOOD
from reconciler.report.assertions import assertion_data, assertion_lines
from reconciler.report.entries import Entry, entries
from reconciler.report.facts import Review
from reconciler.report.faults import fault_data, fault_lines
from reconciler.report.filling import standing_words
from reconciler.report.foreign import foreign_data, foreign_lines
from reconciler.report.layout import Look, Style, counted, cut_middle, spread, wrapped
from reconciler.report.notes import ignored_data, ignored_lines, listed, notes
from reconciler.report.plan_json import source_data
from reconciler.report.problems import safe, width
from reconciler.report.text import header, undeclared, up_to_date
from reconciler.report.understanding import not_understood_data, not_understood_lines
from reconciler.report.words import both, label


class Finding(StrEnum):
    """In which way the database differs from the specs."""

    MISSING = "missing"
    CHANGED = "changed"
    REMOVAL = "removal pending"
    PENDING = "data work pending"
    UNDECLARED = "undeclared"


@frozen
class Drift:
    """One difference, where the specs say otherwise, and what to do about it; `command` is that, ready to be typed."""

    finding: Finding
    address: str
    message: str
    suggestion: str
    command: str
    source: Position | None = None


_FINDINGS: Mapping[str, Finding] = {
    "create": Finding.MISSING, "update": Finding.CHANGED, "replace": Finding.CHANGED, "rename": Finding.CHANGED,
    "delete": Finding.REMOVAL, "backfill": Finding.PENDING,
}  # fmt: skip
_TITLES: Mapping[Finding, str] = {
    Finding.MISSING: "Missing in the database", Finding.CHANGED: "Not as declared",
    Finding.REMOVAL: "Removal pending", Finding.PENDING: "Data work pending", Finding.UNDECLARED: "Undeclared",
}  # fmt: skip
# What settles a difference that is in neither: the specs follow, the database follows, or the policy says why it stays.
_WAYS = "drift accept|revert|ignore ADDRESS"
# Findings of which the title does not say all.
_TELLING = {Finding.CHANGED, Finding.REMOVAL, Finding.PENDING}
_STYLES: Mapping[Finding, Style] = {
    Finding.MISSING: Style.CREATE, Finding.CHANGED: Style.UPDATE, Finding.REMOVAL: Style.DELETE,
    Finding.PENDING: Style.BACKFILL, Finding.UNDECLARED: Style.FAINT,
}  # fmt: skip
_SIGNS: Mapping[Finding, str] = {
    Finding.MISSING: "+", Finding.CHANGED: "~", Finding.REMOVAL: "-", Finding.PENDING: "»",
    Finding.UNDECLARED: "?",
}  # fmt: skip


def drift(review: Review, apply: str = "reconcile apply") -> tuple[Drift, ...]:
    """Return every difference, read off the same changes that a plan shows; objects inside a new one come with it.

    A change that follows from another one (a view that is made again) is none of its own.
    """
    found = entries(review)
    mine = [entry for entry in found.main if entry.reason != "dependency_changed"]
    loose = tuple(
        Drift(finding=Finding.UNDECLARED, address=str(ref), message="is in neither the specs nor the ledger",
              suggestion=apply.replace("reconcile apply", f"reconcile {_WAYS}", 1),
              command=apply.replace("reconcile apply", f"reconcile drift accept {shlex.quote(safe(str(ref)))}", 1))
        for ref in undeclared(review)
    )  # fmt: skip
    return (*(_of(entry, found.refused, apply) for entry in mine), *loose)


def pending(review: Review, found: tuple[Drift, ...]) -> bool:
    """Say whether a check fails: something is missing, changed or to be removed, or nothing undeclared is tolerated."""
    return not review.planned.plan.empty or (review.undeclared == "error" and bool(found))


def _of(entry: Entry, refused: frozenset[Hazard], apply: str) -> Drift:
    finding = _FINDINGS[entry.verb]
    return Drift(
        finding=finding, address=str(entry.ref), message=_message(entry), suggestion=_suggestion(entry, refused, apply),
        command=_command(entry, refused, apply), source=entry.source,
    )  # fmt: skip


def _message(entry: Entry) -> str:
    if entry.rows is not None:
        return f"rows are not as they are listed: {entry.rows.left()}"
    if entry.verb == "create":
        return "is declared and not there"
    if entry.verb == "delete":
        return entry.note or "is there and is to go"
    if entry.filling is not None:
        standing = entry.filling.standing
        return f"is {standing_words(standing)}" if standing else "was not begun"
    if entry.verb == "rename" and entry.old is not None:
        return f"is still called {entry.old.ref.name}"
    if entry.old is None or entry.new is None:
        return "differs"
    pairs = [(name, *both(getattr(entry.old, name), getattr(entry.new, name))) for name in entry.fields]
    return "; ".join(f"{label(name)} is {_short(before)}, declared {_short(after)}" for name, before, after in pairs)


def _short(text: str) -> str:
    return text if "\n" not in text and len(text) <= 60 else "another text"


def _command(entry: Entry, refused: frozenset[Hazard], apply: str) -> str:
    stops = [hazard for hazard in entry.hazards if hazard in refused and hazard.effect is not Effect.BLOCK]
    return " ".join([apply, *(f"--allow {shlex.quote(safe(f'{one.code}:{one.ref}'))}" for one in stops)])


def _suggestion(entry: Entry, refused: frozenset[Hazard], apply: str) -> str:
    if any(hazard.code == NOT_UNDERSTOOD for hazard in entry.hazards):
        return "part of its definition is not understood: change it by hand; `reconcile plan` tells what"
    if any(hazard.effect is Effect.BLOCK and hazard in refused for hazard in entry.hazards):
        return "the rows contradict it and have to be mended first; `reconcile plan` shows them"
    command = _command(entry, refused, apply)
    if entry.verb in ("update", "replace"):
        return f"{command}, or write what is there into the specs"
    return command


def check_text(review: Review, look: Look) -> str:
    """Return what a check found as text; one line when all is as declared."""
    found = drift(review, look.apply)
    if not found:
        lines = [up_to_date(review, look), *ignored_lines(review.planned.comparison.scope.ignored, look)]
        lines += not_understood_lines(review.planned.comparison.not_understood, look)
        lines += notes((), review.planned.comparison.notes, look)
        lines += [*foreign_lines(review.foreign_tools, look), *assertion_lines(review, look)]
        lines += fault_lines(review, look)
        return "".join(f"{line}\n" for line in lines)
    parts = [header(review, look), *(_section(finding, found, look) for finding in Finding)]
    parts.append(listed(" Not managed yet:", review.planned.comparison.scope.unmodelled, look) if look.detail else [])
    parts.append(ignored_lines(review.planned.comparison.scope.ignored, look))
    parts.append(not_understood_lines(review.planned.comparison.not_understood, look))
    parts.append(notes((), review.planned.comparison.notes, look))
    parts += [foreign_lines(review.foreign_tools, look), assertion_lines(review, look), fault_lines(review, look)]
    parts.append(_last(review, found, look))
    return "\n".join("".join(f"{line}\n" for line in part) for part in parts if part)


def _section(finding: Finding, found: tuple[Drift, ...], look: Look) -> list[str]:
    mine = [one for one in found if one.finding is finding]
    if not mine:
        return []
    usual, times = Counter(one.suggestion for one in mine).most_common(1)[0]
    common = f"   → {safe(usual)}" if times * 2 > len(mine) or times == len(mine) else ""
    title = f" {_TITLES[finding]} ({len(mine):,}):"
    lines = [title + common] if width(title + common) <= look.width else [title, common]
    most = 10 if finding is Finding.UNDECLARED else 20
    shown = mine if look.detail else mine[:most]
    for one in shown:
        sign = look.paint(_STYLES[finding], _SIGNS[finding])
        place = safe(f"{one.source.file}:{one.source.line}") if one.source else ""
        address = cut_middle(safe(one.address), max(look.width - width(place) - len("   +    "), 24))
        lines.append(spread(f"   {sign} {address}", place, look, shown=width(f"   + {address}")))
        lines += _indented(one.message, look) if finding in _TELLING else []
        lines += [] if common and one.suggestion == usual else _indented(f"→ {one.suggestion}", look)
    return lines + ([f"   … {len(mine) - len(shown):,} more, -v lists them"] if len(shown) < len(mine) else [])


def _indented(text: str, look: Look) -> list[str]:
    return [f"       {line}" for line in wrapped(safe(text), look, 7, 7)]


def _last(review: Review, found: tuple[Drift, ...], look: Look) -> list[str]:
    wanted = sum(one.finding is not Finding.UNDECLARED for one in found)
    if wanted:
        verb = "differs" if wanted == 1 else "differ"
        return [f" {look.paint(Style.DANGER, 'drift:')} {counted(wanted, 'object')} {verb}.  Next:  {_plan(look)}"]
    if review.undeclared == "error":
        title = look.paint(Style.DANGER, "drift:")
        return [f" {title} the policy tolerates nothing undeclared.  Next:  declare it, or remove it"]
    state = look.paint(Style.GOOD, "up to date")
    return [f" {state}: everything declared is as declared; what is undeclared is left alone"]


def _plan(look: Look) -> str:
    """Return the command that shows the plan, made of the one that applies it."""
    return look.apply.replace("reconcile apply", "reconcile plan", 1)


def check_data(review: Review, apply: str = "reconcile apply") -> dict[str, Any]:
    """Return what a check found as plain data."""
    found = drift(review, apply)
    return {
        "environment": review.environment,
        "project": review.project,
        "plan_id": review.planned.plan.id,
        "objects": review.objects,
        "pending": pending(review, found),
        "summary": {finding.name.lower(): sum(one.finding is finding for one in found) for finding in Finding},
        "drift": [
            {
                "finding": one.finding.name.lower(), "address": one.address, "message": one.message,
                "suggestion": one.suggestion, "source": source_data(one.source),
            }
            for one in found
        ],
        "unmodelled": [{"address": str(ref)} for ref in review.planned.comparison.scope.unmodelled],
        "not_understood": not_understood_data(review.planned.comparison.not_understood),
        "ignored": ignored_data(review.planned.comparison.scope.ignored),
        "foreign_tools": foreign_data(review.foreign_tools),
        "assertions": assertion_data(review),
        "faults": fault_data(review, apply),
    }  # fmt: skip
