"""A session on PostgreSQL in, the signs of its server, rights and settings out; it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.base import Session, Target
from reconciler.dialects.health import Sign, ok, problem, warn
from reconciler.dialects.postgres.names import qualified
from reconciler.dialects.postgres.session import default_schema
from reconciler.dialects.sql import double_quoted

_SERVER = """
SELECT current_setting('server_version'), current_user, current_database(), pg_is_in_recovery(),
       (SELECT reset_val FROM pg_settings WHERE name = 'default_transaction_read_only') = 'on',
       has_database_privilege(current_database(), 'CREATE'), current_setting('server_encoding')
"""
_SCHEMAS = """
SELECT nspname, has_schema_privilege(oid, 'USAGE'), has_schema_privilege(oid, 'CREATE')
FROM pg_namespace WHERE nspname = ANY(:names)
"""
_FOREIGN = """
SELECT n.nspname, c.relname, pg_get_userbyid(c.relowner), count(*) OVER ()
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND NOT pg_has_role(c.relowner, 'USAGE') AND n.nspname = ANY(:names)
ORDER BY 1, 2 LIMIT 1
"""


def examine(session: Session, target: Target) -> Sequence[Sign]:
    """Return what is to be known of a server: its version, what this user may do there, and settings that matter."""
    version, user, database, standby, read_only, may_create, encoding = session.query(_SERVER)[0]
    found = [ok("server", f"PostgreSQL {version.split()[0]}, supported")]
    if standby:
        found.append(problem("access", "the server is a standby, and only replays what its primary does",
                             "give the URL of the primary"))  # fmt: skip
    elif read_only:
        found.append(problem("access", "the database is read-only for this user",
                             f"ALTER ROLE {double_quoted(user)} SET default_transaction_read_only = off"))  # fmt: skip
    names = [default_schema(target), *target.schemas]
    found += _rights(session, names, user, database, may_create=may_create)
    if encoding != "UTF8":
        found.append(warn("settings", f"the database is encoded in {encoding}: names and texts beyond it are refused",
                          "make the database anew with ENCODING 'UTF8'"))  # fmt: skip
    else:
        found.append(ok("settings", "texts are UTF-8; sessions pin search_path and standard_conforming_strings"))
    return found


def _rights(session: Session, names: Sequence[str], user: str, database: str, *, may_create: bool) -> Iterator[Sign]:
    """Yield what the user may do in the managed schemas, and what there belongs to others."""
    there = {name: (use, create) for name, use, create in session.query(_SCHEMAS, {"names": names})}
    missing = [_missing(name, there.get(name), user, database, may_create=may_create) for name in names]
    yield from filter(None, missing)
    if not any(missing):
        yield ok("privileges", f"{user} may create objects in {', '.join(names)}")
    for schema, table, owner, number in session.query(_FOREIGN, {"names": names}):
        others = f" and {number - 1:,} more" if number > 1 else ""
        yield warn("privileges", f"{schema}.{table}{others} belong to {owner} or others, not to {user}",
                   f"ALTER TABLE {qualified(schema, table)} OWNER TO {double_quoted(user)}")  # fmt: skip


def _missing(name: str, rights: tuple[bool, bool] | None, user: str, database: str, *, may_create: bool) -> Sign | None:
    """Return what the user lacks in one schema."""
    if rights is None:
        if may_create:
            return warn("privileges", f"the schema {name} does not exist; apply makes it")
        return problem("privileges", f"the schema {name} does not exist, and {user} may not create it",
                       f"GRANT CREATE ON DATABASE {double_quoted(database)} TO {double_quoted(user)}")  # fmt: skip
    if all(rights):
        return None
    return problem("privileges", f"{user} may not create anything in the schema {name}",
                   f"GRANT USAGE, CREATE ON SCHEMA {double_quoted(name)} TO {double_quoted(user)}")  # fmt: skip
