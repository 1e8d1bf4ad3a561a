"""The programs that write and read dumps, for the tests: a server's name in, folders for RECONCILE_TOOLS out."""

from __future__ import annotations

import shlex
from pathlib import Path

from tests.engines.mysql import mysql_program
from tests.engines.postgres import client_program

_PROGRAMS = {"mysql": ("mysqldump", "mysql"), "mariadb": ("mariadb-dump", "mariadb")}


def backup_tools(server: str, folder: Path) -> str:
    """Return where the programs for a server are, "" where none are needed.

    Those of unpacked packages are run by their own loader, so a small program stands in the folder for each.
    """
    dialect = server.partition("-")[0]
    if dialect == "postgres":
        return str(Path(client_program("pg_dump")).parent)
    folder.mkdir(exist_ok=True)
    for name in _PROGRAMS.get(dialect, ()):
        path = folder / name
        path.write_text(f'#!/bin/sh\nexec {shlex.join(mysql_program(dialect, name))} "$@"\n')
        path.chmod(0o755)
    return str(folder) if dialect in _PROGRAMS else ""
