"""Documents of rows in, the rows with what is wrong with them out; it knows no dialect and no database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from reconciler.model.data_rows import ABSENT, DATA, Cell, DataRows, Mode
from reconciler.model.objects import Column, ForeignKey, Index, Object, PrimaryKey, Unique
from reconciler.model.ref import Ref
from reconciler.model.row_order import Circle, documents_in_order, rows_in_order
from reconciler.model.values import Deferrable
from reconciler.spec.context import Context
from reconciler.spec.files import read_source, shown_path
from reconciler.spec.load import Documents
from reconciler.spec.names import join_name
from reconciler.spec.nodes import Node, Source
from reconciler.spec.overrides import Fields
from reconciler.spec.places import Read, row_node
from reconciler.spec.sheets import Unreadable, read_sheet
from reconciler.spec.validate import suggestion

# So many rows of one document are told of.
_MOST = 20


def lower_rows(context: Context, ref: Ref, name: Node, fields: Fields) -> None:
    """Take the rows of a table into the lowering; a file is read later, because it may change by itself."""
    given = [key for key in ("rows", "file") if key in fields]
    if len(given) != 1:
        where = fields["file"].key or name if given else name
        message = (
            "rows stand in 'rows' or in a 'file', not in both" if given else "there are neither 'rows' nor a 'file'"
        )
        context.problem("SPEC016" if given else "SPEC014", message, where)
        return
    if "null" in fields and "file" not in fields:
        context.problem("SPEC016", "'null' is about a file", fields["null"].key or name, hint="write null as it is")
    key = tuple(item.value for item in fields["key"].value)
    found = DataRows(
        ref=ref,
        key=key,
        mode=Mode(fields["mode"].value) if "mode" in fields else Mode.UPSERT,
        file=fields["file"].value if "file" in fields else "",
        null=fields["null"].value if "null" in fields else "",
        comment=context.text(fields.get("comment")),
    )
    if "rows" in fields:
        rows = [item.value for item in fields["rows"].value]
        columns = tuple(dict.fromkeys((*key, *(column for row in rows for column in row))))
        cells = tuple(tuple(_cell(context, row.get(column)) for column in columns) for row in rows)
        found = replace(found, columns=columns, rows=cells)
    context.data.append(found)
    context.places[ref] = Read(context.source, name, fields)


def _cell(context: Context, node: Node | None) -> Cell:
    if node is None:
        return ABSENT
    literal = context.literal(node)
    return None if literal is None else literal.value


def check_rows(context: Context) -> None:
    """Read the files of rows, and note everything that is wrong with the rows of all documents."""
    context.data = [_with_rows(context, rows) for rows in context.data]
    by_table: dict[Ref, list[Object]] = {rows.table: [] for rows in context.data}
    for obj in context.objects if by_table else ():
        if obj.ref.top in by_table:
            by_table[obj.ref.top].append(obj)
    keys = [obj for objects in by_table.values() for obj in objects if isinstance(obj, ForeignKey)]
    for rows in context.data:
        place = context.place(rows.ref)
        context.source = place.source
        if rows.table not in context.columns:
            shown = join_name(rows.ref.schema, rows.ref.name)
            hint = suggestion(rows.ref.name, [ref.name for ref in context.columns])
            context.problem("SPEC030", f"there is no table {shown!r} for these rows", place.at, hint=hint)
            continue
        _check(context, rows, by_table[rows.table])
        _self_circle(context, rows, keys)
    _circle(context, keys)


def row_files(documents: Documents) -> Iterator[str]:
    """Yield the text of each file of rows that documents name, as far as it can be read."""
    for document in documents.documents:
        file = document.fields.get("file") if document.kind == DATA else None
        if file is not None:
            source = read_source(_beside(document.source, file.value))
            yield source.text if isinstance(source, Source) else ""


def _beside(source: Source, file: str) -> Path:
    return Path(source.file).absolute().parent / file


def _with_rows(context: Context, rows: DataRows) -> DataRows:
    """Return rows with those of their file."""
    if not rows.file:
        return rows
    place = context.place(rows.ref)
    context.source = place.source
    path = _beside(place.source, rows.file)
    if not path.exists():
        context.problem("SPEC001", f"there is no file {shown_path(path)}", place.fields["file"].at)
        return rows
    try:
        sheet = read_sheet(path, rows.null)
    except Unreadable as error:
        context.problems[error.problem] = None
        return rows
    context.sheets[rows.ref] = sheet
    columns = tuple(dict.fromkeys((*(name for name in rows.key if name in sheet.header), *sheet.header)))
    order = [sheet.header.index(name) for name in columns]
    cells = tuple(tuple(row[number] for number in order) for row in sheet.rows)
    return replace(rows, columns=columns, rows=cells)


def _check(context: Context, rows: DataRows, objects: Sequence[Object]) -> None:
    place, columns = context.place(rows.ref), {obj.ref.name: obj for obj in objects if isinstance(obj, Column)}
    for column in dict.fromkeys((*rows.key, *rows.columns)):
        if column not in columns:
            _unknown_column(context, rows, column, suggestion(column, columns))
        elif why := _forbidden(columns[column]):
            _problem(context, rows, "SPEC076", f"column {column!r} {why[0]}", _first(rows, column), column, why[1])
    if any(name not in columns for name in rows.key):
        return
    nullable = [name for name in rows.key if not columns[name].not_null and name not in _primary(objects)]
    at = place.fields["key"]
    if not any(set(unique) == set(rows.key) for unique in _unique(objects)):
        hint = "name the columns of the primary key, of a unique constraint or of a unique index"
        context.problem("SPEC070", f"nothing makes {', '.join(rows.key)} unique in {rows.table.name!r}", at, hint=hint)
    elif nullable:
        message = f"key column {nullable[0]!r} may be null, so that a row cannot be found by it"
        context.problem("SPEC070", message, at, hint="declare it not_null")
    for number, code, message in islice(_wrong_rows(rows), _MOST):
        _problem(context, rows, code, message, number, "", "")


def _unknown_column(context: Context, rows: DataRows, column: str, hint: str) -> None:
    """Note a column that is not there, at the key where that names it."""
    message = f"table {rows.table.name!r} has no column {column!r}"
    if column in rows.key:
        key = context.place(rows.ref).fields["key"].value
        context.problem("SPEC031", message, key[rows.key.index(column)], hint=hint)
    else:
        _problem(context, rows, "SPEC031", message, _first(rows, column), column, hint)


def _forbidden(column: Column) -> tuple[str, str] | None:
    """Return why no spec may give the values of a column, and what to do."""
    if column.generated is not None:
        return "is computed, so that no row may name it", "leave it out"
    if column.sensitive:
        return "is sensitive, and a spec, a plan and a plan file show the values of rows", (
            "leave it out of the rows; what is secret is put in by the application"
        )
    return None


def _primary(objects: Iterable[Object]) -> frozenset[str]:
    return frozenset(name for obj in objects if isinstance(obj, PrimaryKey) for name in obj.columns)


def _unique(objects: Iterable[Object]) -> Iterator[tuple[str, ...]]:
    """Yield the columns of everything that lets no two rows have the same in them at any moment."""
    for obj in objects:
        if isinstance(obj, PrimaryKey | Unique) and obj.deferrable is Deferrable.NO:
            yield obj.columns
        elif isinstance(obj, Index) and obj.unique and obj.where is None:
            yield tuple(part.column if part.column and not part.length else "" for part in obj.parts)


def _first(rows: DataRows, column: str) -> int:
    """Return the number of the first row that names a column."""
    at = rows.columns.index(column) if column in rows.columns else 0
    return next((number for number, row in enumerate(rows.rows) if row[at] != ABSENT), 0)


def _wrong_rows(rows: DataRows) -> Iterator[tuple[int, str, str]]:
    """Yield the rows that cannot be told from others by the key, each with a code and why."""
    places = [rows.columns.index(name) for name in rows.key if name in rows.columns]
    seen: dict[tuple[str, ...], int] = {}
    missing = [name for name in rows.key if name not in rows.columns]
    for number, row in enumerate(rows.rows):
        key = [row[place] for place in places]
        without = missing or [name for name, cell in zip(rows.key, key, strict=True) if cell is None or cell == ABSENT]
        if without:
            yield number, "SPEC071", f"the row has no {', '.join(without)}, by which it is found"
            continue
        words = tuple(map(str, key))
        other = seen.setdefault(words, number)
        if other != number:
            named = ", ".join(words)
            yield number, "SPEC072", f"row {number + 1} has the key of row {other + 1}: {named}"


def _problem(context: Context, rows: DataRows, code: str, message: str, number: int, column: str, hint: str) -> None:
    """Note a problem at a row, or at one value of it."""
    sheet, place = context.sheets.get(rows.ref), context.place(rows.ref)
    if sheet is not None:
        problem = sheet.source.problem(code, message, sheet.at(number, column), hint=hint)
        context.problems[problem] = None
    else:
        node = row_node(place, number, column)
        context.problem(code, message, (column and node.key) or node, hint=hint)


def _self_circle(context: Context, rows: DataRows, keys: Sequence[ForeignKey]) -> None:
    try:
        rows_in_order(rows, keys, lambda table: context.keys.get(table, ()))
    except Circle as circle:
        message = f"{len(circle.rows)} rows refer to each other in a circle, so that none of them can be put in first"
        _problem(context, rows, "SPEC075", message, min(circle.rows), "", "leave one of the references out")


def _circle(context: Context, keys: Sequence[ForeignKey]) -> None:
    try:
        documents_in_order(context.data, keys)
    except Circle as circle:
        names = " and ".join(map(str, sorted(circle.documents)))
        place = context.place(min(circle.documents))
        context.source = place.source
        message = f"the rows of {names} refer to each other, so that none of them can be put in first"
        context.problem("SPEC075", message, place.at, hint="leave the columns of one of the foreign keys out")
