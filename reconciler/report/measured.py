"""The figures that a database keeps of its use in, lines for a person and plain data about them out."""

from __future__ import annotations

from typing import Any

from reconciler.model.ref import Ref
from reconciler.report.facts import Measured, Review
from reconciler.report.layout import Cell, Look, capped, cut, duration, grid
from reconciler.report.problems import safe

_UNITS = ("B", "kB", "MB", "GB", "TB")


def measured_text(review: Review, look: Look) -> str:
    """Return sizes and growth of tables, indexes that could go, and the slowest statements."""
    found = review.statistics
    if found is None:
        return ""
    lines = ["", *_tables(found, review, look)]
    lines += _listed(f" Never read since the database counts ({len(found.unused):,}):", map(str, found.unused), look)
    pairs = (f"{ref}: {other} finds the same" for ref, other in found.redundant)
    lines += _listed(f" Redundant indexes ({len(found.redundant):,}):", pairs, look)
    lines += [" Slowest statements, on the average:"] if found.slow else []
    for one in found.slow:
        head = f"   {duration(one.mean)} × {one.calls:,}  "
        lines.append(head + cut(safe(" ".join(one.text.split())), max(look.width - len(head), 20)))
    lines += _listed(" Not known:", found.unknown, look)
    return "".join(f"{line}\n" for line in lines)


def _tables(found: Measured, review: Review, look: Look) -> list[str]:
    if not found.sizes:
        return []
    since = found.before
    when = f", and since {since.at[:19].replace('T', ' ')} UTC" if since else ""
    rows = []
    for ref, size in found.sizes.items():
        number = _rows(review, ref)
        more_rows, more = _growth(found, review, ref)
        rows.append([
            Cell(safe(str(ref))), Cell("?" if number is None else f"{number:,}", right=True),
            Cell(_signed(more_rows, f"{abs(more_rows or 0):,}"), right=True), Cell(_size(size), right=True),
            Cell(_signed(more, _size(abs(more or 0))), right=True),
        ])  # fmt: skip
    lines = grid(rows, look.paint, gap="  ")
    return [f" Rows and sizes{when}:", *capped(lines, look)]


def _listed(title: str, items: Any, look: Look) -> list[str]:
    told = [f"   {safe(item)}" for item in items]
    return [title, *capped(told, look)] if told else []


def _signed(number: int | None, words: str) -> str:
    return "" if not number else f"{'+' if number > 0 else '−'}{words}"


def _size(number: int) -> str:
    value, unit = float(number), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.0f} {_UNITS[unit]}" if value >= 10 or not unit else f"{value:.1f} {_UNITS[unit]}"


def _rows(review: Review, ref: Ref) -> int | None:
    state = review.condition.tables.get(ref) if review.condition else None
    return state.rows if state else None


def _growth(found: Measured, review: Review, ref: Ref) -> tuple[int | None, int | None]:
    """Return by how many rows and bytes a table has grown, None where that is not known."""
    if found.before is None or ref not in found.before.tables:
        return None, None
    (rows, size), now = found.before.tables[ref], _rows(review, ref)
    return None if rows is None or now is None else now - rows, found.sizes[ref] - size


def measured_data(review: Review) -> dict[str, Any]:
    """Return the same as plain data, sizes in bytes and times in seconds."""
    found = review.statistics
    if found is None:
        return {}
    tables = []
    for ref, size in found.sizes.items():
        more_rows, more = _growth(found, review, ref)
        tables.append({"address": str(ref), "rows": _rows(review, ref), "bytes": size,
                       "rows_since": more_rows, "bytes_since": more})  # fmt: skip
    return {
        "statistics": {
            "since": found.before.at if found.before else None,
            "tables": tables,
            "unused_indexes": [str(ref) for ref in found.unused],
            "redundant_indexes": [{"address": str(ref), "covered_by": str(other)} for ref, other in found.redundant],
            "slow_statements": [
                {"key": one.key, "statement": one.text, "calls": one.calls, "mean_seconds": round(one.mean, 6),
                 "total_seconds": round(one.total, 6)}
                for one in found.slow
            ],
            "unknown": list(found.unknown),
        }
    }  # fmt: skip
