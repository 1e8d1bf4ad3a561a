"""What a check found in, a comment or an issue about it out, never too long for a forge."""

from __future__ import annotations

from reconciler.report.assertions import assertion_markdown, failure
from reconciler.report.drift import Drift, Finding, drift, pending
from reconciler.report.facts import Review
from reconciler.report.faults import faults, typed, unsound
from reconciler.report.foreign import foreign_markdown
from reconciler.report.layout import Look, counted
from reconciler.report.markdown import LARGEST, code, fitting, marker, prose, size
from reconciler.report.understanding import not_understood_markdown

# Characters for what the rows said to the assertions.
_FOR_ASSERTIONS = 20_000
# Faults that a comment lists.
_FAULTS = 10
_HEAD = "| object | finding | | spec |\n|---|---|---|---|\n"


def check_markdown(review: Review, look: Look) -> str:
    """Return what a check found as Markdown; `look.apply` is the command that would apply the specs."""
    found = drift(review, look.apply)
    wanted = sum(one.finding is not Finding.UNDECLARED for one in found)
    light = "🔴" if pending(review, found) or unsound(review) or failure(review.asserted) else "🟢"
    title = f"### {light} {code(review.environment)}: {_words(review, found, wanted)}{_asserted(review)}\n"
    head = marker("check", review.project, review.environment) + title
    facts = f"{prose(review.dialect)} · {code(review.label)} · {counted(review.objects, 'object')}\n"
    next_line = f"Next: {code(look.apply.replace('reconcile apply', 'reconcile plan', 1))}\n" if wanted else ""
    tools = foreign_markdown(review.foreign_tools)
    tools += not_understood_markdown(review.planned.comparison.not_understood)
    rows = [_row(one) for one in found]
    asserted = assertion_markdown(review, _FOR_ASSERTIONS)
    broken = _faults(review, look)
    kept = fitting(rows, LARGEST - size(head + facts + broken + asserted + tools + next_line + _HEAD) - 200)
    more = len(rows) - len(kept)
    note = f"\n… and {more:,} more: `reconcile check -v` shows all.\n" if more else ""
    table = _HEAD + "".join(kept) + note if rows else ""
    return "\n".join(part for part in (head, facts, broken, asserted, table, tools, next_line) if part)


def _faults(review: Review, look: Look) -> str:
    """Return what is not sound as a list; "" when all is."""
    lines = []
    for one in faults(review)[:_FAULTS]:
        mend = f"; → {code(typed(one.suggestion, look.apply)[:600])}" if one.suggestion else ""
        lines.append(f"- {code(one.address or one.code)}: {prose(one.message[:300])}{mend}")
    more = len(faults(review)) - len(lines)
    lines += [f"- … and {more:,} more"] if more > 0 else []
    return "Not sound:\n\n" + "".join(f"{line}\n" for line in lines) if lines else ""


def _asserted(review: Review) -> str:
    error = failure(review.asserted)
    return f"; {prose(error.message)}" if error else ""


def _words(review: Review, found: tuple[Drift, ...], wanted: int) -> str:
    loose = len(found) - wanted
    if not wanted and pending(review, found):
        return f"{counted(loose, 'undeclared object')}, and the policy tolerates none"
    words = f"{counted(wanted, 'object')} {'differs' if wanted == 1 else 'differ'}" if wanted else "up to date"
    return f"{words}, {loose:,} undeclared" if loose else words


def _row(one: Drift) -> str:
    place = code(f"{one.source.file}:{one.source.line}") if one.source else ""
    return f"| {code(one.address)} | {one.finding.value} | {prose(one.message[:300])} | {place} |\n"
