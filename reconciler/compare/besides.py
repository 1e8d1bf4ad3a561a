"""A comparison in, which of its changes are made by filling a column beside, and what is compared then, out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.compare.compare import Comparison, resolved
from reconciler.dialects.base import Dialect, Session
from reconciler.diff import diff
from reconciler.model.change import Alter, Change, Create
from reconciler.model.ref import Kind, Ref
from reconciler.plan.beside import Beside, before_filled
from reconciler.plan.filling import Agenda, Filling
from reconciler.plan.rules import Besides, States

_WORKED_ON = "a backfill works on the table in this plan"


def ways(
    dialect: Dialect, session: Session, comparison: Comparison, fillings: Iterable[Filling], large: frozenset[Ref]
) -> Besides:
    """Return, by the address of a column of a large table, how it is filled beside, or why it is not.

    Args:
        dialect, session: whose way it is, and on what.
        comparison: what differs.
        fillings: the backfills that are due: two works on one table would wait for each other.
        large: the live addresses of large tables.
    """
    live = comparison.renamed.live
    if not any(_concerned(change) and live(change.ref.top) in large for change in comparison.changes):
        return {}
    old, new, changes = resolved(dialect, comparison)
    heavy = frozenset(ref for ref in old if ref.kind == Kind.TABLE and live(ref) in large)
    states = States(old=old, new=new, live=live, large=heavy, features=dialect.server(session).features)
    found = dialect.besides(session, [*filter(_concerned, changes)], states)
    busy = {ref for one in fillings for ref in (one.backfill.source.table, one.backfill.into)}
    return {ref: _WORKED_ON if ref.top in busy else way for ref, way in found.items()}


def _concerned(change: Change) -> bool:
    return isinstance(change, Create | Alter) and change.ref.kind == Kind.COLUMN


def split(
    dialect: Dialect, session: Session, comparison: Comparison, agenda: Agenda, large: frozenset[Ref]
) -> tuple[Agenda, Besides]:
    """Return the agenda with what is filled beside, and the way of each change that could be; asked as in `ways`."""
    if agenda.implied is None or not large:
        return agenda, {}
    found = ways(dialect, session, comparison, agenda.fillings, large)
    besides = tuple(way for _, way in sorted(found.items()) if isinstance(way, Beside))
    more = agenda.implied(besides, comparison.renamed.model) if besides else ()
    return replace(agenda, fillings=(*agenda.fillings, *more), besides=besides), found


def staged(comparison: Comparison, agenda: Agenda) -> Comparison:
    """Return the comparison with what is aimed at first while some columns are filled beside.

    Args:
        comparison: of the database with what is to be in the end, or while declared backfills are not done.
        agenda: the columns, and what is not done yet. A helper that is filled is taken for not there: it becomes what
            is declared.
    """
    if not agenda.besides:
        return comparison
    left = {one.backfill.ref for one in agenda.fillings}
    waiting = tuple(one for one in agenda.besides if one.backfill.ref in left)
    filled = {one.helper.ref for one in agenda.besides if one.backfill.ref not in left}
    live = comparison.renamed.model.only(lambda ref: ref not in filled)
    first = before_filled(live, comparison.aim, waiting)
    return replace(
        comparison, renamed=replace(comparison.renamed, model=live), besides=agenda.besides,
        changes=(*comparison.renamed.changes, *diff(live, first)),
        before=first if waiting or comparison.before is not None else None,
    )  # fmt: skip
