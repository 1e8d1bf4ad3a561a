"""A D1 database in, Cloudflare's export of it out, and back as one batch; rows are weighed in a local copy of it.

developers.cloudflare.com/d1/best-practices/import-export-data: the export is the database at one moment, and nothing
else is answered while it is made. It has no virtual tables.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from reconciler.dialects.base import DatabaseError, Session, Target
from reconciler.dialects.dumping import Dump, Taken, Told, Tool, Weight
from reconciler.dialects.refilling import Want, matching
from reconciler.dialects.sql import double_quoted
from reconciler.dialects.sqlite.d1.fence import TABLE
from reconciler.dialects.sqlite.d1.limits import VALUE
from reconciler.dialects.sqlite.d1.session import connect, d1
from reconciler.dialects.sqlite.d1.wire import Statement, Wire, place_of
from reconciler.dialects.sqlite.dump import file_of, opened, scratch, sound, weights
from reconciler.errors import BackupError

_FILE = "database.sql"
# Seconds between two looks whether an export is ready, and how long one may take.
_POLL, _LONGEST = 0.5, 3600.0
_TOOL = Tool(name="Cloudflare D1 export", version="v4")


def _tool(target: Target) -> Tool:
    place_of(target.url)
    return _TOOL


@contextmanager
def _wire(target: Target) -> Iterator[Wire]:
    with closing(Wire(place_of(target.url))) as wire:
        yield wire


def _take(target: Target, tool: Tool, folder: Path, told: Told) -> Taken:
    with _wire(target) as wire:
        bookmark = wire.bookmark()
        _exported(wire, folder / _FILE, told)
    with _loaded(folder / _FILE) as copy:
        return Taken(files=(_FILE,), tables=weights(copy), bookmark=bookmark)


def _exported(wire: Wire, file: Path, told: Told) -> None:
    """Ask for an export, ask again until it is ready, and fetch it."""
    end, at = time.monotonic() + _LONGEST, ""
    while time.monotonic() < end:
        answer = wire.export(at)
        if answer.get("error"):
            raise BackupError(f"D1 cannot export the database: {answer['error']}")
        if answer.get("status") == "complete":
            wire.fetch(str(answer["result"]["signed_url"]), file)
            return
        at = str(answer.get("at_bookmark", ""))
        told("; ".join(map(str, answer.get("messages") or ())) or "waiting for the export")
        time.sleep(_POLL)
    raise BackupError("D1 did not finish the export in an hour")


@contextmanager
def _loaded(file: Path) -> Iterator[sqlite3.Connection]:
    """Give a local database with what an export holds."""
    with TemporaryDirectory(prefix="reconcile-") as place, opened(Path(place) / "copy.db", 0, "rwc") as copy:
        _run(copy, file)
        sound(copy, "the export")
        yield copy


def _run(copy: sqlite3.Connection, file: Path) -> None:
    copy.execute("BEGIN")
    copy.executescript(file.read_text("utf-8"))
    if copy.in_transaction:
        copy.execute("COMMIT")


def _weigh(target: Target) -> Mapping[str, Weight]:
    with TemporaryDirectory(prefix="reconcile-") as place:
        file = Path(place) / _FILE
        with _wire(target) as wire:
            _exported(wire, file, lambda words: None)
        with _loaded(file) as copy:
            return weights(copy)


# What somebody made there; the run lock is held while this is asked.
_MADE = (
    "FROM sqlite_schema WHERE substr(name, 1, 7) <> 'sqlite_' AND substr(name, 1, 4) <> '_cf_'"
    f" AND tbl_name <> '{TABLE}'"
)


def _holds(target: Target) -> int:
    with _wire(target) as wire:
        return int(wire.rows(Statement(f"SELECT count(*) {_MADE}"))[0][0])


def _clear(target: Target) -> None:
    """Leave everything where it is: it goes in the batch that puts something else in its place."""


def _drops(session: Session) -> list[Statement]:
    """Return what takes everything out of the database, wherever foreign keys are looked at when the batch ends."""
    asked = f"SELECT type, name {_MADE} AND type IN ('view', 'table') ORDER BY type = 'table', rowid DESC"
    drops = [f"DROP {kind.upper()} {double_quoted(name)}" for kind, name in session.query(asked)]
    return [Statement("PRAGMA defer_foreign_keys=ON"), *map(Statement, drops)]


def _wipe(target: Target) -> None:
    with closing(connect(target)) as session:
        d1(session).send(_drops(session))


def _load(target: Target, tool: Tool, folder: Path, told: Told) -> None:
    """Drop what is there, make tables, rows, and what rests on them, as one batch: all of it is kept, or nothing.

    Foreign keys are looked at when it ends, whatever the order of the rows.
    """
    with _loaded(folder / _FILE) as copy, closing(connect(target)) as session:
        made = copy.execute(f"SELECT type, name, sql {_MADE} AND sql IS NOT NULL ORDER BY rowid").fetchall()
        tables = [str(name) for kind, name, _ in made if kind == "table"]
        rows = [one for name in tables for one in _inserts(copy, name)]
        counters = _inserts(copy, "sqlite_sequence") if _counts(copy) else ()
        first, last = _texts(made, ("table",)), [*_texts(made, ("index", "view")), *_texts(made, ("trigger",))]
        try:
            d1(session).send([*_drops(session), *map(Statement, first), *rows, *counters, *map(Statement, last)])
        except DatabaseError as error:
            hint = "for a database of this size: wrangler d1 execute --remote --file database.sql"
            raise BackupError(f"D1 does not take the backup: {error.message}", hint=hint) from None


def _texts(made: Sequence[tuple[str, str, str]], kinds: tuple[str, ...]) -> list[str]:
    return [sql for kind, _, sql in made if kind in kinds]


def _counts(copy: sqlite3.Connection) -> bool:
    return bool(copy.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").fetchone())


_WRITTEN = "SELECT name FROM pragma_table_xinfo(:name) WHERE hidden = 0 ORDER BY cid"


def _inserts(copy: sqlite3.Connection, table: str) -> Iterator[Statement]:
    """Yield what adds the rows of a table."""
    columns = [str(row[0]) for row in copy.execute(_WRITTEN, {"name": table})]
    names = ", ".join(map(double_quoted, columns))
    sql = f"INSERT INTO {double_quoted(table)} ({names}) SELECT {', '.join(_taken(columns))} FROM json_each(?1)"
    for text in _chunks(copy, table, columns):
        yield Statement(sql, (text,))


def _taken(columns: Sequence[str]) -> list[str]:
    """Return SQL for the values of a row in JSON; bytes travel in it as digits."""
    return [
        f"CASE json_type(value, '$[{at}]') WHEN 'object' THEN unhex(json_extract(value, '$[{at}].x'))"
        f" ELSE json_extract(value, '$[{at}]') END"
        for at in range(len(columns))
    ]


def _chunks(copy: sqlite3.Connection, table: str, columns: Sequence[str]) -> Iterator[str]:
    """Yield the rows of a table as JSON, many in one text."""
    chunk: list[str] = []
    for row in copy.execute(f"SELECT {', '.join(map(double_quoted, columns))} FROM {double_quoted(table)}"):
        text = json.dumps([_plain(value) for value in row], ensure_ascii=False)
        if chunk and sum(map(len, chunk)) + len(text) > VALUE // 4:
            yield f"[{','.join(chunk)}]"
            chunk = []
        chunk.append(text)
    if chunk:
        yield f"[{','.join(chunk)}]"


def _refill(copy: Target, target: Target, wants: Sequence[Want]) -> Sequence[int]:
    """Send rows from the local file that a backup was read back into, as one batch."""
    with opened(file_of(copy), 0, "ro") as source, closing(connect(target)) as session:
        sent = [[*_wanted(source, want)] for want in wants]
        every = [one for statements in sent for one in statements]
        try:
            counts = iter(d1(session).send([Statement("PRAGMA defer_foreign_keys=ON"), *every])[1:])
        except DatabaseError as error:
            raise BackupError(f"D1 does not take the rows: {error.message}") from None
        return [sum(next(counts) for _ in statements) for statements in sent]


def _wanted(source: sqlite3.Connection, want: Want) -> Iterator[Statement]:
    if not want.key:
        yield from _inserts(source, want.name)
        return
    columns = (*want.key, *want.columns)
    taken = ", ".join(f"{value} AS {double_quoted(name)}" for name, value in zip(columns, _taken(columns), strict=True))
    values = ", ".join(f"{double_quoted(name)} = __rc_was.{double_quoted(name)}" for name in want.columns)
    match = matching(want, double_quoted)
    sql = f"UPDATE {want.table} SET {values} FROM (SELECT {taken} FROM json_each(?1)) AS __rc_was WHERE {match}"
    for text in _chunks(source, want.name, columns):
        yield Statement(sql, (text,))


def _plain(value: object) -> object:
    return {"x": value.hex()} if isinstance(value, bytes) else value


def _try(target: Target, tool: Tool, folder: Path, told: Told) -> None:
    """Read an export into a local file: SQLite here reads what D1 wrote, and no second D1 database is to be had."""
    with opened(file_of(target), 0, "rwc") as copy:
        _run(copy, folder / _FILE)


DUMP = Dump(
    writer=_tool, reader=_tool, take=_take, load=_load, weigh=_weigh, holds=_holds, clear=_clear, scratch=scratch,
    trial=_try, wipe=_wipe, refill=_refill,
)  # fmt: skip
