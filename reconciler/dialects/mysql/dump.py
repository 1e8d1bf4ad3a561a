"""A MySQL or MariaDB database in, what its own dump program writes of it out, and back by its own client.

The dump is the database at one moment where all tables are InnoDB's (dev.mysql.com/doc/refman/9.7/en/mysqldump.html,
--single-transaction). Rows are counted before and after it: where both agree, that is what the dump holds. Events stand
in a file of their own, because they begin to run as soon as they are read back.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from reconciler.dialects import tools
from reconciler.dialects.base import Session, Target
from reconciler.dialects.dumping import Dump, Taken, Told, Tool, Weight
from reconciler.dialects.mysql.asking import snapshot
from reconciler.dialects.mysql.lexer import quoted
from reconciler.dialects.mysql.scratch import beside
from reconciler.dialects.mysql.session import connect, driver_url
from reconciler.dialects.refilling import Want, inserting, matching
from reconciler.errors import BackupError, TargetError
from reconciler.frozen import frozen_in_order
from reconciler.model.ref import Kind

_FILE, _EVENTS = "database.sql", "events.sql"


@frozen_in_order
class _Programs:
    """The programs of a flavor: their names, best first, what tells their version, and options that only they know."""

    dump: tuple[str, ...]
    load: tuple[str, ...]
    fits: Callable[[str], bool]
    after: str
    options: tuple[str, ...]
    package: str


_PROGRAMS: Mapping[str, _Programs] = {
    "mysql": _Programs(
        ("mysqldump",), ("mysql",), lambda said: "MariaDB" not in said, "Ver", ("--set-gtid-purged=OFF",),
        "mysql-client",
    ),
    "mariadb": _Programs(
        ("mariadb-dump", "mysqldump"), ("mariadb", "mysql"), lambda said: "MariaDB" in said, "from", (),
        "mariadb-client",
    ),
}  # fmt: skip


def _server(target: Target) -> tuple[int, int]:
    with closing(connect(replace(target, access="read"))) as session:
        return tools.number_in(str(session.query("SELECT version()")[0][0])) or (0, 0)


def _tool(flavor: str, names: Sequence[str], target: Target) -> Tool:
    known, server = _PROGRAMS[flavor], _server(target)
    there = []
    for name in names:
        for path in tools.found(name):
            said = tools.version_said(path)
            number = tools.number_in(said, "Distrib" if "Distrib" in said else known.after)
            if number and known.fits(said) and number[0] >= server[0]:
                return Tool(name=name, version="{}.{}".format(*number), dump=(path,), load=(path,))
            there.append(said or path)
    raise BackupError(
        f"a {names[0]} of version {server[0]} or newer is needed; found: {', '.join(there) or 'none'}",
        hint=f"install {known.package}, or let {tools.TOOLS} name the folder that it is in",
    )


@contextmanager
def _told_by_file(target: Target) -> Iterator[tuple[str, str]]:
    """Give the option that says where to connect and with what, in a file that nobody else can read, and the database.

    Nothing else of the user's own option files counts, as it does not for us.
    """
    url = driver_url(target.url)
    said = {"host": url.host, "port": url.port, "user": url.username, "password": url.password,
            "socket": url.query.get("unix_socket")}  # fmt: skip
    said |= {name.replace("_", "-"): value for name, value in url.query.items() if name.startswith("ssl_")}
    lines = [f"{name}={_option(str(value))}" for name, value in said.items() if value]
    with TemporaryDirectory(prefix="reconcile-") as folder:
        path = Path(folder) / "client.cnf"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write("\n".join(["[client]", *lines, ""]))
        yield f"--defaults-file={path}", str(url.database)


def _option(value: str) -> str:
    """Spell a value for an option file (dev.mysql.com/doc/refman/9.7/en/option-files.html)."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


_ALL = ("--single-transaction", "--quick", "--hex-blob", "--no-tablespaces", "--default-character-set=utf8mb4")


def _take(flavor: str, target: Target, tool: Tool, folder: Path, told: Told) -> Taken:
    before = _weighed(target, told)
    with _told_by_file(target) as (options, database):
        command = [*tool.dump, options, *_ALL, *_PROGRAMS[flavor].options]
        what = ["--triggers", "--routines", "--skip-events", database]
        tools.run([*command, *what], environment={}, told=told, output=folder / _FILE)
        what = ["--events", "--skip-triggers", "--no-data", "--no-create-info", database]
        tools.run([*command, *what], environment={}, told=told, output=folder / _EVENTS)
    after = _weighed(target, told)
    tables = {name: replace(weight, exact=before.get(name) == weight) for name, weight in after.items()}
    return Taken(files=(_FILE, _EVENTS), tables=tables)


_COLUMNS = """
SELECT t.table_name, c.column_name FROM information_schema.tables t
JOIN information_schema.columns c ON c.table_schema = t.table_schema AND c.table_name = t.table_name
WHERE t.table_schema = database() AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
ORDER BY t.table_name, c.ordinal_position
"""


