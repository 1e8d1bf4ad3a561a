"""Sequences on a real server: made, each field changed with the number kept, owned, drawn from, renamed, dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.dialects.postgres.dialect import DIALECT
from reconciler.errors import PlanError
from reconciler.model.objects import Column, NumberSequence, Object, OwnedBy, Schema, Table
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from tests.conformance.postgres.driver import connected, converge, declared, on, planned, script
from tests.conformance.postgres.samples import changed, column, key, native, root, sql
from tests.target import Target

S, T = Ref.root(Kind.SEQUENCE, "invoice_no"), root("t")
PLAIN = NumberSequence(ref=S)
DRAWING: list[Object] = [Table(ref=T), column(T, "id", "bigint", 1), column(T, "no", "bigint", 2), key(T, "id")]


def owned(by: Ref, sequence: Ref = S) -> OwnedBy:
    return OwnedBy(ref=sequence.child(Kind.OWNED_BY), column=by)


def drawing(text: str = "nextval('invoice_no')") -> list[Object]:
    return changed(DRAWING, column(T, "no", "bigint", 2, default=sql(text)))


FORMS: list[Mapping[str, Any]] = [
    {},
    {"start": 1000},
    {"type": Type("int"), "increment": 5, "maximum": 2000, "cache": 10, "comment": "it's counted"},
    {"type": Type("smallint"), "increment": -1, "maximum": 1, "start": -7, "cycle": True},
    {"type": Type("smallint"), "increment": -1},
    {"increment": -2, "minimum": -50, "maximum": 50, "start": 10},
    {"minimum": 0},
    {"minimum": 0, "start": 1},
    {"maximum": 99, "cycle": True},
]


@pytest.mark.parametrize("form", FORMS, ids=repr)
def test_it_is_made_and_read_back(pg: Target, form: Mapping[str, Any]) -> None:
    wanted = replace(PLAIN, **form)
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared([wanted]))
        live = DIALECT.normalize(DIALECT.inspect(session, on(pg.url)).model).model
    assert DIALECT.portable(live[S]) == wanted


@pytest.mark.parametrize("form", [form for form in FORMS[1:] if form.get("increment", 0) != -1 or len(form) > 2])
def test_each_change_is_made_in_place_and_back(pg: Target, postgres: Target, form: Mapping[str, Any]) -> None:
    """Two ways lead to one sequence: made so, or changed into it."""
    wanted = replace(PLAIN, **form)
    for url, way in ((pg.url, [PLAIN, wanted]), (postgres.url, [wanted])):
        with connected(on(url)) as session:
            for sequence in way:
                converge(session, on(url), declared([sequence]))
    if "-" not in pg.server:
        assert [line for line in pg.observe().splitlines() if "setval" not in line] == [
            line for line in postgres.observe().splitlines() if "setval" not in line
        ]


def test_the_number_that_it_has_reached_is_kept(pg: Target) -> None:
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared([PLAIN]))
        pg.execute("select nextval('invoice_no') from generate_series(1, 41)")
        for form in ({"start": 1000}, {"start": 7, "increment": 2}, {"type": Type("int"), "minimum": -5}, {}):
            done = converge(session, on(pg.url), declared([replace(PLAIN, **form)]))
            assert "RESTART" not in script(done)
    assert pg.query("select last_value from invoice_no") == [(41,)]


def test_a_bound_that_it_has_passed_is_refused_beforehand(pg: Target) -> None:
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared([PLAIN]))
        pg.execute("select setval('invoice_no', 500)")
        plan = planned(session, on(pg.url), declared([replace(PLAIN, maximum=100)]))
        (blocked,) = [hazard for hazard in plan.hazards if hazard.code == "MF105"]
        assert (blocked.ref, blocked.sample) == (S, ("500",))
        converge(session, on(pg.url), declared([replace(PLAIN, maximum=500)]))


def test_a_default_draws_from_it(pg: Target) -> None:
    """It comes before the table, cannot go while the table draws from it, and goes after it."""
    with connected(on(pg.url)) as session:
        first = converge(session, on(pg.url), declared([PLAIN, *drawing()]))
        assert [str(step.subject) for step in first.plan.steps] == ["sequence.invoice_no", "table.t"]
        with pytest.raises(PlanError, match=r"still uses sequence\.invoice_no"):
            planned(session, on(pg.url), declared(drawing()))
        pg.execute("insert into t (id) values (1), (2)")
        converge(session, on(pg.url), declared([PLAIN, *DRAWING]))
        converge(session, on(pg.url), declared([PLAIN, *drawing("nextval('public.invoice_no') + 100")]))
        last = converge(session, on(pg.url), declared([]))
        assert [str(step.subject) for step in last.plan.steps] == ["table.t", "sequence.invoice_no"]


def test_a_default_may_stop_drawing_in_the_plan_that_drops_it(pg: Target) -> None:
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared([PLAIN, *drawing()]))
        done = converge(session, on(pg.url), declared(DRAWING))
    assert {hazard.code for hazard in done.hazards} == {"DS105", "DS109"}


def test_a_new_name_is_followed_by_the_defaults(pg: Target) -> None:
    new, other = Ref.root(Kind.SEQUENCE, 'Rechnung "Nr"'), Ref.root(Kind.SEQUENCE, "no", "app")
    schema = Schema(ref=Ref.root(Kind.SCHEMA, "app"))
    target = on(pg.url, "app")
    with connected(target) as session:
        converge(session, target, declared([schema, PLAIN, *drawing()]))
        pg.execute("insert into t (id) values (1), (2)")
        wanted = [schema, replace(PLAIN, ref=new), *drawing('nextval(\'"Rechnung ""Nr"""\')')]
        done = converge(session, target, declared(wanted, {new: S}))
        assert [step.action for step in done.plan.steps] == ["rename"]
        assert {hazard.code for hazard in done.hazards} == {"BC101"}
        moved = [schema, replace(PLAIN, ref=other), *drawing("nextval('app.no'::regclass)")]
        converge(session, target, declared(moved, {other: new}))
    assert pg.query("select last_value from app.no") == [(2,)]


