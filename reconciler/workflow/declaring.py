"""Spec documents and a dialect in, the declared model in its normal form out; every problem has a place in a file."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler import spec
from reconciler.dialects.base import Dialect, Target
from reconciler.errors import Position, Problem, SpecError
from reconciler.model.assertions import Assertion
from reconciler.model.model import Desired, Model
from reconciler.model.ref import Ref
from reconciler.spec import circles as views
from reconciler.spec.files import read_source
from reconciler.spec.load import Documents
from reconciler.spec.nodes import Source
from reconciler.spec.project import Project
from reconciler.workflow.complaining import complaints, with_the_rest

if TYPE_CHECKING:
    from reconciler.model.backfills import Backfill
    from reconciler.report.facts import SpecVersion


def load(project: Project) -> Documents:
    """Return every document of a project, with what is known of it from earlier runs.

    Raises SpecError: beside what has a wrong form also with what is wrong elsewhere, for every dialect of the project.
    """
    try:
        return spec.load(project, partial(spec.shelf, project.root, os.environ))
    except SpecError as error:
        raise SpecError(_with_the_rest(project, error.problems())) from None


def _with_the_rest(project: Project, problems: Sequence[Problem]) -> list[Problem]:
    """Return what has a wrong form, and what is wrong with all that has a right one."""
    from reconciler.dialects import dialect
    from reconciler.spec.salvage import salvage

    left = salvage(project.specs)
    found = dict.fromkeys(problems)
    for name in project.dialects if left.documents.documents else ():
        target = Target(dialect=name, url="", label="")
        look = partial(declare, project, dialect=dialect(name), target=target, given={})
        found |= dict.fromkeys(complaints(left.documents, look, whole=left.whole))
    return sorted(found, key=_order)


def declare(
    project: Project, documents: Documents, dialect: Dialect, target: Target, given: Mapping[str, str]
) -> tuple[Desired, tuple[Problem, ...]]:
    """Return what the specs declare for a dialect, in its normal form, with what they lose there.

    Raises SpecError with everything that the dialect cannot have, each at its place.
    """
    try:
        desired = as_written(project, documents, dialect, target, given)
    except SpecError as error:
        look = partial(declare, project, dialect=dialect, target=target, given=given)
        raise SpecError(sorted(with_the_rest(error.problems(), documents, look), key=_order)) from None
    normalized = dialect.normalize(desired.model)
    parts = {**normalized.parts, **dict(dialect.proofread(normalized.model))}
    placed = [in_place(problem, parts, desired) for problem in dict.fromkeys((*normalized.problems, *parts))]
    assertions, wrong = _assertions(desired, dialect, normalized.model)
    work, unsound = _work(desired, normalized.model, dialect, project)
    placed += [_circle(circle, desired) for circle in views.circles(normalized.model, dialect.resolve)]
    placed += [*wrong, *unsound, *_wrong_rows(desired)]
    errors = [problem for problem in placed if problem.severity == "error"]
    if errors:
        raise SpecError(sorted(errors, key=_order))
    found = replace(desired, model=normalized.model, assertions=assertions, backfills=work)
    return found, tuple(sorted(placed, key=_order))


def as_written(
    project: Project, documents: Documents, dialect: Dialect, target: Target, given: Mapping[str, str]
) -> Desired:
    """Return what the specs say for a dialect, also what it cannot keep. Raises SpecError."""
    return spec.lower(
        documents, dialect=dialect.name, fallback=dialect.fallback, sql=project.sql,
        variables=spec.gathered(project.variables, os.environ, given),
        default_schema=target.schema or dialect.default_schema,
    )  # fmt: skip


def _work(
    desired: Desired, model: Model, dialect: Dialect, project: Project
) -> tuple[tuple[Backfill, ...], list[Problem]]:
    """Return the backfills in the dialect's words, and what is wrong with them, each at its place."""
    if not desired.backfills:
        return (), []
    from reconciler.workflow.declaring_work import backfills

    found, problems = backfills(desired, model, dialect, project)
    return found, [in_place(problem, problems, desired) for problem in problems]


