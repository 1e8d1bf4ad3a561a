"""A table before and after a plan in, statements out that put it into its new form whether it has that already or not.

SQLite has no condition around a statement, so the copy is written to be right from both forms: a name is looked up in
the table first, and where the table has no such column, in a query around it that says what stands for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.dialects.sql import double_quoted, moved_term, names, text_literal
from reconciler.dialects.sqlite import render
from reconciler.dialects.sqlite.names import fold
from reconciler.dialects.sqlite.rebuild import carrying, definition_of, free_rowid, rowid_worth_keeping
from reconciler.dialects.sqlite.triggers import triggers_again
from reconciler.errors import PlanError, Problem
from reconciler.frozen import frozen
from reconciler.model.model import Model
from reconciler.model.names import helper_name
from reconciler.model.objects import Column, Index, PrimaryKey, Table
from reconciler.model.ref import Ref
from reconciler.plan.rules import States

# What a row can be told by where no column shows it (sqlite.org/lang_createtable.html#rowid).
_ROWIDS = ("rowid", "_rowid_", "oid")


@frozen
class Remake:
    """A table on both ends of a plan: `live` is its name before, `before` gives each new column's name before."""

    ref: Ref
    live: str
    old: Table
    new: Table
    states: States
    target: Model
    before: Mapping[str, str]

    @property
    def name(self) -> str:
        """Its name after the plan."""
        return self.ref.name

    @property
    def helper(self) -> str:
        """The name under which the new form is made."""
        return helper_name(f"script {self.ref}", self.name)

    @property
    def columns(self) -> Sequence[Column]:
        """The columns of the new form, in order."""
        return sorted(self.target.children(self.ref, Column), key=lambda column: column.position)

    @property
    def created(self) -> str:
        """The text that SQLite keeps of the new form."""
        return render.create_table(self.new, self.target, self.name)


def remake(table: Ref, states: States) -> Remake:
    """Look at a table. Raises PlanError when no script can be right from both forms of it."""
    old, new = states.old.get_as(table, Table), states.new.get_as(table, Table)
    if old.not_understood:
        raise PlanError([_puzzling(old)])
    before = {
        column.ref.name: states.live(column.ref).name
        for column in states.old.children(table, Column)
        if column.ref in states.new
    }
    found = Remake(
        ref=table, live=states.live(table).name, old=old, new=new, states=states, target=carrying(states, table),
        before=before,
    )  # fmt: skip
    if why := _hidden(found):
        raise PlanError([unguarded(table, why)])
    return found


def _puzzling(table: Table) -> Problem:
    """Return the problem of a table that no script of ours makes anew."""
    return Problem(
        code="RUN035",
        message=f"{table.ref} has to be rebuilt, and its CREATE TABLE is not understood: {table.not_understood}",
        hint="change the table by hand, or simplify its definition; nothing was done",
        address=str(table.ref),
    )


def unguarded(ref: Ref, why: str) -> Problem:
    """Return the problem of a change that no script can make twice."""
    message = f"{ref}: no script can be run twice here: {why}"
    return Problem(code="RUN042", message=message, hint="let `reconcile apply` do it", address=str(ref))


def _hidden(one: Remake) -> str:
    """Say why a column cannot be looked for in a row of both forms, "" when it can, or none is."""
    moved = {name for pair in one.before.items() if pair[0] != pair[1] for name in pair}
    sought = moved | {column.ref.name for column in _added(one)}
    if not sought or one.live != one.name:
        return ""
    if numbers := sorted(name for name in sought if fold(name) in _ROWIDS):
        return f"{numbers[0]} is a name that SQLite gives to every row's number"
    return "" if _key(one) else "its rows cannot be told by one key before and after"


def _added(one: Remake) -> list[Column]:
    return [column for column in one.columns if column.generated is None and column.ref.name not in one.before]


def _key(one: Remake) -> Sequence[str]:
    """Return the columns that tell a row in both forms: the rowid under a name that is no column's, else the key."""
    if not any(("without_rowid", True) in table.options for table in (one.old, one.new)):
        taken = {fold(name) for pair in one.before.items() for name in pair} | {fold(c.ref.name) for c in one.columns}
        return [name for name in _ROWIDS if name not in taken][:1]
    keys = [key.columns for model in (one.states.old, one.target) for key in model.children(one.ref, PrimaryKey)]
    same = len(keys) == 2 and keys[0] == keys[1] and all(one.before.get(name) == name for name in keys[0])
    return keys[0] if same else ()


# --- statements -------------------------------------------------------------------------------------------------------


