"""A plan in, a script for the sqlite3 program out: one transaction that ends in the same database from before or after.

SQLite can neither ask before a statement nor skip one. So what has a name of its own goes and comes (IF EXISTS), and a
table whose columns or constraints change is made anew by a copy that is right from both forms (remaking.py). A guard is
a CHECK whose name is the message: it stops the script where neither form is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.dialects.script import Net, Order, Script, commented, net, of_rows, row_remarks, without_rows
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.dialects.sqlite import render
from reconciler.dialects.sqlite.conditions import absent, either, exists, on_tables, shape, typed
from reconciler.dialects.sqlite.names import fold
from reconciler.dialects.sqlite.remaking import Remake, counted, indexes, remade, remake, unguarded
from reconciler.dialects.sqlite.triggers import create_trigger
from reconciler.errors import PlanError, Problem
from reconciler.model.change import Rename
from reconciler.model.objects import Column, Index, Table, Unique, Unmodelled, View
from reconciler.model.programs import Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.plan.hazards import HAZARDS, Effect

_ORPHANS = "(SELECT count(*) FROM pragma_foreign_key_check)"


REMARKS = ("tables that are made anew are so each time the script runs: the same rows, in the same form",)

# What stops a script: a message and a condition in, statements out.
Guard = Callable[[str, str], str]


@dataclass(slots=True)
class Work:
    """A plan sorted by what is to be done: tables to make, to make anew and to drop, and all that has a name."""

    order: Order
    guard: Guard
    made: list[Table] = field(default_factory=list)
    gone: list[Table] = field(default_factory=list)
    remakes: list[Remake] = field(default_factory=list)
    others: list[Net] = field(default_factory=list)


def script(order: Order) -> Script:
    """Write a plan. Raises PlanError with everything that no script can do twice."""
    work = sort(order, guard)
    body = [*_opening(order)]
    if without_rows(order).plan.steps:
        body += [*_transaction(work)]
    if written := [*rows(order)]:
        body += ["\nPRAGMA foreign_keys = ON;", "BEGIN IMMEDIATE;", *written, "COMMIT;"]
    body += [last(work)]
    remarks = (*(REMARKS if work.remakes else ()), *row_remarks(order))
    return Script(body="\n".join(body) + "\n", run="sqlite3 -bail DATABASE < FILE", remarks=remarks)


def rows(order: Order) -> Iterator[str]:
    """Write what puts rows in, changes and deletes them."""
    for step in of_rows(order):
        yield f"\n-- {step.action} {commented(str(step.subject))}"
        yield from (f"{statement.sql};" for statement in step.statements)


# --- sorting ----------------------------------------------------------------------------------------------------------


def sort(order: Order, guard: Guard) -> Work:
    """Sort a plan. Raises PlanError with everything that no script can do twice."""
    work, problems = Work(order, guard), list[Problem]()
    found = [*net(order.plan.steps), *_followers(order)]
    work.made = [one.new for one in found if one.old is None and isinstance(one.new, Table)]
    work.gone = [one.old for one in found if one.new is None and isinstance(one.old, Table)]
    made, gone = ({table.ref for table in tables} for tables in (work.made, work.gone))
    anew = sorted(_anew(order, found) - made - gone)
    for ref in anew:
        try:
            work.remakes.append(_questioned(remake(ref, order.states), order))
        except PlanError as error:
            problems += error.problems()
    problems += [unguarded(one.ref, "it would not follow a rename") for one in found if _stays_behind(one)]
    if problems:
        raise PlanError(problems)
    for one in {one.ref: one for one in found}.values():
        inlined = isinstance(one.new, Unique) and one.ref.top in made
        if _named(one) and not inlined and one.ref.top not in {*anew, *gone}:
            work.others.append(one)
    return work


def _renames(order: Order) -> set[Ref]:
    return {change.ref for step in order.plan.steps for change in step.changes if isinstance(change, Rename)}


def _followers(order: Order) -> list[Net]:
    """Return the views and triggers whose text follows a rename: ALTER TABLE would rewrite them, a copy does not."""
    states = order.states
    users = {user.ref for ref in sorted(_renames(order)) for user in states.old.dependents(ref)}
    own = (View, Trigger, Unmodelled)
    return [Net(ref=ref, old=states.old[ref], new=states.new[ref]) for ref in sorted(users)
            if isinstance(states.old[ref], own) and ref in states.new]  # fmt: skip


def _stays_behind(one: Net) -> bool:
    return isinstance(one.new, Unmodelled) and one.same and _type(one) is None and one.ref.parent is None


def _anew(order: Order, found: Sequence[Net]) -> set[Ref]:
    """Return the tables whose own text changes: by what is inside them, or because a name in it does."""
    inside = {one.ref.top for one in found if not one.same and not _named(one)}
    renames = _renames(order)
    named = {ref.top for ref in renames if ref.kind not in (Kind.INDEX, Kind.VIEW)}
    users = {user.ref.top for ref in renames for user in order.states.old.dependents(ref)}
    return {ref for ref in inside | named | users if ref.kind == Kind.TABLE and ref in order.states.new}


def _named(one: Net) -> bool:
    """Say whether an object is made and dropped by its own name: an index may stand for a new unique constraint."""
    obj = one.new or one.old
    return isinstance(obj, Index | View | Trigger | Unmodelled) or (isinstance(obj, Unique) and one.old is None)


def _questioned(one: Remake, order: Order) -> Remake:
    """What the rows are asked uses the names before the plan, so it cannot be asked again after a rename."""
    moved = one.live != one.name or any(before != after for after, before in one.before.items())
    asked = [check for step in order.plan.steps for check in step.checks if _silent(check.code)]
    if moved and any(check.ref.top == one.ref for check in asked):
        why = "a type narrows and a name changes at once, and the rows could not be asked again; make two plans of it"
        raise PlanError([unguarded(one.ref, why)])
    return one


def _silent(code: str) -> bool:
    """Say whether SQLite would take the rows although they contradict: all else its own constraints refuse."""
    return HAZARDS[code].effect is Effect.BLOCK and not code.startswith("MF")


# --- guards -----------------------------------------------------------------------------------------------------------


def guard(message: str, condition: str) -> str:
    """Write what stops the script with this message unless the condition is true."""
    name = double_quoted(message.replace("\0", ""))
    return (
        f'CREATE TEMP TABLE "__rc_guard" (ok CONSTRAINT {name} CHECK (ok));\n'
        f'INSERT INTO "__rc_guard" SELECT coalesce({condition}, 0);\nDROP TABLE "__rc_guard";'
    )


# --- text -------------------------------------------------------------------------------------------------------------


def _opening(order: Order) -> Iterator[str]:
    yield ".bail on"
    yield "PRAGMA foreign_keys = OFF;"
    yield "PRAGMA legacy_alter_table = ON;"
    if order.refusal:
        yield guard(order.refusal, "0")
    yield guard(
        "foreign keys could not be switched off: run this outside of a transaction",
        "(SELECT foreign_keys = 0 FROM pragma_foreign_keys)",
    )


def _transaction(work: Work) -> Iterator[str]:
    yield "\nBEGIN IMMEDIATE;"
    yield f'CREATE TEMP TABLE "__rc_orphans" AS SELECT {_ORPHANS} AS number;'
    yield from guards(work)
    yield from dropped(work)
    for table in work.made:
        yield f"\n-- create {commented(str(table.ref))}"
        yield f"{render.create_table_once(table, work.order.states.new)};"
    for one in work.remakes:
        yield f"\n-- update {commented(str(one.ref))}: made anew, right from both of its forms"
        yield from anew(work, one)
    yield from created(work)
    yield "\n-- looked at again before anything is kept"
    yield guard(
        "rows would point to nothing: nothing was changed", f'{_ORPHANS} <= (SELECT number FROM "__rc_orphans")'
    )
    for address, condition in result(work):
        yield guard(f"{address} is not as planned: nothing was changed", condition)
    yield 'DROP TABLE "__rc_orphans";'
    yield "COMMIT;"


def anew(work: Work, one: Remake) -> Iterator[str]:
    """Write how a table is made anew, its rows counted."""
    statements = list(remade(one))
    copied = max(number for number, sql in enumerate(statements) if sql.startswith("INSERT INTO"))
    for number, sql in enumerate(statements):
        yield f"{sql};"
        if number == copied:
            yield work.guard(f"{one.ref}: the copy has not as many rows", counted(one))


def guards(work: Work) -> Iterator[str]:
    """Write what stops the script where a thing is neither as it was nor as planned, or rows contradict."""
    guard = work.guard
    states, why = work.order.states, "is neither as it was nor as planned: plan again"
    for table in work.made:
        fits = shape(table.ref.name, typed(states.new.children(table.ref, Column)))
        yield guard(f"{table.ref} {why}", f"{absent(table.ref.name)} OR {fits}")
    for table in work.gone:
        name = states.live(table.ref).name
        fits = shape(name, typed(states.old.children(table.ref, Column)))
        yield guard(f"{table.ref} {why}", f"{absent(name)} OR {fits}")
    for one in work.remakes:
        yield guard(f"{one.ref} {why}", either(one))
    for other in work.others:
        if _type(other) is not None:
            yield guard(f"{other.ref} {why}", _no_stranger(work, other))
    for check in (check for step in work.order.plan.steps for check in step.checks if _silent(check.code)):
        message = check.message.replace("{count}", "some")
        yield guard(f"{check.code} at {check.ref}: {message}", f"({check.count}) = 0")


def _no_stranger(work: Work, one: Net) -> str:
    """Write the condition that nothing else has an object's name: triggers have their names apart from all others."""
    name, type_ = text_literal(one.ref.name), _type(one)
    if type_ != "trigger":
        strange = f"name = {name} COLLATE NOCASE AND type <> '{type_}'"
        return f"NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE {strange})"
    tops = {
        other.ref.top for other in work.others if _type(other) == type_ and fold(other.ref.name) == fold(one.ref.name)
    }
    holders = sorted({name for top in tops for name in (top.name, work.order.states.live(top).name)})
    return f"NOT {exists(one.ref.name, type_)} OR {exists(one.ref.name, type_, on_tables(*holders))}"


