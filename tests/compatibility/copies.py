"""A D1 database in, its schema in a SQLite file out, made of the texts that it stores: PRAGMAs can be asked there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.target import Row, Target, fresh

# Cloudflare's own tables are there as well, and the tables that a virtual table makes for itself come with it.
_STORED = """
select sql, type = 'trigger' from sqlite_schema where sql is not null and substr(name, 1, 4) <> '_cf_'
  and name not like 'sqlite\\_%' escape '\\'
  and name not in (select name from pragma_table_list where schema = 'main' and type = 'shadow')
order by case type when 'table' then 1 when 'index' then 2 when 'view' then 3 else 4 end, rowid
"""


@contextmanager
def copied(target: Target) -> Iterator[Target]:
    """Give a file with the schema of a D1 database and no rows."""
    with TemporaryDirectory() as directory, fresh("sqlite", Path(directory)) as copy:
        copy.execute(";\n".join(sql for sql, _ in stored(target)))
        yield copy


def stored(target: Target) -> list[Row]:
    """Return the text of everything in the order in which it can be made, and whether it is a trigger."""
    return target.query(_STORED)
