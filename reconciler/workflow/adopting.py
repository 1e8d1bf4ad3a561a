"""Files of SQL in, specs of what they make out, and where they contradict; nothing runs on the target itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from reconciler import dialects
from reconciler.dialects.base import DatabaseError, Dialect, Target
from reconciler.errors import Problem, TargetError, UsageError
from reconciler.frozen import frozen
from reconciler.model.ref import Kind
from reconciler.report.facts import Adopted
from reconciler.sources.conflicts import Conflict
from reconciler.sources.files import read_files
from reconciler.sources.journal import Note, Ran
from reconciler.sources.keeping import Decision, Key, decide, kept_file
from reconciler.sources.running import run
from reconciler.sources.statements import Statement, statements
from reconciler.spec.secrets import Secret
from reconciler.workflow.importing import Found, write_down
from reconciler.workflow.opening import Opened, Request, open_request


@frozen
class Wanted:
    """Which files are read, in which dialect, where the specs go, and which of several definitions holds.

    `keep` is `first`, `last`, a file's name, or "" where nothing is decided; `select` and `exclude` as in `import_`.
    """

    paths: tuple[Path, ...]
    dialect: str
    out: Path
    keep: str = ""
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


def import_sql(request: Request, wanted: Wanted) -> Adopted:
    """Read files of SQL, run them where nothing can be harmed, and write what they make as specs.

    Nothing is written where something failed or contradicts; what is returned tells of that.

    Args:
        request: beside which database a scratch database may be made, where the dialect needs a server.
        wanted: which files, and what becomes of them.

    Raises UsageError, FileError, TargetError, SpecError, as their classes say.
    """
    dialect = dialects.dialect(wanted.dialect)
    files = read_files(wanted.paths)
    grammar = dialect.adoption().grammar
    read = [list(statements(source, grammar)) for source in files.sources]
    kept = kept_file(wanted.keep, files.sources) if wanted.keep else None
    beside = _beside(request, dialect)
    ran, conflicts = _tried(beside, dialect, read, wanted.keep, kept)
    ran = _excused(ran, conflicts)
    problems = [problem for _, problem in ran.failures] + [_open(one) for one in conflicts if one.kept is None]
    told = Adopted(
        dialect=dialect.name, files=files, statements=_counted(read), ran=ran.ran, notes=ran.notes,
        conflicts=conflicts, problems=tuple(sorted(problems, key=_place)), engine=_engine(beside, dialect),
    )  # fmt: skip
    if problems:
        return told
    target = beside.target if beside else None
    found = Found(
        dialect=dialect,
        inspection=ran.inspection,
        url=_url(request, beside),
        default_schema=(target.schema if target else "") or dialect.default_schema,
    )
    return replace(told, imported=write_down(found, wanted.out, wanted.select, wanted.exclude))


def _counted(read: Sequence[Sequence[Statement]]) -> int:
    """Count statements; what a program alone reads is none."""
    return sum(not statement.client for one in read for statement in one)


# --- where it runs ----------------------------------------------------------------------------------------------------


def _beside(request: Request, dialect: Dialect) -> Opened | None:
    """Return the database beside which a scratch database may be made; None where none is named, or none is needed."""
    if not dialect.adoption().needs_server:
        return None
    try:
        opened = open_request(request, access="read")
    except (UsageError, TargetError):
        # Nobody named a database, and none can be found out: the files are read alone, and the report says so.
        if request.url is None and request.environment is None:
            return None
        raise
    if opened.dialect.name == dialect.name:
        return opened
    if request.url is None and request.environment is None:
        return None
    message = f"{opened.target.label} is {opened.dialect.name}, and the files are {dialect.name}"
    raise UsageError(message, hint="name a server of the files' own dialect with --url")


def _tried(
    beside: Opened | None, dialect: Dialect, read: Sequence[Sequence[Statement]], keep: str, file: Path | None
) -> tuple[Ran, tuple[Conflict, ...]]:
    """Run the files; where somebody said what is to be kept of what contradicts, a second time by that."""
    ran = _run(beside, dialect, read, {})
    if not (keep and ran.conflicts):
        return ran, ran.conflicts
    every = [statement for one in read for statement in one]
    conflicts, decisions = decide(ran.conflicts, keep, file, every)
    again = _run(beside, dialect, read, decisions)
    known = {one.ref for one in conflicts if one.kept is not None}
    others = [one for one in again.conflicts if one.ref not in known and one.ref not in {c.ref for c in conflicts}]
    return again, (*conflicts, *others)


def _run(
    beside: Opened | None, dialect: Dialect, read: Sequence[Sequence[Statement]], decisions: Mapping[Key, Decision]
) -> Ran:
    adoption = dialect.adoption()
    if beside is None and adoption.needs_server:
        from reconciler.sources.unrun import read as read_only

        return read_only(dialect, read, decisions)
    target = beside.target if beside else Target(dialect=dialect.name, url="", label="")
    try:
        with adoption.bench(target) as bench:
            return run(dialect, bench, read, decisions)
    except DatabaseError as error:
        raise TargetError(f"the database says: {error.message}") from error


def _engine(beside: Opened | None, dialect: Dialect) -> str:
    if beside is None:
        return "read, none run: no server is named (--url)" if dialect.adoption().needs_server else "ran in memory"
    return f"ran on a scratch database beside {beside.target.label}"


def _url(request: Request, beside: Opened | None) -> str | Secret:
    """Return what a project file that is written anew says: where the database is, files do not tell."""
    if beside is not None:
        return request.url or beside.environment.url
    return request.url or Secret("env", "DATABASE_URL")


# --- what is wrong ----------------------------------------------------------------------------------------------------


def _excused(ran: Ran, conflicts: Sequence[Conflict]) -> Ran:
    """Return the same without those failures that follow from what was decided, and with places for the others."""
    decided = {one.ref.top.name.lower(): one for one in conflicts if one.kept is not None}
    failures: list[tuple[Statement, Problem]] = []
    notes: list[Note] = list(ran.notes)
    for statement, problem in ran.failures:
        names = {word.name.lower() for word in statement.words}
        about = sorted(names & decided.keys())
        if about and problem.code == "RUN060":
            why = f"goes with a definition of {about[0]} that is not kept ({problem.message})"
            notes.append(Note(statement=statement, why=why, grave=True))
        else:
            failures.append((statement, _with_cause(problem, names, conflicts)))
    return replace(ran, notes=tuple(notes), failures=tuple(failures))


def _with_cause(problem: Problem, names: set[str], conflicts: Sequence[Conflict]) -> Problem:
    """Return a failure with the definitions of the table that it may be about, where these contradict."""
    about = next((one for one in conflicts if one.ref.top.name.lower() in names), None)
    if about is None or problem.hint:
        return problem
    others = tuple(one.position for one in about.definitions if one.position and one.position != problem.position)
    hint = f"{about.ref.top} is defined in several ways: see there"
    return replace(problem, hint=hint, also=others[:5])


def _open(conflict: Conflict) -> Problem:
    """Return a contradiction that nobody has decided, with the place of each definition."""
    first, *others = conflict.definitions
    place = others[0].statement or first.statement
    assert place is not None, "every definition but the first is a statement"
    skipped = ", which is skipped in silence" if others[0].fate == "skipped" else ""
    decides = "--keep first, last or FILE decides; the fields are compared in the result"
    if conflict.ref.kind == Kind.COLUMN:
        decides = "--keep first leaves it as it is; for another form, alter it in a statement of its own"
    places = [f"defined at {one.position.file}:{one.position.line}" for one in conflict.definitions if one.position]
    return Problem(
        code="RUN061", message=f"another definition of {conflict.ref}{skipped}", position=place.position,
        source=place.line, hint="\n".join([decides, *places]), address=str(conflict.ref),
    )  # fmt: skip


def _place(problem: Problem) -> tuple[str, int, int]:
    at = problem.position
    return (at.file, at.line, at.column) if at else ("", 0, 0)