def _type(one: Net) -> str | None:
    """Return SQLite's word for what an object is."""
    match one.new or one.old:
        case Index() | Unique():
            return "index"
        case View():
            return "view"
        case _:
            return "trigger" if one.ref.kind == "trigger" else None


def dropped(work: Work) -> Iterator[str]:
    """What has a name goes if it is there; what it was comes back below."""
    live = work.order.states.live
    for one in work.others:
        word = _type(one)
        if word is not None:
            name = live(one.ref).name if one.old is not None else one.ref.name
            yield f"DROP {word.upper()} IF EXISTS {double_quoted(name)};"
    for table in work.gone:
        yield f"\n-- delete {commented(str(table.ref))}"
        yield f"DROP TABLE IF EXISTS {double_quoted(live(table.ref).name)};"


def created(work: Work) -> Iterator[str]:
    """Write what has a name of its own, as it is to be."""
    for one in sorted(work.others, key=lambda one: _TURNS.get(_type(one) or "", 3)):
        for sql in _texts(one):
            yield f"\n{sql};"


_TURNS: Mapping[str, int] = {"index": 0, "view": 1, "trigger": 2}


def _texts(one: Net) -> Sequence[str]:
    match one.new:
        case Unique():
            return [render.create_unique_index(one.new)]
        case Index(definition=definition):
            return [definition if one.same and definition else render.create_index(one.new, one.new.ref.top.name)]
        case View(carried=carried):
            return [render.create_view(one.new), *carried]
        case Trigger(definition=definition):
            return [definition if one.same and definition else create_trigger(one.new)]
        case Unmodelled(definition=definition) if definition:
            return [definition]
        case _:
            return []


