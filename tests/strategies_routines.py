"""Random functions and procedures of PostgreSQL, with what calls them."""

from __future__ import annotations

from hypothesis import strategies as st

from reconciler.model.objects import Check, Column, Object, View
from reconciler.model.programs import Function, Procedure
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Argument, Literal, Sql, Statements

TWICE, CLEAR, DOUBLES = (
    Ref.root(Kind.FUNCTION, "twice(int)"),
    Ref.root(Kind.PROCEDURE, "clear"),
    Ref.root(Kind.VIEW, "doubles"),
)
ROUTINES = frozenset({TWICE, CLEAR, DOUBLES})


def routines(draw: st.DrawFn, table: Ref, rows: str) -> list[Object]:
    """Draw a function that a default, a check and a view may call, with whatever makes it anew, and a procedure.

    Args:
        draw: Hypothesis's.
        table: what gets the column and the check.
        rows: its name as SQL has it.
    """
    name, body = draw(st.sampled_from(["n", "m"])), draw(st.sampled_from(["{0} * 2", "{0} + {0}"]))
    number = draw(st.sampled_from(["int", "bigint"]))
    twice = Function(
        ref=TWICE, arguments=(Argument(name, Type("int"), default=draw(st.sampled_from([None, Literal(2)]))),),
        returns=Type(number), body=Sql(f"select ({body.format(name)})::{number}", "postgres"),
        volatility="immutable", strict=draw(st.booleans()), comment=draw(st.sampled_from([None, "it's"])),
    )  # fmt: skip
    found: list[Object] = [twice]
    if draw(st.booleans()):
        default = Sql("twice(3)", "postgres")
        found.append(Column(ref=table.child(Kind.COLUMN, "doubled"), type=Type("bigint"), position=95, default=default))
    if draw(st.booleans()):
        check = Sql("twice(1) > 0 or id is null", "postgres")
        found.append(Check(ref=table.child(Kind.CHECK, "doubled_check"), expression=check))
    if draw(st.booleans()):
        query = Sql(f"select id, twice(3) as doubled from {rows}", "postgres")
        found.append(View(ref=DOUBLES, query=query))
    if draw(st.booleans()):
        clear = Statements((Sql(f"delete from {rows} where id < 0", "postgres"),))
        found.append(Procedure(ref=CLEAR, body=clear, language=draw(st.sampled_from(["sql", "plpgsql"]))))
    return found