def test_it_goes_with_the_column_that_owns_it(pg: Target) -> None:
    """Each draws on the other, so neither could be dropped first as it is."""
    counted = replace(PLAIN, start=1000)
    wanted = [counted, owned(T.child(Kind.COLUMN, "no")), *drawing()]
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared(wanted))
        assert pg.query("select pg_get_serial_sequence('t', 'no')") == [("public.invoice_no",)]
        pg.execute("insert into t (id) values (1)")
        converge(session, on(pg.url), declared([counted, *drawing()]))
        assert pg.query("select pg_get_serial_sequence('t', 'no'), no from t") == [(None, 1000)]
        converge(session, on(pg.url), declared([counted, owned(T.child(Kind.COLUMN, "id")), *drawing()]))
        converge(session, on(pg.url), declared(wanted))
        without = [counted, *(obj for obj in DRAWING if obj.ref.name != "no")]
        converge(session, on(pg.url), declared(without))
        assert pg.query("select last_value from invoice_no") == [(1000,)]
        converge(session, on(pg.url), declared(wanted))
        converge(session, on(pg.url), declared([]))
        # The primary key is on it: the column cannot go before its table.
        first, _, number, _ = drawing()
        converge(session, on(pg.url), declared([counted, owned(number.ref), first, number, key(T, "no")]))
        last = converge(session, on(pg.url), declared([]))
        assert [str(step.subject) for step in last.plan.steps] == [
            "sequence.invoice_no.owned_by", "table.t", "sequence.invoice_no",
        ]  # fmt: skip
    assert pg.query("select count(*) from pg_class where relname in ('t', 'invoice_no')") == [(0,)]


def test_the_table_does_not_take_one_along_that_nobody_drops(pg: Target) -> None:
    wanted = [replace(PLAIN, start=5), owned(T.child(Kind.COLUMN, "no")), *DRAWING]
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared(wanted))
        converge(session, on(pg.url), declared([replace(PLAIN, start=5)]))
    assert pg.query("select count(*) from invoice_no") == [(1,)]


def test_what_serial_stands_for_is_serial(pg: Target) -> None:
    """Said in so many words or in one, it is the same, and is listed once."""
    seq = Ref.root(Kind.SEQUENCE, "t_no_seq")
    spelled = [NumberSequence(ref=seq), owned(T.child(Kind.COLUMN, "no"), seq), *drawing("nextval('t_no_seq')")]
    spelled = changed(spelled, column(T, "no", "bigint", 2, not_null=True, default=sql("nextval('t_no_seq')")))
    short = changed(DRAWING, column(T, "no", native("bigserial"), 2))
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared(spelled))
        assert planned(session, on(pg.url), declared(short)).plan.empty
        live = DIALECT.inspect(session, on(pg.url)).model
        assert not [ref for ref in live if ref.kind == Kind.SEQUENCE]
        assert live.get_as(T.child(Kind.COLUMN, "no"), Column).type.name == "bigserial"


@pytest.mark.parametrize("form", [{"start": 1000}, {"cache": 20}, {"comment": "mine"}, {"type": Type("int")}], ids=repr)
def test_serial_becomes_a_sequence_with_a_will_of_its_own_and_back(pg: Target, form: Mapping[str, Any]) -> None:
    seq = Ref.root(Kind.SEQUENCE, "t_no_seq")
    no = column(T, "no", "bigint", 2, not_null=True, default=sql("nextval('t_no_seq')"))
    spelled = [replace(PLAIN, ref=seq, **form), owned(no.ref, seq), *changed(DRAWING, no)]
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared(changed(DRAWING, column(T, "no", native("bigserial"), 2))))
        pg.execute("insert into t (id) values (1), (2), (3)")
        converge(session, on(pg.url), declared(spelled))
        assert pg.query("select last_value from t_no_seq") == [(3,)]
        # And back: what Rails leaves behind, `AS integer` below a bigint, becomes what serial makes.
        back = converge(session, on(pg.url), declared(changed(DRAWING, column(T, "no", native("bigserial"), 2))))
        assert [str(step.subject) for step in back.plan.steps] == ["sequence.t_no_seq"]
        assert pg.query("select last_value from t_no_seq") == [(3,)]
        converge(session, on(pg.url), declared(spelled))
        converge(session, on(pg.url), declared([replace(PLAIN, ref=seq, **form), *changed(DRAWING, no)]))
    assert pg.query("select last_value, pg_get_serial_sequence('t', 'no') from t_no_seq") == [(3, None)]
