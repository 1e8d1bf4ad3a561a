"""A change of a live table and its cost in, the statement that asks for the mildest way of making it out.

A server that is asked for nothing takes the mildest way by itself, and goes on to a copy under a lock without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.dialects.mysql.costs import Cost, Grade
from reconciler.dialects.mysql.lexer import quoted, text_literal
from reconciler.dialects.mysql.names import table
from reconciler.model.model import Model
from reconciler.model.objects import Column, ForeignKey, Index, Object, Table
from reconciler.model.ref import Ref
from reconciler.model.values import Action
from reconciler.plan.rules import HEAVY_ROW_BYTES, States
from reconciler.plan.step import DataCheck, Ladder, Rung, Statement

# From so many rows on a plan tells that a table is written anew. So many are counted; the server's estimate may be old.
TOLD_ROWS, COUNTED_ROWS = 1_000, 100_000

# Grade → ALGORITHM and LOCK, in the order in which they are tried
# (dev.mysql.com/doc/refman/9.7/en/alter-table.html#alter-table-concurrency, mariadb.com/kb/en/alter-table).
_MYSQL: Mapping[Grade, tuple[str, str]] = {
    Grade.INSTANT: ("INSTANT", ""),
    Grade.REBUILT: ("INPLACE", "NONE"),
    Grade.LOCKED: ("INPLACE", "SHARED"),
    Grade.COPIED: ("COPY", "SHARED"),
}
_MARIADB: Mapping[Grade, tuple[str, str]] = {
    Grade.INSTANT: ("INSTANT", ""),
    Grade.ASIDE: ("NOCOPY", "NONE"),
    Grade.REBUILT: ("INPLACE", "NONE"),
    Grade.ONLINE: ("COPY", "NONE"),
    Grade.LOCKED: ("INPLACE", "SHARED"),
    Grade.COPIED: ("COPY", "SHARED"),
}

_WRITES_ROWS = frozenset({Grade.REBUILT, Grade.ONLINE, Grade.COPIED})
_CASCADES = frozenset({Action.CASCADE, Action.SET_NULL, Action.SET_DEFAULT})


def altered(obj: Object, clauses: Sequence[str], cost: Cost, states: States) -> tuple[Statement, ...]:
    """Return the ALTER TABLE of the table that an object is in, or is."""
    return (_statement(obj.ref, f"ALTER TABLE {table(obj.ref)}", clauses, cost, states, _alter_words),)


def altered_alone(obj: Object, clause: str, cost: Cost, states: States) -> tuple[Statement, ...]:
    """Return an ALTER TABLE beside whose clause no other may stand."""
    return (_statement(obj.ref, f"ALTER TABLE {table(obj.ref)} {clause}", (), cost, states, _alter_words),)


def indexed(index: Index, sql: str, cost: Cost, states: States) -> tuple[Statement, ...]:
    """Return a CREATE INDEX, which asks in words of its own."""
    return (_statement(index.ref, sql, (), cost, states, _index_words),)


def told_while_writing(statement: Statement, ref: Ref, states: States, what: str) -> Statement:
    """Return a statement of an online sequence with what the plan is to tell: how long others wait, and meanwhile what
    is done.
    """
    assert statement.ladder is not None, f"{ref}: an online sequence asks for its way"
    way = statement.ladder.rungs[0].name
    told = f"{way}: writes wait for moments only, {what}, about {{count}}"
    ask = DataCheck(code="MY131", ref=ref, message=told, count=_size(states.live(ref.top).name, 1, None))
    ladder = replace(statement.ladder, asks=(*statement.ladder.asks, ask))
    return replace(statement, ladder=ladder)


def _statement(
    ref: Ref, head: str, clauses: Sequence[str], cost: Cost, states: States, words: Callable[[str, str], str]
) -> Statement:
    if ref.top not in states.old:  # it has no rows yet
        return Statement(f"{head}{' ' if clauses else ''}{', '.join(clauses)}")
    grade = grade_of(cost, ref.top, states)
    rungs = tuple(
        Rung(name=_name(*how), words=words(*how), heavy="SHARED" in how or "COPY" in how)
        for step, how in _ways(states).items()
        if step >= _first(grade, states)
    )
    large = _large(ref, ref.top.name, rungs[0].name, states)
    return Ladder(
        head=head, clauses=tuple(clauses), rungs=rungs, rewrites=grade in _WRITES_ROWS, size=large,
        asks=(*_asks(ref, grade, rungs[0].name, states), *_versions(ref, grade, states)),
    ).statement()  # fmt: skip


def _ways(states: States) -> Mapping[Grade, tuple[str, str]]:
    if "nocopy" not in states.features:
        return _MYSQL
    if "online_copy" in states.features:
        return _MARIADB
    return {grade: how for grade, how in _MARIADB.items() if grade is not Grade.ONLINE}


def _first(grade: Grade, states: States) -> Grade:
    """Return the rung on which a change of this grade is: LAYOUT is instant, and what MySQL does aside is in place."""
    wanted = Grade.INSTANT if grade is Grade.LAYOUT else grade
    return min(step for step in _ways(states) if step >= wanted)


def _name(algorithm: str, lock: str) -> str:
    return f"{algorithm}, LOCK={lock}" if lock else algorithm


def _alter_words(algorithm: str, lock: str) -> str:
    return f", ALGORITHM={_name(algorithm, lock)}"


def _index_words(algorithm: str, lock: str) -> str:
    return f" ALGORITHM={algorithm}{f' LOCK={lock}' if lock else ''}"


def _asks(ref: Ref, grade: Grade, way: str, states: States) -> Iterator[DataCheck]:
    """Ask what the plan is to tell; the table is named as it is before anything runs."""
    name = states.live(ref.top).name
    if grade in _WRITES_ROWS:
        told = f"{way}: every row is written anew, about {{count}}"
        yield DataCheck(code="MY130", ref=ref, message=told, count=_size(name, TOLD_ROWS, None))
    if grade >= Grade.LOCKED:
        yield _large(ref, name, way, states)


def _versions(ref: Ref, grade: Grade, states: States) -> Iterator[DataCheck]:
    """Ask how many of a table's instant changes are used up: each adds a version of its rows, and they are counted
    (…/en/innodb-online-ddl-operations.html#online-ddl-column-operations).
    """
    if grade is not Grade.LAYOUT or "row_versions" not in states.features:
        return
    most = 255 if "many_row_versions" in states.features else 64
    told = f"{{count}} of {most} instant changes are used up; after the last the table is written anew"
    yield DataCheck(
        code="MY104", ref=ref, message=told,
        count=f"SELECT coalesce(max(total_row_versions), 0) FROM information_schema.innodb_tables WHERE name = "
        f"concat(database(), '/', {text_literal(states.live(ref.top).name)}) AND total_row_versions > {most - 10}",
    )  # fmt: skip


def _large(ref: Ref, name: str, way: str, states: States) -> DataCheck:
    why = states.unfilled.get(ref, "").replace("{", "(").replace("}", ")")
    told = f"{way}: writes wait until it is done with about {{count}} rows"
    told += f"; it is not filled beside: {why}" if why else ""
    rows = states.small_table_rows
    return DataCheck(code="LK102", ref=ref, message=told, count=_size(name, rows, rows * HEAVY_ROW_BYTES))


def _size(name: str, rows: int, bytes_: int | None) -> str:
    """Ask how many rows a table has where that is many, else for 0."""
    heavy = f" OR s.data_length + s.index_length >= {bytes_}" if bytes_ else ""
    seen = f"SELECT count(*) AS seen FROM (SELECT 1 FROM {quoted(name)} LIMIT {max(rows, COUNTED_ROWS)}) AS some"
    return (
        f"SELECT CASE WHEN n.seen >= {rows}{heavy} THEN greatest(n.seen, coalesce(s.table_rows, 0)) ELSE 0 END"
        f" FROM ({seen}) AS n,"
        f" information_schema.tables AS s WHERE s.table_schema = database() AND s.table_name = {text_literal(name)}"
    )


# --- what else is in the table ----------------------------------------------------------------------------------------

# What a change becomes in a table that holds such a thing, by what it is elsewhere.
_FULLTEXT = {grade: Cost(Grade.COPIED, Grade.ONLINE, Grade.LOCKED) for grade in (Grade.LAYOUT, Grade.REBUILT)}
_SPATIAL = {Grade.REBUILT: Cost(Grade.LOCKED, Grade.ONLINE, Grade.LOCKED)}
_STORED = {Grade.REBUILT: Cost(Grade.REBUILT, Grade.ONLINE, Grade.COPIED)}
_INDEXED_VIRTUAL = {**_STORED, Grade.LAYOUT: Cost(Grade.LAYOUT, Grade.ONLINE, Grade.COPIED)}
_COMPRESSED = {Grade.LAYOUT: Cost(Grade.REBUILT, Grade.REBUILT, Grade.REBUILT)}
_IN_PLACE = frozenset({Grade.INSTANT, Grade.NOTED})
_OTHER_ENGINE = {grade: Cost(Grade.COPIED, Grade.ONLINE, Grade.COPIED) for grade in Grade if grade not in _IN_PLACE}
_CASCADING = {Grade.ONLINE: Cost(Grade.COPIED, Grade.COPIED, Grade.COPIED)}


def grade_of(cost: Cost, root: Ref, states: States) -> Grade:
    """Return how much work a change is on this server, in a table with all that else is in it."""
    side = 0 if "nocopy" not in states.features else 1 if "online_copy" in states.features else 2
    grade = cost[side]
    for dearer in _circumstances(root, states.old):
        grade = max(grade, dearer[grade][side]) if grade in dearer else grade
    return grade


def _circumstances(root: Ref, model: Model) -> Iterator[Mapping[Grade, Cost]]:
    held = model.get(root)
    options = dict(held.options) if isinstance(held, Table) else {}
    indexes = model.children(root, Index)
    if str(options.get("engine", "innodb")).lower() != "innodb":
        yield _OTHER_ENGINE
    if options.get("row_format") == "compressed":
        yield _COMPRESSED
    if any(index.method == "fulltext" for index in indexes):
        yield _FULLTEXT
    if any(index.method == "spatial" for index in indexes):
        yield _SPATIAL
    columns = [column for column in model.children(root, Column) if column.generated is not None]
    parts = {part.column for index in indexes for part in index.parts}
    if any(column.generated and column.generated.stored for column in columns):
        yield _STORED
    if any(column.generated and not column.generated.stored and column.ref.name in parts for column in columns):
        yield _INDEXED_VIRTUAL
    keys = model.children(root, ForeignKey)
    if any(not _CASCADES.isdisjoint({key.on_delete, key.on_update}) for key in keys):
        yield _CASCADING