def result(work: Work) -> Iterator[tuple[str, str]]:
    """Yield each address with the condition that it is as planned."""
    states = work.order.states
    for table in work.made:
        yield str(table.ref), shape(table.ref.name, typed(states.new.children(table.ref, Column)))
    for one in work.remakes:
        yield str(one.ref), shape(one.name, typed(one.columns))
        for index in indexes(one):
            yield str(index.ref), exists(index.ref.name, "index")
    for table in work.gone:
        yield str(table.ref), absent(states.live(table.ref).name)
    for other in work.others:
        word, name = _type(other), other.ref.name
        if word == "trigger":
            there = exists(name, word, on_tables(other.ref.top.name))
            yield str(other.ref), f"NOT {there}" if other.new is None else there
        elif word is not None:
            yield str(other.ref), absent(name) if other.new is None else exists(name, word)


def last(work: Work) -> str:
    """Write the query that says in words whether the database matches."""
    plan = work.order.plan.id
    rows = list(result(work))
    if not rows:
        said = "the rows are written of" if work.order.plan.steps else "there is nothing to do for"
        return f"\nSELECT '{said} plan {plan}' AS reconcile;"
    # VALUES may have any number of rows, a UNION ALL few on D1 (sqlite.org/limits.html#max_compound_select).
    values = ",\n  ".join(f"({text_literal(address)}, {how})" for address, how in rows)
    right = text_literal(f"the database matches plan {plan}: {len(rows)} of {len(rows)} addresses are as planned")
    wrong = text_literal(f"the database does not match plan {plan}: ")
    return (
        "\nSELECT CASE WHEN sum(NOT fits) = 0 THEN " + right + f"\n  ELSE {wrong} ||"
        f" group_concat(CASE WHEN NOT fits THEN address END, ', ') END AS reconcile\n"
        f"FROM (SELECT column1 AS address, column2 AS fits FROM (VALUES\n  {values}\n));"
    )
