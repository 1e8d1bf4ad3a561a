"""What data work asks of a dialect: how keys, comparisons and merges are written, and a transaction that counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.capturing import Capturing
from reconciler.frozen import frozen

# A value of a key, or a constant. Dates and the like are texts in the database's own form.
Value = bool | int | str | bytes | Decimal

# What a transaction fails with whose cursor somebody else has moved.
OVERTAKEN = "OVERTAKEN"

# What comes after a failure: the same may go through later, a row is at fault, or neither.
RETRY, DATA, OTHER = "retry", "data", "other"


@frozen
class Part:
    """A statement of a portion; `counts` is the count that the rows which it changes are added to, "" for none."""

    sql: str
    counts: str = ""


@frozen
class Portion:
    """What one transaction does.

    `ours` is a condition that holds while nobody else has moved the cursor. `add(count, amount)` is a statement that
    adds an SQL expression to a count, `close(counts)` the one that moves the cursor and adds numbers to counts; it
    changes one row, or the cursor was moved by somebody else. `reached` is told how far it is. `lock` and `seconds` are
    how long a statement may wait for a lock, and take. `steady`: every statement sees the same rows.
    """

    parts: tuple[Part, ...]
    ours: str
    add: Callable[[str, str], str]
    close: Callable[[Mapping[str, int]], str]
    reached: Callable[[str], None]
    lock: float
    seconds: float
    steady: bool = False


@frozen
class Insertion:
    """Rows that are added, and what becomes of those that are there; names are quoted.

    `select` gives the columns in their order, under their names, and has a WHERE of its own. `on` are the columns of
    the key by which a row is met, () where none is expected; it is left as it is where there are no `sets`. In their
    expressions `target.c` is the value that is there, `incoming.c` the new one. `changed` are columns of which one has
    to differ. With `values`, rows of constants as `(1, 'a')`, `select` is only what stands before VALUES, and `sets`
    are the new values as they are.
    """

    table: str
    columns: tuple[str, ...]
    select: str
    on: tuple[str, ...] = ()
    sets: tuple[tuple[str, str], ...] = ()
    changed: tuple[str, ...] = ()
    values: tuple[str, ...] = ()

    @property
    def rows(self) -> str:
        """What gives the rows."""
        return f"{self.select}VALUES {', '.join(self.values)}" if self.values else self.select


@dataclass(frozen=True, kw_only=True)
class Bulk:
    """Data work in a dialect's words.

    * `words(text)`: its tokens, each with where it begins.
    * `literal(value)`: a constant. `text(expression)`: it as a text; `joined(texts)`: texts one behind the other.
    * `differs(one, other)`: true where two expressions are not the same, null being the same as null.
    * `beyond(columns, values)`, `upto(columns, values)`: the key is greater than the values, or not greater.
    * `insert(insertion)`: the statement.
    * `together(session, portion)`: carries it out as one transaction and returns the counts; where the answer to a
      commit was lost and the commit was kept, they are 0. Raises DatabaseError, OVERTAKEN where somebody else moved the
      cursor.
    * `failure(error)`: RETRY, DATA or OTHER.
    * `capturing`: the triggers that carry along what is written meanwhile.
    * `unlocked(session, sql)`: one statement that is harmless whoever holds the lock of runs; returns changed rows.
    * `horizon(session)`: a word for the transactions that are open now, "" where nobody can commit late.
    * `waits(session, horizon)`: what of them is still open, in a sentence; "" when nothing is.
    * `estimate(session, table)`: about how many rows the table has; its name is quoted.
    * `served(session, query)`: the index by which a query is read in its order, "" where rows are sorted for it.
    * `lag(session)`: seconds by which the slowest replica is behind, None for unknown, and -1 where there is none.
    * `distant`: it is replicas themselves that know that. `loads`: metric → the query for it; `rates`: metric → the
      query for a counter, of which it is what is added in a second; `charges`: metric → what the database has charged
      a session for, which never becomes less.
    * `ordered`: what stands behind an ordered query that locks rows which are to be changed, "" where a change goes
      along the key by itself.
    * `renumber(table, column)`: a query that lets a column's own numbers go on behind the greatest that is there; the
      table's name is quoted. None where they do so by themselves.
    * `pace`: seconds that one transaction is to take where nobody says it. `parallel`: several may write at a time.
      `hopeful`: rows are added quicker by who does not ask whether they are there, and then no end of a portion need
      be looked for.
    """

    words: Callable[[str], Iterable[tuple[int, str]]]
    literal: Callable[[Value], str]
    text: Callable[[str], str]
    joined: Callable[[Sequence[str]], str]
    differs: Callable[[str, str], str]
    beyond: Callable[[Sequence[str], Sequence[str]], str]
    upto: Callable[[Sequence[str], Sequence[str]], str]
    insert: Callable[[Insertion], str]
    together: Callable[[Session, Portion], Mapping[str, int]]
    failure: Callable[[DatabaseError], str]
    estimate: Callable[[Session, str], int | None]
    served: Callable[[Session, str], str]
    capturing: Capturing
    unlocked: Callable[[Session, str], int] = lambda session, sql: session.execute(sql)
    horizon: Callable[[Session], str] = lambda session: ""
    waits: Callable[[Session, str], str] = lambda session, horizon: ""
    lag: Callable[[Session], float | None] | None = None
    distant: bool = False
    loads: Mapping[str, str] = field(default_factory=dict)
    rates: Mapping[str, str] = field(default_factory=dict)
    charges: Mapping[str, Callable[[Session], int]] = field(default_factory=dict)
    ordered: str = ""
    renumber: Callable[[str, str], str] | None = None
    pace: float = 0.25
    parallel: bool = False
    hopeful: bool = False


def row_beyond(columns: Sequence[str], values: Sequence[str]) -> str:
    """Compare keys as rows."""
    return f"{_row(columns)} > {_row(values)}"


def row_upto(columns: Sequence[str], values: Sequence[str]) -> str:
    """Compare keys as rows."""
    return f"{_row(columns)} <= {_row(values)}"


def _row(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"({', '.join(words)})"


def spelled_beyond(columns: Sequence[str], values: Sequence[str]) -> str:
    """Compare keys column by column, for whom a comparison of rows reads the table from its beginning."""
    return _spelled(columns, values, ">", ">")


def spelled_upto(columns: Sequence[str], values: Sequence[str]) -> str:
    """Compare keys column by column."""
    return _spelled(columns, values, "<", "<=")


def _spelled(columns: Sequence[str], values: Sequence[str], sign: str, last: str) -> str:
    ways = []
    for place, column in enumerate(columns):
        same = [f"{columns[at]} = {values[at]}" for at in range(place)]
        ways.append(" AND ".join([*same, f"{column} {last if place == len(columns) - 1 else sign} {values[place]}"]))
    if len(ways) == 1:
        return ways[0]
    # The first column alone bounds the range that an index is read in.
    bound = f"{columns[0]} {sign}= {values[0]}"
    return f"({bound} AND ({' OR '.join(f'({way})' for way in ways)}))"


def piped(texts: Sequence[str]) -> str:
    """Put texts one behind the other as the SQL standard does."""
    return " || ".join(texts)


def upsert(insertion: Insertion, words: Callable[[str], Iterable[tuple[int, str]]], differs: str) -> str:
    """Write an insertion with ON CONFLICT, as PostgreSQL and SQLite do; `differs` is their operator for it."""
    # A trigger of SQLite has no other name for what it writes (sqlite.org/lang_createtrigger.html).
    named = insertion.changed or any("target" in (word.lower() for _, word in words(sql)) for _, sql in insertion.sets)
    alias = " AS target" if named else ""
    text = f"INSERT INTO {insertion.table}{alias} ({', '.join(insertion.columns)})\n{insertion.rows}"
    if not insertion.on:
        return text
    text = f"{text}\nON CONFLICT ({', '.join(insertion.on)})"
    if not insertion.sets:
        return f"{text} DO NOTHING"
    sets = ", ".join(
        f"{column} = {requalified(value, words, {'incoming': 'excluded'})}" for column, value in insertion.sets
    )
    changed = " OR ".join(f"target.{column} {differs} excluded.{column}" for column in insertion.changed)
    return f"{text} DO UPDATE SET {sets}{f' WHERE {changed}' if changed else ''}"


def requalified(text: str, words: Callable[[str], Iterable[tuple[int, str]]], names: Mapping[str, str]) -> str:
    """Return an expression with other words before the dot; what stands in quotes stays."""
    found = list(words(text))
    others = {
        at: (word, names[word.lower()])
        for (at, word), (_, following) in pairwise(found)
        if word.lower() in names and following == "."
    }
    return _with(text, others)


def bound(text: str, words: Callable[[str], Iterable[tuple[int, str]]], values: Mapping[str, str]) -> str:
    """Return a statement with `:name` replaced by what stands for it; all else stays as it is."""
    found = list(words(text))
    others = {
        at: (f":{word}", values[word])
        for (at, colon), (behind, word) in pairwise(found)
        if colon == ":" and behind == at + 1 and word in values
    }
    return _with(text, others)


def _with(text: str, others: Mapping[int, tuple[str, str]]) -> str:
    pieces: list[str] = []
    done = 0
    for at, (old, new) in sorted(others.items()):
        pieces += (text[done:at], new)
        done = at + len(old)
    return "".join((*pieces, text[done:]))


def transact(session: Session, portion: Portion, before: Sequence[str] = ()) -> Mapping[str, int]:
    """Carry a portion out between BEGIN and COMMIT; `before` are settings that come first."""
    session.begin()
    try:
        changed = session.execute_each([*before, *(part.sql for part in portion.parts)])[len(before) :]
        counts = counted(portion, changed)
        portion.reached("batch_rows")
        if session.execute(portion.close(counts)) != 1:
            raise overtaken()
        portion.reached("batch_cursor")
        session.commit()
    except BaseException:
        with suppress(DatabaseError):
            session.rollback()
        raise
    return counts


def counted(portion: Portion, changed: Sequence[int]) -> Mapping[str, int]:
    """Return the counts of a portion whose statements changed so many rows each."""
    counts: dict[str, int] = {}
    for part, rows in zip(portion.parts, changed, strict=True):
        if part.counts:
            counts[part.counts] = counts.get(part.counts, 0) + max(rows, 0)
    return counts


def overtaken() -> DatabaseError:
    """Return the error of a run whose work another one has taken over."""
    return DatabaseError("another run has taken this backfill over, so nothing more is done", code=OVERTAKEN)
