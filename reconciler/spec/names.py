"""How specs write names (`app.orders`, `customers(id, kind)`, `created_at desc`): text in, parts out, and back.

A name that has a dot, a quote, a comma or a parenthesis of its own is double-quoted, as in SQL: `"a.b"`.
"""

from __future__ import annotations

import re

from reconciler.frozen import frozen_in_order

_PIECE = re.compile(r'"((?:[^"]|"")+)"|([^."(),]+)')
_NEEDS_QUOTES = re.compile(r'[."(),]|^\s|\s$')


@frozen_in_order
class Reference:
    """What a foreign key points to; no columns mean the primary key."""

    schema: str
    table: str
    columns: tuple[str, ...]


@frozen_in_order
class PartText:
    """A part of an index as one line of text."""

    column: str
    descending: bool
    nulls_first: bool | None


def split_name(text: str) -> tuple[str, str]:
    """Return schema ("" when there is none) and name. Raises ValueError with a sentence."""
    if '"' not in text:
        schema, _, name = text.rpartition(".")
        if name and "." not in schema and (schema or "." not in text):
            return schema, name
        raise ValueError(f"{text!r} is no name; write name or schema.name, with a name that has dots in double quotes")
    pieces, rest = _pieces(text)
    if rest or not 1 <= len(pieces) <= 2:
        raise ValueError(f"{text!r} is no name; a quote inside a quoted name is doubled")
    return (pieces[0], pieces[1]) if len(pieces) == 2 else ("", pieces[0])


def join_name(schema: str, name: str) -> str:
    """Return a name as `split_name` reads it, and as it can stand in a reference."""
    return f"{quoted(schema)}.{quoted(name)}" if schema else quoted(name)


def quoted(name: str) -> str:
    """Return one name, in double quotes where it needs them."""
    return '"' + name.replace('"', '""') + '"' if _NEEDS_QUOTES.search(name) else name


def split_column_reference(text: str) -> Reference:
    """Read a column's `references:`: table.column, schema.table.column or table(column).

    Raises ValueError with a sentence.
    """
    reference = split_reference(text)
    if len(reference.columns) != 1:
        raise ValueError(f"{text!r} does not say which column; write table.column")
    return reference


def split_reference(text: str) -> Reference:
    """Read a foreign key's `references:`.

    It is table, table.column, schema.table.column, table(columns) or schema.table(columns).

    Raises ValueError with a sentence.
    """
    pieces, rest = _pieces(text)
    columns: tuple[str, ...] | None = None
    if rest.startswith("(") and rest.endswith(")"):
        columns, rest = _columns(rest[1:-1], text), ""
    if rest or not pieces:
        raise _no_reference(text)
    if columns is None and len(pieces) > 1:
        columns, pieces = (pieces[-1],), pieces[:-1]
    if len(pieces) > 2:
        raise _no_reference(text)
    return Reference(pieces[0] if len(pieces) == 2 else "", pieces[-1], columns or ())


def join_reference(reference: Reference) -> str:
    """Return a reference as `split_reference` reads it."""
    return join_name(reference.schema, reference.table) + "(" + ", ".join(map(quoted, reference.columns)) + ")"


def split_part(text: str) -> PartText:
    """Read one part of an index: a column, then perhaps asc or desc, then perhaps nulls first or nulls last."""
    if " " not in text:
        return PartText(text, False, None)
    words = text.split()
    nulls = None
    if len(words) > 2 and words[-2].lower() == "nulls" and words[-1].lower() in ("first", "last"):
        nulls, words = words[-1].lower() == "first", words[:-2]
    descending = len(words) > 1 and words[-1].lower() == "desc"
    if len(words) > 1 and words[-1].lower() in ("asc", "desc"):
        words = words[:-1]
    column = text if nulls is None and len(words) == len(text.split()) else " ".join(words)
    return PartText(column, descending, nulls)


def _pieces(text: str) -> tuple[list[str], str]:
    """Split at the dots; the rest begins at the first parenthesis, or where the text is no name."""
    pieces: list[str] = []
    at = 0
    while match := _PIECE.match(text, at):
        quoted_text = match.group(1)
        pieces.append(quoted_text.replace('""', '"') if quoted_text is not None else match.group(2).strip())
        at = match.end()
        if text[at : at + 1] != ".":
            return (pieces, text[at:].strip()) if all(pieces) else ([], text)
        at += 1
    return [], text


def _columns(text: str, whole: str) -> tuple[str, ...]:
    names: list[str] = []
    rest = text.strip()
    while rest:
        match = _PIECE.match(rest)
        if match is None:
            raise _no_reference(whole)
        quoted_text = match.group(1)
        names.append(quoted_text.replace('""', '"') if quoted_text is not None else match.group(2).strip())
        rest = rest[match.end() :].strip()
        if rest and (not rest.startswith(",") or not rest[1:].strip()):
            raise _no_reference(whole)
        rest = rest[1:].strip()
    if not all(names):
        raise _no_reference(whole)
    return tuple(names)


def _no_reference(text: str) -> ValueError:
    return ValueError(f"{text!r} is no reference; write table(column, …) or table.column")
