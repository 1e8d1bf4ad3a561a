"""Files of MySQL's SQL: they run in a scratch database on a server; what reaches beyond one database never does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace

from reconciler.dialects.adoption import PURPOSE, ROWS_THERE, Adoption, Apart, Bench, begins, keywords
from reconciler.dialects.base import DatabaseError, Session, Target
from reconciler.dialects.mysql.inspect import inspect
from reconciler.dialects.mysql.lexer import quoted
from reconciler.dialects.mysql.pieces import GRAMMAR
from reconciler.dialects.mysql.scratch import beside
from reconciler.dialects.mysql.session import connect, driver_url
from reconciler.dialects.pieces import Word
from reconciler.errors import TargetError
from reconciler.model.model import Inspection
from reconciler.model.ref import Kind, Ref

_HINT = (
    "GRANT ALL ON `\\_\\_rc\\_%`.* TO this user, or name another server with --url; without any, the files are read as"
    " far as that goes"
)


@contextmanager
def _bench(target: Target) -> Iterator[Bench]:
    """Make a database beside the target's, and drop it whatever happens; the target's own is not touched."""
    with beside(target, PURPOSE, _denied) as where, closing(connect(where)) as session:
        name = _name(where)
        databases = {str(row[0]).lower() for row in session.query("SHOW DATABASES")}
        beyond = frozenset(databases - {name.lower(), "information_schema"})
        yield Bench(
            session=lambda: _as_tools(where),
            look=lambda: _look(where),
            apart=lambda session, refs: _apart(where, refs),
            elsewhere=lambda words: _elsewhere(words, beyond),
        )


def _denied(name: str, user: str, said: str) -> TargetError:
    return TargetError(f"no scratch database can be made: {said}", hint=_HINT)


def _name(where: Target) -> str:
    return str(driver_url(where.url).database)


@contextmanager
def _as_tools(where: Target) -> Iterator[Session]:
    """Open a session as other tools do: with the server's own sql_mode, and rows in any order."""
    with closing(connect(replace(where, access="write"))) as session:
        session.execute("SET SESSION sql_mode = @@GLOBAL.sql_mode, foreign_key_checks = 0")
        session.execute("SET SESSION explicit_defaults_for_timestamp = @@GLOBAL.explicit_defaults_for_timestamp")
        yield session


def _look(where: Target) -> Inspection:
    with closing(connect(replace(where, access="read"))) as session:
        return inspect(session, where)


@contextmanager
def _apart(where: Target, refs: Sequence[Ref]) -> Iterator[Apart]:
    """Give another database, with nothing in it but the table of an index or column: no change of a schema is undone.

    Without foreign_key_checks a table may point at one that is not there.
    """
    for ref in refs:
        if ref.kind not in (Kind.TABLE, Kind.INDEX, Kind.COLUMN):
            raise DatabaseError(f"a {ref.kind} cannot be made apart from what it rests on")
    with beside(where, PURPOSE, _denied) as other, _as_tools(other) as session:
        if refs[0].kind != Kind.TABLE:
            table = quoted(refs[0].top.name)
            session.execute(f"CREATE TABLE {table} LIKE {quoted(_name(where))}.{table}")
            drops = ", ".join(f"DROP {ref.kind.upper()} {quoted(ref.name)}" for ref in refs)
            session.execute(f"ALTER TABLE {table} {drops}")
        yield Apart(session, lambda: _look(other))


def _elsewhere(words: Sequence[Word], databases: frozenset[str]) -> str:
    """Say which other database of the server a statement names: `shop` in shop.orders."""
    for number, word in enumerate(words[:-1]):
        first = number == 0 or words[number - 1].word != "."
        if first and words[number + 1].word == "." and word.name.lower() in databases:
            return f"names the database {word.name} of this server, which is not the files' to change"
    return ""


_SHARED = "DATABASE|SCHEMA|USER|ROLE|SERVER|TABLESPACE|LOGFILE|INSTANCE|RESOURCE|UNDO"
_BEYOND = "belongs to the whole server, and not to one database"
_SERVERS_OWN = (
    "GRANT|REVOKE|FLUSH|RESET|PURGE|KILL|SHUTDOWN|RESTART|INSTALL|UNINSTALL|CHANGE|CLONE|BINLOG|STOP|IMPORT|CACHE"
)
_GLOBAL = ("GLOBAL", "PERSIST", "PERSIST_ONLY", "PASSWORD", "@@GLOBAL", "@@PERSIST", "@@PERSIST_ONLY")


def _never(words: Sequence[Word]) -> str:
    if begins(words, "CREATE|ALTER|DROP|RENAME", _SHARED) or begins(words, "CREATE", "OR", "REPLACE", _SHARED):
        return _BEYOND
    if begins(words, _SERVERS_OWN) or (begins(words, "START") and not begins(words, "START", "TRANSACTION")):
        return _BEYOND
    if begins(words, "SET") and _sets_for_all(words):
        return "a setting of the whole server"
    if begins(words, "LOAD") or {"OUTFILE", "DUMPFILE"} & keywords(words):
        return "reads or writes a file"
    return ""


def _sets_for_all(words: Sequence[Word]) -> bool:
    """Say whether one of the things that are set is not this session's own."""
    return any(
        word.word in _GLOBAL and (number == 1 or words[number - 1].word == ",") for number, word in enumerate(words)
    )


def _idle(words: Sequence[Word]) -> str:
    if begins(words, "BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|LOCK|UNLOCK") or begins(words, "START", "TRANSACTION"):
        return "every statement is committed by itself"
    if begins(words, "USE"):
        return "everything is read as one database"
    if begins(words, "ANALYZE|OPTIMIZE|CHECK|REPAIR|SHOW|DESCRIBE|DESC|EXPLAIN"):
        return "changes nothing that is declared"
    return ""


_DUPLICATE_ENTRY = "1062"


def _forgiven(words: Sequence[Word], error: DatabaseError, session: Session) -> str:
    if begins(words, "INSERT") and error.code == _DUPLICATE_ENTRY:
        return ROWS_THERE
    return "a setting that this server does not take" if begins(words, "SET") else ""


ADOPTION = Adoption(
    grammar=GRAMMAR, bench=_bench, needs_server=True, never=_never, idle=_idle, forgiven=_forgiven
)  # fmt: skip
