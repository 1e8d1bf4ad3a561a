"""Two models by name in, the changes that make the first into the second out, as a plan that nobody applies.

A side is a database, a snapshot, the specs, the specs of a commit, or nothing. Who owns what does not come into it:
what the first has and the second has not is a drop, whoever made it. What that costs is asked of the rows, if there are
any.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path

from reconciler import dialects, spec
from reconciler.compare.compare import Owned, compare
from reconciler.compare.planning import Planned, prepare
from reconciler.dialects.base import Dialect, Server, Session
from reconciler.errors import SpecError, UsageError
from reconciler.frozen import frozen, frozen_in_order
from reconciler.model.model import Desired, Inspection, Model
from reconciler.model.objects import Unmodelled
from reconciler.model.ref import Kind
from reconciler.plan.foreign import foreign_tables
from reconciler.plan.policy import Allowance, Approve, Policy
from reconciler.plan.scope import Reason, Undeclared
from reconciler.report.facts import Review, Snapshot, SpecVersion
from reconciler.report.snapshot_file import read_snapshot
from reconciler.workflow.against import Nobody
from reconciler.workflow.committed import specs_at
from reconciler.workflow.declaring import declare, load, spec_version
from reconciler.workflow.looking import review_of, session_on, told
from reconciler.workflow.opening import Opened, Request, open_request, open_without_target

_FORMS = "env:NAME, snapshot:FILE, git:REF, spec or empty"
# Nothing is applied, so nothing is refused for want of a consent.
_POLICY = Policy(allow=(), undeclared=Undeclared.DROP, approve=Approve.NEVER)
_EVERYTHING = (Allowance("*"),)


@frozen
class Side:
    """One of the two: as it would be declared, as it would be found, what answers for it, and on which session."""

    word: str
    desired: Desired
    inspection: Inspection
    server: Server
    version: SpecVersion
    session: Session | None = None
    spelled: bool = True


@frozen_in_order
class _Named:
    """A side as it was named: what sort it is, and what stands behind the colon."""

    word: str
    sort: str
    name: str

    @property
    def live(self) -> bool:
        return self.sort == "env"


def difference(request: Request, first: str, second: str) -> Review:
    """Return the changes that make the first into the second; nothing is written.

    Raises:
        UsageError: when a side is none, or both are databases of different dialects.
        SpecError, SnapshotError, TargetError, PlanError: as for `plan`.
    """
    begun = time.monotonic()
    names = [_named(first), _named(second)]
    snapshots = {one.word: read_snapshot(Path(one.name)) for one in names if one.sort == "snapshot"}
    opened = {one.word: _environment(request, one.name) for one in names if one.live}
    base = _base(request, names, opened, snapshots)
    with ExitStack() as stack, told(None):
        sides = _sides(request, base, names, opened, snapshots, stack)
        source, goal = sides[first], sides[second]
        source = _in_words_of(goal, source, base, opened.get(second))
        dialect = _looked_at(base.dialect, source)
        at = replace(opened.get(first, base), dialect=dialect, policy=_POLICY)
        planned = prepare(
            dialect, source.session or Nobody(), at.target, replace(goal.desired, removed={}), _all_of(dialect, source),
            _POLICY, _EVERYTHING,
        )  # fmt: skip
    planned = _explained(planned)
    environment = replace(at.environment, name=f"{first} → {second}", policy=spec.Policy())
    label = opened[first].target.label if first in opened else first
    at = replace(at, environment=environment, target=replace(at.target, label=label))
    return review_of(at, planned, goal.desired, goal.version, (), time.monotonic() - begun)


def _named(word: str) -> _Named:
    sort, colon, name = word.partition(":")
    if (sort in ("spec", "empty") and not colon) or (sort in ("env", "snapshot", "git") and name):
        return _Named(word, sort, name)
    raise UsageError(f"{word!r} is nothing that can be compared", hint=f"write {_FORMS}")


def _environment(request: Request, name: str) -> Opened:
    opened = open_request(replace(request, environment=name, url=None), access="read")
    return replace(opened, target=replace(opened.target, missing="error"))


def _base(
    request: Request, names: Iterable[_Named], opened: Mapping[str, Opened], snapshots: Mapping[str, Snapshot]
) -> Opened:
    """Return for which dialect and schema the two are compared: those of the databases, if there are any."""
    known = {one.word: opened[one.word].dialect.name for one in names if one.word in opened}
    known |= {word: found.dialect for word, found in snapshots.items()}
    if len(set(known.values())) > 1:
        words = " and ".join(f"{word} is of {dialect}" for word, dialect in known.items())
        raise UsageError(f"{words}: no change leads from one dialect to another",
                         hint="compare each with `spec`, which is compiled for either")  # fmt: skip
    if opened:
        return next(iter(opened.values()))
    base = open_without_target(request, next(iter(known.values()), ""))
    for word, found in snapshots.items():
        if base.dialect.name != found.dialect:
            base = replace(base, dialect=dialects.dialect(found.dialect))
        schema = "" if found.schema == base.dialect.default_schema else found.schema
        base = replace(base, target=replace(base.target, dialect=found.dialect, schema=schema, label=word))
    return base


# --- the sides --------------------------------------------------------------------------------------------------------


def _sides(
    request: Request,
    base: Opened,
    names: Iterable[_Named],
    opened: Mapping[str, Opened],
    snapshots: Mapping[str, Snapshot],
    stack: ExitStack,
) -> Mapping[str, Side]:
    """Return both sides; a database is looked at in the schemas that the other side names, and those of the specs."""
    makers: Mapping[str, Callable[[_Named], Side]] = {
        "empty": lambda one: _declared(one.word, Desired(model=Model()), base, SpecVersion(sha256="")),
        "spec": lambda one: _of_specs(request, base, one.word),
        "git": lambda one: _of_commit(request, base, one),
        "snapshot": lambda one: _found(one.word, base.dialect, snapshots[one.word].inspection,
                                       replace(snapshots[one.word].server, elaborates=False)),
    }  # fmt: skip
    found = {one.word: makers[one.sort](one) for one in names if not one.live}
    schemas = {ref.name for side in found.values() for ref in side.desired.model if ref.kind == Kind.SCHEMA}
    schemas |= {name for one in snapshots.values() for name in one.schemas}
    schemas |= set(_of_project(base)) if not found else set()
    for word, at in opened.items():
        target = replace(at.target, schemas=tuple(sorted(schemas)))
        session = stack.enter_context(session_on(replace(at, target=target)))
        side = _found(word, at.dialect, at.dialect.inspect(session, target), at.dialect.server(session))
        found[word] = replace(side, session=session)
    return found


def _of_project(base: Opened) -> tuple[str, ...]:
    """Return the schemas that the specs name, as far as these are in order: two databases need none."""
    default = base.target.schema or base.dialect.default_schema
    try:
        return spec.named_schemas(base.project.root, dialect=base.dialect.name, default_schema=default)
    except SpecError:
        return ()


def _of_specs(request: Request, base: Opened, word: str) -> Side:
    documents = load(base.project)
    desired, _ = declare(base.project, documents, base.dialect, base.target, request.variables)
    return _declared(word, desired, base, spec_version(base.project, documents))


def _of_commit(request: Request, base: Opened, one: _Named) -> Side:
    found = specs_at(request, base, one.name)
    return _declared(one.word, found.desired, base, found.version)


def _declared(word: str, desired: Desired, base: Opened, version: SpecVersion) -> Side:
    """Return a side that is declared; taken as found it is what would be there once it is applied."""
    return Side(
        word=word, desired=desired, inspection=Inspection(model=desired.model, unnamed=desired.unnamed),
        server=base.dialect.assumed(), version=version, spelled=False,
    )  # fmt: skip


def _found(word: str, dialect: Dialect, inspection: Inspection, server: Server) -> Side:
    """Return a side that was looked at; taken as declared it is all that a model can say of it."""
    live = dialect.normalize(inspection.model).model
    strange = foreign_tables(live, live)
    known = [obj for ref, obj in live.items() if ref.top not in strange and not isinstance(obj, Unmodelled)]
    desired = Desired(model=Model(known), unnamed=inspection.unnamed & {obj.ref for obj in known})
    return Side(word=word, desired=desired, inspection=inspection, server=server, version=SpecVersion(sha256=""))


def _in_words_of(goal: Side, source: Side, base: Opened, at: Opened | None) -> Side:
    """Return what is declared in the words of the database that it is to become, for that alone can spell them."""
    if source.spelled or goal.session is None or at is None or not goal.server.elaborates:
        return source
    dialect = replace(base.dialect, inspect=lambda session, target: goal.inspection)
    meant = replace(source.desired, renames={}, removed={})
    said = compare(dialect, goal.session, at.target, meant, Owned())
    return replace(source, inspection=Inspection(model=said.desired, unnamed=said.declared.unnamed))


def _all_of(dialect: Dialect, source: Side) -> Owned:
    """Return all that a side has as what was declared once: what is not any more goes."""
    return Owned(known=True, objects=frozenset(dialect.normalize(source.inspection.model).model))


def _explained(planned: Planned) -> Planned:
    """Return a plan that says of what goes that the second side has it not: no ledger and no policy was asked."""
    comparison = planned.comparison
    why = {
        ref: Reason.ABSENT if reason is Reason.LEDGER else reason for ref, reason in comparison.scope.dropped.items()
    }
    return replace(planned, comparison=replace(comparison, scope=replace(comparison.scope, dropped=why)))


def _looked_at(dialect: Dialect, source: Side) -> Dialect:
    """Return the dialect with what was found in the place of another look; what no apply needs is not asked for."""
    seen = replace(
        dialect,
        inspect=lambda session, target: source.inspection,
        server=lambda session: source.server,
        preflight=lambda session, plan, actual: (),
        groundwork=lambda session, target: (),
    )
    return seen if source.session else replace(seen, reading=lambda session: nullcontext())
