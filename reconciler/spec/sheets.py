"""A CSV file of rows in, its cells with their places out; what is null is told from what is empty."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from reconciler.errors import Problem
from reconciler.frozen import frozen_in_order
from reconciler.spec.files import read_source
from reconciler.spec.nodes import At, Source

# A field, in quotes or without, and what ends it. RFC 4180, and COPY of PostgreSQL in its format CSV.
_FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\r|\n|\Z)')


@frozen_in_order
class Sheet:
    """The rows of a CSV file. `header` names the columns; each row has a text or None for each of them.

    `starts` are where the rows begin in the text.
    """

    source: Source
    header: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    starts: tuple[int, ...]

    def at(self, number: int, column: str = "") -> At:
        """Return the place of a row, or of one cell of it; that of the column's name where there is no such row."""
        start = self.starts[number] if number < len(self.starts) else 0
        fields = _FIELD.finditer(self.source.text, start)
        for _ in range(self.header.index(column) if column in self.header else 0):
            next(fields)
        found = next(fields)
        width = found.end() - found.start() - len(found[3]) if column else 1
        return _at(self.source.text, found.start(), max(width, 1))


class Unreadable(Exception):
    """What is wrong with a CSV file, as a problem with its place."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read_sheet(path: Path, null: str) -> Sheet:
    """Return the rows of a file.

    Args:
        path: the file.
        null: what stands for null where it is not in quotes.

    Raises:
        Unreadable: when it cannot be read, has no header, or a line with another number of fields.
    """
    source = read_source(path)
    if isinstance(source, Problem):
        raise Unreadable(source)
    lines = _lines(source, null)
    header = next(lines, None)
    if header is None:
        raise _wrong(source, 0, "the file is empty", "its first line names the columns")
    names = tuple(name or "" for name in header[1])
    twice = next((name for number, name in enumerate(names) if not name or name in names[:number]), None)
    if twice is not None:
        message = f"the header names {twice!r} twice" if twice else "the header has a column without a name"
        raise _wrong(source, 0, message, "the first line names each column once")
    rows, starts = [], []
    for start, row in lines:
        if len(row) != len(names):
            count = f"{len(row)} field{'s' if len(row) > 1 else ''}"
            raise _wrong(source, start, f"the line has {count}, the header {len(names)}", "a comma in a text is quoted")
        starts.append(start)
        rows.append(row)
    return Sheet(source, names, tuple(rows), tuple(starts))


def _lines(source: Source, null: str) -> Iterator[tuple[int, tuple[str | None, ...]]]:
    """Yield each line with where it begins; empty ones are left out."""
    text, at = source.text, 0
    while at < len(text):
        start, row = at, list[str | None]()
        while True:
            found = _FIELD.match(text, at)
            if found is None:
                raise _wrong(source, at, "a quote that is not closed, or text beside one", 'a quote is doubled: ""')
            quoted, plain, end = found.groups()
            row.append(None if quoted is None and plain == null else plain if quoted is None else _unquoted(quoted))
            at = found.end()
            if end != ",":
                break
        if len(row) > 1 or text[start : start + 1] not in ("\r", "\n"):
            yield start, tuple(row)


def _unquoted(text: str) -> str:
    return text.replace('""', '"') if '"' in text else text


def _wrong(source: Source, index: int, message: str, hint: str) -> Unreadable:
    return Unreadable(source.problem("SPEC074", message, _at(source.text, index, 1), hint=hint))


def _at(text: str, index: int, width: int) -> At:
    before = text[:index]
    line = before.count("\n") + (0 if "\n" in before else before.count("\r")) + 1
    column = index - max(before.rfind("\n"), before.rfind("\r"))
    return line, column, column + width