def remade(one: Remake) -> Iterator[str]:
    """Yield the statements, without the guards around them."""
    sources = dict.fromkeys((one.live, one.name))
    if len(sources) > 1:
        yield from _stand_ins(one)
    yield render.create_table(one.new, one.target, one.helper)
    for source in sources:
        yield _copy(one, source)
    yield from _sequence(one, sources)
    for source in sources:
        yield f"DROP TABLE {double_quoted(source)}"
    yield f"ALTER TABLE {double_quoted(one.helper)} RENAME TO {double_quoted(one.name)}"
    for index in indexes(one):
        yield definition_of(index, one.states.old)
    yield from triggers_again(one.ref, one.target, one.states.old)


def indexes(one: Remake) -> Sequence[Index]:
    """Return the indexes of the new form."""
    return sorted(one.target.children(one.ref, Index), key=lambda index: index.ref)


def counted(one: Remake) -> str:
    """Return the condition that the copy has as many rows as what it was made from."""
    sources = dict.fromkeys((one.live, one.name))
    total = " + ".join(f"(SELECT count(*) FROM {double_quoted(name)})" for name in sources)
    return f"{total} = (SELECT count(*) FROM {double_quoted(one.helper)})"


def _stand_ins(one: Remake) -> Iterator[str]:
    """Yield an empty table for the one of both names that is not there, so that both can be copied from."""
    for source, columns in ((one.live, [*one.before.values()]), (one.name, [c.ref.name for c in one.columns])):
        yield f"CREATE TABLE IF NOT EXISTS {double_quoted(source)} ({names(double_quoted, columns or ['none'])})"


def _copy(one: Remake, source: str) -> str:
    """Write the copy from a table: renamed, its name tells its form; else each column is looked for."""
    plain = [column for column in one.columns if column.generated is None]
    if one.live == one.name:
        pairs = [(c.ref.name, _value(one, c)) for c in plain]
    elif source == one.live:
        pairs = [(c.ref.name, f"s.{double_quoted(one.before[c.ref.name])}") for c in plain if c.ref.name in one.before]
    else:
        pairs = [(c.ref.name, f"s.{double_quoted(c.ref.name)}") for c in plain]
    # No value that goes is one of the new ones (SPEC040), so that the second time finds none.
    moved = {column.ref.name: column.moved_values for column in plain}
    pairs = [(name, moved_term(value, moved[name])) for name, value in pairs]
    rowid = free_rowid(one.states, one.new.ref)
    if rowid and rowid_worth_keeping(one.states.old, one.old) and rowid_worth_keeping(one.states.new, one.new):
        pairs.insert(0, (rowid, f"s.{rowid}"))
    if not pairs:
        return f"INSERT INTO {double_quoted(one.helper)} SELECT WHERE 0"
    into = names(double_quoted, [name for name, _ in pairs])
    values = ",\n  ".join(value for _, value in pairs)
    return f"INSERT INTO {double_quoted(one.helper)} ({into})\nSELECT {values}\nFROM {double_quoted(source)} AS s"


def _value(one: Remake, column: Column) -> str:
    """Write a column's value from either form."""
    name = column.ref.name
    if name in one.before and fold(one.before[name]) == fold(name):
        return f"s.{double_quoted(name)}"
    if name in one.before:
        return _looked_up(one, name, _looked_up(one, one.before[name], "NULL"))
    default = render.default_text(column.default) if column.default is not None else "NULL"
    return _looked_up(one, name, default)


def _looked_up(one: Remake, name: str, otherwise: str) -> str:
    """Write the value of a column in the row at hand, or what stands for it in a table that has no such column.

    A name is looked for from the inside out (sqlite.org/lang_select.html): in the table, then in the query around it.
    """
    same = " AND ".join(f"i.{double_quoted(key)} = s.{double_quoted(key)}" for key in _key(one))
    quoted = double_quoted(name)
    inner = f"(SELECT {quoted} FROM {double_quoted(one.name)} AS i WHERE {same})"
    return f"(SELECT {inner} FROM (SELECT {otherwise} AS {quoted}))"


def _sequence(one: Remake, sources: Mapping[str, None]) -> Iterator[str]:
    """Yield what carries the counter of AUTOINCREMENT: the highest id ever given, not the highest that is there."""
    if ("autoincrement", True) not in one.new.options:
        return
    fresh, known = text_literal(one.helper), ", ".join(map(text_literal, (*sources, one.helper)))
    highest = f"(SELECT max(seq) AS highest FROM sqlite_sequence WHERE name IN ({known}))"
    # Counters that the copy made are among them, so none is lost where there was none before.
    yield f'CREATE TEMP TABLE "__rc_highest" AS SELECT highest FROM {highest} WHERE highest IS NOT NULL'
    yield f"DELETE FROM sqlite_sequence WHERE name = {fresh}"
    yield f'INSERT INTO sqlite_sequence (name, seq) SELECT {fresh}, highest FROM "__rc_highest"'
    yield 'DROP TABLE "__rc_highest"'
