"""A small project with something to add and something to drop, for tests of the commands."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

SPECS = """\
table: a
columns:
  id: {type: bigint, identity: true}
  name: {type: text}
primary_key: [id]
removed:
  column.old: {reason: unused}
"""
BEFORE = """
create table a (id integer primary key, old text);
insert into a (old) values ('x'), (null);
create table b (id int);
"""
ALLOW = "DS103:table.a.column.old"


def columns(shop: Path) -> list[str]:
    """Return the columns of the table, from the database itself."""
    with closing(sqlite3.connect(shop / "shop.db")) as connection:
        return [row[1] for row in connection.execute("pragma table_info(a)")]
