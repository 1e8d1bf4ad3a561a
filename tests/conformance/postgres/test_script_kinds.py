"""`-o sql` for the kinds beside tables: psql makes of a script what apply makes, and a second time nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from reconciler.errors import PlanError
from reconciler.model.objects import Domain, Extension, NumberSequence, Object, OwnedBy, Schema, Table
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import IndexPart, Literal
from tests.conformance.postgres.samples import (
    changed,
    check,
    column,
    enum,
    expression,
    index,
    key,
    native,
    root,
    sql,
    view,
)
from tests.conformance.postgres.test_script import made, same_as_apply, scripted
from tests.scripting import run_script
from tests.target import Target

T, MV = root("t"), Ref.root(Kind.VIEW, "totals")
TABLE: list[Object] = [
    Table(ref=T), column(T, "id", "bigint", 1), column(T, "kind", "text", 2), column(T, "no", "bigint", 3),
    key(T, "id"),
]  # fmt: skip
FILL = "insert into t select n, 'k' || n % 3 from generate_series(1, 9) n"

COUNTER = NumberSequence(ref=Ref.root(Kind.SEQUENCE, "no"), start=1000)
DRAWN = changed(TABLE, column(T, "no", "bigint", 3, default=sql("nextval('no')")))
BY_NO = OwnedBy(ref=COUNTER.ref.child(Kind.OWNED_BY), column=T.child(Kind.COLUMN, "no"))
BY_ID = replace(BY_NO, column=T.child(Kind.COLUMN, "id"))
DOWN = replace(
    COUNTER, type=Type("int"), start=-3, increment=-2, minimum=-900, maximum=2000, cache=9, cycle=True, comment="it's"
)
OTHER = replace(DOWN, ref=Ref.root(Kind.SEQUENCE, "Rechnung"))

SEQUENCES: list[Sequence[Object]] = [
    TABLE, [COUNTER, *DRAWN], [COUNTER, BY_NO, *DRAWN], [DOWN, BY_ID, *DRAWN], [DOWN, *TABLE], TABLE,
]  # fmt: skip

EMAIL = Domain(ref=Ref.root(Kind.DOMAIN, "email"), type=Type("varchar", ("80",)), collation="C")
MAILED = changed(TABLE, column(T, "mail", native("email"), 4))
AT, SHORT = check(EMAIL.ref, "email_at", "value like '%@%'"), check(EMAIL.ref, "email_short", "length(value) < 60")
STRICT = replace(EMAIL, default=Literal("it's@x"), not_null=True, comment="mail")
DOMAINS: list[Sequence[Object]] = [
    [], [EMAIL, AT, *MAILED], [replace(STRICT, not_null=False), replace(AT, comment="x"), SHORT, *MAILED],
    [replace(EMAIL, default=sql("lower('A@B')")), replace(SHORT, expression=sql("length(value) < 70")), *MAILED],
    [STRICT, SHORT, *TABLE], TABLE,
]  # fmt: skip

TOTALS = view("totals", "select kind, count(*) as n from t group by kind", materialized=True, comment="by kind")
KINDS = index(MV, "totals_kind", "kind", unique=True, comment="one each")
BIG = view("big", "select kind from totals where n > 10")
ODD = view("odd", "select id from t where no % 2 = 1")
VIEWS: list[Sequence[Object]] = [
    TABLE,
    [*TABLE, TOTALS, KINDS, BIG, ODD],
    [*TABLE, replace(TOTALS, options=(("storage.fillfactor", 70),)), replace(KINDS, options=(("fillfactor", 60),)),
     BIG, replace(ODD, options=(("check_option", "local"), ("security_barrier", True)))],
    [*TABLE, replace(TOTALS, query=sql("select kind, count(*) as n, max(id) as last from t group by kind")), KINDS,
     index(MV, "totals_lower", expression("lower(kind)", opclass="text_pattern_ops"), where=sql("n > 1")),
     BIG, replace(ODD, options=(("security_barrier", True),), comment="x")],
    [*changed(TABLE, column(T, "kind", "varchar(30)", 2)), TOTALS, replace(KINDS, comment="some")],
    [*TABLE, replace(TOTALS, materialized=False), BIG],
    TABLE,
]  # fmt: skip

EXT, ELSE = Schema(ref=Ref.root(Kind.SCHEMA, "app")), Schema(ref=Ref.root(Kind.SCHEMA, "app"), comment="it's ours")
TRGM = Extension(ref=Ref.root(Kind.EXTENSION, "pg_trgm"))
HSTORE = Extension(ref=Ref.root(Kind.EXTENSION, "hstore"), namespace="app", version="1.7")
NEAR = index(T, "t_near", IndexPart(column="kind", opclass="gist_trgm_ops(siglen=32)"), method="gist")
EXTENSIONS: list[Sequence[Object]] = [
    [EXT, *TABLE], [ELSE, TRGM, HSTORE, *TABLE, NEAR],
    [EXT, replace(TRGM, comment="to search"), replace(HSTORE, version="1.8"), *TABLE], [EXT, TRGM, *TABLE],
]  # fmt: skip

WAYS: Mapping[str, list[Sequence[Object]]] = {
    "sequences": SEQUENCES, "domains": DOMAINS, "views": VIEWS, "extensions": EXTENSIONS,
}  # fmt: skip


@pytest.mark.parametrize(
    ("way", "number"), [(way, number) for way, forms in WAYS.items() for number in range(len(forms) - 1)]
)
@pytest.mark.live("postgres")
def test_each_step_of_the_way(tmp_path: Path, way: str, number: int) -> None:
    before, after = list(pairwise(WAYS[way]))[number]
    same_as_apply(tmp_path, before, after, rows=FILL if any(obj.ref == T for obj in before) else "")


@pytest.mark.live("postgres")
def test_names_are_followed(tmp_path: Path) -> None:
    citizen = Ref.root(Kind.DOMAIN, "mail address")
    new = changed(TABLE, column(T, "no", "bigint", 3, default=sql("nextval('\"Rechnung\"')")))
    mailed = changed(new, column(T, "mail", native('"mail address"'), 4))
    before = [DOWN, EMAIL, AT, *changed(DRAWN, column(T, "mail", native("email"), 4))]
    after = [
        replace(OTHER, cache=3),
        replace(EMAIL, ref=citizen),
        check(citizen, "email_at", "value like '%@%'"),
        *mailed,
    ]
    same_as_apply(tmp_path, before, after, renames={OTHER.ref: COUNTER.ref, citizen: EMAIL.ref})


@pytest.mark.live("postgres")
def test_values_of_an_enum_get_other_names(tmp_path: Path) -> None:
    before = [enum("s", "a", "b"), *changed(TABLE, column(T, "s", "enum(s)", 4, default=Literal("a")))]
    after = [
        replace(enum("s", "z", "b"), renamed_values=(("a", "z"),)),
        *changed(TABLE, column(T, "s", "enum(s)", 4, default=Literal("z"))),
    ]
    same_as_apply(tmp_path, before, after, rows=FILL)


@pytest.mark.live("postgres")
def test_what_is_there_otherwise_is_no_work_that_is_done(pg: Target) -> None:
    """All that a script made stands there, and then one thing is different: it stops and names that."""
    there = [DOWN, BY_NO, STRICT, SHORT, ELSE, *MAILED, TOTALS, KINDS]
    text = scripted(pg, there)
    assert run_script(pg, text).code == 0
    for change, address in {
        "alter sequence no cache 8": "sequence.no",
        "alter sequence no owned by t.id": "sequence.no.owned_by",
        "alter domain email drop not null": "domain.email",
        "comment on schema app is 'other'": "schema.app",
        "alter index totals_kind set (fillfactor = 50)": "view.totals.index.totals_kind",
    }.items():
        pg.execute(f"begin; {change}; commit")
        done = run_script(pg, text)
        assert done.code != 0
        assert address in done.err
        assert "neither as before nor as planned" in done.err
        pg.execute("alter sequence no cache 9; alter sequence no owned by t.no; alter domain email set not null;")
        pg.execute("comment on schema app is 'it''s ours'; alter index totals_kind reset (fillfactor)")


@pytest.mark.parametrize("name", ["t_no_seq", "counted"])
@pytest.mark.live("postgres")
def test_a_sequence_that_a_serial_column_hands_over_is_refused(pg: Target, name: str) -> None:
    """The catalogs show the same sequence before and after, whatever it is called."""
    made(pg, *SERIAL)
    pg.execute(f"alter sequence t_no_seq rename to aside; alter sequence aside rename to {name}")
    drawing = column(T, "no", "bigint", 3, not_null=True, default=sql(f"nextval('{name}')"))
    refused(pg, [*apart(name), *changed(TABLE, drawing)], f"sequence.{name}")


@pytest.mark.live("postgres")
def test_a_sequence_that_a_serial_column_takes_over_is_refused(pg: Target) -> None:
    made(pg, *apart("t_no_seq"), *TABLE)
    refused(pg, SERIAL, "sequence.t_no_seq")


SERIAL = changed(TABLE, column(T, "no", native("bigserial"), 3))


def apart(name: str) -> list[Object]:
    """Return the sequence of a column as an object of its own."""
    own = NumberSequence(ref=Ref.root(Kind.SEQUENCE, name), cache=7)
    return [own, replace(BY_NO, ref=own.ref.child(Kind.OWNED_BY))]


def refused(pg: Target, after: Sequence[Object], address: str) -> None:
    """Hold that no script is written, because of this object."""
    with pytest.raises(PlanError) as caught:
        scripted(pg, after)
    assert {problem.code for problem in caught.value.problems()} == {"RUN042"}
    assert address in {problem.address for problem in caught.value.problems()}
