"""Tables, views and columns that get another name: a rename in, the statements that let whatever names them follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.dialects.mysql import costs, render
from reconciler.dialects.mysql.ladder import altered
from reconciler.dialects.mysql.lexer import quoted, renamed_words
from reconciler.dialects.mysql.mentions import PROGRAMS, Program, names_still, says
from reconciler.dialects.mysql.names import of
from reconciler.dialects.mysql.programs import said_again, said_again_alone
from reconciler.dialects.mysql.triggers import locked
from reconciler.dialects.sql import respeller
from reconciler.errors import PlanError, Problem
from reconciler.model.objects import Check, Column, Index, Object, Table, View
from reconciler.model.ref import Ref
from reconciler.model.values import Generated
from reconciler.plan.rules import Outcome, States
from reconciler.plan.step import Statement


def rename_relation(old: Table | View, new: Table | View, states: States) -> Outcome:
    """Rename a table or view."""
    return (Statement(f"RENAME TABLE {of(old.ref)} TO {of(new.ref)}"), *_followers(new, states, ()))


def rename_column(old: Column, new: Column, states: States) -> Outcome:
    """Rename a column, together with the texts of its table that name it: MySQL refuses it otherwise
    (dev.mysql.com/doc/refman/9.7/en/alter-table.html#alter-table-redefine-column).
    """
    clauses, cost = [f"RENAME COLUMN {of(old.ref)} TO {of(new.ref)}"], costs.DEFINITION
    for reader in states.old.subtree(new.ref.top)[1:]:
        uses: frozenset[Ref] = getattr(reader, "uses", frozenset())
        if new.ref in uses and reader.ref != new.ref:
            clauses += _again(_meanwhile(reader, new.ref, states), states)
            cost = cost.beside(_cost_again(reader))
    statements = altered(new, clauses, cost, states)
    own = [program for program in _programs(new, states) if program.ref.top == new.ref.top]
    if not own:
        return (*statements, *_followers(new, states, ()))
    # Between the two the triggers would refuse every row, so nobody may write one.
    again = [statement for trigger in own for statement in _trigger_meanwhile(trigger, new.ref, states)]
    return (*locked(new.ref, [*statements, *again]), *_followers(new, states, own))


def _cost_again(reader: Object) -> costs.Cost:
    """Return what saying an object again costs."""
    match reader:
        case Check():
            return costs.ASKED if render.stands_with_column(reader) else costs.of_new_check(reader)
        case Column(generated=Generated(stored=stored)):
            return costs.COPY if stored else costs.ASKED
        case Index():
            return costs.of_new_index(reader)
        case _:
            return costs.DEFINITION


def _again(reader: Object, states: States) -> Iterator[str]:
    """Write the clauses that say an object again, in the words of the renamed columns."""
    match reader:
        case Check() if render.stands_with_column(reader):
            column, model = _beside(reader, states), states.old.updated([reader])
            yield f"MODIFY COLUMN {render.column_clause(column, model)}"
        case Check():
            yield f"DROP CONSTRAINT {of(reader.ref)}"
            yield f"ADD {render.check_clause(reader)}"
        case Column():
            yield f"MODIFY COLUMN {render.column_clause(reader, states.old)}"
        case Index() if any(part.expression for part in reader.parts):
            yield f"DROP INDEX {of(reader.ref)}"
            yield f"ADD {render.index_clause(reader)}"


def _beside(check: Check, states: States) -> Column:
    """Return the column that a check stands with. Raises PlanError where it gets another name, and so the check too."""
    columns = states.old.children(check.ref.top, Column)
    column = next(column for column in columns if quoted(states.live(column.ref).name) == check.clauses)
    if of(column.ref) == check.clauses:
        return column
    message = f"{column.ref} cannot get another name while {check.ref}, which has no name of its own, stands with it"
    hint = "give the check a name: drop it with `removed:`, apply, and declare it anew together with the new name"
    raise PlanError([Problem(code="RUN031", message=message, hint=hint, address=str(check.ref))])


def _meanwhile(reader: Object, at: Ref, states: States) -> Object:
    """Return a reader as it is once `at` has its new name, while columns that come later still go by their old ones.

    Columns get their names in the order of the new ones.
    """
    uses: frozenset[Ref] = getattr(reader, "uses", frozenset())
    later = {ref: _till(ref, at, states) for ref in uses if ref.top == reader.ref.top and ref > at}
    said = _RESPELL(reader, {ref: held for ref, held in later.items() if held != ref})
    return replace(said, ref=_till(said.ref, at, states)) if isinstance(said, Column) else said


def _trigger_meanwhile(trigger: Program, at: Ref, states: States) -> Sequence[Statement]:
    said = _meanwhile(trigger, at, states)
    assert isinstance(said, PROGRAMS), said.ref
    return said_again(said, states)


_RESPELL = respeller(renamed_words)


def _till(ref: Ref, at: Ref, states: States) -> Ref:
    """Return what a column is called once `at` has its new name."""
    return ref.top.child(ref.kind, states.live(ref).name) if ref > at else ref


def _followers(renamed: Object, states: States, done: Sequence[Object]) -> Iterator[Statement]:
    """Write again the views and programs that name what is called otherwise now: the servers keep their old words, and
    they would fail.

    Those that change anyway are written by their own steps.
    """
    for view in _readers(renamed, states):
        if isinstance(view, View) and states.new.get(view.ref) == view:
            yield Statement(render.view_text(view, "CREATE OR REPLACE"))
    for program in _programs(renamed, states):
        if program not in done:
            yield from said_again_alone(program, states)


def _readers(renamed: Object, states: States) -> list[Object]:
    found = {user.ref: user for obj in states.old.subtree(renamed.ref) for user in states.old.dependents(obj.ref)}
    return [found[ref] for ref in sorted(found)]


def _programs(renamed: Object, states: States) -> list[Program]:
    """Return the programs that name a renamed object and do not change otherwise.

    Raises PlanError for one of which it cannot be told whether it means it.
    """
    found: list[Program] = []
    for obj in _readers(renamed, states):
        if not isinstance(obj, PROGRAMS) or states.new.get(obj.ref) != obj:
            continue
        if names_still(obj, renamed.ref, states.old):
            found.append(obj)
        elif renamed.ref in obj.uses and says(obj, before := states.live(renamed.ref).name):
            message = f"{obj.ref} says {before!r}, and it cannot be told whether that is {renamed.ref}"
            hint = f"write it with its table before it, {renamed.ref.top.name}.{before}, or change it in the same plan"
            raise PlanError([Problem(code="RUN031", message=message, hint=hint, address=str(obj.ref))])
    return found
