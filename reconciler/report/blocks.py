"""The changes of a plan in, one block for each root object out: fields before and after, hazards, the SQL whole."""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

from reconciler.model.ref import Ref
from reconciler.plan.hazards import Effect, Hazard
from reconciler.plan.step import Stage, Step
from reconciler.report.alike import Fold, folds, roots, sameness
from reconciler.report.entries import Entries, Entry, effect_word
from reconciler.report.facts import Review
from reconciler.report.filling import filling_facts, work_words
from reconciler.report.groups import Group, groups_by_root
from reconciler.report.layout import Cell, Look, Style, counted, cut, cut_middle, padded, source_text, spread, wrapped
from reconciler.report.problems import safe, width
from reconciler.report.rows import row_comparison, row_lines, sql_lines
from reconciler.report.words import both, describe, label, shown

SIGNS: Mapping[str, str] = {
    "create": "+", "update": "~", "rename": ">", "replace": "~", "delete": "-", "backfill": "»",
}  # fmt: skip

_INDENT = "       "
# So many blocks are shown without folding any, and so many altogether, unless somebody wants all.
_SHORT, _MOST = 12, 12


def blocks(review: Review, found: Entries, look: Look) -> list[str]:
    """Return a block for each root object, the most dangerous first."""
    listed = folds(groups_by_root(review, found), _alike, look, short=_SHORT)
    shown = listed if look.detail else listed[:_MOST]
    lines: list[str] = []
    for fold in shown:
        lines += [*([""] if lines else []), *_block(fold.first, review, found, look)]
        lines += _and_others(fold, look) if len(fold) > 1 else []
    more = sum(map(len, listed)) - sum(map(len, shown))
    return [*lines, "", f" … {counted(more, 'more object')}, -v shows what happens to them"] if more else lines


def _alike(groups: Sequence[Group]) -> Hashable:
    return tuple(tuple(map(sameness, group.entries)) for group in groups)


def _and_others(fold: Fold[list[Group]], look: Look) -> list[str]:
    others = [entry for groups in fold.items[1:] for entry in groups[0].entries[:1]]
    title = f"   the same for {len(fold) - 1:,} more (-v): "
    return ["", look.paint(Style.STRONG, title) + roots(others, look, look.width - len(title))]


def _block(groups: Sequence[Group], review: Review, found: Entries, look: Look) -> list[str]:
    root = groups[0].root
    place = review.desired.position(root)
    lines = [_rule(root, f"{place.file}:{place.line}" if place else "", look)]
    for group in groups:
        lines.append("")
        lines += _changes(group, place.file if place else "", found, look)
        lines += _statements(group, review.planned.plan.steps, look)
    return lines


def _rule(root: Ref, place: str, look: Look) -> str:
    end = f" {cut_middle(safe(place), look.width // 3)} ──" if place else ""
    name = cut_middle(safe(str(root)), max(look.width - width(end) - len(" ──  ───"), 12))
    dashes = "─" * max(look.width - width(f" ── {name} ") - width(end), 3)
    return f" ── {look.paint(Style.STRONG, name)} {look.paint(Style.FAINT, dashes + end)}"


# --- changes ----------------------------------------------------------------------------------------------------------


def _changes(group: Group, file: str, found: Entries, look: Look) -> list[str]:
    named = [(entry, *_named(entry, group.root)) for entry in group.entries]
    kinds = max((width(kind) for _, kind, _ in named), default=0)
    names = min(max((width(name) for _, _, name in named), default=0), 32)
    lines: list[str] = []
    for entry, kind, full in named:
        name = cut_middle(full, max(look.width - kinds - 24, 32))
        head = f"{padded(Cell(kind), kinds, look.paint)}  {padded(Cell(name), names, look.paint)}  "
        place = _place(entry, file)
        room = look.width - width(head) - len("   + ") - width(place) - len("   ")
        what = (head + cut(definition(entry), max(room, 12))).rstrip()
        sign = look.paint(entry.verb, SIGNS[entry.verb])
        lines.append(spread(f"   {sign} {what}", place, look, shown=width(f"   + {what}")))
        lines += _why(entry, look)
        lines += _fields(entry, look)
        lines += row_lines(entry.rows, look, _INDENT) if entry.rows else []
        for hazard in entry.hazards:
            lines += hazard_lines(hazard, found.refused, look, named=hazard.ref != entry.ref)
    return lines


def _why(entry: Entry, look: Look) -> list[str]:
    told = [entry.note] if entry.note else filling_facts(entry.filling) if entry.filling else []
    return [f"{_INDENT}{line}" for text in told for line in wrapped(safe(text), look, len(_INDENT), len(_INDENT) + 2)]


def _named(entry: Entry, root: Ref) -> tuple[str, str]:
    """Return kind and name; what is elsewhere is named in full."""
    if entry.ref.top != root:
        return label(entry.ref.kind), safe(str(entry.ref))
    before = f"{entry.previous.name} → " if entry.previous else ""
    return label(entry.ref.kind), safe(before + entry.ref.name)


