"""Changes that would write a large table anew in, how each is made by filling a column beside, or why not, out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.backfill_checks import unfit_key
from reconciler.dialects.base import Session
from reconciler.dialects.postgres.beside_values import value_in
from reconciler.dialects.postgres.names import FAMILY, table
from reconciler.dialects.postgres.types import SERIAL
from reconciler.dialects.postgres.waits import called_by, same_on_disk
from reconciler.dialects.sql import double_quoted, names, text_literal
from reconciler.model.change import Alter, Change, Create
from reconciler.model.names import is_helper
from reconciler.model.objects import Check, Column, ForeignKey, Index, Object, PrimaryKey, Unique
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Sql
from reconciler.plan.beside import Beside, carried_over, filled_once, helper_of
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
  AND NOT starts_with(tgname, '__rc_')
UNION ALL SELECT 'the publication ' || quote_ident(p.pubname) || ' has it' FROM pg_publication_tables AS p
JOIN pg_namespace AS n ON n.nspname = p.schemaname
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = p.tablename WHERE c.oid = {on}
ORDER BY 1 LIMIT 1"""

_NO_KEY = "there is no primary key, nor a unique one that is never null, to go along"

_VOLATILE = "SELECT DISTINCT proname FROM pg_proc WHERE provolatile = 'v' AND proname IN ({names})"


def besides(session: Session, changes: Sequence[Change], states: States) -> Besides:
    """Return the way of each change of a column that has one, or a clause that says why not."""
    mine = [change for change in changes if change.ref.top in states.large]
    volatile = _volatile(session, [change.new for change in mine if isinstance(change, Create)])
    found: dict[Ref, Beside | str] = {}
    for change in mine:
        match change:
            case Create(Column() as new) if volatile.intersection(called_by(new.default)):
                found[new.ref] = next(_of_new(session, new, states))
            case Alter(Column() as old, Column() as new, fields) if "type" in fields:
                if not same_on_disk(old.type.name, new.type.name):
                    found[new.ref] = next(_of_type(session, old, new, states))
    return found


def _volatile(session: Session, made: Sequence[object]) -> frozenset[str]:
    """Return which functions that new columns call give another value each time."""
    names = {name for new in made if isinstance(new, Column) for name in called_by(new.default)}
    if not names:
        return frozenset()
    listed = ", ".join(map(text_literal, sorted(names)))
    return frozenset(str(name) for (name,) in session.query(_VOLATILE.format(names=listed)))


def _of_new(session: Session, new: Column, states: States) -> Iterator[Beside | str]:
    """Yield what stands in the way of a new column, and in the end the way."""
    if new.identity or new.generated or not isinstance(new.default, Sql):
        yield "the database counts or computes it"
    users = states.new.dependents(new.ref)
    yield from _strangers(users, new)
    yield from _of_table(session, new.ref.top, states)
    key = _key(new.ref.top, states)
    if not key:
        yield _NO_KEY
    assert isinstance(new.default, Sql)
    helper = helper_of(new, new.default.text)
    made = Column(ref=helper, type=new.type, collation=new.collation, default=new.default, uses=new.uses)
    work = filled_once(helper, key, new.default)
    yield from (problem.message for problem, _ in unfit_key(work, states.old))
    yield Beside(column=new.ref, helper=made, backfill=work, waits=tuple(sorted(user.ref for user in users)))