def _assertions(desired: Desired, dialect: Dialect, model: Model) -> tuple[tuple[Assertion, ...], list[Problem]]:
    """Return the assertions in the dialect's words, and what is wrong with them, each at its query."""
    if not desired.assertions:
        return (), []
    from reconciler.dialects.assertions import fitted, proofread
    from reconciler.dialects.transpile import NotPortable

    found: list[Assertion] = []
    problems: dict[Problem, str] = {}
    for assertion in desired.assertions:
        try:
            found.append(fitted(assertion, dialect.family))
        except NotPortable as error:
            message, hint = error.told(assertion.query, dialect.family)
            if error.what:
                hint = f"write the query for each dialect: {{{assertion.query.dialect}: …, {dialect.family}: …}}"
            problem = Problem(code="SPEC200", message=f"{assertion.ref}: {message}", hint=hint,
                              address=str(assertion.ref))  # fmt: skip
            problems[problem] = "query"
            continue
        problems |= dict.fromkeys(proofread(found[-1], model, dialect.family), "query")
    return tuple(found), [in_place(problem, problems, desired) for problem in problems]


def _wrong_rows(desired: Desired) -> list[Problem]:
    """Return the values of rows that their columns cannot hold, each at its place."""
    if not desired.data:
        return []
    from reconciler.dialects.row_values import misfits

    found = (pair for rows in desired.data for pair in misfits(rows, desired.model))
    return [in_place(problem, {problem: part}, desired) for problem, part in found]


def _circle(circle: Sequence[Ref], desired: Desired) -> Problem:
    """Return the problem of a circle of views, at the place of its first one and with those of the others."""
    position, *also = (desired.position(ref) for ref in circle)
    found = replace(views.problem(circle), also=tuple(place for place in also if place))
    return found.at(position, source_line(position))


def _order(problem: Problem) -> tuple[bool, Position, str]:
    return problem.position is None, problem.position or Position("", 0, 0), problem.message


def in_place(problem: Problem, parts: Mapping[Problem, str], desired: Desired) -> Problem:
    """Return a problem at its place: what the document says of an object, and which part of that."""
    position = desired.position(Ref.parse(problem.address), parts.get(problem, ""))
    return problem.at(position, source_line(position)) if position else problem


def place(problems: Iterable[Problem], desired: Desired) -> list[Problem]:
    """Give each problem that has an address the place where that object is declared."""
    found = []
    for problem in problems:
        position = desired.position(Ref.parse(problem.address)) if problem.address else None
        found.append(problem.at(position, source_line(position)) if position else problem)
    return found


def source_line(position: Position | None) -> str:
    """Return the line of the file that a position points into, empty when it cannot be read any more."""
    if position is None:
        return ""
    path = Path(position.file).absolute()
    try:
        source = _source(path, path.stat().st_mtime_ns)
    except OSError:
        return ""
    return source.line(position.line, position.column) if source else ""


@lru_cache(maxsize=64)
def _source(path: Path, _changed: int) -> Source | None:
    """Return the file as it was at a time, once for all problems in it."""
    found = read_source(path)
    return found if isinstance(found, Source) else None


def spec_version(project: Project, documents: Documents) -> SpecVersion:
    """Return which specs these are: a hash over their texts, and the commit where git knows it."""
    from reconciler.report.facts import SpecVersion

    digest = hashlib.sha256()
    for text in (*documents.texts(), *spec.row_files(documents)):
        digest.update(text.encode(errors="surrogatepass") + b"\0")
    commit = _git(project.root, "rev-parse", "--short=7", "HEAD")
    dirty = bool(commit) and bool(_git(project.root, "status", "--porcelain", "--", "."))
    return SpecVersion(sha256=digest.hexdigest(), commit=commit, dirty=dirty)


def _git(directory: Path, *arguments: str) -> str:
    if not _in_repository(directory):
        return ""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=directory, capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _in_repository(directory: Path) -> bool:
    """Say whether git can find a repository from there; to start it only to be told so costs milliseconds each time."""
    place = directory.resolve()
    return "GIT_DIR" in os.environ or any(os.path.exists(folder / ".git") for folder in (place, *place.parents))
