"""What reading files of SQL came to in, lines for a person and plain data out: definitions side by side, by field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.errors import Position
from reconciler.model.objects import Object
from reconciler.model.ref import Ref
from reconciler.report.facts import Adopted
from reconciler.report.layout import Look, Style, capped, counted, cut, wrapped
from reconciler.report.outcome import import_data, import_lines
from reconciler.report.problems import safe
from reconciler.report.words import data, describe, label, shown
from reconciler.sources.conflicts import Conflict, fields, variants
from reconciler.sources.journal import Note

_NOTHING = "–"
# Cells that a query, a body or a comment may take; JSON has it whole.
_LONGEST = 160
_FATES = {"stands": "", "skipped": "skipped in silence", "failed": "fails"}


def adopted_text(adopted: Adopted, look: Look) -> str:
    """Return what was read, what contradicts, what did not run and why, and what was written or is to be decided."""
    first, *rest = wrapped(_what(adopted), look, 1, 3)
    lines = [f" {first}", *(f"   {line}" for line in rest), *_left_out(adopted, look)]
    for conflict in adopted.conflicts:
        lines += ["", *_conflict(conflict, look)]
    lines += [*([""] if adopted.conflicts else []), *_notes(adopted.notes, look)]
    if adopted.imported is not None:
        lines += [*import_lines(adopted.imported, look), f" Next:  {look.paint(Style.STRONG, look.apply)}"]
    else:
        lines.append(f" Nothing is written: {_wrong(adopted)}")
    return "".join(f"{line}\n" for line in lines)


def _what(adopted: Adopted) -> str:
    files = counted(len(adopted.files.sources), "file")
    of = f" of {', '.join(adopted.files.tools)}" if adopted.files.tools else ""
    read = f"Read {counted(adopted.statements, 'statement')} in {files}{of}"
    return safe(f"{read}; {adopted.ran:,} {adopted.engine}")


def _wrong(adopted: Adopted) -> str:
    still = [one for one in adopted.conflicts if one.kept is None]
    failed = len(adopted.problems) - len(still)
    words = [f"{counted(len(still), 'object')} defined in several ways"] if still else []
    words += [f"{counted(failed, 'statement')} failed"] if failed else []
    return ", ".join(words)


def _left_out(adopted: Adopted, look: Look) -> list[str]:
    lines = capped([f"? {safe(one.shown)}: {safe(one.why)}" for one in adopted.files.left_out], look)
    return [f" Files left out ({len(adopted.files.left_out):,}):", *(f"   {line}" for line in lines)] if lines else []


# --- definitions ------------------------------------------------------------------------------------------------------


def _conflict(conflict: Conflict, look: Look) -> Iterator[str]:
    """Yield an object with the places where it is defined, and each part in which these differ."""
    groups = variants(conflict)
    ways = f"{counted(len(conflict.definitions), 'definition')}, {len(groups)} different"
    yield f" {look.paint(Style.STRONG, safe(str(conflict.ref)))}: {ways}"
    for number, group in enumerate(groups, 1):
        for mark, index in zip([str(number), *" " * len(group)], group, strict=False):
            one = conflict.definitions[index]
            fate = "kept" if index == conflict.kept else _FATES[one.fate] if conflict.kept is None else "not kept"
            style = Style.GOOD if fate in ("kept", "") else Style.CARE
            place = safe(_place(one.position))
            yield f"   {mark}  {place}{'   ' if fate else ''}{look.paint(style, fate) if fate else ''}"
            yield from capped([f"      altered at {safe(_place(by.position))}" for by in one.altered], look)
    for ref in fields(conflict):
        yield from _field(conflict, ref, groups, look)


def _place(position: Position | None) -> str:
    return f"{position.file}:{position.line}" if position else "as other statements made it"


def _field(conflict: Conflict, ref: Ref, groups: Sequence[Sequence[int]], look: Look) -> Iterator[str]:
    """Yield one part of an object as each of the definitions has it."""
    own = "" if ref == conflict.ref else safe(f"{label(ref.kind)} {ref.name}".strip())
    if own:
        yield f"     {own}"
    said: dict[str, list[str]] = {}
    for number, group in enumerate(groups, 1):
        obj = conflict.definitions[group[0]].objects.get(ref)
        said.setdefault(_NOTHING if obj is None else _definition(obj), []).append(str(number))
    for words, numbers in said.items():
        mark = ", ".join(numbers)
        first, *rest = wrapped(safe(words), look, 9 + len(mark), 9 + len(mark))
        yield f"       {mark}  {first}"
        yield from (f"       {' ' * len(mark)}  {line}" for line in rest)


def _definition(obj: Object) -> str:
    """Return an object in a line, with the beginning of its query, body or comment."""
    long = (getattr(obj, name, None) for name in ("query", "body", "comment"))
    texts = [cut(" ".join(shown(text).split()), _LONGEST) for text in long if text is not None]
    return " ".join([*([describe(obj)] if describe(obj) else []), *texts]) or "as it is by default"


# --- what did not run -------------------------------------------------------------------------------------------------


def _notes(notes: Sequence[Note], look: Look) -> list[str]:
    """Return what never ran, one by one, and what was passed over, counted."""
    grave = ["\n".join(_grave(one, look)) for one in notes if one.grave]
    lines = [f" Not run ({len(grave):,}):", *capped(grave, look)] if grave else []
    counts: dict[str, int] = {}
    for one in notes:
        if not one.grave:
            words = "the same definition is there" if one.why.endswith("and the same") else one.why
            counts[words] = counts.get(words, 0) + 1
    rest = [f"{number:,} × {safe(why)}" for why, number in counts.items()]
    return lines + ([" Passed over:", *(f"   {line}" for line in capped(rest, look))] if rest else [])


def _grave(note: Note, look: Look) -> Iterator[str]:
    """Yield where a statement stands and how it begins, and below that why it does not run."""
    place = safe(_place(note.statement.position))
    yield cut(f"   ? {place}  {safe(' '.join(note.statement.text[:200].split()))}", look.width)
    yield from (f"     {line}" for line in wrapped(safe(note.why), look, 5, 5))


# --- for a machine ----------------------------------------------------------------------------------------------------


def adopted_data(adopted: Adopted) -> dict[str, Any]:
    """Return the same as plain data; what was imported is under the keys of an import."""
    return {
        **(import_data(adopted.imported) if adopted.imported else {}),
        "sources": {
            "dialect": adopted.dialect,
            "files": [one.shown for one in adopted.files.sources],
            "tools": list(adopted.files.tools),
            "left_out": [{"file": one.shown, "reason": one.why} for one in adopted.files.left_out],
            "statements": adopted.statements,
            "ran": adopted.ran,
            "not_run": [_note_data(one) for one in adopted.notes],
            "conflicts": [_conflict_data(one) for one in adopted.conflicts],
        },
    }


def _note_data(note: Note) -> dict[str, Any]:
    return _position_data(note.statement.position) | {"reason": note.why}


def _position_data(position: Position | None) -> dict[str, Any]:
    return {"file": position.file if position else None, "line": position.line if position else None}


def _conflict_data(conflict: Conflict) -> dict[str, Any]:
    groups = variants(conflict)
    numbers = {index: number for number, group in enumerate(groups, 1) for index in group}
    return {
        "address": str(conflict.ref),
        "kept": None if conflict.kept is None else numbers[conflict.kept],
        "definitions": [
            {
                **_position_data(one.position),
                "variant": numbers[index],
                "fate": one.fate,
                "altered": [_position_data(by.position) for by in one.altered],
            }
            for index, one in enumerate(conflict.definitions)
        ],
        "fields": [
            {
                "address": str(ref),
                "variants": [
                    data(found) if (found := conflict.definitions[group[0]].objects.get(ref)) is not None else None
                    for group in groups
                ],
            }
            for ref in fields(conflict)
        ],
    }
