"""Builds qcat's database as golang-migrate left it: version 9 begun, not ended, and marked dirty. Takes a URL."""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg

MIGRATIONS = Path(__file__).parent / "sql" / "migrations"

# What golang-migrate writes down before a migration, and takes back after it; the application knows the other columns.
ACCOUNT = """
create table schema_migrations (version bigint not null primary key, dirty boolean not null);
insert into schema_migrations values (9, true);
"""

ROWS = """
insert into users (id, username, email) values
    ('00000000-0000-0000-0000-0000000000a1', 'ada', 'ada@example.com'),
    ('00000000-0000-0000-0000-0000000000b2', 'bob', 'bob@example.com');
insert into strategies (id, owner_id, name) values
    ('00000000-0000-0000-0000-0000000000c3', '00000000-0000-0000-0000-0000000000a1', 'mean reversion');
insert into audit_logs (user_id, action, entity_type, entity_id, old_value, new_value) values
    ('00000000-0000-0000-0000-0000000000a1', 'update', 'strategy', '00000000-0000-0000-0000-0000000000c3',
     '{"status": "draft"}', '{"status": "active"}'),
    ('00000000-0000-0000-0000-0000000000b2', 'create', 'user', '00000000-0000-0000-0000-0000000000b2', null, '{}'),
    (null, 'delete', 'strategy', '00000000-0000-0000-0000-0000000000c4', '{"name": "old"}', null);
"""


def build(url: str) -> None:
    """Run the first migration, then the ninth until it fails."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute((MIGRATIONS / "000001_init_schema.up.sql").read_bytes())
        connection.execute((ROWS + ACCOUNT).encode())
        ninth = (MIGRATIONS / "000009_add_remaining_tables.up.sql").read_text(encoding="utf-8")
        try:
            for statement in ninth.split(";"):
                connection.execute(statement.encode())
        except psycopg.errors.UndefinedColumn as error:
            print(f"error: Dirty database version 9. Fix and force version. ({str(error).splitlines()[0]})")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: before.py URL")
    build(sys.argv[1])
