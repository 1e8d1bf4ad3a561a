"""Changes that would write a large table anew in, how each is made by filling a column beside, or why not, out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.backfill_checks import unfit_key
from reconciler.dialects.base import Session
from reconciler.dialects.postgres.names import table
from reconciler.dialects.postgres.waits import called_by
from reconciler.dialects.sql import text_literal
from reconciler.model.change import Change, Create
from reconciler.model.objects import Check, Column, ForeignKey, Index, PrimaryKey, Unique
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Sql
from reconciler.plan.beside import Beside, filled_once, helper_of
from reconciler.plan.rules import Besides, States

# What may come with a new column: it is made when that is filled and has its name.
_COMES = (Index, PrimaryKey, Unique, Check, ForeignKey)

# Whoever fills a column changes each row: triggers and rules would act as if somebody had, policies may hide rows, and
# who replicates the table does not know the helper. A trigger for some columns does not fire for another one.
_IN_THE_WAY = """
SELECT 'it inherits, or is inherited from' FROM pg_inherits WHERE inhrelid = {on} OR inhparent = {on}
UNION ALL SELECT 'it has row-level security' FROM pg_class WHERE oid = {on} AND relrowsecurity
UNION ALL SELECT 'the rule ' || quote_ident(rulename) || ' acts on it' FROM pg_rewrite WHERE ev_class = {on}
UNION ALL SELECT 'the trigger ' || quote_ident(tgname) || ' would fire for each row' FROM pg_trigger
WHERE tgrelid = {on} AND NOT tgisinternal AND tgenabled <> 'D' AND tgtype & 16 = 16 AND tgattr::text = ''
UNION ALL SELECT 'the publication ' || quote_ident(p.pubname) || ' has it' FROM pg_publication_tables AS p
JOIN pg_namespace AS n ON n.nspname = p.schemaname
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = p.tablename WHERE c.oid = {on}
ORDER BY 1 LIMIT 1"""

_VOLATILE = "SELECT DISTINCT proname FROM pg_proc WHERE provolatile = 'v' AND proname IN ({names})"


def besides(session: Session, changes: Sequence[Change], states: States) -> Besides:
    """Return the way of each change of a column that has one, or a clause that says why not."""
    mine = [change for change in changes if change.ref.top in states.large]
    volatile = _volatile(session, [change.new for change in mine if isinstance(change, Create)])
    found: dict[Ref, Beside | str] = {}
    for change in mine:
        match change:
            case Create(Column() as new) if volatile.intersection(called_by(new.default)):
                found[new.ref] = _first(_of_new(session, new, states))
    return found


def _volatile(session: Session, made: Sequence[object]) -> frozenset[str]:
    """Return which functions that new columns call give another value each time."""
    names = {name for new in made if isinstance(new, Column) for name in called_by(new.default)}
    if not names:
        return frozenset()
    listed = ", ".join(map(text_literal, sorted(names)))
    return frozenset(str(name) for (name,) in session.query(_VOLATILE.format(names=listed)))


def _first(found: Iterator[Beside | str]) -> Beside | str:
    return next(found)


def _of_new(session: Session, new: Column, states: States) -> Iterator[Beside | str]:
    """Yield what stands in the way of a new column, and in the end the way."""
    users = states.new.dependents(new.ref)
    if new.identity or new.generated or not isinstance(new.default, Sql):
        yield "the database counts or computes it"
    for user in users:
        if not isinstance(user, _COMES) or user.ref.top != new.ref.top:
            yield f"{user.ref} needs it"
    yield from table_in_the_way(session, new.ref.top, states)
    key = key_of(new.ref.top, states)
    if not key:
        yield NO_KEY
    assert isinstance(new.default, Sql)
    helper = helper_of(new, new.default.text)
    made = Column(ref=helper, type=new.type, collation=new.collation, default=new.default, uses=new.uses)
    work = filled_once(helper, key, new.default)
    yield from (problem.message for problem, _ in unfit_key(work, states.old))
    yield Beside(column=new.ref, helper=made, backfill=work, waits=tuple(sorted(user.ref for user in users)))


NO_KEY = "it has no primary key, nor a unique one that is never null, to go along"


def table_in_the_way(session: Session, top: Ref, states: States) -> Iterator[str]:
    """Yield what forbids to fill any column of a table."""
    on = f"to_regclass({text_literal(table(states.live(top)))})"
    yield from (str(words) for (words,) in session.query(_IN_THE_WAY.format(on=on)))


def key_of(top: Ref, states: States, without: str = "") -> tuple[str, ...]:
    """Return the columns by whose order a table can be worked off, now and when the plan has begun; () for none.

    Args:
        top: the table.
        states: before and after.
        without: a column that is not to be among them.
    """
    keys: list[PrimaryKey | Unique] = [*states.old.children(top, PrimaryKey), *states.old.children(top, Unique)]
    for key in keys:
        columns = [states.old.get(top.child(Kind.COLUMN, name)) for name in key.columns]
        never = all(isinstance(one, Column) and one.not_null for one in columns)
        stays = states.new.get(key.ref) == key and all(one is not None and one.ref in states.new for one in columns)
        if never and stays and without not in key.columns:
            return key.columns
    return ()
