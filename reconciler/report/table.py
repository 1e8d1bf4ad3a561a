"""The changes of a plan in, a table of them out, the most dangerous first: what, where, which risk, how many rows."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from reconciler.model.ref import Ref
from reconciler.plan.hazards import Effect
from reconciler.report.alike import Fold, folds, pattern, roots
from reconciler.report.blocks import SIGNS
from reconciler.report.entries import Entries, Entry, danger
from reconciler.report.filling import about, work_words
from reconciler.report.layout import Cell, Look, Style, counted, cut, cut_middle, grid
from reconciler.report.problems import safe, width
from reconciler.report.words import both, label

# So many lines are read before the eye gives up; what is refused is shown all the same.
_MOST = 40

ADJECTIVES: Mapping[str, str] = {
    "create": "add", "update": "change", "rename": "rename", "replace": "replace", "delete": "drop",
    "backfill": "backfill",
}  # fmt: skip


def table(found: Entries, look: Look) -> list[str]:
    """Return one line for each change, the most dangerous first; what does not fit is cut, the blocks have it whole.

    In a long plan changes that do the same to many objects are one line, with the names below it.
    """
    ordered = sorted(found.main, key=lambda entry: danger(entry, found.refused))
    inside = counts_inside(found)

    def alike(entry: Entry) -> tuple[Hashable, ...]:
        cell = _risk_cell(entry, found)
        return entry.verb, entry.ref.kind, pattern(entry.ref), action_words(entry, inside), cell.text, cell.style

    listed = folds(ordered, alike, look)
    shown = [fold for number, fold in enumerate(listed) if number < _MOST or look.detail or _stopped(fold.first, found)]
    rows = [_row(fold, found, inside) for fold in shown]
    head = [Cell("#", right=True), Cell(""), Cell("address"), Cell("action"), Cell("risk"), Cell("rows", right=True)]
    fixed = sum(max(width(row[i].text) for row in [head, *rows]) for i in (0, 1, 4, 5)) + len("   ") + 5 * 2
    lines = grid(_fitted([head, *rows], look.width - fixed), look.paint, gap="  ")
    more = len(ordered) - sum(map(len, shown))
    return [
        *_with_names(lines, shown, look),
        *([f"   … {counted(more, 'more change')}, none more dangerous than these; -v lists them"] if more else []),
        *([look.paint(Style.FAINT, "   (# = order of execution, most dangerous first)")] if len(rows) > 1 else []),
    ]


def _stopped(entry: Entry, found: Entries) -> bool:
    return not found.refused.isdisjoint(entry.hazards)


def _row(fold: Fold[Entry], found: Entries, inside: Mapping[Ref, Mapping[str, int]]) -> list[Cell]:
    entry = fold.first
    return [
        Cell(str(entry.steps[0]), right=True),
        Cell(SIGNS[entry.verb], entry.verb),
        Cell(safe(_address(fold))),
        Cell(safe(action_words(entry, inside))),
        _risk_cell(entry, found),
        Cell(rows_shown(*fold.items), right=True),
    ]


def _address(fold: Fold[Entry]) -> str:
    ref = fold.first.ref
    return str(ref) if len(fold) == 1 else f"{len(fold):,} × {label(ref.kind)} {pattern(ref)}".rstrip()


def _with_names(lines: Sequence[str], shown: Sequence[Fold[Entry]], look: Look) -> list[str]:
    """Return the lines of a table with the names of what is folded below each."""
    found = [lines[0]]
    for line, fold in zip(lines[1:], shown, strict=True):
        indent = " " * (line.find("×") + 2)
        names = [look.paint(Style.FAINT, indent + roots(fold.items, look, look.width - len(indent)))]
        found += [line, *(names if len(fold) > 1 else [])]
    return found


def _fitted(rows: Sequence[list[Cell]], room: int) -> list[list[Cell]]:
    """Return the rows with address and action cut so that both columns fit into the room."""
    addresses, actions = (max(width(row[i].text) for row in rows) for i in (2, 3))
    most = max(room - min(actions, max(14, room // 3)), 12)
    addresses = min(addresses, most)
    actions = max(room - addresses, 8)
    return [
        [*row[:2], Cell(cut_middle(row[2].text, addresses)), Cell(cut(row[3].text, actions)), *row[4:]] for row in rows
    ]


def counts_inside(found: Entries) -> Mapping[Ref, Mapping[str, int]]:
    """Return how many objects of each kind come inside each new one."""
    counts: dict[Ref, dict[str, int]] = {}
    for entry in found.all:
        if entry.inside is not None:
            kinds = counts.setdefault(entry.inside, {})
            kinds[entry.ref.kind] = kinds.get(entry.ref.kind, 0) + 1
    return counts


_PLURALS: Mapping[str, str] = {"index": "indexes", "primary_key": "primary keys", "unique": "unique"}


def action_words(entry: Entry, inside: Mapping[Ref, Mapping[str, int]]) -> str:
    """Return in a few words what happens."""
    if entry.filling is not None:
        return work_words(entry.filling.backfill)
    if entry.verb == "rename" and entry.old is not None:
        return f"rename from {entry.old.ref.name}"
    if entry.rows is not None:
        return entry.rows.words()
    if entry.verb == "create":
        parts = [counted(n, label(kind), _PLURALS.get(kind, "")) for kind, n in inside.get(entry.ref, {}).items()]
        return f"add {', '.join(parts)}".rstrip()
    if entry.verb == "update" and len(entry.fields) == 1 and entry.old and entry.new:
        name = entry.fields[0]
        before, after = both(getattr(entry.old, name), getattr(entry.new, name))
        words = f"{label(name)} {before} → {after}"
        return words if "\n" not in words and len(words) < 40 else f"change {label(name)}"
    changed = f" {', '.join(map(label, entry.fields))}" if entry.verb == "update" else ""
    return f"{ADJECTIVES[entry.verb]}{changed}"


def _risk_cell(entry: Entry, found: Entries) -> Cell:
    codes = [hazard.code for hazard in entry.hazards if hazard.effect is not Effect.NOTICE]
    if not codes:
        return Cell("low")
    style = Style.DANGER if found.refused & set(entry.hazards) or entry.level == "high" else Style.CARE
    more = f" +{len(codes) - 1}" if len(codes) > 1 else ""
    return Cell(f"{entry.level.upper()} {codes[0]}{more}", style)


def rows_shown(*entries: Entry) -> str:
    """Return how many rows changes were found to concern."""
    if entries[0].filling is not None:
        return about(entries[0].filling.estimate) or "-"
    counts = [[hazard.count for hazard in entry.hazards if hazard.count is not None] for entry in entries]
    return f"{sum(map(max, filter(None, counts))):,}" if any(counts) else "-"
