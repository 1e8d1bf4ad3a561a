"""A test's database in, others with the same schema, rows and ledger out, for less than an apply costs."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import make_url

from tests.engines import client_program
from tests.target import Target, fresh

# Gives a copy, and takes it away afterwards; one at a time.
Copy = Callable[[], AbstractContextManager[Target]]


@contextmanager
def copier(target: Target, directory: Path) -> Iterator[Copy]:
    """Give what makes copies of a database as it is now."""
    yield from _COPIERS[target.dialect](target, directory)


def _sqlite(target: Target, directory: Path) -> Iterator[Copy]:
    @contextmanager
    def copy() -> Iterator[Target]:
        with fresh("sqlite", directory) as made:
            for ending in ("", "-wal"):
                source, end = (Path(one.url.removeprefix("sqlite:///") + ending) for one in (target, made))
                if source.exists():
                    shutil.copyfile(source, end)
            yield made

    yield copy


# Whoever died may still be connected for a moment.
_ALONE = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "


def _postgres(target: Target, directory: Path) -> Iterator[Copy]:
    """Another database is made once and emptied each time: a new one costs half a second."""
    command = [client_program("pg_dump"), "--no-owner", "--inserts", "--dbname", target.url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    script = "\n".join(line for line in said.splitlines() if not line.startswith("\\"))
    with fresh(target.server, directory) as made:

        @contextmanager
        def copy() -> Iterator[Target]:
            made.execute(f"{_ALONE}pg_backend_pid()")
            made.execute(f"DROP SCHEMA public CASCADE; CREATE SCHEMA public; {script}")
            yield made

        yield copy


def _played(target: Target, directory: Path) -> Iterator[Copy]:
    script = ";\n".join(_mysql(target) if target.dialect in ("mysql", "mariadb") else _d1(target))

    @contextmanager
    def copy() -> Iterator[Target]:
        with fresh(target.server, directory) as made:
            made.execute(script)
            yield made

    yield copy


def _mysql(target: Target) -> Iterator[str]:
    """Tables with their rows, then what stands on them; one whose view stands on another view comes behind that."""
    database = str(make_url(target.url).database)
    sorts: Mapping[str, str] = dict(target.query("SHOW FULL TABLES"))
    yield "SET foreign_key_checks = 0"
    for name, sort in sorts.items():
        if sort == "VIEW":
            continue
        word = "SEQUENCE" if sort == "SEQUENCE" else "TABLE"
        yield target.query(f"SHOW CREATE {word} `{name}`")[0][1]
        held = ", ".join(f"`{column[0]}`" for column in target.query(f"SHOW COLUMNS FROM `{name}`")
                         if "GENERATED" not in column[5].replace("DEFAULT_GENERATED", ""))  # fmt: skip
        yield f"INSERT INTO `{name}` ({held}) SELECT {held} FROM `{database}`.`{name}`"
    for name, sort in sorts.items():
        if sort == "VIEW":
            yield target.query(f"SHOW CREATE VIEW `{name}`")[0][1].replace(f"`{database}`.", "")
    for name, *_ in target.query("SHOW TRIGGERS"):
        yield target.query(f"SHOW CREATE TRIGGER `{name}`")[0][2]


# What D1 makes by itself, and what SQLite does.
_OWN = re.compile("_cf_|sqlite_")


def _d1(target: Target) -> Iterator[str]:
    entries = target.query("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")
    made = [(type_, name, sql) for type_, name, sql in entries if not _OWN.match(name)]
    yield "PRAGMA defer_foreign_keys = on"
    yield from (sql for type_, name, sql in made if type_ == "table")
    for name in (name for type_, name, sql in made if type_ == "table"):
        columns = [f'"{column}"' for (column,) in target.query(f"SELECT name FROM pragma_table_info('{name}')")]
        values = " || ', ' || ".join(f"quote({column})" for column in columns)
        for (row,) in target.query(f'SELECT {values} FROM "{name}"'):
            yield f'INSERT INTO "{name}" ({", ".join(columns)}) VALUES ({row})'
    yield from (sql for type_, name, sql in made if type_ != "table")


_COPIERS: Mapping[str, Callable[[Target, Path], Iterator[Copy]]] = {
    "sqlite": _sqlite, "postgres": _postgres, "mysql": _played, "mariadb": _played, "d1": _played,
}  # fmt: skip
