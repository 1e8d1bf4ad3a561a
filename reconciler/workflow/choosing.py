"""A request and words for a part of a database in, the plan for that part out; what is beyond it stays as it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from reconciler.dialects.base import Dialect
from reconciler.errors import UsageError
from reconciler.frozen import frozen_in_order
from reconciler.model.fields import referring
from reconciler.model.model import Desired, Model
from reconciler.model.ref import Ref
from reconciler.plan.policy import Allowance
from reconciler.report.facts import Review
from reconciler.workflow.applying import plan_on
from reconciler.workflow.declaring import declare, load, spec_version
from reconciler.workflow.looking import review_of, seeing_schemas, session_on, told
from reconciler.workflow.opening import Request, open_request
from reconciler.workflow.rehearsing import rehearsed

_HINT = "write an address or a glob over addresses (table.order*), kind:view or path:FOLDER; + before it takes what it \
needs, + behind it what needs it"


def plan_part(
    request: Request, select: Sequence[str], *, given: Sequence[Allowance] = (), rehearse: bool | None = False
) -> Review:
    """Say what an apply of a part would do; nothing is written.

    Args:
        request: which specs and which database.
        select: what the part is: addresses, globs over them, `kind:KIND`, `path:FOLDER`, each with a plus or without.
        given: the allowances of the command line.
        rehearse: whether the plan is tried on a copy; None leaves it to the dialect.

    Raises:
        UsageError: when one of the words fits nothing.
        SpecError, TargetError, PlanError: as for a plan of everything.
    """
    begun = time.monotonic()
    opened = open_request(request, access="read")
    documents = load(opened.project)
    desired, warnings = declare(opened.project, documents, opened.dialect, opened.target, request.variables)
    opened = seeing_schemas(opened, desired.model)
    with session_on(opened) as session, told(desired):
        live = opened.dialect.normalize(opened.dialect.inspect(session, opened.target).model).model
        only = chosen(select, live, desired, opened.dialect)
        opened = replace(opened, policy=replace(opened.policy, only=only))
        desired = part_of(desired, only)
        planned = plan_on(opened, session, desired, given)
        version, seconds = spec_version(opened.project, documents), time.monotonic() - begun
        review = review_of(opened, planned, desired, version, warnings, seconds)
    with told(desired):
        return rehearsed(opened, review, rehearse)


def part_of(desired: Desired, only: frozenset[Ref]) -> Desired:
    """Return what is declared with the rows and backfills of a part alone; what waits for a backfill brings it along.

    The model stays whole: what the part names is in it.
    """
    data = tuple(rows for rows in desired.data if _inside(rows.ref, only))
    work = tuple(
        one
        for one in desired.backfills
        if any(_inside(ref, only) for ref in (one.ref, *(held.ref for held in one.holds)))
    )
    return replace(desired, data=data, backfills=work)


def _inside(ref: Ref, only: Iterable[Ref]) -> bool:
    return any(ref.inside(one) for one in only)


@frozen_in_order
class _Known:
    """All that can be chosen: addresses, where they are declared, and which roots use which."""

    refs: frozenset[Ref]
    files: Mapping[Ref, Path]
    uses: Mapping[Ref, frozenset[Ref]]

    def reached(self, start: Iterable[Ref], uses: Mapping[Ref, frozenset[Ref]]) -> set[Ref]:
        """Return these addresses with all roots that the way leads to."""
        found, pending = set(start), [ref.top for ref in start]
        while pending:
            new = uses.get(pending.pop(), frozenset()) - found
            found |= new
            pending += new
        return found


def chosen(select: Sequence[str], live: Model, desired: Desired, dialect: Dialect) -> frozenset[Ref]:
    """Return the addresses that are meant, without those inside of others. Raises UsageError."""
    known = _known(live, desired, dialect)
    found: set[Ref] = set()
    for word in select:
        refs = _meant(word, known)
        if not refs:
            raise UsageError(f"nothing in the specs or the database fits {word!r}", hint=_HINT)
        found |= refs
    # A backfill is of no use without the columns that it fills, nor anything without what it names and is not there.
    found |= {held.ref for one in desired.backfills if one.ref in found for held in one.holds if held.ref in known.refs}
    absent = {ref: frozenset(one for one in named if one in desired.model and one not in live)
              for ref, named in known.uses.items()}  # fmt: skip
    found = known.reached(found, absent)
    return frozenset(ref for ref in found if not any(ref != one and ref.inside(one) for one in _above(ref, found)))


def _above(ref: Ref, found: set[Ref]) -> Iterable[Ref]:
    parent = ref.parent
    while parent is not None:
        if parent in found:
            yield parent
        parent = parent.parent


def _known(live: Model, desired: Desired, dialect: Dialect) -> _Known:
    refs = {*live, *desired.model, *desired.removed, *desired.renames, *desired.renames.values()}
    refs |= {rows.ref for rows in desired.data} | {one.ref for one in desired.backfills}
    files = {ref: Path(place.file).absolute() for (ref, part), place in desired.positions.items() if not part}
    uses: dict[Ref, set[Ref]] = {rows.ref: {rows.table} for rows in desired.data}
    for model in (live, desired.model):
        full = model.updated(dialect.resolve(list(model.values()), model))
        for obj in full.values():
            named = {ref.top for name, how in referring(type(obj)) for ref in how.read(obj, getattr(obj, name))}
            uses.setdefault(obj.ref.top, set()).update(named - {obj.ref.top})
    return _Known(frozenset(refs), files, {ref: frozenset(named) for ref, named in uses.items()})


def _meant(word: str, known: _Known) -> set[Ref]:
    """Return what one word means; a plus at either end takes in what is needed, or what needs it."""
    start = {ref for ref in known.refs if _fits(word.removeprefix("+").removesuffix("+"), known)(ref)}
    found = set(start)
    if word.startswith("+"):
        found |= known.reached(start, known.uses)
    if word.endswith("+"):
        users: dict[Ref, set[Ref]] = {}
        for user, names in known.uses.items():
            for name in names:
                users.setdefault(name, set()).add(user)
        found |= known.reached(start, {ref: frozenset(them) for ref, them in users.items()})
    return found


def _fits(word: str, known: _Known) -> Callable[[Ref], bool]:
    kind, colon, rest = word.partition(":")
    if colon and kind == "kind":
        return lambda ref: str(ref.kind) == rest
    if colon and kind == "path":
        folder = Path(rest).absolute()
        return lambda ref: ref in known.files and known.files[ref].is_relative_to(folder)
    return lambda ref: fnmatchcase(str(ref), word)
