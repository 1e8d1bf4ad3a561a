"""Statements in, run one by one on a scratch database; what is there then, what failed and what contradicts out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from reconciler.dialects.adoption import Adoption, Bench
from reconciler.dialects.base import DatabaseError, Dialect, Session
from reconciler.model.model import Model
from reconciler.model.ref import Kind, Ref
from reconciler.sources.heads import Head, bare, head
from reconciler.sources.journal import Journal, Ran, as_decided
from reconciler.sources.keeping import DEFAULTS, Decision, Key
from reconciler.sources.statements import Statement

# Kinds of which two definitions can be compared: each is made by itself and looked at.
_COMPARED = frozenset({Kind.TABLE, Kind.INDEX, Kind.VIEW, Kind.ENUM, Kind.SEQUENCE, Kind.TRIGGER})


def run(dialect: Dialect, bench: Bench, files: Iterable[Sequence[Statement]], decisions: Mapping[Key, Decision]) -> Ran:
    """Run the statements of files, in order, each committed by itself; one that fails stops nothing.

    Args:
        dialect: whose SQL it is.
        bench: an empty database, used up afterwards.
        files: the statements of each file; each file has a session of its own.
        decisions: which of several definitions of an object holds; the others are passed over.

    Raises DatabaseError when the connection is lost.
    """
    state = _Run(dialect, dialect.adoption(), bench, Journal(decisions))
    for statements in files:
        with bench.session() as session:
            for statement in statements:
                _one(state, session, statement)
    return state.journal.ended(bench.look())


@dataclass
class _Run:
    """What statements run on, what is told of them, and what is there, where that was looked at."""

    dialect: Dialect
    adoption: Adoption
    bench: Bench
    journal: Journal
    seen: Model | None = None

    def live(self) -> Model:
        """Return what is there, looked at once between two statements that change it."""
        if self.seen is None:
            self.seen = self.dialect.normalize(self.bench.look().model).model
        return self.seen


_UNREADABLE = "from here on the file cannot be read: a quote or comment has no end, or a sign is none of the dialect's"


def passed_over(adoption: Adoption, journal: Journal, statement: Statement) -> bool:
    """Say whether a statement is none that can be run anywhere, and tell why."""
    if statement.unreadable:
        journal.fail(statement, _UNREADABLE, code="RUN062")
    elif statement.client:
        journal.note(statement, statement.client)
    elif why := adoption.never(statement.words):
        journal.note(statement, why, grave=True)
    elif why := adoption.idle(statement.words):
        journal.note(statement, why)
    else:
        return False
    return True


def _one(state: _Run, session: Session, statement: Statement) -> None:
    """Run a statement, or say why not."""
    if passed_over(state.adoption, state.journal, statement):
        return
    if why := state.bench.elsewhere(statement.words):
        hint = "leave the name of the database out; nothing of it was run"
        state.journal.fail(statement, f"the statement {why}", hint)
        return
    as_decided(
        state.journal, statement, head(statement.words),
        run=lambda one, found: _run(state, session, one, found), fits=lambda kept: _fits(state, session, kept),
    )  # fmt: skip


def _fits(state: _Run, session: Session, kept: Statement) -> bool:
    """Make the definition that is kept in the place of an earlier one; say whether all that it needs was there."""
    try:
        session.execute(bare(kept.text, head(kept.words)))
    except DatabaseError as error:
        if error.lost:
            raise
        return False
    state.seen = None
    return True


def _run(state: _Run, session: Session, statement: Statement, found: Head) -> None:
    hard = bare(statement.text, found) if found.kind in _COMPARED else statement.text
    try:
        session.execute(hard)
    except DatabaseError as error:
        if error.lost:
            raise
        if why := state.adoption.forgiven(statement.words, error, session):
            state.journal.note(statement, why)
        else:
            _failed(state, session, statement, found, error)
        return
    state.journal.count(statement, found)
    # A statement of no kind that we know, a block say, may make anything; rows it cannot be.
    if not statement.says("INSERT"):
        state.seen = None


def _failed(state: _Run, session: Session, statement: Statement, found: Head, error: DatabaseError) -> None:
    """Find out whether a statement failed because its object is there, and whether that is the same."""
    there = _in_the_way(state, found)
    if not there:
        state.journal.fail(statement, _words(error), _remedy(found))
        return
    try:
        pairs = _both(state, session, statement, found, there)
    except _Uncompared as what:
        if found.soft:
            _softly(state, session, statement, found)
        else:
            state.journal.fail(statement, _words(what.error or error))
        return
    for mine, theirs in pairs:
        state.journal.again(statement, found, mine, theirs)
    if found.verb == "ALTER" and found.soft:
        _softly(state, session, statement, found)


def _in_the_way(state: _Run, found: Head) -> list[Ref]:
    """Return what is there of what a statement makes.

    Where a statement that fails adds other columns too, these are lost: that is a failure, whatever is there.
    """
    lost = found.verb == "ALTER" and not found.soft and len(found.columns) > 1
    return [] if lost or found.kind not in _COMPARED else _there(state.live(), found, state.dialect.family)


class _Uncompared(Exception):
    """What a statement makes cannot be looked at by itself; `error` says why the statement fails there too, if so."""

    def __init__(self, error: DatabaseError | None = None) -> None:
        super().__init__()
        self.error = error


def _softly(state: _Run, session: Session, statement: Statement, found: Head) -> None:
    """Run a statement as it stands, which passes over what is there."""
    try:
        session.execute(statement.text)
    except DatabaseError as error:
        state.journal.fail(statement, _words(error))
        return
    state.seen = None
    if found.verb == "CREATE":
        state.journal.note(statement, f"{found.name} is there; the two could not be compared", grave=True)


def _both(
    state: _Run, session: Session, statement: Statement, found: Head, there: Sequence[Ref]
) -> list[tuple[Model, Model]]:
    """Return, for each object that is there, it and what a statement makes of it where it is not there."""
    live = state.live()
    with ExitStack() as stack:
        try:
            apart = stack.enter_context(state.bench.apart(session, there))
        except DatabaseError:
            raise _Uncompared from None
        try:
            apart.session.execute(bare(statement.text, found))
        except DatabaseError as error:
            raise _Uncompared(error) from None
        after = state.dialect.normalize(apart.look().model).model
    made = _there(after, found, state.dialect.family)
    if found.verb == "CREATE":
        return [(_parts(state, live, there), _parts(state, after, made))]
    return [(_parts(state, live, [ref]), _parts(state, after, [ref])) for ref in there]


def _parts(state: _Run, model: Model, refs: Iterable[Ref]) -> Model:
    return Model(state.dialect.portable(obj) for ref in refs for obj in model.subtree(ref))


def _there(model: Model, found: Head, family: str) -> list[Ref]:
    """Return the address of what a statement makes, an object of its name, or those of the columns that it adds."""
    same = _exactly if family == "postgres" else _folded
    if found.verb == "ALTER":
        inside = [ref for ref in model if ref.kind == Kind.COLUMN and same(ref.top.name, found.name)]
        return [ref for ref in inside if any(same(ref.name, name) for name in found.columns)]
    named = [ref for ref in model if ref.kind == found.kind and same(ref.name, found.name)]
    if found.kind == Kind.TRIGGER:
        named = [ref for ref in named if same(ref.top.name, found.table)]
    home = "" if found.schema in DEFAULTS else found.schema
    return sorted(named, key=lambda ref: ref.schema != home)[:1]


def _exactly(one: str, other: str) -> bool:
    return one == other


def _folded(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def _remedy(found: Head) -> str:
    return "name a server that has it, with --url" if found.kind == Kind.EXTENSION else ""


def _words(error: DatabaseError) -> str:
    return f"the statement fails: {error.message.splitlines()[0] if error.message else 'for no reason that is told'}"
