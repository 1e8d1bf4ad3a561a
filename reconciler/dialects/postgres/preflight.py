"""A plan and the rights of whoever runs it in; what would fail for want of one out, with the words that give it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from reconciler.dialects.base import Session
from reconciler.dialects.postgres.names import qualified
from reconciler.dialects.postgres.preflight_extensions import extensions
from reconciler.dialects.postgres.preflight_programs import only_triggers, programs, trigger_grant
from reconciler.dialects.postgres.session import features
from reconciler.dialects.sql import double_quoted
from reconciler.errors import Problem
from reconciler.model.change import Alter, Create
from reconciler.model.model import Model
from reconciler.model.objects import Check, Column, ForeignKey, Index, Object, Schema, Unique
from reconciler.model.ref import Kind, Ref
from reconciler.plan.plan import Plan
from reconciler.plan.step import Step

CODE = "RUN011"

_CIRCUMSTANCES = """
SELECT current_user, current_database(), pg_is_in_recovery(),
       (SELECT reset_val FROM pg_settings WHERE name = 'default_transaction_read_only') = 'on',
       has_database_privilege(current_database(), 'CREATE'), current_setting('search_path')
"""
_SCHEMAS = """
SELECT n.nspname, has_schema_privilege(n.oid, 'CREATE'), n.nspname = current_schema()
FROM pg_namespace n WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
"""
# What belongs to somebody else; a member of that role may act as it.
_FOREIGN = """
SELECT CASE n.nspname WHEN current_schema() THEN '' ELSE n.nspname END, c.relname, pg_get_userbyid(c.relowner),
       has_table_privilege(c.oid, 'REFERENCES'), 'relation'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'S') AND NOT pg_has_role(c.relowner, 'USAGE') AND n.nspname NOT LIKE 'pg\\_%'
