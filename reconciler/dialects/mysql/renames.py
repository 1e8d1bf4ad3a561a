"""Tables, views and columns that get another name: a rename in, the statements that let whatever names them follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.mysql import costs, render
from reconciler.dialects.mysql.ladder import altered
from reconciler.dialects.mysql.mentions import PROGRAMS, Program, names_still, says
from reconciler.dialects.mysql.names import of
from reconciler.dialects.mysql.triggers import locked, trigger_again
from reconciler.errors import PlanError, Problem
from reconciler.model.objects import Check, Column, Index, Object, Table, View
from reconciler.model.programs import Trigger
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

    Raises PlanError when one text names several columns that get other names.
    """
    clauses, cost = [f"RENAME COLUMN {of(old.ref)} TO {of(new.ref)}"], costs.DEFINITION
    for reader in states.old.subtree(new.ref.top)[1:]:
        uses: frozenset[Ref] = getattr(reader, "uses", frozenset())
        if new.ref in uses and reader.ref != new.ref:
            _refuse_several(reader, uses, states)
            clauses += _again(reader, states)
            cost = cost.beside(_cost_again(reader))
    statements = altered(new, clauses, cost, states)
    own = [program for program in _programs(new, states) if program.ref.top == new.ref.top]
    if not own:
        return (*statements, *_followers(new, states, ()))
    # Between the two the triggers would refuse every row, so nobody may write one.
    again = [statement for trigger in own for statement in _said_again(trigger, states)]
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
            column = next(c for c in states.old.children(reader.ref.top, Column) if of(c.ref) == reader.clauses)
            yield f"MODIFY COLUMN {render.column_clause(column, states.old)}"
        case Check():
            yield f"DROP CONSTRAINT {of(reader.ref)}"
            yield f"ADD {render.check_clause(reader)}"
        case Column():
            yield f"MODIFY COLUMN {render.column_clause(reader, states.old)}"
        case Index() if any(part.expression for part in reader.parts):
            yield f"DROP INDEX {of(reader.ref)}"
            yield f"ADD {render.index_clause(reader)}"


def _refuse_several(reader: Object, uses: frozenset[Ref], states: States) -> None:
    moved = sorted(ref for ref in uses if ref.top == reader.ref.top and states.live(ref).name != ref.name)
    if len(moved) > 1:
        names = " and ".join(str(ref) for ref in moved)
        message = f"{reader.ref} names {names}, which cannot both get another name in one plan"
        hint = "rename one, apply, then rename the other"
        raise PlanError([Problem(code="RUN031", message=message, hint=hint, address=str(reader.ref))])


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
            again = _said_again(program, states)
            yield from locked(program.ref, again) if isinstance(program, Trigger) else again


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


def _said_again(program: Program, states: States) -> Sequence[Statement]:
    assert isinstance(program, Trigger), program.ref
    return trigger_again(program, program, states)
