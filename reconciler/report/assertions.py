"""What the rows said to the assertions in; lines for a person, Markdown and plain data about it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.errors import AssertionsFailed
from reconciler.plan.outcome import Asserted, Shown
from reconciler.report.facts import Review
from reconciler.report.layout import Cell, Look, Style, counted, cut, duration, grid, spread, wrapped
from reconciler.report.markdown import code, fitting, prose
from reconciler.report.problems import safe, width

# So many cells of a value are shown to a person, at the most and at the least, and so many rows in a comment.
_WIDEST, _NARROWEST, _IN_A_COMMENT = 40, 6, 5
# How each ends: a sign, its colour, and whether more is to be said of it than that.
_ENDS: Mapping[tuple[str, str], tuple[str, Style]] = {
    ("pass", "error"): ("✔", Style.GOOD), ("pass", "warn"): ("✔", Style.GOOD),
    ("fail", "error"): ("✗", Style.DANGER), ("fail", "warn"): ("!", Style.CARE),
    ("error", "error"): ("✗", Style.DANGER), ("error", "warn"): ("!", Style.CARE),
}  # fmt: skip
_WORDS: Mapping[str, tuple[str, str]] = {
    "fail": ("fails", "fail"), "error": ("could not be asked", "could not be asked"), "pass": ("passes", "pass"),
}  # fmt: skip


def failure(asserted: Sequence[Asserted], before: str = "") -> AssertionsFailed | None:
    """Return the error that these come to, None when none of severity error fails or could not be asked.

    `before` is what is true all the same, with what leads over to it: "everything is applied and stays, but ".
    """
    bad = [one for one in asserted if one.counts]
    if not bad:
        return None
    named = ", ".join(str(one.ref) for one in bad[:5]) + (f" and {len(bad) - 5} more" if len(bad) > 5 else "")
    words = "; ".join(f"{counted(n, 'assertion')} {word}" for n, word in _counts(bad))
    return AssertionsFailed(
        f"{before}{words}: {named}", hint="mend the rows or the query; `reconcile check` asks again"
    )


def _counts(asserted: Sequence[Asserted]) -> list[tuple[int, str]]:
    found = []
    for status, (one, several) in _WORDS.items():
        number = sum(each.status == status for each in asserted)
        found += [(number, one if number == 1 else several)] if number else []
    return found


def assertion_lines(review: Review, look: Look) -> list[str]:
    """Return what the rows said: what holds is counted, what does not is shown with its first rows."""
    asserted = review.asserted
    if not asserted:
        return []
    shown = [one for one in asserted if look.detail or one.status != "pass"]
    words = ", ".join(f"{number:,} {word}" for number, word in _counts(asserted))
    lines = [f" Assertions ({len(asserted):,}): {words}"]
    for one in shown:
        lines += _lines(one, review, look)
    return lines


def _lines(one: Asserted, review: Review, look: Look) -> list[str]:
    sign, style = _ENDS[one.status, one.severity]
    position = review.desired.position(one.ref)
    place = safe(f"{position.file}:{position.line}") if position else ""
    rows = counted(one.rows, "row") if one.rows else ""
    facts = "  ".join(word for word in (rows, duration(one.seconds), one.severity * (one.severity != "error")) if word)
    text = f" {safe(str(one.ref))}   {facts}"
    head = spread(f"   {look.paint(style, sign)}{text}", place, look, shown=width(f"   {sign}{text}"))
    said = [f"       {line}" for line in wrapped(safe(one.message), look, 7, 7)] if one.message else []
    return [head, *said, *_sample(one, look)]


def _sample(one: Asserted, look: Look) -> list[str]:
    if not one.sample:
        return []
    widest = max(_NARROWEST, min(_WIDEST, (look.width - 7) // len(one.columns) - 2))
    head = [Cell(cut(safe(name), widest), Style.FAINT) for name in one.columns]
    rows = [[Cell(cut(safe(_word(value)), widest), right=_is_number(value)) for value in row] for row in one.sample]
    more = (one.rows or 0) - len(one.sample)
    rest = [f"       … {counted(more, 'more row')}"] if more > 0 else []
    return [*grid([head, *rows], look.paint, indent="       ", gap="  "), *rest]


def _word(value: Shown) -> str:
    return "null" if value is None else str(value)


def _is_number(value: Shown) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def assertion_data(review: Review) -> list[dict[str, Any]]:
    """Return every declared assertion as plain data: what came of it, or that nobody has asked yet."""
    known = {one.ref: one for one in review.asserted}
    return [
        _data(known[assertion.ref])
        if assertion.ref in known
        else {
            "address": str(assertion.ref), "status": "pending", "severity": assertion.severity, "rows": None,
            "sample": [], "seconds": None, "message": "",
        }
        for assertion in review.desired.assertions
    ]  # fmt: skip


def _data(one: Asserted) -> dict[str, Any]:
    names = _told_apart(one.columns)
    return {
        "address": str(one.ref),
        "status": one.status,
        "severity": one.severity,
        "rows": one.rows,
        "sample": [dict(zip(names, row, strict=True)) for row in one.sample],
        "seconds": round(one.seconds, 4),
        "message": one.message,
    }


def _told_apart(names: Sequence[str]) -> list[str]:
    """Return names of which none is there twice: a later one gets its number."""
    found: list[str] = []
    for number, name in enumerate(names, 1):
        found.append(name if name not in found else f"{name}_{number}")
    return found


def assertion_markdown(review: Review, room: int) -> str:
    """Return the assertions that do not hold as a table, with their first rows; "" when all hold or none was asked."""
    bad = [one for one in review.asserted if one.status != "pass"]
    if not review.asserted or not bad:
        return ""
    head = "| assertion | severity | | rows | the first |\n|---|---|---|---:|---|\n"
    rows = [_row(one) for one in bad]
    kept = fitting(rows, room - len(head) - 100)
    more = len(rows) - len(kept)
    return head + "".join(kept) + (f"\n… and {counted(more, 'more assertion')}.\n" if more else "")


def _row(one: Asserted) -> str:
    first = [", ".join(f"{name} = {_word(value)}" for name, value in zip(one.columns, row, strict=True))
             for row in one.sample[:_IN_A_COMMENT]]  # fmt: skip
    said = prose(one.message[:300]) or "; ".join(code(text[:120]) for text in first)
    count = "" if one.rows is None else f"{one.rows:,}"
    return f"| {code(str(one.ref))} | {one.severity} | **{_WORDS[one.status][0]}** | {count} | {said} |\n"
