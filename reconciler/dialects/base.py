"""What a dialect is: a value made of functions, and the small session that all of them talk through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from reconciler.frozen import frozen, frozen_in_order

# A record of functions needs nothing of what these take and give; whoever makes it, loads it.
if TYPE_CHECKING:
    from reconciler.dialects.adoption import Adoption
    from reconciler.dialects.bulk import Bulk
    from reconciler.dialects.chores import Chores
    from reconciler.dialects.dumping import Dump
    from reconciler.dialects.health import Holder, Sign
    from reconciler.dialects.rows import RowWords
    from reconciler.dialects.script import Order, Script
    from reconciler.dialects.upkeep import Upkeep
    from reconciler.errors import Problem
    from reconciler.model.change import Change
    from reconciler.model.model import Desired, Inspection, Model
    from reconciler.model.objects import Object
    from reconciler.model.programs import Procedure
    from reconciler.model.ref import Ref
    from reconciler.plan.outcome import Rows, Usage
    from reconciler.plan.plan import Plan
    from reconciler.plan.rules import Ask, Besides, RuleTable, States
    from reconciler.plan.step import Step


class DatabaseError(Exception):
    """What a database answered instead of doing as it was told.

    `code` is the server's own (SQLSTATE, SQLite's error name). `retryable` means that the same may go through later:
    a lock that was not had in time, a deadlock, a serialization failure. `lost` means that the connection is gone,
    `unfit` that the database does it, but not in the way that was asked for.
    `message` shows no value of any row; `detail` is what the database said beyond it, and may. `before` is how many
    statements of the same call went through. `address` is that of what was being changed, "" where nothing was.
    """

    def __init__(
        self,
        message: str,
        *,
        detail: str = "",
        code: str = "",
        retryable: bool = False,
        lost: bool = False,
        unfit: bool = False,
        before: int = 0,
        address: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.code = code
        self.retryable = retryable
        self.lost = lost
        self.unfit = unfit
        self.before = before
        self.address = address


class Unanswered(DatabaseError):
    """There is no database that could be asked."""


class Session(Protocol):
    """One connection, in autocommit mode between `begin` and `commit`. Every method raises DatabaseError."""

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Return every row. Parameters are written `:name`; without any, the text goes to the server untouched."""

    def execute(self, sql: str, parameters: Mapping[str, object] | None = None) -> int:
        """Run one statement and return the number of rows that it changed, or -1 where the server does not say."""

    def execute_each(self, statements: Sequence[str]) -> Sequence[int]:
        """Run statements one after the other, none after one that fails; return for each what `execute` would."""

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Add rows to a table; its name and those of the columns are written as they are."""

    def in_transaction(self) -> bool:
        """Say whether a transaction was begun and not ended."""

    def begin(self) -> None:
        """Start a transaction."""

    def commit(self) -> None:
        """End the transaction and keep it."""

    def rollback(self) -> None:
        """End the transaction, if there is one, and forget it."""

    def close(self) -> None:
        """Close the connection; harmless when it is closed."""

    def abandon(self) -> None:
        """Cut the connection without a word, as a network failure would; for fault injection."""


class Lock(Protocol):
    """Mutual exclusion between runs, held while the context is open."""

    @property
    def fence(self) -> str:
        """What a session says with all that it writes, so that the database refuses it once somebody else holds the
        lock; "" where the lock goes with a connection or the machine.
        """

    def held(self) -> bool:
        """Say whether the lock is still ours; asked before each step."""


@frozen_in_order
class Question:
    """A query of which at most so many rows are wanted. Parameters are written `:name` in it."""

    query: str
    most: int
    parameters: Mapping[str, object] = field(default_factory=dict)


@frozen
class Target:
    """A database to work on. `url` may hold a password and is never shown; `label` is what is shown instead.

    `schema` is the default schema's name where the dialect has schemas, `schemas` the others that the specs name.
    `access` is `read` or `write`; a session for reading changes nothing, not even by accident. `patience` is how many
    seconds a statement waits for a lock while we only look. `fence` is that of the lock under which is written.
    `missing` is what a database that is not there means to whoever reads: `empty`, or an `error`.
    """

    dialect: str
    url: str
    label: str
    schema: str = ""
    schemas: tuple[str, ...] = ()
    access: str = "read"
    patience: float = 30.0
    missing: str = "empty"
    fence: str = ""


@frozen
class Server:
    """What answers: `memory` names the circumstances under which it spells SQL the same way (major version, search
    path).
    """

    version: str
    host: str
    database: str
    user: str
    memory: str
    features: frozenset[str] = frozenset()
    elaborates: bool = True


@frozen
class Normalized:
    """A model in the dialect's normal form. `problems` are what the dialect cannot have (errors) or loses (warnings);

    each carries the address, and in `parts` the field, so that the place in the spec can be found.
    """

    model: Model
    problems: tuple[Problem, ...] = ()
    parts: Mapping[Problem, str] = field(default_factory=dict)


@frozen
class Survey:
    """What a database holds, before any object is made of it.

    `marks` has for each table and view a word that changes with everything that the database says of it; what it says
    of all else counts in each of them. `names` leads from each of these roots to those that it names; something else
    names the `pinned` ones. `read` makes the objects of all but some of these roots, which nothing may name.
    """

    marks: Mapping[Ref, str]
    names: Mapping[Ref, frozenset[Ref]]
    pinned: frozenset[Ref]
    read: Callable[[AbstractSet[Ref]], Inspection]


@dataclass(frozen=True, kw_only=True)
class Scratch:
    """A database that goes away, to try a plan on: a session on it, where it is, and the dialect that it is spoken to
    in. `filled` says that it has the target's schema already; otherwise it is empty.
    """

    dialect: Dialect
    session: Session
    target: Target
    filled: bool


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """Everything that is known about one database, as functions.

    * `fallback`: the spec's dialect keys that apply, nearest first. `family`: the sqlglot dialect; SQL written in a
      dialect of the same family is emitted as its author wrote it.
    * `connect(target)`: a session with safe timeouts. `server(session)`: what answers.
    * `drivers`: the modules that speak to a server, whose answers leave time for other things; none where it is a file.
    * `assumed()`: what is taken to answer where a plan is made without a database.
    * `inspect(session, target)`: everything in the managed schemas, in a handful of queries; our own tables left out.
    * `survey(session, target)`: the same before any object is made; None where a dialect has no such thing.
    * `normalize(model)`: pure and idempotent; both sides go through it.
    * `proofread(model)`: the texts of a desired model, in its normal form, that the dialect cannot read as SQL, without
      any database being asked; each with the field that it is in.
    * `align(inspection, desired)`: what is declared, with the names and forms that the live model has for the same;
      everything that goes by address follows.
    * `foretell(live, desired)`: the live model, renames applied, in the words that it will have by itself once this
      plan has run.
    * `reading(session)`: what is asked inside changes nothing, whatever its text; a session outside a transaction.
    * `snapshot(session)`: what is asked inside sees the database at one moment, where that lasts longer than one
      request, and changes nothing; a session outside a transaction.
    * `first_rows(session, question)`: the rows that are wanted, with the names of the columns.
    * `at_once(session, questions)`: the same of several, in one request that sees the database at one moment; None
      where `snapshot` does that.
    * `rows()`: how rows are read, spelled and written.
    * `limited(session, seconds)`: a query that takes longer inside is ended by the database; inside `reading`.
    * `bulk()`: the words and the transaction of data work.
    * `resolve(objects, model)`: desired objects with `uses` filled in, so that they can be ordered.
    * `rename(model, moves)`: the live model after renames `(old, new)`, one after the other, its SQL texts following.
    * `elaborate(session, objects, actual, desired)`: objects in the server's own spelling; what cannot be is left out.
    * `portable(object)`: a live object in the spec's words, where nothing is lost.
    * `rules()`, `ask`: how each change is made, and what it asks the rows first.
    * `lock(target, timeout, waiting)`: context manager; raises LockTaken after `timeout` seconds, and calls `waiting`
      with a sentence once when it has to wait.
    * `transaction(session, steps, lock_timeout)`: everything that must surround these steps; commits, or rolls back on
    an
      exception. Seconds.
    * `preflight(session, plan, actual)`: what would fail for want of a privilege or setting, with the remedy.
    * `large(session, rows, tables)`: of the tables at these live addresses those with so many rows, or as heavy as if,
      as far as that is known without reading them.
    * `besides(session, changes, states)`: by the address of a column, how a change that would write a large table anew
      is made by filling a helper beside it, or in a clause why not; what is not concerned is left out.
    * `alone(session, seconds)`: what must surround a statement that is in no transaction and may wait for so long.
    * `blockers(session, tables)`: who holds locks on these tables, in sentences that show no value.
    * `capacity(session)`: how many relations one transaction may touch, None where there is no such limit.
    * `default_schema`: the name of the schema that addresses leave out unless the environment names one, "" for none.
    * `stamp(session)`: a word that changes with the schema, "" where the database has none.
    * `other_schemas(session)`: every schema with somebody's objects in it, managed or not.
    * `groundwork(session, target)`: what even the ledger needs to have a place; committed before anything.
    * `script(order)`: a plan as statements that a person runs by hand, guarded so that they may be run twice.
    * `ledger_schema`: prefix of the ledger's table names, quoted, empty where there are no schemas. `ledger_text`: the
      type of its long texts. `ledger_options`: what stands behind its CREATE TABLE.
    * `transactional`: a statement that changes the schema is part of the transaction around it.
    * `rehearsed`: a transaction is run on a copy of the schema and sent as a whole when it is committed, so that rows
      cannot be asked inside, and what the database made of it is looked at afterwards.
    * `counted(session)`: how many rows each statement of the last transaction changed, where `execute_each` could not
      say; () where it could.
    * `usage(session)`: what the session was charged for so far, None where nothing is.
    * `call(session, procedure, values)`: runs a procedure, each value bound, and returns what it gave back; None where
      there are no procedures.
    * `examine(session, target)`: what is to be known of the server, of what the user may do, of settings that matter.
    * `holders(session, target)`: who holds the run lock now.
    * `clock`: a query for the server's time, in seconds since 1970; "" where it is this machine's.
    * `adoption()`: how files of SQL that others wrote are read. `upkeep()`: what its health is looked at by.
    * `dump()`: how backups are made and read back.
    * `scratch(dialect, session, target)`: context manager; a database without rows on which a plan can be tried.
    * `tries`: of how many objects at most a plan is tried there without being asked for, 0 where that is never done.
    * `unusable(session, objects)`: which of these names what is not there, with what the database says; asked where one
      is made whatever it names.
    * `chores(session, tables)`: what keeps these tables in shape, as the database's own figures say.
    * `bookmark(session)`: a word for the database as it is now, under which it can be restored; "" where there is none.
    """

    name: str
    fallback: tuple[str, ...]
    family: str
    quote: Callable[[str], str]
    connect: Callable[[Target], Session]
    server: Callable[[Session], Server]
    assumed: Callable[[], Server]
    inspect: Callable[[Session, Target], Inspection]
    normalize: Callable[[Model], Normalized]
    align: Callable[[Inspection, Desired], Desired]
    resolve: Callable[[Sequence[Object], Model], Sequence[Object]]
    rename: Callable[[Model, Sequence[tuple[Ref, Ref]]], Model]
    elaborate: Callable[[Session, Sequence[Object], Model, Model], Mapping[Ref, Object]]
    portable: Callable[[Object], Object]
    rules: Callable[[], RuleTable]
    ask: Ask
    lock: Callable[[Target, float, Callable[[str], None]], AbstractContextManager[Lock]]
    transaction: Callable[[Session, Sequence[Step], float], AbstractContextManager[None]]
    preflight: Callable[[Session, Plan, Model], Sequence[Problem]]
    capacity: Callable[[Session], int | None]
    ledger_schema: Callable[[Target], str]
    script: Callable[[Order], Script]
    first_rows: Callable[[Session, Question], Rows]
    snapshot: Callable[[Session], AbstractContextManager[None]]
    rows: Callable[[], RowWords]
    limited: Callable[[Session, float], AbstractContextManager[None]]
    scratch: Callable[[Dialect, Session, Target], AbstractContextManager[Scratch]]
    tries: int = 0
    bulk: Callable[[], Bulk]
    adoption: Callable[[], Adoption]
    upkeep: Callable[[], Upkeep]
    chores: Chores
    dump: Callable[[], Dump]
    default_schema: str = ""
    drivers: tuple[str, ...] = ()
    survey: Callable[[Session, Target], Survey] | None = None
    large: Callable[[Session, int, AbstractSet[Ref]], frozenset[Ref]] = lambda session, rows, tables: frozenset()
    besides: Callable[[Session, Sequence[Change], States], Besides] = lambda session, changes, states: {}
    alone: Callable[[Session, float], AbstractContextManager[None]] = lambda session, seconds: nullcontext()
    blockers: Callable[[Session, Sequence[Ref]], Sequence[str]] = lambda session, tables: ()
    stamp: Callable[[Session], str] = lambda session: ""
    reading: Callable[[Session], AbstractContextManager[None]] = lambda session: nullcontext()
    at_once: Callable[[Session, Sequence[Question]], Sequence[Rows]] | None = None
    proofread: Callable[[Model], Iterable[tuple[Problem, str]]] = lambda model: ()
    foretell: Callable[[Model, Model], Model] = lambda live, desired: live
    other_schemas: Callable[[Session], Sequence[str]] = lambda session: ()
    groundwork: Callable[[Session, Target], Sequence[str]] = lambda session, target: ()
    ledger_text: str = "TEXT"
    ledger_options: str = ""
    transactional: bool = True
    rehearsed: bool = False
    counted: Callable[[Session], Sequence[int]] = lambda session: ()
    usage: Callable[[Session], Usage | None] = lambda session: None
    bookmark: Callable[[Session], str] = lambda session: ""
    examine: Callable[[Session, Target], Sequence[Sign]] = lambda session, target: ()
    holders: Callable[[Session, Target], Sequence[Holder]] = lambda session, target: ()
    clock: str = ""
    unusable: Callable[[Session, Iterable[Object]], Mapping[Ref, str]] = lambda session, objects: {}
    call: Callable[[Session, Procedure, Sequence[str | None]], Sequence[Rows]] | None = None
