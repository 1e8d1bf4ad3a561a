"""Formatted files, types, schemas and new projects in, lines for a person or plain data out."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.report.diagnostics import diagnostics
from reconciler.report.layout import Cell, Look, Style, counted, grid, source_text
from reconciler.report.offline_facts import Deed, Formatted, FormattedFile, Spelled, Started, TypeRow
from reconciler.report.problems import safe, width

# --- fmt --------------------------------------------------------------------------------------------------------------


def written_text(done: Formatted, look: Look) -> str:
    """Return which files were put in their canonical form."""
    return _listed(done, "~", "formatted", look)


def wanting_text(done: Formatted, look: Look) -> str:
    """Return which files are not in their canonical form."""
    return _listed(done, "!", "not in canonical form", look)


def _listed(done: Formatted, sign: str, words: str, look: Look) -> str:
    lines = [f" {look.paint(Style.UPDATE, sign)} {safe(file.name)}" for file in done.changed]
    rest = len(done.files) - len(done.changed)
    facts = [f"{counted(len(done.changed), 'file')} {words}"] if done.changed else []
    facts += [f"{counted(rest, 'file')} in canonical form"] if rest or not done.changed else []
    return "".join(f"{line}\n" for line in (*lines, f" {', '.join(facts)}"))


def diff_text(done: Formatted, look: Look) -> str:
    """Return what the canonical form changes, as a patch."""
    return "".join(f"{line}\n" for file in done.changed for line in patch(file, look))


def patch(file: FormattedFile, look: Look) -> Iterator[str]:
    """Yield the lines of a patch."""
    name = safe(file.name)
    found = difflib.unified_diff(_lines(file.before), _lines(file.after), name, name, lineterm="")
    styles = {"+": Style.CREATE, "-": Style.DELETE, "@": Style.FAINT}
    for line in found:
        shown, _, missing = line.partition("\n")
        yield look.paint(styles.get(shown[:1], ""), _visible(shown)) if shown[:1] in styles else _visible(shown)
        yield from [missing] if missing else []


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    last = lines.pop()
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines


def _visible(line: str) -> str:
    return "\t".join(map(safe, line.split("\t")))


def format_data(done: Formatted) -> dict[str, Any]:
    """Return what was formatted, or would be, as plain data."""
    changed = [file.name for file in done.changed]
    return {"files": len(done.files), "changed": changed, "problems": diagnostics(done.problems)}


# --- types ------------------------------------------------------------------------------------------------------------


def types_text(rows: Sequence[TypeRow], look: Look) -> str:
    """Return the table of types, dialects that agree in one column, and a line for each thing to know about a type.

    What does not fit beside each other stands below.
    """
    notes = {note: number for number, note in enumerate(dict.fromkeys(_notes(rows)), 1)}
    names = max(len(row.portable) for row in rows)
    columns = [[Cell(", ".join(same), Style.STRONG), *(_spelled(row.dialects[same[0]], notes) for row in rows)]
               for same in _agreeing(rows)]  # fmt: skip
    first = [Cell("portable", Style.STRONG), *(Cell(row.portable) for row in rows)]
    lines: list[str] = []
    for block in _beside(columns, look.width - names - 1):
        lines += ["", *grid([list(row) for row in zip(first, *block, strict=True)], look.paint, indent=" ")]
    lines += ["", *(f" {number}) {safe(note)}" for note, number in notes.items())] if notes else []
    return "".join(f"{line}\n" for line in lines[1:])


def _agreeing(rows: Sequence[TypeRow]) -> list[list[str]]:
    """Return the dialects in groups that spell every type alike."""
    groups: dict[tuple[Spelled, ...], list[str]] = {}
    for name in rows[0].dialects:
        groups.setdefault(tuple(row.dialects[name] for row in rows), []).append(name)
    return list(groups.values())


def _beside(columns: Sequence[list[Cell]], room: int) -> Iterator[list[list[Cell]]]:
    """Yield as many columns at a time as fit into the room."""
    block: list[list[Cell]] = []
    for column in columns:
        if block and sum(3 + max(width(cell.text) for cell in one) for one in (*block, column)) > room:
            yield block
            block = []
        block.append(column)
    yield block


def _notes(rows: Iterable[TypeRow]) -> Iterator[str]:
    for row in rows:
        for found in row.dialects.values():
            yield from found.notes


def _spelled(found: Spelled, notes: Mapping[str, int]) -> Cell:
    words = " + ".join([found.native, *found.besides]) if found.native else "none"
    marks = "".join(f" {notes[note]})" for note in found.notes)
    style = "" if found.native and not found.notes else Style.CARE if found.native else Style.FAINT
    return Cell(words + marks, style)


def types_data(rows: Sequence[TypeRow]) -> dict[str, Any]:
    """Return the table of types as plain data."""
    return {
        "types": [
            {
                "portable": row.portable,
                "dialects": {
                    name: {"native": found.native or None, "with": list(found.besides), "notes": list(found.notes)}
                    for name, found in row.dialects.items()
                },
            }
            for row in rows
        ]
    }


# --- schema -----------------------------------------------------------------------------------------------------------


def schemas_text(titles: Mapping[str, str], look: Look) -> str:
    """Return the kinds of documents that have a schema."""
    rows = [[Cell(kind, Style.STRONG), Cell(title)] for kind, title in titles.items()]
    return "".join(f"{line}\n" for line in grid(rows, look.paint, indent=" "))


def schemas_data(titles: Mapping[str, str]) -> dict[str, Any]:
    """Return the kinds of documents as plain data."""
    return {"schemas": [{"kind": kind, "title": title} for kind, title in titles.items()]}


def schema_data(kind: str, text: str) -> dict[str, Any]:
    """Return one schema as plain data."""
    return {"kind": kind, "schema": json.loads(text)}


# --- init -------------------------------------------------------------------------------------------------------------

_SIGNS: Mapping[Deed, tuple[str, str]] = {
    Deed.CREATED: ("+", Style.CREATE), Deed.EXTENDED: ("~", Style.UPDATE), Deed.UPDATED: ("~", Style.UPDATE),
    Deed.KEPT: ("!", Style.CARE), Deed.THERE: ("=", Style.FAINT),
}  # fmt: skip


def started_text(started: Started, look: Look) -> str:
    """Return what was made, what was left as it is, and what to do next."""
    rows = [
        [Cell(_SIGNS[thing.deed][0], _SIGNS[thing.deed][1]), Cell(safe(thing.path.as_posix())), Cell(thing.deed.value)]
        for thing in started.things
    ]
    lines: list[str] = []
    for thing, line in zip(started.things, grid(rows, look.paint, indent="   ", gap="  "), strict=True):
        lines += [line, *(f"        {part}" for part in source_text(thing.note) if part)]
    made = any(thing.deed is not Deed.THERE for thing in started.things)
    where = safe(str(started.directory))
    title = f" A project in {where}:" if made else f" Nothing to do: the project in {where} is complete"
    next_line = f" Next:  {look.paint(Style.STRONG, look.apply)}"
    return "".join(f"{line}\n" for line in (title, *(lines if made or look.detail else []), next_line))


def started_data(started: Started) -> dict[str, Any]:
    """Return what was made as plain data."""
    return {
        "directory": str(started.directory),
        "files": [
            {"path": thing.path.as_posix(), "status": thing.deed.name.lower(), "note": thing.note or None}
            for thing in started.things
        ],
    }
