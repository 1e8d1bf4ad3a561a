"""What a rollback made again and the backups of the runs that it took back in; its rows brought back, out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler import dialects
from reconciler.backup import folder
from reconciler.backup.manifest import Backup
from reconciler.dialects.base import DatabaseError, Target
from reconciler.dialects.dumping import Told
from reconciler.dialects.refilling import Want
from reconciler.errors import BackupError, ReconcileError
from reconciler.execute import ledger
from reconciler.model.model import Model
from reconciler.model.objects import Column, ForeignKey, PrimaryKey
from reconciler.model.ref import Ref
from reconciler.report.facts import Refilled
from reconciler.workflow.backing_up import place_of
from reconciler.workflow.filling import ledger_of
from reconciler.workflow.looking import session_on
from reconciler.workflow.opening import Opened
from reconciler.workflow.undoing import Undone, last_with, why_not


def refill(opened: Opened, undone: Sequence[Undone], made: Sequence[Ref], model: Model, told: Told) -> list[Refilled]:
    """Bring back the rows of every table and column that a rollback made again, as far as there is a backup of them.

    Args:
        opened: where.
        undone: the runs that were taken back, the oldest first.
        made: the tables and columns; they are committed.
        model: what is there now.
        told: is told how far it is.

    Returns:
        What became of each, a reason where its rows are not back.
    """
    found: list[Refilled] = []
    wanted: dict[str, list[Ref]] = {}
    for ref in made:
        one = last_with(undone, ref)
        reason = why_not(one, ref, model) if one is not None else "no run wrote down that it was there"
        if reason or one is None:
            found.append(Refilled(ref=ref, reason=reason))
        else:
            wanted.setdefault(one.run.backup, []).append(ref)
    for name, refs in wanted.items():
        try:
            found += _from(opened, name, refs, model, told)
        except (ReconcileError, DatabaseError) as error:
            found += [Refilled(ref=ref, backup=name, reason=f"{name}: {error.message}") for ref in refs]
    return sorted(found, key=lambda one: one.ref)


def _from(opened: Opened, name: str, refs: Sequence[Ref], model: Model, told: Told) -> Iterator[Refilled]:
    where = place_of(opened, None)
    backup = folder.find(where, name, ())
    if damage := folder.damage(backup):
        raise BackupError("; ".join(damage))
    dump = opened.dialect.dump()
    refs = sorted(refs, key=lambda ref: (_depth(ref.top, model), ref))
    full = _with_rows(opened, refs)
    yield from (Refilled(ref=ref, backup=name, reason="it has rows already") for ref in full)
    wants = [_want(opened, ref, model) for ref in refs if ref not in full]
    if not wants:
        return
    target = replace(opened.target, access="write")
    with dump.scratch(target) as copy, folder.opened(backup) as place:
        told(f"reading {name} back")
        other = dialects.dialect(copy.dialect)
        (dump.trial or dump.load)(copy, other.dump().reader(copy), place, told)
        told("copying rows")
        with opened.dialect.lock(target, target.patience, told) as lock:
            counts = dump.refill(copy, replace(target, fence=lock.fence), wants)
            _count_on(opened, replace(target, fence=lock.fence), refs, model)
    for want, count in zip(wants, counts, strict=True):
        yield Refilled(ref=want.ref, backup=name, rows=count, reason=_wanting(want, count, backup))


def _with_rows(opened: Opened, refs: Sequence[Ref]) -> list[Ref]:
    """Return the tables among these that hold rows: somebody was at work there, or an earlier rollback."""
    table = opened.dialect.rows().table
    with session_on(opened) as session:
        return [ref for ref in refs if ref.parent is None and session.query(f"SELECT 1 FROM {table(ref)} LIMIT 1")]


def _wanting(want: Want, count: int, backup: Backup) -> str:
    """Say when fewer rows came back than there were."""
    weights = backup.manifest.tables
    there = weights.get(want.name) or weights.get(f"public.{want.name}")
    if want.key or there is None or not there.exact or there.rows == count:
        return ""
    return f"{count:,} rows came back, and there were {there.rows:,}"


def _want(opened: Opened, ref: Ref, model: Model) -> Want:
    table = ref.top
    columns = [one for one in model.children(table, Column) if one.generated is None]
    whole = ref.parent is None
    key = () if whole else next(one.columns for one in model.children(table, PrimaryKey))
    return Want(
        ref=ref, name=table.name, table=opened.dialect.rows().table(table), key=key,
        columns=tuple(one.ref.name for one in columns if whole or one.ref == ref),
        still=tuple(one.ref.name for one in columns if not whole and dict(one.options).get("on_update_now")),
    )  # fmt: skip


def _count_on(opened: Opened, target: Target, refs: Sequence[Ref], model: Model) -> None:
    """Let what numbers rows by itself go on behind those that came back."""
    tables, after = [ref for ref in refs if ref.parent is None], opened.dialect.rows().after
    texts = [sql for ref in tables for sql in after(ref, model.children(ref, Column))]
    if texts:
        with session_on(replace(opened, target=target)) as session:
            for sql in texts:
                session.execute(sql)


def _depth(table: Ref, model: Model, above: frozenset[Ref] = frozenset()) -> int:
    """Return how many tables have to be filled before this one; in a circle somebody has to be first."""
    targets = {key.target for key in model.children(table, ForeignKey)} - above - {table}
    return 1 + max((_depth(target, model, above | {table}) for target in targets), default=0)


def ended(opened: Opened, run_id: str) -> None:
    """Write down that a rollback is done: until its rows are back it is not."""
    target = replace(opened.target, access="write")
    with opened.dialect.lock(target, target.patience, lambda words: None) as lock:
        at = replace(opened, target=replace(target, fence=lock.fence))
        with session_on(at) as session:
            ledger.finish(session, ledger_of(opened), run_id, "done")
