"""Domains on a real server: made, each rule changed over live values, renamed, dropped, used by columns and domains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.dialects.postgres.dialect import DIALECT
from reconciler.errors import PlanError
from reconciler.model.objects import Check, Domain, Enum, Object, Schema, Table
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Literal
from reconciler.plan.hazards import Effect
from tests.conformance.postgres.driver import connected, converge, declared, on, planned, script
from tests.conformance.postgres.samples import changed, check, column, enum, index, key, native, root, sql, view
from tests.target import Target

EMAIL, T = Ref.root(Kind.DOMAIN, "email"), root("t")
PLAIN = Domain(ref=EMAIL, type=Type("text"))
AT = check(EMAIL, "email_at", "value like '%@%'")
USED: list[Object] = [
    Table(ref=T), column(T, "id", "int", 1), key(T, "id"),
    column(T, "mail", native("email"), 2, default=Literal("a@b")), column(T, "other", native("email"), 3),
    index(T, "t_mail", "mail"), view("v", "select id, mail from t"),
]  # fmt: skip

FORMS: list[tuple[Mapping[str, Any], list[Object]]] = [
    ({}, []),
    ({"type": Type("varchar", ("20",)), "default": Literal("it's"), "not_null": True, "comment": "it's mail"}, []),
    ({"type": Type("decimal", ("10", "2")), "default": Literal("1.50")}, [check(EMAIL, "positive", "value >= 0")]),
    ({"type": Type("array", ("text",)), "default": Literal("{}")}, []),
    ({"collation": "C", "default": sql("lower('A' || 'B')")}, [replace(AT, comment="one at least")]),
    ({"type": Type("enum", ("mood",)), "default": Literal("calm")}, [check(EMAIL, "tame", "value <> 'wild'")]),
    ({"type": Type("date"), "default": sql("current_date")}, [check(EMAIL, "recent", "value > '2020-1-1'")]),
    (
        {"type": native("citizen")},
        [check(EMAIL, "short", "length(value) < 9"), check(EMAIL, "lower", "value = lower(value)")],
    ),
]  # fmt: skip
TYPES: list[Object] = [enum("mood", "calm", "wild"), Domain(ref=Ref.root(Kind.DOMAIN, "citizen"), type=Type("text"))]


@pytest.mark.parametrize(("form", "checks"), FORMS, ids=repr)
def test_it_is_made_and_read_back(pg: Target, form: Mapping[str, Any], checks: list[Object]) -> None:
    wanted = [*TYPES, replace(PLAIN, **form), *checks, Table(ref=T), column(T, "a", native("email"))]
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared(wanted))
        imported = [DIALECT.portable(obj) for obj in DIALECT.inspect(session, on(pg.url)).model.values()]
        assert planned(session, on(pg.url), declared(imported)).plan.empty
        back = Ref.root(Kind.DOMAIN, "email")
        found = {obj.ref: obj for obj in imported}[back]
        assert isinstance(found, Domain)
        assert found.type == replace(PLAIN, **form).type
        assert (found.not_null, found.collation) == (form.get("not_null", False), form.get("collation"))


def test_each_rule_is_changed_in_place(pg: Target, postgres: Target) -> None:
    last = [
        replace(PLAIN, not_null=True, default=Literal("x@y"), comment="mail"),
        replace(AT, expression=sql("value ~ '^[^@]+@'"), comment="with a name"),
        check(EMAIL, "email_short", "length(value) < 80"),
    ]
    ways: list[list[list[Object]]] = [
        [[PLAIN, AT], [replace(PLAIN, default=sql("lower('A@B')")), AT], [replace(PLAIN, not_null=True)], [*last]],
        [[*last]],
    ]
    for url, way in zip((pg.url, postgres.url), ways, strict=True):
        with connected(on(url)) as session:
            for objects in way:
                converge(session, on(url), declared([*objects, *USED]))
                pg.execute("insert into t select coalesce(max(id), 0) + 1, 'a@b', 'c@d' from t")
    if "-" not in pg.server:
        assert pg.observe() == postgres.observe()


def test_values_that_break_a_new_rule_block_the_plan(pg: Target) -> None:
    """Every column of the domain is asked, those of a domain over it too, and the keys of the rows are shown."""
    over = Domain(ref=Ref.root(Kind.DOMAIN, "work_mail"), type=native("email"))
    wide: list[Object] = [*USED, over, column(T, "work", native("work_mail"), 4)]
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared([PLAIN, *wide]))
        pg.execute(
            "insert into t (id, mail, other, work) values "
            "(1, 'a@b', null, 'x@y'), (2, 'ab', 'c@d', 'xy'), (7, 'ab', 'c', 'x@y')"
        )
        plan = planned(session, on(pg.url), declared([replace(PLAIN, not_null=True), AT, *wide]))
        found = sorted((h.code, str(h.ref), h.message, h.sample) for h in plan.hazards if h.effect is Effect.BLOCK)
        assert found == [
            ("MF104", "domain.email", "rows where t.other is null: 1", ("1",)),
            ("MF105", "domain.email.check.email_at", "rows whose t.mail breaks it: 2", ("2", "7")),
            ("MF105", "domain.email.check.email_at", "rows whose t.other breaks it: 1", ("7",)),
            ("MF105", "domain.email.check.email_at", "rows whose t.work breaks it: 1", ("2",)),
        ]
        pg.execute("update t set mail = 'a@b', other = 'a@b', work = 'a@b'")
        converge(session, on(pg.url), declared([replace(PLAIN, not_null=True), AT, *wide]))


def test_a_rule_may_leave_old_values_alone_for_a_while(pg: Target) -> None:
    doubtful = replace(AT, not_valid=True)
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared([PLAIN, *USED]))
        pg.execute("insert into t (id, mail) values (1, 'ab')")
        assert not [h for h in converge(session, on(pg.url), declared([PLAIN, doubtful, *USED])).hazards if h.count]
        blocked = planned(session, on(pg.url), declared([PLAIN, AT, *USED]))
        assert [h.message for h in blocked.hazards] == ["rows whose t.mail breaks it: 1"]
        pg.execute("update t set mail = 'a@b'")
        done = converge(session, on(pg.url), declared([PLAIN, AT, *USED]))
    assert script(done) == 'ALTER DOMAIN "email" VALIDATE CONSTRAINT "email_at"'


@pytest.mark.parametrize("form", [{"type": Type("varchar", ("9",))}, {"collation": "C"}], ids=repr)
def test_another_base_is_refused_with_a_way_out(pg: Target, form: Mapping[str, Any]) -> None:
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared([PLAIN, AT, *USED]))
        with pytest.raises(PlanError) as error:
            planned(session, on(pg.url), declared([replace(PLAIN, **form), AT, *USED]))
        (problem,) = error.value.problems()
        assert (problem.code, problem.address) == ("RUN031", "domain.email")
        assert "another domain" in problem.hint
        # The way that the hint names: the values are asked and converted, column by column.
        pg.execute("insert into t (id, mail, other) values (1, 'a@b', 'much too long@b')")
        new = replace(PLAIN, ref=Ref.root(Kind.DOMAIN, "mail2"), **form)
        moved = changed(
            USED, column(T, "mail", native("mail2"), 2, default=Literal("a@b")), column(T, "other", native("mail2"), 3)
        )
        if "type" in form:
            plan = planned(session, on(pg.url), declared([new, *moved]))
            assert {str(h.ref) for h in plan.hazards if h.effect is Effect.BLOCK} == {"table.t.column.other"}
            pg.execute("update t set other = 'c@d'")
        converge(session, on(pg.url), declared([new, *moved]))
    assert pg.query("select mail from t") == [("a@b",)]


@pytest.mark.parametrize("schema", ["", "app"])
def test_a_new_name_is_followed_everywhere(pg: Target, schema: str) -> None:
    """By columns, other domains, and texts that cast to it: the renaming is all that is to be done."""
    new = Ref.root(Kind.DOMAIN, "E-Mail", schema)
    name = ".".join(filter(None, (schema, '"E-Mail"')))
    app = Schema(ref=Ref.root(Kind.SCHEMA, "app"))
    over = Domain(ref=Ref.root(Kind.DOMAIN, "work_mail"), type=native("email"))
    casting = [] if schema else [check(T, "t_cast", "mail <> 'x@y'::email")]
    target = on(pg.url, "app")
    with connected(target) as session:
        converge(session, target, declared([app, PLAIN, AT, over, *casting, *USED]))
        wanted = [
            app, replace(PLAIN, ref=new), replace(AT, ref=new.child(Kind.CHECK, "email_at")),
            replace(over, type=native(name)),
            *(replace(obj, expression=sql(f"mail <> 'x@y'::{name}")) for obj in casting),
            *changed(USED, column(T, "mail", native(name), 2, default=Literal("a@b")),
                     column(T, "other", native(name), 3)),
        ]  # fmt: skip
        done = converge(session, target, declared(wanted, {new: EMAIL}))
    # Before 16 a view's text names the table before each column, so it is compared by making it; that cannot be done
    # over a type that only the renaming puts into another schema, and the view is made anew without need.
    old = bool(schema) and int(str(pg.query("show server_version_num")[0][0])) < 160000
    again = [("delete", Ref.root(Kind.VIEW, "v")), ("create", Ref.root(Kind.VIEW, "v"))] if old else []
    assert [(step.action, step.subject) for step in done.plan.steps] == [("rename", new), *again]


def test_it_comes_before_and_goes_after_what_uses_it(pg: Target) -> None:
    over = Domain(ref=Ref.root(Kind.DOMAIN, "a_mail"), type=native("email"))
    wanted = [PLAIN, AT, over, *changed(USED, column(T, "other", native("a_mail"), 3))]
    with connected(on(pg.url)) as session:
        first = converge(session, on(pg.url), declared(wanted))
        assert [str(step.subject) for step in first.plan.steps][:3] == ["domain.email", "domain.a_mail", "table.t"]
        with pytest.raises(PlanError, match=r"still uses domain\.email"):
            planned(session, on(pg.url), declared(wanted[2:]))
        last = converge(session, on(pg.url), declared([]))
    assert [str(step.subject) for step in last.plan.steps][-2:] == ["domain.a_mail", "domain.email"]


def test_a_column_joins_and_leaves_it(pg: Target) -> None:
    plain = changed(USED, column(T, "mail", "text", 2, default=Literal("a@b")), column(T, "other", "text", 3))
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared(plain))
        pg.execute("insert into t (id, other) values (1, 'c@d')")
        converge(session, on(pg.url), declared([PLAIN, AT, *USED]))
        converge(session, on(pg.url), declared(plain))
    assert pg.query("select mail, other from t") == [("a@b", "c@d")]


def test_what_it_is_made_of_is_an_object_too(pg: Target) -> None:
    wanted: list[Object] = [enum("mood", "calm"), Domain(ref=EMAIL, type=Type("enum", ("mood",)))]
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared(wanted))
        live = DIALECT.normalize(DIALECT.inspect(session, on(pg.url)).model).model
    assert {type(obj) for obj in live.values()} == {Enum, Domain}
    assert live.get_as(EMAIL, Domain).uses == {Ref.root(Kind.ENUM, "mood")}
    assert not [obj for obj in live.values() if isinstance(obj, Check)]
