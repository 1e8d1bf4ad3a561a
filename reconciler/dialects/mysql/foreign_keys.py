"""A foreign key of a large table in, statements out that add it while others write, and look at the rows afterwards.

Without `foreign_key_checks` the server adds one in its dictionary and reads no row
(dev.mysql.com/doc/refman/9.7/en/innodb-online-ddl-operations.html#online-ddl-foreign-key-operations). What it does not
look at then is who has a row that points to nothing, and whether the parent is a table that can be one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.dialects.mysql import costs, render
from reconciler.dialects.mysql.ask import ask
from reconciler.dialects.mysql.circumstances import CHECKED
from reconciler.dialects.mysql.costs import Cost, Grade
from reconciler.dialects.mysql.ladder import altered, grade_of, told_while_writing
from reconciler.dialects.mysql.lexer import text_literal
from reconciler.dialects.mysql.names import columns as column_list
from reconciler.dialects.mysql.names import of, table
from reconciler.model.change import Create
from reconciler.model.names import helper_name
from reconciler.model.objects import ForeignKey, Index, PrimaryKey, Table, Unique
from reconciler.plan.rules import States
from reconciler.plan.step import DataCheck, Statement

_UNCHECKED = Statement("SET SESSION foreign_key_checks = 0")
_CHECKED = Statement(CHECKED)
_UNLOCK = Statement("UNLOCK TABLES")

# What the server refuses as a parent only while it checks: what is no table, is not InnoDB's, or has partitions.
_UNFIT = """
SELECT CASE WHEN count(*) = 1 THEN 0 ELSE 1 END FROM information_schema.tables WHERE table_schema = database()
 AND table_name = {name} AND engine = 'InnoDB' AND create_options NOT LIKE '%partitioned%'"""


def added_online(new: ForeignKey, states: States) -> tuple[Statement, ...]:
    """Return what adds a foreign key while others write; () where it has to be added otherwise.

    It gets its own name when all rows are looked at, so that the catalog shows whether they were. Until then it has a
    helper's, under which it holds for whatever is written: nothing can go wrong any more between that look and the end.
    """
    cost = _cost(new, states)
    if new.ref.top not in states.online or cost is None or grade_of(cost, new.ref.top, states) >= Grade.REBUILT:
        return ()
    helper = replace(new, ref=new.ref.top.child(new.ref.kind, helper_name(str(new.ref), "key")))
    brought = [] if cost is costs.DICTIONARY else [f"ADD INDEX {of(new.ref)} {column_list(new.columns)}"]
    gone = [f"DROP FOREIGN KEY {of(helper.ref)}"]
    (first,) = altered(new, [*brought, f"ADD {render.foreign_key_clause(helper)}"], cost, states)
    (last,) = altered(new, [*gone, f"ADD {render.foreign_key_clause(new)}"], costs.DICTIONARY, states)
    undo = ", ".join((*gone, *(f"DROP INDEX {of(new.ref)}" for _ in brought)))
    told = told_while_writing(first, new.ref, states, "while all rows are looked at")
    undone = f"ALTER TABLE {table(new.ref)} {undo}"
    first = replace(told, unless=_there(helper), proof=_parent(new), undo=undone)
    return (_UNCHECKED, first, *_looked_at(new, states), _UNCHECKED, last, _CHECKED)


def _looked_at(new: ForeignKey, states: States) -> tuple[Statement, ...]:
    """Look for rows that point to nothing, once whoever wrote to the parent before the key was there is done.

    MySQL lets the ALTER wait for them. MariaDB does not, so that a row may be gone from the parent of which the look
    would see nothing yet.
    """
    proof = _orphans(new, states)
    if "waits_for_parents" in states.features or new.target == new.ref.top:
        return (replace(_CHECKED, proof=proof),)
    return (_CHECKED, Statement(f"LOCK TABLES {table(new.target)} READ"), replace(_UNLOCK, proof=proof))


def _cost(new: ForeignKey, states: States) -> Cost | None:
    """Return what adding the key costs while nothing is checked: an index, where there is none for it; None where the
    index cannot have the key's name, or the parent is none that is known.
    """
    top = new.ref.top
    rest: list[Index | Unique | PrimaryKey] = [*states.new.children(top, Index), *states.new.children(top, Unique)]
    if not isinstance(states.new.get(new.target), Table):
        return None
    if any(covers(one, new.columns) for one in (*rest, *states.new.children(top, PrimaryKey))):
        return costs.DICTIONARY
    return None if any(one.ref.name == new.ref.name for one in rest) else costs.INDEX


def covers(index: Unique | Index | PrimaryKey, columns: Sequence[str]) -> bool:
    """Say whether an index begins with whole values of these columns, in their order."""
    if isinstance(index, Index) and index.method in ("fulltext", "spatial"):
        return False
    parts = [None if p.length else p.column for p in index.parts] if isinstance(index, Index) else list(index.columns)
    return parts[: len(columns)] == list(columns)


def _there(key: ForeignKey) -> str:
    return (
        f"SELECT count(*) FROM information_schema.referential_constraints WHERE constraint_schema = database()"
        f" AND table_name = {text_literal(key.ref.top.name)} AND constraint_name = {text_literal(key.ref.name)}"
    )


def _parent(new: ForeignKey) -> DataCheck:
    message = f"{new.target.name} cannot be referred to: it is no table of InnoDB without partitions"
    unfit = _UNFIT.format(name=text_literal(new.target.name))
    return DataCheck(code="MF105", ref=new.ref, message=message, count=unfit)


def _orphans(new: ForeignKey, states: States) -> DataCheck:
    """Ask what a plan asks beforehand, with the names and columns that there are by then."""
    now = replace(states, old=states.new.only(lambda ref: ref != new.ref), live=lambda ref: ref)
    (check,) = ask(Create(new), now)
    return replace(check, message=f"{check.message}; they were written while it was added")
