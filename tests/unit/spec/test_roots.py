"""Documents of sequences, domains, extensions, schemas and materialized views: what they declare, and what is wrong."""

from __future__ import annotations

import pytest

from reconciler.dialects.sqlite.dialect import DIALECT as SQLITE
from reconciler.errors import SpecError
from reconciler.model.objects import Check, Domain, Extension, Index, NumberSequence, OwnedBy, Schema, View
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Literal, Sql
from tests.unit.spec.lowered import get, lower

TABLE = "---\ntable: t\ncolumns: {id: {type: int}}\n"


def test_a_sequence_with_everything() -> None:
    text = (
        "sequence: s\ntype: int\nstart: 5\nincrement: -2\nmin: -9\nmax: 9\ncache: 3\ncycle: true\nowned_by: t.id\n"
        "comment: x\n"
    )
    desired = lower(text + TABLE)
    ref = Ref.root(Kind.SEQUENCE, "s")
    assert get(desired, "sequence.s") == NumberSequence(
        ref=ref, type=Type("int"), start=5, increment=-2, minimum=-9, maximum=9, cache=3, cycle=True, comment="x"
    )
    assert get(desired, "sequence.s.owned_by") == OwnedBy(
        ref=ref.child(Kind.OWNED_BY), column=Ref.parse("table.t.column.id")
    )


def test_a_domain_with_its_checks() -> None:
    desired = lower("domain: d\ntype: varchar(9)\nnot_null: true\ndefault: a\nchecks: {c: value > 'a'}\n---\n"
                    "domain: e\nnative: d\nchecks: [value < 'z']\n")  # fmt: skip
    ref = Ref.root(Kind.DOMAIN, "d")
    assert get(desired, "domain.d") == Domain(
        ref=ref, type=Type("varchar", ("9",)), not_null=True, default=Literal("a")
    )
    assert get(desired, "domain.d.check.c") == Check(ref=ref.child(Kind.CHECK, "c"), expression=Sql("value > 'a'"))
    assert "domain.e.check.e_check" in map(str, desired.model)


def test_an_extension_brings_its_schema_along() -> None:
    desired = lower("extension: hstore\nschema: ext\nversion: '1.8'\n", schema="public")
    assert get(desired, "extension.hstore") == Extension(
        ref=Ref.root(Kind.EXTENSION, "hstore"), namespace="ext", version="1.8"
    )
    assert get(desired, "schema.ext") == Schema(ref=Ref.root(Kind.SCHEMA, "ext"))
    plain = lower("extension: hstore\nschema: public\n", schema="public")
    assert get(plain, "extension.hstore") == Extension(ref=Ref.root(Kind.EXTENSION, "hstore"), namespace="")


def test_a_schema_is_there_once_whether_it_is_said_or_meant() -> None:
    desired = lower("enum: app.e\nvalues: [a]\n---\nschema: app\ncomment: mine\n")
    assert get(desired, "schema.app") == Schema(ref=Ref.root(Kind.SCHEMA, "app"), comment="mine")
    assert len(desired.model) == 2


def test_a_materialized_view() -> None:
    text = (
        "view: v\nmaterialized: true\nquery: select 1 as a\nindexes: {i: [a]}\n"
        "options: {storage: {fillfactor: 70, x: false}}\n"
    )
    desired = lower(text)
    view = desired.model.get_as(Ref.root(Kind.VIEW, "v"), View)
    assert (view.materialized, view.options) == (True, (("storage.fillfactor", 70), ("storage.x", False)))
    assert isinstance(get(desired, "view.v.index.i"), Index)


WRONG = [
    ("sequence: s\nincrement: 0\n", "SPEC015", (2, 12)),
    ("sequence: s\nowned_by: t\n" + TABLE, "SPEC017", (2, 11)),
    ("sequence: s\nowned_by: t.no\n" + TABLE, "SPEC031", (2, 11)),
    ("sequence: s\nowned_by: u.id\n" + TABLE, "SPEC030", (2, 11)),
    ("domain: d\n", "SPEC014", (1, 9)),
    ("domain: d\ntype: text\nnative: text\n", "SPEC016", (3, 1)),
    ("domain: d\nnative: 'text) check (true'\n", "SPEC021", (2, 9)),
    ("schema: public\n", "SPEC043", (1, 9)),
    ("schema: a.b\n", "SPEC017", (1, 9)),
    ("view: v\nquery: select 1\nindexes: {i: [a]}\n", "SPEC016", (3, 1)),
    ("view: v\nquery: select 1\noptions: {storage: {fillfactor: 70}}\n", "SPEC016", (3, 11)),
    ("view: v\nmaterialized: true\nquery: select 1\noptions: {security_invoker: true}\n", "SPEC016", (4, 11)),
    ("sequence: x\n---\nview: x\nquery: select 1\n", "SPEC035", (3, 7)),
    ("removed: sequence.x\nreason: gone\n---\nsequence: x\n", "SPEC040", (1, 10)),
]


@pytest.mark.parametrize(("text", "code", "place"), WRONG, ids=[f"{code}-{n}" for n, (_, code, _) in enumerate(WRONG)])
def test_what_is_wrong_is_told_at_its_place(text: str, code: str, place: tuple[int, int]) -> None:
    with pytest.raises(SpecError) as error:
        lower(text, schema="public")
    (problem,) = error.value.problems()
    assert problem.position is not None
    assert (problem.code, (problem.position.line, problem.position.column)) == (code, place)


@pytest.mark.parametrize(
    ("text", "part", "words"),
    [
        ("sequence: s\n", "", "SQLite has no sequences"),
        ("domain: d\ntype: text\nchecks: {c: value > 'a'}\n", "", "SQLite has no domains"),
        ("extension: e\n", "", "SQLite has no extensions"),
        ("view: v\nquery: select 1\nmaterialized: true\n", "materialized", "SQLite's views have no rows of their own"),
        ("view: v\nquery: select 1\noptions: {security_barrier: true}\n", "options", "SQLite's views have no options"),
    ],
)
def test_sqlite_says_what_it_has_not_and_the_way_out(text: str, part: str, words: str) -> None:
    normalized = SQLITE.normalize(lower(text, "sqlite").model)
    (problem,) = normalized.problems
    assert words in problem.message
    assert "only: [postgres]" in problem.hint
    assert normalized.parts[problem] == part
    left = lower(text + "only: [postgres]\n", "sqlite")
    assert not left.model
