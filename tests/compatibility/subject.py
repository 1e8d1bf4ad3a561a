"""A schema somebody has written in, the same in a database out: loaded by the database's own program, not by ours."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from tests.engines import client_program, mysql_client
from tests.target import D1Error, Target, dialect_of


class NotLoadedError(Exception):
    """The database refuses the files: nothing of ours has been tried yet."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A schema to try: files in the order in which they are loaded, a server of `tests.target`, a schema there.

    `schema` is where the objects are, "" for the dialect's default; `others` are schemas that have some as well.
    """

    name: str
    server: str
    files: tuple[Path, ...]
    schema: str = ""
    others: tuple[str, ...] = ()

    @property
    def schemas(self) -> tuple[str, ...]:
        """Return every schema that the specs are about, by the names that the server gives them."""
        return (self.schema or ("public" if dialect_of(self.server) == "postgres" else ""), *self.others)


def load(subject: Subject, target: Target) -> None:
    """Run the files in a database. Raises NotLoadedError with the first complaint."""
    _LOADERS[target.dialect](subject, target)


def _psql(subject: Subject, target: Target) -> None:
    files = [word for path in subject.files for word in ("--file", str(path))]
    command = [client_program("psql"), "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", target.url]
    quiet = os.environ | {"PGOPTIONS": "-c client_min_messages=warning"}
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False, env=quiet)
    if done.returncode != 0:
        raise NotLoadedError(done.stderr.strip().splitlines()[0])


def _sqlite(subject: Subject, target: Target) -> None:
    import sqlite3

    for path in subject.files:
        try:
            target.execute(path.read_text(encoding="utf-8"))
        except sqlite3.Error as error:
            raise NotLoadedError(f"{path.name}: {error}") from error


def _d1(subject: Subject, target: Target) -> None:
    """Send each file as a batch, as wrangler does."""
    for path in subject.files:
        try:
            target.execute(path.read_text(encoding="utf-8"))
        except D1Error as error:
            raise NotLoadedError(f"{path.name}: {error}") from error


def _client(subject: Subject, target: Target) -> None:
    """Let the server's own client load them: it alone knows DELIMITER."""
    url = make_url(target.url)
    socket = url.query.get("unix_socket")
    where = [f"--socket={socket}"] if socket else [f"--host={url.host}", f"--port={url.port or 3306}"]
    command = [*mysql_client(target.dialect), "--no-defaults", *where, f"--user={url.username or 'root'}"]
    # The client takes a password from here without showing it to other processes.
    surroundings = os.environ | ({"MYSQL_PWD": str(url.password)} if url.password else {})
    for path in subject.files:
        with path.open("rb") as text:
            arguments = [*command, "--default-character-set=utf8mb4", f"--database={url.database}"]
            done = subprocess.run(arguments, stdin=text, capture_output=True, check=False, env=surroundings)
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise NotLoadedError(f"{path.name}: {next((line for line in said if line.startswith('ERROR')), said)}")


_LOADERS = {"postgres": _psql, "sqlite": _sqlite, "d1": _d1, "mysql": _client, "mariadb": _client}
