"""Declared rows and a session in, the steps that make the rows of the database so out; nothing is written.

A row is found by its key, as the database tells keys apart, and its values are compared as the database spells them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from reconciler.compare.row_sheets import Found, Sheet, deleted_row, inserted_row, loss, moved_on, updated_row
from reconciler.compare.row_statements import Work, among, deletes, inserts, key_literals, literal, updates
from reconciler.dialects.base import DatabaseError, Dialect, Session, Unanswered
from reconciler.dialects.rows import Asked, RowWords, Texts, chunks
from reconciler.errors import PlanError, Problem
from reconciler.frozen import frozen
from reconciler.model.data_rows import ABSENT, DataRows, Mode
from reconciler.model.model import Model
from reconciler.model.objects import Column, ForeignKey, PrimaryKey, Table
from reconciler.model.ref import Kind, Ref
from reconciler.model.row_order import Circle, documents_in_order, rows_in_order
from reconciler.plan.hazards import Hazard
from reconciler.plan.row_changes import SHOWN, RowChanges
from reconciler.plan.rules import States
from reconciler.plan.step import Statement, Step, Transaction

# Keys of one question to the table, and bytes of them; bytes and statements of one step; what a long statement counts
# for where so many fit into one transaction.
_KEYS, _LONGEST, _STEP, _STATEMENTS, _WEIGHT = 500, 60_000, 500_000, 100, 6_000


@frozen
class RowPlan:
    """The steps for the rows of all documents, what they cost, and what could not be found out."""

    steps: tuple[Step, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    notes: tuple[str, ...] = ()


def plan_rows(dialect: Dialect, session: Session, data: Sequence[DataRows], states: States) -> RowPlan:
    """Return what makes the rows so.

    Args:
        dialect: whose session it is.
        session: outside a transaction, or in the one that wrote them.
        data: in the order of their addresses.
        states: the models on both ends of the plan; rows come after all of its other steps.

    Raises:
        PlanError: for values that the database does not take, and rows that are one to it.
        DatabaseError: when it does not answer.
    """
    if not data:
        return RowPlan()
    keys = [obj for obj in states.new.values() if isinstance(obj, ForeignKey)]
    written: list[Step] = []
    gone: list[Step] = []
    hazards: list[Hazard] = []
    notes: list[str] = []
    for rows in documents_in_order([_in_words_of(states.new, one) for one in data], keys):
        if not all(rows.table.child(Kind.COLUMN, name) in states.new for name in rows.columns):
            notes.append(f"{rows.ref}: its rows are not compared: its table is left as it is")
            continue
        sheet = _sheet(rows, keys, states)
        try:
            found = _compared(dialect, session, sheet, states)
        except Unanswered as error:
            notes.append(f"{rows.ref}: its rows are not compared: {error.message}")
            continue
        written += _writing(dialect, sheet, found, states.new)
        if found.deleted:
            gone = [*_deleting(dialect, sheet, found, keys), *gone]
            hazards.append(loss(dialect.rows(), sheet, found, keys))
    return RowPlan(steps=(*written, *gone), hazards=tuple(hazards), notes=tuple(notes))


def with_rows(steps: Sequence[Step], found: RowPlan, words: RowWords) -> tuple[Step, ...]:
    """Return the steps of a plan with those for rows behind them."""
    deletes_some = any(step.rows and step.rows.deleted for step in found.steps)
    if words.apart and deletes_some and steps and steps[-1].statements:
        *others, last = steps[-1].statements
        last = replace(last, transaction=Transaction.COMMIT_AFTER)
        steps = (*steps[:-1], replace(steps[-1], statements=(*others, last)))
    return (*steps, *found.steps)


def _sheet(rows: DataRows, keys: Sequence[ForeignKey], states: States) -> Sheet:
    declared = {column.ref.name: column for column in states.new.children(rows.table, Column)}
    columns = tuple(declared[name] for name in rows.columns)
    live = {column.ref.name: column for column in states.old.children(rows.table, Column)}
    settled = frozenset(c.ref.name for c in columns if c.ref.name in live and _same_type(c, live[c.ref.name], states))

    primary = next((key.columns for key in states.new.children(rows.table, PrimaryKey)), ())
    return Sheet(
        rows=rows, table=states.new.get_as(rows.table, Table), columns=columns, live=live, settled=settled,
        order=rows_in_order(rows, keys, lambda table: primary), primary=primary,
        demanding=[column for column in declared.values() if _demands(column)],
    )  # fmt: skip


def _demands(column: Column) -> bool:
    return column.not_null and column.default is None and column.generated is None and column.identity is None


def _in_words_of(model: Model, rows: DataRows) -> DataRows:
    """Return rows with the names of their table and columns as the database has them: some keep no letter case."""
    if rows.table not in model:
        alike = (ref for ref in model if ref.kind == Kind.TABLE and ref.name.lower() == rows.ref.name.lower())
        name = next((ref.name for ref in alike), rows.ref.name)
        rows = replace(rows, ref=Ref(rows.ref.schema, (*rows.ref.parts[:-1], name)))
    names = {column.ref.name.lower(): column.ref.name for column in model.children(rows.table, Column)}
    names |= {name: name for name in names.values()}

    def known(columns: Iterable[str]) -> tuple[str, ...]:
        return tuple(names.get(name, names.get(name.lower(), name)) for name in columns)

    return replace(rows, key=known(rows.key), columns=known(rows.columns))


def _same_type(new: Column, old: Column, states: States) -> bool:
    """Say whether a column holds the same values before and after the plan; an enum may get another one."""
    types = (ref for ref in new.uses | old.uses if ref.kind in (Kind.ENUM, Kind.DOMAIN))
    return new.type == old.type and all(states.old.get(ref) == states.new.get(ref) for ref in types)


# --- comparing --------------------------------------------------------------------------------------------------------


def _compared(dialect: Dialect, session: Session, sheet: Sheet, states: States) -> Found:
    rows, words = sheet.rows, dialect.rows()
    if rows.table not in states.old:
        return Found(inserted=sheet.order, updated=(), deleted=(), spelled={})
    spelled = _spelled(words, session, sheet)
    live = _live(dialect, session, sheet, states)
    inserted, updated = [], []
    for number in sheet.order:
        _, match = spelled[number]
        there = live.pop(match, None)
        if there is None:
            inserted.append(number)
        elif rows.mode is not Mode.INSERT_MISSING:
            differing = tuple(_differing(words, sheet, number, spelled[number][0], there))
            updated += [(number, there, differing)] if differing else []
    return Found(
        inserted=inserted, updated=updated, deleted=list(live.values()) if rows.mode is Mode.SYNC else [],
        spelled={number: texts for number, (texts, _) in enumerate(spelled)},
    )  # fmt: skip


def _spelled(words: RowWords, session: Session, sheet: Sheet) -> list[tuple[Texts, Texts]]:
    """Return each declared row as the database spells it, with the texts by which its key is found."""
    names = [column.ref.name for column in sheet.columns]
    cells = [
        [literal(words, cell, column) for cell, column in zip(row, sheet.columns, strict=True)]
        for row in sheet.rows.rows
    ]  # fmt: skip
    asked = Asked(
        table=sheet.table, columns=sheet.columns, rows=cells, keys=len(sheet.rows.key),
        unsettled=frozenset(names) - sheet.settled,
    )  # fmt: skip
    try:
        found = words.spelled(session, asked)
    except DatabaseError as error:
        if error.lost or isinstance(error, Unanswered):
            raise
        message = f"{sheet.rows.ref}: the database does not take a value: {error.message.splitlines()[0]}"
        raise PlanError([_problem(sheet, "RUN050", message, "mend the value or the column's type")]) from error
    pairs = [(row[: len(names)], row[len(names) :]) for row in found]
    _distinct(sheet, pairs)
    return pairs


def _distinct(sheet: Sheet, pairs: Sequence[tuple[Texts, Texts]]) -> None:
    """Raise PlanError for rows of which only the database knows that their keys are one."""
    seen: dict[Texts, int] = {}
    for number, (_, match) in enumerate(pairs):
        first = seen.setdefault(match, number)
        if first != number:
            message = f"{sheet.rows.ref}: rows {first + 1} and {number + 1} have one key to the database"
            raise PlanError([_problem(sheet, "RUN050", message, "leave one of them out")])


def _problem(sheet: Sheet, code: str, message: str, hint: str) -> Problem:
    return Problem(code=code, message=message, hint=hint, address=str(sheet.rows.ref))


def _live(dialect: Dialect, session: Session, sheet: Sheet, states: States) -> dict[Texts, Texts]:
    """Return the rows of the table by the texts of their key: all for a sync, else those that may be listed.

    A column that is not there yet is null in all of them.
    """
    columns = tuple(sheet.live.get(column.ref.name, column) for column in sheet.columns)
    names = [
        dialect.quote(states.live(column.ref).name) if column.ref.name in sheet.live else "NULL" for column in columns
    ]
    width, words = len(columns), dialect.rows()
    asked = Asked(table=sheet.table, columns=columns, rows=(), keys=len(sheet.rows.key))
    query = f"SELECT {asked.wanted(words, names)} FROM {words.table(states.live(sheet.rows.table))}"
    found: dict[Texts, Texts] = {}
    for condition in _conditions(words, sheet, names):
        found |= {row[width:]: row[:width] for row in session.query(query + condition)}
    return found


def _conditions(words: RowWords, sheet: Sheet, names: Sequence[str]) -> Iterator[str]:
    """Yield what limits each question; a key of another type than the declared one finds nothing by its value."""
    rows = sheet.rows
    if rows.mode is Mode.SYNC or not sheet.settled >= set(rows.key):
        yield ""
        return
    keys = [key_literals(words, row, sheet.columns, len(rows.key)) for row in rows.rows]
    for chunk in chunks(keys, _LONGEST, _KEYS):
        yield f" WHERE {among(words, names[: len(rows.key)], chunk)}"


def _differing(words: RowWords, sheet: Sheet, number: int, wanted: Texts, there: Texts) -> Iterator[int]:
    """Yield the columns, by their place, in which a row is not as it is listed."""
    for place in range(len(sheet.rows.key), len(sheet.columns)):
        if sheet.rows.rows[number][place] == ABSENT:
            continue
        column, new, old = sheet.columns[place], wanted[place], there[place]
        if column.ref.name not in sheet.live or not _same(words, column, new, old):
            yield place


def _same(words: RowWords, column: Column, new: str | None, old: str | None) -> bool:
    if new is None or old is None or new == old:
        return new == old
    return words.value(column, new) == words.value(column, old)


# --- steps ------------------------------------------------------------------------------------------------------------


def _writing(dialect: Dialect, sheet: Sheet, found: Found, model: Model) -> list[Step]:
    """Return the steps that put rows in and change others."""
    _complete(sheet, found.inserted)
    single = moved_on(sheet, found, model) if found.updated else frozenset()
    work = Work(dialect=dialect, rows=sheet.rows, columns=sheet.columns, single=single)
    statements = [*inserts(work, found.inserted), *updates(work, [(n, places) for n, _, places in found.updated])]
    if not statements:
        return []
    first = [inserted_row(dialect.rows(), sheet, found, number) for number in found.inserted[:SHOWN]]
    first += [updated_row(dialect.rows(), sheet, found, *one) for one in found.updated[:SHOWN]]
    changes = RowChanges(inserted=len(found.inserted), updated=len(found.updated), first=tuple(first))
    return _steps(sheet.rows.ref, "update", statements, changes)


def _deleting(dialect: Dialect, sheet: Sheet, found: Found, keys: Sequence[ForeignKey]) -> list[Step]:
    """Return the steps that delete rows, those that refer to others of them first."""
    own = any(key.ref.top == key.target == sheet.rows.table for key in keys)
    gone = replace(sheet.rows, rows=tuple(found.deleted))
    order = _children_first(gone, keys, sheet) if own else range(len(gone.rows))
    work = Work(dialect=dialect, rows=sheet.rows, columns=sheet.columns)
    statements = deletes(work, [found.deleted[number] for number in order], 1 if own else _KEYS)
    first = tuple(deleted_row(dialect.rows(), sheet, texts) for texts in found.deleted[:SHOWN])
    return _steps(sheet.rows.ref, "delete", statements, RowChanges(deleted=len(found.deleted), first=first))


def _children_first(gone: DataRows, keys: Sequence[ForeignKey], sheet: Sheet) -> Sequence[int]:
    try:
        return rows_in_order(gone, keys, lambda table: sheet.primary)[::-1]
    except Circle:
        return range(len(gone.rows))


def _steps(ref: Ref, action: str, statements: Sequence[str], changes: RowChanges) -> list[Step]:
    """Return steps of as many statements as one transaction takes anywhere; the first tells of all."""
    return [
        Step(
            subject=ref, action=action, changes=(), rows=RowChanges() if number else changes,
            statements=tuple(Statement(sql, relations=1 + len(sql) // _WEIGHT) for sql in chunk),
        )
        for number, chunk in enumerate(chunks(statements, _STEP, _STATEMENTS))
    ]  # fmt: skip


def _complete(sheet: Sheet, inserted: Iterable[int]) -> None:
    """Raise PlanError when a new row says nothing of a column that wants a value and has none by itself."""
    named = {column.ref.name: place for place, column in enumerate(sheet.columns)}
    problems = []
    for column in sheet.demanding:
        name = column.ref.name
        lacking = (n for n in inserted if name not in named or sheet.rows.rows[n][named[name]] in (ABSENT, None))
        for number in islice(lacking, 1):
            message = f"{sheet.rows.ref}: row {number + 1} is new and says nothing of {name!r}, which is not null"
            problems.append(_problem(sheet, "RUN050", message, "name the column, or declare a default"))
    if problems:
        raise PlanError(problems)
