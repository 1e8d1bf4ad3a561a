"""Scripts as a DBA runs them: a text and a database in, how psql or sqlite3 ended out; the product is not asked."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing

from sqlalchemy import make_url

from tests.engines import client_program, mysql_client
from tests.process import Result
from tests.target import D1Error, Target


def run_script(target: Target, text: str, *options: str) -> Result:
    """Run a script with the database's own program; SQLite's may be missing, and the library does as well."""
    if target.dialect == "postgres":
        return psql(target, text, "-v", "ON_ERROR_STOP=1", *options)
    if target.dialect == "d1":
        return as_batch(target, text)
    if target.dialect in ("mysql", "mariadb"):
        return with_client(target, text)
    return with_program(target, text) if shutil.which("sqlite3") else with_library(target, text)


def as_batch(target: Target, text: str) -> Result:
    """Run a script as D1 does a file: as a whole or not at all."""
    try:
        target.execute(text)
    except D1Error as error:
        return Result(1, "", f"{error}\n")
    last = text[text.rindex("\nSELECT ") :]
    return Result(0, "\n".join(str(row[0]) for row in target.query(last)), "")


def psql(target: Target, text: str, *options: str) -> Result:
    """Run a script with psql."""
    return _run([client_program("psql"), "-X", *options, "-d", target.url], text)


def with_client(target: Target, text: str) -> Result:
    """Run a script with the client of MySQL or MariaDB."""
    url = make_url(target.url)
    socket = f"--socket={url.query['unix_socket']}"
    command = [*mysql_client(target.dialect), "--no-defaults", socket, f"--user={url.username}", str(url.database)]
    return _run(command, text)


def with_program(target: Target, text: str) -> Result:
    """Run a script with the sqlite3 program."""
    return _run(["sqlite3", target.url.removeprefix("sqlite:///")], text)


def _run(command: list[str], text: str) -> Result:
    done = subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8", check=False)
    return Result(done.returncode, done.stdout, done.stderr)


def with_library(target: Target, text: str) -> Result:
    """Run a script with Python's library, statement by statement, as the program does after `.bail on`."""
    out: list[str] = []
    with closing(sqlite3.connect(target.url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        statement = ""
        for line in text.splitlines(keepends=True):
            if line.startswith(".") and all(not one.strip() or one.startswith("--") for one in statement.splitlines()):
                assert line == ".bail on\n", line
                continue
            statement += line
            if sqlite3.complete_statement(statement):
                try:
                    out += ["|".join(map(str, row)) for row in connection.execute(statement)]
                except sqlite3.Error as error:
                    return Result(1, "\n".join(out), f"{error}\n")
                statement = ""
        assert not statement.strip(), statement
    return Result(0, "\n".join(out), "")
