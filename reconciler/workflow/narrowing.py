"""Specs and a database in; the part of both that has to be looked at, a plan for it, and what is known to agree, out.

A table or view is set aside when an earlier run found just this document and just these rows of the catalog to be the
same thing. Nothing else is ever taken from an earlier run: docs/adr/0016-what-is-set-aside.md.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from reconciler.compare.compare import Aside, Comparison
from reconciler.compare.planning import Planned
from reconciler.dialects.base import Survey
from reconciler.errors import PlanError, Problem
from reconciler.frozen import frozen, frozen_in_order
from reconciler.model.model import Desired
from reconciler.model.objects import View
from reconciler.model.ref import Kind, Ref
from reconciler.plan.foreign import foreign_tables
from reconciler.plan.policy import Allowance
from reconciler.spec.outline import Outlines, touched
from reconciler.workflow.ahead import Seen
from reconciler.workflow.applying import plan_on
from reconciler.workflow.looking import told
from reconciler.workflow.opening import Opened
from reconciler.workflow.outlining import Declared, Sources, roots_of

_AGREED = "agreed "
# What is tied to other tables by references alone. What else may name anything in its text is planned among all.
_TIED = frozenset({
    Kind.TABLE, Kind.COLUMN, Kind.PRIMARY_KEY, Kind.UNIQUE, Kind.CHECK, Kind.EXCLUSION, Kind.FOREIGN_KEY, Kind.INDEX,
})  # fmt: skip


@frozen_in_order
class Result:
    """A plan, what was declared for it, what that loses; `complete` gives all that is declared."""

    planned: Planned
    desired: Desired
    warnings: tuple[Problem, ...]
    complete: Callable[[], Desired] | None = None


@frozen
class Look:
    """What planning looks at: the specs, what was declared of them so far, the target, what the command line allows.

    `seen` is a session on the target, with what was looked up there already.
    """

    sources: Sources
    found: Declared
    opened: Opened
    seen: Seen
    given: Sequence[Allowance]


def planned(look: Look) -> Result:
    """Compare the specs with the database, without what is known to agree.

    Raises SpecError, PlanError, DatabaseError, as without it.
    """
    survey = look.opened.dialect.survey
    outlines = look.found.outlines or (look.sources.outlined() if survey else None)
    if survey is None or (outlines is None and look.seen.survey is None):
        return _whole(look, look.opened)
    rows = look.seen.survey or survey(look.seen.session, look.opened.target)
    if outlines is None:
        return _whole(look, _reading(look.opened, rows, frozenset()))
    pairs = _pairs(outlines, rows, _circumstances(look))
    agreed = _agreed(outlines, pairs)
    looked = _touched(agreed, outlines, rows, look.found.looked | outlines.staying() | rows.pinned)
    aside = {root: one for root, one in agreed.items() if root not in looked}
    result = _in_part(look, outlines, rows, aside) if aside else None
    if result is None:
        result = _whole(look, _reading(look.opened, rows, frozenset()))
    _note_agreed(outlines, pairs, result)
    return result


def _reading(opened: Opened, rows: Survey, aside: AbstractSet[Ref]) -> Opened:
    """Return the target with what was read already in the place of another look."""
    return replace(opened, dialect=replace(opened.dialect, inspect=lambda session, target: rows.read(aside)))


def _whole(look: Look, opened: Opened) -> Result:
    """Plan with everything that is declared."""
    found = look.found
    desired, warnings = found.desired, found.warnings
    if found.outlines is not None:
        desired, warnings = look.sources.declared(look.sources.documents)
    with told(desired):
        return Result(plan_on(opened, look.seen.session, desired, look.given), desired, warnings)


def _in_part(look: Look, outlines: Outlines, rows: Survey, aside: Mapping[Ref, Aside]) -> Result | None:
    """Plan with everything but what is set aside; None when that cannot tell all there is to tell.

    So it is where a plan cannot be made, and where other things change than tables: nobody knows all that uses them.
    """
    found = look.found
    desired, warnings = found.desired, found.warnings
    wanted = frozenset(outlines.marks.keys() - aside.keys())
    if found.outlines is None or wanted != outlines.marks.keys() & found.looked:
        desired, warnings = look.sources.declared(outlines.part(wanted))
    opened = _reading(look.opened, rows, aside.keys())
    try:
        made = plan_on(opened, look.seen.session, desired, look.given, aside=aside)
    except PlanError:
        return None
    if any(change.ref.top.kind != Kind.TABLE or change.ref.kind not in _TIED for change in made.comparison.changes):
        return None
    return Result(made, desired, warnings, lambda: look.sources.declared(look.sources.documents)[0])


# --- what agrees ------------------------------------------------------------------------------------------------------


def _circumstances(look: Look) -> str:
    """Return what decides whether the two sides are the same, beside themselves."""
    server = look.opened.dialect.server(look.seen.session)
    policy = look.opened.policy
    left = sorted(map(str, policy.ignored))
    return "\n".join((server.memory, *sorted(server.features), policy.undeclared.value, *left))


def _pairs(outlines: Outlines, rows: Survey, circumstances: str) -> Mapping[Ref, str]:
    """Return for each root that is on both sides a word for what it is on them."""
    both = ((root, mark, rows.marks[root]) for root, mark in outlines.marks.items() if root in rows.marks)
    start = hashlib.blake2b(circumstances.encode(), digest_size=16).hexdigest()
    return {
        root: hashlib.blake2b(f"{start}{declared_}{live}".encode(), digest_size=16).hexdigest()
        for root, declared_, live in both
    }


def _agreed(outlines: Outlines, pairs: Mapping[Ref, str]) -> Mapping[Ref, Aside]:
    """Return the roots that an earlier run found to be the same on both sides."""
    shelf = outlines.documents.shelf
    known = shelf.texts(_AGREED + outlines.name) if shelf else {}
    found = {root: known[pair].split() for root, pair in pairs.items() if pair in known}
    return {root: Aside(mark, int(count)) for root, (mark, count) in found.items()}


def _touched(agreed: Mapping[Ref, Aside], outlines: Outlines, rows: Survey, also: AbstractSet[Ref]) -> frozenset[Ref]:
    """Return the roots that may differ, with those that have to be looked at because of them, and what `also` names."""

    def names(root: Ref) -> Iterable[Ref]:
        return (*outlines.needs(root), *rows.names.get(root, ()))

    return touched((outlines.entries.keys() | rows.marks.keys()) - agreed.keys(), agreed, names, also)


def _note_agreed(outlines: Outlines, pairs: Mapping[Ref, str], result: Result) -> None:
    """Keep which of the roots that were looked at are the same on both sides, with nothing to say about them."""
    comparison = result.planned.comparison
    shelf = outlines.documents.shelf
    if shelf is None:
        return
    odd = _odd(comparison) | roots_of(result.warnings)
    same = [root for root in pairs if root in comparison.live and root in comparison.desired and root not in odd]
    marks, counts = comparison.live.marks(), Counter(ref.top for ref in comparison.desired)
    texts = {pairs[root]: f"{marks[root]} {counts[root]}" for root in same}
    shelf.keep(_AGREED + outlines.name, texts, frozenset(pairs.values()))


def _odd(comparison: Comparison) -> frozenset[Ref]:
    """Return the roots about which there is something to say."""
    found = {change.ref.top for change in comparison.changes}
    found |= {
        ref.top for ref in (*comparison.scope.undeclared, *comparison.scope.unmodelled, *comparison.scope.ignored)
    }
    found |= {ref.top for move in comparison.renamed.moves for ref in move}
    found |= foreign_tables(comparison.live, comparison.live).keys()
    found |= {ref.top for ref, obj in comparison.live.items() if getattr(obj, "not_understood", "")}
    # A star means other columns when its table changes, so the server is asked each time.
    found |= {obj.ref for obj in comparison.desired.values() if isinstance(obj, View) and "*" in obj.query.text}
    return frozenset(found)