def _of_type(session: Session, old: Column, new: Column, states: States) -> Iterator[Beside | str]:
    """Yield what stands in the way of another type, and in the end the way."""
    if old.generated or new.generated or old.identity or new.identity or {old.type.name, new.type.name} & SERIAL.keys():
        yield "the database counts or computes it"
    if old.collation != new.collation:
        yield "its collation changes too"
    value = value_in(old.type.name, new.type.name, double_quoted(old.ref.name))
    if value is None:
        yield f"what {old.type} is as {new.type} may depend on settings of whoever writes"
    comes = [user for user in states.new.dependents(new.ref) if user.ref not in states.old]
    yield from _strangers(comes, new)
    yield from _of_table(session, new.ref.top, states)
    yield from _of_users(session, old, states)
    key = _key(new.ref.top, states, new.ref.name)
    if not key:
        yield _NO_KEY
    assert value is not None
    helper = helper_of(new, value)
    on, keys, name = table(new.ref), names(double_quoted, key), double_quoted(helper.name)
    proof = Sql(f"SELECT {keys} FROM {on} WHERE {name} IS DISTINCT FROM ({value})", FAMILY)
    work = carried_over(helper, key, Sql(value, FAMILY), proof)
    yield from (problem.message for problem, _ in unfit_key(work, states.old))
    made = Column(ref=helper, type=new.type, collation=new.collation)
    yield Beside(column=new.ref, helper=made, backfill=work, waits=tuple(sorted(user.ref for user in comes)))


def _strangers(users: Sequence[Object], new: Column) -> Iterator[str]:
    """Yield what is new too, uses the column, and would have to be there before it."""
    yield from (f"{one.ref} needs it" for one in users if not isinstance(one, _COMES) or one.ref.top != new.ref.top)


def _of_users(session: Session, old: Column, states: States) -> Iterator[str]:
    """Yield what uses a column and cannot be made again beside it; what goes in this plan is in nobody's way."""
    users = [user for user in states.old.dependents(old.ref) if user.ref in states.new]
    for user in sorted(users, key=lambda user: user.ref):
        if not isinstance(user, Index | Unique | Check) or user.ref.top != old.ref.top:
            yield f"{user.ref} uses it"
        elif states.new[user.ref] != user:
            yield f"{user.ref} changes with it"
        elif _is_special(user):
            yield f"{user.ref} is of a form that is not made again beside it"
    known = {user.ref.name for user in states.old.dependents(old.ref)}
    on, column = f"to_regclass({text_literal(table(states.live(old.ref)))})", text_literal(states.live(old.ref).name)
    for name, words in session.query(_USED.format(on=on, column=column)):
        if name not in known and not is_helper(name):
            yield str(words)


def _is_special(user: Index | Unique | Check) -> bool:
    match user:
        case Index():
            return bool(user.not_understood) or any(part.opclass or part.collation for part in user.parts)
        case Unique():
            return bool(user.clauses or user.not_understood)
        case Check():
            return user.not_valid or not user.enforced


# All that the server knows to rest on a column, by the name that is looked for in the model, "" for what no model has.
# A trigger of ours would not see what one behind it does to a row.
_USED = """
SELECT CASE WHEN i.relkind = 'i' THEN i.relname WHEN k.contype IN ('c', 'u') THEN k.conname ELSE '' END,
  pg_describe_object(d.classid, d.objid, d.objsubid) || ' uses it'
FROM pg_attribute AS a
JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
LEFT JOIN pg_class AS i ON d.classid = 'pg_class'::regclass AND i.oid = d.objid
LEFT JOIN pg_constraint AS k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
LEFT JOIN pg_attrdef AS v ON d.classid = 'pg_attrdef'::regclass AND v.oid = d.objid
WHERE a.attrelid = {on} AND a.attname = {column} AND k.contype IS DISTINCT FROM 'n'
  AND (v.adrelid, v.adnum) IS DISTINCT FROM (a.attrelid, a.attnum)
UNION ALL SELECT '', 'the trigger ' || quote_ident(tgname) || ' may change a row when its new value is known'
FROM pg_trigger WHERE tgrelid = {on} AND NOT tgisinternal AND tgenabled <> 'D' AND tgtype & 3 = 3
  AND tgname::text COLLATE "C" > '__rc_' AND NOT starts_with(tgname, '__rc_')
ORDER BY 2"""


def _of_table(session: Session, top: Ref, states: States) -> Iterator[str]:
    """Yield what forbids to fill any column of a table."""
    on = f"to_regclass({text_literal(table(states.live(top)))})"
    yield from (str(words) for (words,) in session.query(_IN_THE_WAY.format(on=on)))


def _key(top: Ref, states: States, without: str = "") -> tuple[str, ...]:
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
