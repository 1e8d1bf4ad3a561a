"""Files of PostgreSQL's SQL: they run in a scratch database; what reaches beyond one database never does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import pairwise

from reconciler.dialects.adoption import PURPOSE, ROWS_THERE, Adoption, Apart, Bench, begins, keywords
from reconciler.dialects.base import DatabaseError, Session, Target
from reconciler.dialects.pieces import Word
from reconciler.dialects.postgres.inspect import inspect
from reconciler.dialects.postgres.lexer import Unreadable, tokens
from reconciler.dialects.postgres.pieces import GRAMMAR
from reconciler.dialects.postgres.scratch import beside
from reconciler.dialects.postgres.session import connect, default_schema, open_session
from reconciler.dialects.sql import double_quoted
from reconciler.errors import TargetError
from reconciler.model.model import Inspection
from reconciler.model.ref import Kind, Ref

_SCHEMAS = """
SELECT nspname FROM pg_namespace
WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', :default) ORDER BY 1
"""


@contextmanager
def _bench(target: Target) -> Iterator[Bench]:
    """Make a database beside the target's, and drop it whatever happens; the target's own is not touched."""

    def denied(user: str, said: str) -> TargetError:
        hint = (
            f"let the role make databases (ALTER ROLE {double_quoted(user)} CREATEDB), or name another server with"
            " --url; without any, the files are read as far as that goes"
        )
        return TargetError(f"no scratch database can be made: {said}", hint=hint)

    with beside(target, PURPOSE, denied) as place:
        yield _bench_in(replace(place, schemas=()))


def _bench_in(target: Target) -> Bench:
    def inspected(session: Session) -> Inspection:
        rows = session.query(_SCHEMAS, {"default": default_schema(target)})
        return inspect(session, replace(target, schemas=tuple(name for (name,) in rows)))

    @contextmanager
    def session() -> Iterator[Session]:
        with closing(open_session(replace(target, access="write"), "reconcile import")) as found:
            found.execute("SET statement_timeout TO '10min'")
            yield found

    def look() -> Inspection:
        with closing(connect(replace(target, access="read"))) as found:
            return inspected(found)

    @contextmanager
    def apart(session: Session, refs: Sequence[Ref]) -> Iterator[Apart]:
        def look() -> Inspection:
            session.execute(f"SET LOCAL search_path TO {double_quoted(default_schema(target))}")
            return inspected(session)

        session.begin()
        try:
            for ref in refs:
                session.execute(f"{_dropping(session, ref, default_schema(target))} CASCADE")
            yield Apart(session, look)
        finally:
            session.rollback()

    return Bench(session=session, look=look, apart=apart)


def _dropping(session: Session, ref: Ref, default: str) -> str:
    """Return what drops an object, without the word for what rests on it."""
    schema = ref.schema or default
    top, name = f"{double_quoted(schema)}.{double_quoted(ref.top.name)}", double_quoted(ref.name)
    if ref.kind == Kind.COLUMN:
        return f"ALTER TABLE {top} DROP COLUMN {name}"
    if ref.kind == Kind.TRIGGER:
        return f"DROP TRIGGER {name} ON {top}"
    word = {Kind.ENUM.value: "TYPE"}.get(ref.kind, ref.kind.upper())
    if ref.kind == Kind.VIEW and session.query(_MATERIALIZED, {"schema": schema, "name": ref.name}):
        word = "MATERIALIZED VIEW"
    return f"DROP {word} {double_quoted(schema)}.{name}"


_MATERIALIZED = "SELECT 1 FROM pg_matviews WHERE schemaname = :schema AND matviewname = :name"

# What the whole server shares, behind CREATE, ALTER, DROP, and COMMENT ON.
_SHARED = "DATABASE|ROLE|USER|GROUP|TABLESPACE|SUBSCRIPTION|SYSTEM"
_BEYOND = "belongs to the whole server, and not to one database"


def _never(words: Sequence[Word]) -> str:
    if begins(words, "CREATE|ALTER|DROP", _SHARED) and not begins(words, "CREATE|ALTER|DROP", "USER", "MAPPING"):
        return _BEYOND
    if begins(words, "COMMENT", "ON", _SHARED) or begins(words, "REASSIGN") or begins(words, "DROP", "OWNED"):
        return _BEYOND
    if begins(words, "GRANT|REVOKE"):
        found = keywords(words)
        return _BEYOND if "ON" not in found or {"DATABASE", "TABLESPACE"} & found else ""
    if begins(words, "COPY") and "STDIN" not in keywords(words):
        return "reads or writes a file of the server"
    if begins(words, "LOAD|CHECKPOINT"):
        return "is the server's own affair"
    return _BEYOND if begins(words, "DO") and _makes_roles(words) else ""


def _makes_roles(words: Sequence[Word]) -> bool:
    """Say whether a block's body speaks of making, changing or dropping what the whole server shares."""
    for word in words:
        try:
            found = [token.value.upper() for token in tokens(word.name)] if not word.word else []
        except Unreadable:
            return True
        pairs = pairwise(found)
        if any(one in ("CREATE", "ALTER", "DROP") and other in _SHARED.split("|") for one, other in pairs):
            return True
        # EXECUTE 'CREATE ROLE …' and format('…') hold it in a text of their own.
        inner = (token.split()[:2] for token in found if " " in token)
        if any(pair[0] in ("CREATE", "ALTER", "DROP") and pair[-1] in _SHARED.split("|") for pair in inner if pair):
            return True
    return False


def _idle(words: Sequence[Word]) -> str:
    if begins(words, "BEGIN|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|LOCK") or begins(words, "START", "TRANSACTION"):
        return "every statement is committed by itself"
    if begins(words, "VACUUM|ANALYZE|REINDEX|CLUSTER|LISTEN|NOTIFY"):
        return "changes nothing that is declared"
    return "its rows are not read" if begins(words, "COPY") else ""


_UNDEFINED_OBJECT, _NO_RIGHT = "42704", "42501"
_DUPLICATES = ("42P06", "42710")
_UNIQUE_VIOLATION = "23505"


def _forgiven(words: Sequence[Word], error: DatabaseError, session: Session) -> str:
    if begins(words, "SET|RESET"):
        return "a setting that this server does not take"
    of_roles = begins(words, "GRANT|REVOKE") or begins(words, "ALTER", "DEFAULT") or "OWNER" in keywords(words)
    if of_roles and begins(words, "GRANT|REVOKE|ALTER") and error.code in (_UNDEFINED_OBJECT, _NO_RIGHT):
        return "the role is not on the scratch server"
    if begins(words, "CREATE", "SCHEMA|EXTENSION") and error.code in _DUPLICATES:
        return "it is there already"
    if begins(words, "COMMENT", "ON", "EXTENSION|SCHEMA") and error.code == _NO_RIGHT:
        return "it belongs to whoever made the database"
    return ROWS_THERE if begins(words, "INSERT") and error.code == _UNIQUE_VIOLATION else ""


ADOPTION = Adoption(
    grammar=GRAMMAR, bench=_bench, needs_server=True, never=_never, idle=_idle, forgiven=_forgiven
)  # fmt: skip
