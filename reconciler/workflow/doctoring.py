"""A request in; whether the database can be worked with, and who holds its run lock, out; nothing is written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.health import Holder, Sign, Status, ok, problem, warn
from reconciler.errors import LockTaken, TargetError
from reconciler.execute import history
from reconciler.plan.outcome import PastRun
from reconciler.report.facts import ForeignTool, Health, Locks
from reconciler.report.history import result
from reconciler.workflow.filling import ledger_of
from reconciler.workflow.foreign import foreign_tools
from reconciler.workflow.looking import session_on, told
from reconciler.workflow.opening import Opened, Request, open_request

# Seconds by which two clocks may differ before that is worth a word, and runs in which an unfinished one is looked for.
_CLOCK = 5.0
_RUNS = 20

# Asked of a holder that may be alive before its lock is taken away; raises when the answer is no.
Confirm = Callable[[Holder], None]


def doctor(request: Request) -> Health:
    """Look at everything that a run needs of a database. Raises UsageError, SpecError, and TargetError for a secret."""
    opened = open_request(request, access="read")
    tools: tuple[ForeignTool, ...] = ()
    try:
        with session_on(opened) as session, told(None):
            signs = list(_reached(opened, session))
            signs += _asked("clock", lambda: _clock(opened, session))
            signs += _asked("lock", lambda: _lock(opened, session))
            signs += _asked("ledger", lambda: _ledger(opened, session))
            signs += _asked("elaboration", lambda: _elaboration(opened, session))
            tools = foreign_tools(opened, session, opened.dialect.inspect(session, opened.target).model)
    except (TargetError, LockTaken) as error:
        signs = [problem("connection", error.message, error.hint)]
    signs += map(_of_tool, tools)
    return Health(
        project=opened.project.name, environment=opened.environment.name, dialect=opened.dialect.name,
        label=opened.target.label, signs=tuple(signs), foreign_tools=tools,
    )  # fmt: skip


def _reached(opened: Opened, session: Session) -> Iterator[Sign]:
    """Yield that the database answers, and what it says of itself."""
    begun = time.monotonic()
    found = opened.dialect.examine(session, opened.target)
    yield ok("connection", f"reached; it answers in {(time.monotonic() - begun) * 1000:.0f} ms")
    yield from found


def _asked(name: str, ask: Callable[[], Iterable[Sign]]) -> list[Sign]:
    """Return signs; what the database does not tell is a sign too."""
    try:
        return list(ask())
    except DatabaseError as error:
        if error.lost:
            raise
        return [warn(name, f"cannot be found out: {error.message.splitlines()[0]}")]


def _clock(opened: Opened, session: Session) -> Iterator[Sign]:
    if not opened.dialect.clock:
        yield ok("clock", "the database has this machine's")
        return
    before = time.time()
    theirs = float(session.query(opened.dialect.clock)[0][0])
    after = time.time()
    # A server that tells whole seconds is up to one behind itself.
    difference = theirs - (before + after) / 2
    words = f"the server's is {abs(difference):,.0f} s {'ahead of' if difference > 0 else 'behind'} this machine's"
    if abs(difference) > _CLOCK + (after - before):
        yield warn("clock", f"{words}: times in the ledger and in rows do not agree", "set both by NTP")
    else:
        yield ok("clock", "the server's and this machine's agree")


def _lock(opened: Opened, session: Session) -> Iterator[Sign]:
    found = opened.dialect.holders(session, opened.target)
    if not found:
        yield ok("lock", "no run holds it")
    for one in found:
        since = f", since {one.since}" if one.since else ""
        if one.dead:
            yield warn("lock", f"left behind by {one.who}{since}; it hinders nobody", "reconcile lock release")
        else:
            yield warn("lock", f"held by {one.who}{since}", "wait for it to end; `reconcile lock release` says more")


def _ledger(opened: Opened, session: Session) -> Iterator[Sign]:
    found = history.runs(session, ledger_of(opened), _RUNS)
    mine = [run for run in found or () if run.project == opened.project.name]
    if not mine:
        yield ok("ledger", f"nothing was ever applied of the project {opened.project.name}")
        return
    last = mine[0]
    words = f"run {last.run_id} of {last.started_at[:19].replace('T', ' ')} UTC: {result(last)}"
    living = [one for one in opened.dialect.holders(session, opened.target) if not one.dead]
    if last.state == "done" or (last.state == "running" and living):
        yield ok("ledger", words)
    else:
        yield warn("ledger", f"{words}{_why(last)}", "reconcile apply finishes it, whatever is half done")


def _why(run: PastRun) -> str:
    return f" ({run.error.splitlines()[0]})" if run.error else ""


def _elaboration(opened: Opened, session: Session) -> Iterator[Sign]:
    if opened.dialect.server(session).elaborates:
        yield ok("elaboration", "definitions can be compared as the database itself spells them")
    else:
        yield warn("elaboration", "the database may not be asked to spell a definition: one that it has in other words"
                   " than the specs counts as different, unless an earlier apply remembered it",
                   "let this user make temporary objects, on a server that can be written to")  # fmt: skip


def _of_tool(tool: ForeignTool) -> Sign:
    message = f"{tool.tool}, {tool.table}: {tool.message}"
    if tool.state == "clean":
        return ok("foreign tools", message)
    return warn("foreign tools", message, tool.command and f"once the schema is right: {tool.command}")


def sound(found: Health) -> bool:
    """Say whether nothing stands in the way of a run."""
    return all(sign.status is not Status.PROBLEM for sign in found.signs)


# --- the run lock -----------------------------------------------------------------------------------------------------


def locks(request: Request) -> Locks:
    """Return who holds the run lock of a database. Raises UsageError, SpecError, TargetError."""
    opened = open_request(request, access="read")
    with session_on(opened) as session, told(None):
        found = tuple(opened.dialect.holders(session, opened.target))
    return Locks(environment=opened.environment.name, label=opened.target.label, holders=found)


def release(request: Request, confirm: Confirm) -> Locks:
    """Let the run lock go where it can be; return who held it.

    Raises:
        LockTaken: when it goes with a session, which only somebody who may end that can do; nothing is ended here.
        UsageError, SpecError, TargetError: as elsewhere; whatever `confirm` raises.
    """
    opened = open_request(request, access="write")
    with session_on(opened) as session, told(None):
        found = tuple(opened.dialect.holders(session, opened.target))
        for one in found:
            if one.release is None:
                hint = f"to end that session, with all that it does: {one.command}" if one.command else "end it there"
                raise LockTaken(f"the lock goes with its session, and is let go with it: {one.who}", hint=hint)
            if not one.dead:
                confirm(one)
            one.release()
    return Locks(environment=opened.environment.name, label=opened.target.label, holders=found)
