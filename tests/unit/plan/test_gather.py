"""What writes the same table anew goes in one step, unless something has to happen in between."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.ref import Kind, Ref
from reconciler.plan.gather import gather
from reconciler.plan.step import DataCheck, Ladder, Rung, Statement, Step

ONE, TWO = Ref.root(Kind.TABLE, "one"), Ref.root(Kind.TABLE, "two")
INSTANT, ONLINE = Rung(name="INSTANT", words=", I"), Rung(name="INPLACE", words=", P")
COPY = Rung(name="COPY", words=", C", heavy=True)


def _step(table: Ref, name: str, *rungs: Rung, needs: str = "", drops: str = "") -> Step:
    ref = table.child(Kind.COLUMN, name)
    asks = (DataCheck(code="MY130", ref=ref, count="", message=""),)
    ladder = Ladder(
        head=f"ALTER {table.name}", clauses=(name,), rungs=rungs, size=replace(asks[0], code="LK102"),
        rewrites=rungs[0] is not INSTANT, asks=asks,
    )  # fmt: skip
    return Step(
        subject=ref, action="update", statements=(ladder.statement(),), changes=(), creates=frozenset({ref}),
        needs=frozenset({table.child(Kind.COLUMN, needs)} if needs else ()), checks=asks,
        drops=frozenset({table.child(Kind.COLUMN, drops)} if drops else ()),
    )  # fmt: skip


def _texts(*steps: Step) -> list[str]:
    return [statement.sql for step in gather(steps) for statement in step.statements]


def test_one_table_is_written_anew_once() -> None:
    assert _texts(_step(ONE, "a", COPY), _step(TWO, "a", COPY), _step(ONE, "b", COPY)) == [
        "ALTER one a, b, C", "ALTER two a, C",
    ]  # fmt: skip


def test_what_is_instant_stays_by_itself() -> None:
    steps = (_step(ONE, "a", COPY), _step(ONE, "b", INSTANT, ONLINE, COPY), _step(ONE, "c", COPY))
    assert sorted(_texts(*steps)) == ["ALTER one a, c, C", "ALTER one b, I"]


def test_together_they_cost_what_the_dearest_costs() -> None:
    assert _texts(_step(ONE, "a", ONLINE, COPY), _step(ONE, "b", COPY)) == ["ALTER one a, b, C"]


def test_clauses_come_in_the_order_of_their_needs() -> None:
    assert _texts(_step(ONE, "a", COPY, needs="b"), _step(ONE, "b", COPY)) == ["ALTER one b, a, C"]


def test_what_has_to_happen_in_between_keeps_them_apart() -> None:
    between = replace(_step(ONE, "m", INSTANT), needs=frozenset({ONE.child(Kind.COLUMN, "a")}))
    steps = (_step(ONE, "a", COPY), between, _step(ONE, "z", COPY, needs="m"))
    assert _texts(*steps) == ["ALTER one a, C", "ALTER one m, I", "ALTER one z, C"]
    others = (_step(TWO, "a", COPY), _step(TWO, "b", COPY))
    assert sorted(_texts(*steps, *others))[-1] == "ALTER two a, b, C", "others are not kept apart by that"


def test_the_whole_table_is_asked_about_once() -> None:
    (step,) = gather((_step(ONE, "a", COPY), _step(ONE, "b", COPY)))
    assert step.subject == ONE
    assert [(check.code, check.ref) for check in step.checks] == [("MY130", ONE)]
    ladder = step.statements[0].ladder
    assert ladder is not None
    assert (ladder.size.code, ladder.size.ref) == ("LK102", ONE)


def test_a_statement_without_a_ladder_is_left_alone() -> None:
    plain = replace(_step(ONE, "a", COPY), statements=(Statement("x"),))
    assert _texts(plain, _step(ONE, "b", COPY)) == ["x", "ALTER one b, C"]