def definition(entry: Entry) -> str:
    """Return what the object is, in one line; the SQL has it whole."""
    if entry.filling is not None:
        return safe(work_words(entry.filling.backfill))
    if entry.rows is not None:
        return entry.rows.words()
    obj = {"create": entry.new, "delete": entry.old}.get(entry.verb)
    return safe(describe(obj)) if obj is not None else ""


def _place(entry: Entry, file: str) -> str:
    if entry.source is None:
        return ""
    same = entry.source.file == file
    return f":{entry.source.line}" if same else safe(f"{entry.source.file}:{entry.source.line}")


def _fields(entry: Entry, look: Look) -> list[str]:
    """Return each changed field as it is and as it will be; a long one line by line, as a comparison."""
    names = max((width(label(name)) for name in entry.fields), default=0)
    lines = []
    for name, before, after in sides(entry):
        if before == after:
            lines.append(f"{_INDENT}{label(name)}  {safe(shown(getattr(entry.new, name)))}, which changes itself")
            continue
        one = f"{_INDENT}{label(name):<{names}}  {safe(before)} → {safe(after)}"
        if _is_long(before, after) or width(one) > look.width:
            lines += [f"{_INDENT}{label(name)}", *_painted(compared_lines(before, after), look)]
        else:
            lines.append(one)
    return lines


def sides(entry: Entry) -> Iterator[tuple[str, str, str]]:
    """Yield each field of a changed object that changes, as it is and as it will be."""
    if entry.old is not None and entry.new is not None and entry.verb in ("update", "replace"):
        for name in entry.fields:
            yield name, *both(getattr(entry.old, name), getattr(entry.new, name))


def _is_long(before: str, after: str) -> bool:
    return "\n" in before + after


def differing(entry: Entry) -> Iterator[tuple[str, list[str]]]:
    """Yield what is told line by line, each as a comparison: texts of several lines that change, and rows."""
    if entry.rows is not None:
        yield "rows", row_comparison(entry.rows)
    for name, before, after in sides(entry):
        if before != after and _is_long(before, after):
            yield name, compared_lines(before, after)


def compared_lines(before: str, after: str) -> list[str]:
    """Return two texts as a unified comparison, with a line around each difference."""
    old, new = source_text(before.strip("\n")), source_text(after.strip("\n"))
    found = list(difflib.unified_diff(old, new, n=1, lineterm=""))[2:]
    return [f"{line[0]} {line[1:]}" for line in found if not line.startswith("@@")]


def _painted(lines: Iterable[str], look: Look) -> list[str]:
    styles = {"+": Style.CREATE, "-": Style.DELETE}
    return [_INDENT + "  " + look.paint(styles.get(line[0], Style.FAINT), line) for line in lines]


def hazard_lines(hazard: Hazard, refused: frozenset[Hazard], look: Look, *, named: bool) -> list[str]:
    """Return a hazard: its code, what becomes of it, the sentence, and the first keys where rows were looked at."""
    word = effect_word(hazard, refused)
    style = Style.DANGER if word in ("refused", "blocks") else Style.FAINT if word == "note" else Style.CARE
    sign = "i" if hazard.effect is Effect.NOTICE else "!"
    where = f" {safe(str(hazard.ref))}:" if named else ""
    code = look.paint(style, f"{sign} {hazard.code} {word}")
    lead = len("     ") + len(f"{sign} {hazard.code} {word}")
    first, *rest = wrapped(f"{where} {hazard.kind.title}: {safe(hazard.message)}".strip(), look, lead + 2, len(_INDENT))
    lines = [f"     {code}  {first}", *(_INDENT + line for line in rest)]
    if hazard.sample:
        keys = "; ".join(map(safe, hazard.sample))
        more = " …" if hazard.count and hazard.count > len(hazard.sample) else ""
        lines.append(f"{_INDENT}first keys: {keys}{more}")
    return lines


# --- SQL --------------------------------------------------------------------------------------------------------------


def _statements(group: Group, steps: Sequence[Step], look: Look) -> list[str]:
    """Return the SQL of the steps as it is sent, so that it can be read, and copied."""
    lines: list[str] = []
    for number in group.steps:
        step = steps[number - 1]
        what = f"{step.action} {step.subject}" if step.stage is not Stage.FILL else str(step.subject)
        title = f"-- step {number} of {len(steps)}: {safe(what)}"
        lines.append(_INDENT + look.paint(Style.FAINT, cut_middle(title, look.width - len(_INDENT))))
        written: list[str] = []
        for statement in step.statements if step.stage is not Stage.FILL else ():
            text = [_INDENT + line if line else "" for line in source_text(f"{statement.sql};")]
            written += statement.transaction.remarked(text, lambda words: _INDENT + look.paint(Style.FAINT, words))
        lines += sql_lines(written, look, _INDENT) if step.only_rows else written
    return lines