def _weighed(target: Target, told: Told) -> Mapping[str, Weight]:
    """Weigh every table at one moment. A value counts by its text, or its bytes; null is told from every text."""
    with closing(connect(replace(target, access="read"))) as session:
        session.execute("SET SESSION time_zone = '+00:00'")
        columns: dict[str, list[str]] = {}
        for table, column in session.query(_COLUMNS):
            columns.setdefault(str(table), []).append(str(column))
        with snapshot(session):
            return {table: _weight(session, table, names, told) for table, names in columns.items()}


def _weight(session: Session, table: str, columns: list[str], told: Told) -> Weight:
    told(f"counting {table}")
    values = ", ".join(f"COALESCE(SHA2(CONCAT('', {quoted(name)}), 256), '-')" for name in columns)
    # Fifteen digits are less than what an integer holds; their sum is exact.
    rows, total = session.query(
        "SELECT COUNT(*), CAST(COALESCE(SUM(CAST(CONV(LEFT(h, 15), 16, 10) AS UNSIGNED)), 0) AS CHAR)"
        f" FROM (SELECT SHA2(CONCAT_WS(',', {values}), 256) AS h FROM {quoted(table)}) AS __rc_rows"
    )[0]
    return Weight(rows=int(rows), fingerprint=str(total))


def _weigh(target: Target) -> Mapping[str, Weight]:
    return _weighed(target, lambda words: None)


def _try(target: Target, tool: Tool, folder: Path, told: Told) -> None:
    """Read everything back but the events."""
    _read(target, tool, folder / _FILE, told)


def _load(target: Target, tool: Tool, folder: Path, told: Told) -> None:
    """Read everything back, the events at the end."""
    _read(target, tool, folder / _FILE, told)
    _read(target, tool, folder / _EVENTS, told)


def _read(target: Target, tool: Tool, file: Path, told: Told) -> None:
    with _told_by_file(target) as (options, database):
        command = [*tool.load, options, "--batch", "--default-character-set=utf8mb4", database]
        tools.run(command, environment={}, told=told, source=file)


_HOLDS = """
SELECT (SELECT count(*) FROM information_schema.tables WHERE table_schema = database())
     + (SELECT count(*) FROM information_schema.routines WHERE routine_schema = database())
     + (SELECT count(*) FROM information_schema.events WHERE event_schema = database())
"""


def _holds(target: Target) -> int:
    with closing(connect(replace(target, access="read"))) as session:
        return int(session.query(_HOLDS)[0][0])


def _clear(target: Target) -> None:
    """Make the database anew, with its character set: rights on it are kept by name."""
    if not _holds(target):
        return
    with closing(connect(replace(target, access="write"))) as session:
        asked = "SELECT database(), @@character_set_database, @@collation_database"
        name, charset, collation = map(str, session.query(asked)[0])
        session.execute(f"DROP DATABASE {quoted(name)}")
        session.execute(f"CREATE DATABASE {quoted(name)} CHARACTER SET {charset} COLLATE {collation}")


def _denied(name: str, user: str, said: str) -> TargetError:
    account = "@".join(quoted(part) for part in user.rsplit("@", 1))
    hint = f"GRANT ALL ON {quoted(name)}.* TO {account}"
    return TargetError("the backup cannot be tried: that takes the right to make a database", hint=hint)


def _scratch(target: Target) -> AbstractContextManager[Target]:
    return beside(target, "backup", _denied)


def _refill(copy: Target, target: Target, wants: Sequence[Want]) -> Sequence[int]:
    """Copy rows from the database beside that a backup was read back into; a 0 in a counted column stays one."""
    there = quoted(str(driver_url(copy.url).database))
    with closing(connect(replace(target, access="write"))) as session:
        session.execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')")
        session.begin()
        counts = [session.execute(_filling(want, f"{there}.{quoted(want.name)}")) for want in wants]
        session.commit()
        return counts


def _filling(want: Want, source: str) -> str:
    if not want.key:
        return inserting(want, source, quoted)
    pairs = [(f"{want.table}.{quoted(name)}", f"__rc_was.{quoted(name)}") for name in want.columns]
    pairs += [(f"{want.table}.{quoted(name)}",) * 2 for name in want.still]
    values = ", ".join(f"{new} = {old}" for new, old in pairs)
    return f"UPDATE {want.table} JOIN {source} AS __rc_was ON {matching(want, quoted)} SET {values}"


def dump(flavor: str) -> Dump:
    """Return how backups of a flavor are made."""
    return Dump(
        writer=partial(_tool, flavor, _PROGRAMS[flavor].dump), reader=partial(_tool, flavor, _PROGRAMS[flavor].load),
        take=partial(_take, flavor),
        load=_load, weigh=_weigh, holds=_holds, clear=_clear, scratch=_scratch, trial=_try, refill=_refill,
        left_out=frozenset({Kind.EVENT}),
    )  # fmt: skip
