"""Addresses at which a database differs in, the specs edited to say what is there out; the database is only read.

What is there and not declared is declared, what is declared and not there is not any more, and what differs is declared
as it is. What it rests on comes along, and so does what cannot be without it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from reconciler import spec
from reconciler.compare.compare import Comparison, compare
from reconciler.dialects.base import Dialect, Session
from reconciler.errors import PlanError, Position, Problem, UsageError
from reconciler.frozen import frozen
from reconciler.model.change import Alter, Create, Drop, Rename
from reconciler.model.fields import referring
from reconciler.model.model import Desired, Inspection, Model
from reconciler.model.objects import Object, Unmodelled
from reconciler.model.ref import Ref
from reconciler.plan.scope import Bounds
from reconciler.report.facts import Resolved, Settled
from reconciler.report.offline_facts import FormattedFile
from reconciler.report.words import both, label
from reconciler.spec.amend import FileChange, amended, save
from reconciler.spec.files import shown_path, spec_files
from reconciler.spec.load import Documents
from reconciler.spec.writing import carrying, differing, replaced, specs_of, without_implicit_names
from reconciler.workflow.applying import owned
from reconciler.workflow.declaring import declare, load, source_line
from reconciler.workflow.importing import of_anybody
from reconciler.workflow.looking import seeing_schemas, session_on, told
from reconciler.workflow.opening import Opened, Request, open_request


@frozen
class Found:
    """A project and a database compared: what is declared, what is there, and what of both is not the same."""

    opened: Opened
    documents: Documents
    desired: Desired
    comparison: Comparison
    inspection: Inspection

    @property
    def places(self) -> Mapping[Ref, str]:
        """Each address at which they differ, and in which way."""
        comparison = self.comparison
        words = {Create: "missing", Alter: "changed", Drop: "removal", Rename: "renamed"}
        found = {change.ref: words[type(change)] for change in comparison.changes}
        loose = set(comparison.scope.undeclared)
        inside = (ref for ref in comparison.live if any(ref.inside(one) for one in loose & _holders(ref)))
        return found | dict.fromkeys(inside, "undeclared")


def _holders(ref: Ref) -> set[Ref]:
    found = {ref}
    while ref.parent is not None:
        ref = ref.parent
        found.add(ref)
    return found


def parsed(addresses: Sequence[str]) -> tuple[Ref, ...]:
    """Read addresses as a person writes them. Raises UsageError."""
    try:
        return tuple(map(Ref.parse, addresses))
    except ValueError as error:
        raise UsageError(str(error), hint="`reconcile check -v` lists the addresses of what differs") from None


def compared(request: Request, refs: Sequence[Ref]) -> Found:
    """Compare the specs with the database, whatever the policy ignores. Raises what `plan` raises, and UsageError for
    an address at which there is nothing on either side.
    """
    opened = open_request(request, access="read")
    documents = load(opened.project)
    desired, _ = declare(opened.project, documents, opened.dialect, opened.target, request.variables)
    opened = seeing_schemas(opened, desired.model)
    kept: list[Inspection] = []
    with session_on(opened) as session, told(desired):
        known = owned(opened, session)
        dialect = _noting(opened.dialect, kept)
        comparison = compare(dialect, session, opened.target, desired, known, Bounds())
    found = Found(opened=opened, documents=documents, desired=desired, comparison=comparison, inspection=kept[0])
    for ref in refs:
        if not any(one.inside(ref) for one in (*comparison.live, *comparison.desired, *desired.model)):
            raise UsageError(f"there is no {ref}, neither in the specs nor in the database",
                             hint="`reconcile check -v` lists the addresses of what differs")  # fmt: skip
    return found


def _noting(dialect: Dialect, kept: list[Inspection]) -> Dialect:
    def inspect(session: Session, target: object) -> Inspection:
        kept.append(dialect.inspect(session, target))  # type: ignore[arg-type]
        return kept[-1]

    return replace(dialect, inspect=inspect)


def accept(request: Request, addresses: Sequence[str], *, dry_run: bool) -> Resolved:
    """Edit the specs so that they declare what the database has at some addresses.

    Args:
        request: which specs and which database.
        addresses: of objects; one of a table stands for all that is in it.
        dry_run: nothing is written.

    Raises:
        UsageError: when an address is none, or nothing is there.
        PlanError: for what cannot be declared.
        SpecError: when the specs are wrong, or cannot be edited to say it.
    """
    refs = parsed(addresses)
    found = compared(request, refs)
    places = {ref: way for ref, way in found.places.items() if any(ref.inside(one) for one in refs)}
    _acceptable(found, refs, places)
    changes = _edited(request, found, places) if places else []
    if not dry_run:
        save(changes)
    settled = (_settled(found, ref, way) for ref, way in places.items() if ref.parent not in places)
    return Resolved(
        action="accept", environment=found.opened.environment.name, settled=tuple(settled),
        files=shown(changes), saved=not dry_run,
    )  # fmt: skip


def shown(changes: Iterable[FileChange]) -> tuple[FormattedFile, ...]:
    """Return changed files as they are told."""
    return tuple(
        FormattedFile(path=one.path, name=shown_path(one.path), before=one.before or "", after=one.after or "")
        for one in changes
    )


def _acceptable(found: Found, refs: Sequence[Ref], places: Mapping[Ref, str]) -> None:
    """Raise PlanError for what cannot be written into specs."""
    strange = (ref for ref in found.comparison.scope.unmodelled if any(ref.inside(one) for one in refs))
    problems = [_problem("RUN036", ref, "is of a sort that is not managed: no spec can declare it",
                         "leave it; it is not touched") for ref in strange]  # fmt: skip
    for ref, way in places.items():
        if way == "renamed":
            position = found.desired.position(ref, "renamed_from")
            problem = _problem("RUN045", ref, "waits for its rename, which the specs ask for",
                               "apply it, or take `renamed_from:` out")  # fmt: skip
            problems.append(problem.at(position, source_line(position)))
        loose = way == "undeclared" and ref.parent is not None and ref.parent not in found.comparison.desired
        if loose and ref.parent not in places:
            words = "is inside of what is not declared either"
            problems.append(_problem("RUN045", ref, words, f"accept {ref.parent}"))
    if problems:
        raise PlanError(problems)


def _problem(code: str, ref: Ref, message: str, hint: str) -> Problem:
    return Problem(code=code, message=f"{ref} {message}", hint=hint, address=str(ref))


# --- the specs as they are to be --------------------------------------------------------------------------------------


def _edited(request: Request, found: Found, places: Mapping[Ref, str]) -> list[FileChange]:
    project, dialect, target = found.opened.project, found.opened.dialect, found.opened.target

    def lowered(documents: Documents) -> Desired:
        return spec.lower(
            documents, dialect=dialect.name, fallback=dialect.fallback, sql=project.sql,
            variables=spec.gathered(project.variables, os.environ, request.variables),
            default_schema=target.schema or dialect.default_schema,
        )  # fmt: skip

    def normal(model: Model) -> Model:
        return dialect.normalize(model).model

    base = next((path for path in project.specs if path.is_dir()), project.root)
    specs = specs_of(found.documents, spec_files(project.specs, []), base, dialect.name, lowered)
    present, live = specs.found.model, _as_written(found, specs.found.model)
    meant = _with_company(found, frozenset(places))
    wanted = replaced(present, live, meant)
    off = {ref.top for ref in meant if normal(wanted).get(ref) != found.comparison.live.get(ref)}
    # What the specs say in a form of their own, an enum where there is none, is then written as it is there.
    wanted = replaced(wanted, live, {ref for ref in {*wanted, *live} if ref.top in off})
    return amended(specs, wanted, frozenset(ref.top for ref in meant), lowered, differing(normal))


def _as_written(found: Found, present: Model) -> Model:
    """Return what is there in the words of specs."""
    known = (obj for obj in found.comparison.live.values() if not isinstance(obj, Unmodelled))
    me = found.inspection.defaults.get("user")
    live = Model(of_anybody(found.opened.dialect.portable(obj), me) for obj in known)
    return carrying(without_implicit_names(live, found.inspection.unnamed), present)


def _with_company(found: Found, places: AbstractSet[Ref]) -> AbstractSet[Ref]:
    """Return addresses with what the objects there rest on, and with what cannot be without those that are gone."""
    comparison, meant = found.comparison, set(places)
    pending = list(places)
    while pending:
        ref = pending.pop()
        obj = comparison.live.get(ref)
        more = _beneath(obj, comparison) if obj is not None else _above(ref, comparison)
        new = set(more) - meant
        meant |= new
        pending += new
    return meant


def _beneath(obj: Object, comparison: Comparison) -> Iterator[Ref]:
    """Yield what is there, named by an object, and not declared."""
    for name, how in referring(type(obj)):
        for ref in how.read(obj, getattr(obj, name)):
            if ref in comparison.live and ref not in comparison.desired:
                yield from (one.ref for one in comparison.live.subtree(_undeclared_holder(ref, comparison)))


def _undeclared_holder(ref: Ref, comparison: Comparison) -> Ref:
    while ref.parent is not None and ref.parent not in comparison.desired:
        ref = ref.parent
    return ref


def _above(ref: Ref, comparison: Comparison) -> Iterator[Ref]:
    """Yield what is declared, names a missing object or is inside of it, and is missing too."""
    inside = (obj.ref for obj in comparison.desired.subtree(ref))
    users = (obj.ref for obj in comparison.desired.dependents(ref))
    yield from (one for one in (*inside, *users) if one not in comparison.live)


# --- what is told -----------------------------------------------------------------------------------------------------


def _settled(found: Found, ref: Ref, way: str) -> Settled:
    desired = found.comparison.desired.get(ref)
    position: Position | None = found.desired.position(ref) if ref in found.desired.model else None
    return Settled(address=str(ref), finding=way, message=_message(found, ref, way, desired), source=position)


def _message(found: Found, ref: Ref, way: str, desired: Object | None) -> str:
    if way == "missing":
        return "was declared and not there: not declared any more"
    if way != "changed" or desired is None:
        return "is there and was not declared: declared now"
    live = found.comparison.live[ref]
    change = next(one for one in found.comparison.changes if isinstance(one, Alter) and one.ref == ref)
    pairs = [(name, *both(getattr(live, name), getattr(desired, name))) for name in change.fields]
    return "; ".join(
        f"{label(name)} was declared {after}, declared now as it is: {before}" for name, before, after in pairs
    )