UNION ALL
SELECT CASE n.nspname WHEN current_schema() THEN '' ELSE n.nspname END, t.typname, pg_get_userbyid(t.typowner),
       false, 'type'
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype IN ('e', 'd') AND NOT pg_has_role(t.typowner, 'USAGE') AND n.nspname NOT LIKE 'pg\\_%'
"""


# The word for a kind in ALTER … OWNER TO; whatever is like a table, views of both sorts too, may be called one.
_OWNED_AS: Mapping[str, str] = {Kind.ENUM: "TYPE", Kind.DOMAIN: "DOMAIN", Kind.SEQUENCE: "SEQUENCE", Kind.VIEW: "VIEW"}


def preflight(session: Session, plan: Plan, actual: Model) -> Sequence[Problem]:
    """Return what stands in the way of a plan: a read-only server, a missing privilege, a feature that is not there."""
    if plan.empty:
        return ()
    user, database, standby, read_only, may_create, path = session.query(_CIRCUMSTANCES)[0]
    if standby:
        return [
            _problem("the server is a standby, and only replays what its primary does", "give the URL of the primary")
        ]
    if read_only:
        return [
            _problem(
                "the database is read-only for this user",
                f"ALTER ROLE {double_quoted(user)} SET default_transaction_read_only = off",
            )
        ]
    return [
        *_schemas(session, plan.steps, user, database, path, may_create=may_create),
        *_foreign(session, plan.steps, actual, user),
        *_features(session, plan.steps),
        *(_problem(message, hint, ref) for message, hint, ref in extensions(session, plan.steps)),
        *(_problem(message, hint, ref) for message, hint, ref in programs(session, plan.steps)),
    ]


def _problem(message: str, hint: str, ref: Ref | None = None) -> Problem:
    return Problem(code=CODE, message=message, hint=hint, address=str(ref) if ref else "")


def _created(steps: Iterable[Step]) -> Iterator[Create]:
    return (change for step in steps for change in step.changes if isinstance(change, Create))


def _schemas(
    session: Session, steps: Sequence[Step], user: str, database: str, path: str, *, may_create: bool
) -> Iterator[Problem]:
    """Yield schemas in which nothing may be created; anything that is made or changed ends up in one."""
    new = {change.new.ref.name for change in _created(steps) if isinstance(change.new, Schema)}
    if new and not may_create:
        yield _problem(
            f"{user} may not create schemas",
            f"GRANT CREATE ON DATABASE {double_quoted(database)} TO {double_quoted(user)}",
        )
    rows = session.query(_SCHEMAS)
    allowed = {("" if default else name): (may, name) for name, may, default in rows}
    for schema in sorted({change.new.ref.schema for change in _created(steps) if change.new.ref.kind != Kind.SCHEMA}):
        if schema in new:
            continue
        may, name = allowed.get(schema, (None, schema or path.strip('"')))
        if may is None and not may_create:
            yield _problem(f"the schema {name} does not exist", f"CREATE SCHEMA {double_quoted(name)}")
        elif may is False:
            yield _problem(
                f"{user} may not create anything in the schema {name}",
                f"GRANT CREATE ON SCHEMA {double_quoted(name)} TO {double_quoted(user)}",
            )


def _foreign(session: Session, steps: Sequence[Step], actual: Model, user: str) -> Iterator[Problem]:
    """Yield what the plan changes and somebody else owns, and tables that a foreign key may not point to."""
    rows = session.query(_FOREIGN)
    owners = {(kind, schema, name): owner for schema, name, owner, _, kind in rows}
    touched = {change.ref.top for step in steps for change in step.changes} & set(actual)
    for ref in sorted(touched):
        word = "type" if ref.kind in (Kind.ENUM, Kind.DOMAIN) else "relation"
        owner = owners.get((word, ref.schema, ref.name))
        if owner is not None and only_triggers(steps, ref):
            grant = trigger_grant(session, ref, user)
            if grant:
                yield _problem(f"{user} may not put triggers on {ref}", grant, ref)
        elif owner is not None:
            verb = _OWNED_AS.get(ref.kind, "TABLE")
            yield _problem(
                f"{ref} belongs to {owner}, and {user} may not change it",
                f"ALTER {verb} {qualified(ref.schema, ref.name)} OWNER TO {double_quoted(user)}", ref,
            )  # fmt: skip
    closed = {(schema, name) for schema, name, _, may_refer, kind in rows if kind == "relation" and not may_refer}
    targets = {change.new.target for change in _created(steps) if isinstance(change.new, ForeignKey)}
    for ref in sorted(targets - touched):
        if (ref.schema, ref.name) in closed:
            grant = f"GRANT REFERENCES ON {qualified(ref.schema, ref.name)} TO {double_quoted(user)}"
            yield _problem(f"{user} may not let foreign keys point to {ref}", grant, ref)


def _doubtless(obj: Object) -> bool:
    return not isinstance(obj, Check | ForeignKey) or obj.enforced


# What a server may be too old for: the feature, whether an object can do without it, and what to say.
_NEEDS: Sequence[tuple[str, Callable[[Object], bool], str, str]] = (
    (
        "virtual_generated",
        lambda obj: not isinstance(obj, Column) or obj.generated is None or obj.generated.stored,
        "virtual generated columns need PostgreSQL 18", "write `stored: true`",
    ),
    (
        "nulls_not_distinct",
        lambda obj: not isinstance(obj, Unique | Index) or not obj.nulls_not_distinct,
        "nulls_not_distinct needs PostgreSQL 15", "leave it out, or use a newer server",
    ),
    (
        "nulls_not_distinct",
        lambda obj: not isinstance(obj, ForeignKey) or not obj.on_delete_columns,
        "on_delete_columns needs PostgreSQL 15", "leave it out, or use a newer server",
    ),
    ("not_enforced", _doubtless, "enforced: false needs PostgreSQL 18", "leave it out, or use a newer server"),
    (
        "compression",
        lambda obj: not isinstance(obj, Column) or "compression" not in dict(obj.options),
        "compression needs PostgreSQL 14", "leave it out, or use a newer server",
    ),
)  # fmt: skip


def _features(session: Session, steps: Sequence[Step]) -> Iterator[Problem]:
    """Yield what is declared and what this server is too old for."""
    known = features(session)
    changed = [change.new for step in steps for change in step.changes if isinstance(change, Create | Alter)]
    for feature, does_without, message, hint in _NEEDS:
        for obj in changed if feature not in known else ():
            if not does_without(obj):
                yield _problem(f"{obj.ref}: {message}", hint, obj.ref)
