"""Random models for writing and reading: names, comments and SQL of any characters, as no database would mix them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from hypothesis import strategies as st

from reconciler.model.model import Model
from reconciler.model.names import implicit_name
from reconciler.model.objects import (
    Check,
    Column,
    Enum,
    ForeignKey,
    Index,
    Object,
    PrimaryKey,
    Schema,
    Table,
    Unique,
    View,
)
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Action, Deferrable, Generated, Identity, IndexPart, Literal, Sql

T = TypeVar("T")

WORDS = [
    "order", "on", "no", "y", "null", "true", "~", "removed", "table", "primary_key", "<<", "a.b", 'qu"ote', "it's",
    "a b", "a desc", "a nulls first", "1", "007", "1e3", "12:30:45", "2020-01-01", "- a", "a: b", "a #b", "#a", "@a",
    "%a", "&a", "*a", "!a", "|", ">", "{a}", "[a]", "a,b", "(a)", "a(b", "é", "名", "\u0085", "\u2028", "\ufeffa", "\t",
    "a\\b", "=", "${var.x}", "$${var.x}", "con", "a/b", "..", ".", " a ", "A", "a", "a" * 60, "\U0001f600", "---",
    "...", "\x07", "'", '"', "_", "-",
]  # fmt: skip
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
LINES = st.text(CHARACTERS, min_size=1, max_size=20)
NAMES = (
    st.sampled_from(WORDS) | st.text(CHARACTERS, min_size=1, max_size=12) | st.from_regex("[a-z_]{1,8}", fullmatch=True)
)
# Inside enum(…) commas and parentheses have a meaning, and an array holds that as text.
ENUM_NAMES = st.from_regex("[A-Za-z_][A-Za-z0-9_ ]{0,8}[a-z]", fullmatch=True)
COMMENTS = st.none() | st.sampled_from(["Customer's", "a\nb", "  x", "x\n", "# no", "${var.x}", "é"]) | LINES
SQL = st.sampled_from([
    "a > 0", "lower(a)", "a || ': ' || b", "coalesce(a, b)", "a <> 'it''s'", "now()", "1", "a\n  and b", '"a" = 1',
    "'$${var.x}'", "case when a\n\n  then 'x: {y}' end", "a -- it's\n> 0", "x'00'", "'\t'", "null", "true", "- 1",
    "a # b", "'${var.x}'", "'" + "x" * 200 + "'", "a + " * 40 + "b", "E'\\n(\\''", "'\x07\u2028'", "a\r\n> 0",
    "(\n  a\n   \n)",
]).map(Sql)  # fmt: skip
TYPES = [
    Type("int"),
    Type("text"),
    Type("decimal", ("12", "2")),
    Type("varchar", ("20",)),
    Type("array", ("decimal(3,1)",)),
    Type("int unsigned", native=True),
    Type("enum('a,b', 'it''s')", native=True),
]
COLLATIONS = st.sampled_from(["C", "und-x-icu", "en_US.utf8", "de_DE@euro", "ö 1"])
OPCLASSES = st.sampled_from(["text_pattern_ops", "gist_trgm_ops(siglen=32)", 'app."My Ops;"'])
FRACTIONS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000)
LITERALS = st.builds(Literal, NAMES | st.just("") | st.booleans() | st.integers() | FRACTIONS | LINES)
WHOLE = st.integers(-(2**63), 2**63 - 1)
IDENTITIES = st.builds(Identity, st.booleans(), st.none() | WHOLE, st.none() | WHOLE.filter(bool))
SCHEMAS = st.sampled_from(["", "", "app", "a.b"])


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Models that postgres could hold: every name of a relation is used once."""
    relations = iter(draw(st.lists(NAMES, min_size=12, max_size=12, unique=True)))
    enums = [
        Enum(
            ref=Ref.root(Kind.ENUM, name, draw(st.sampled_from(["", "app"]))),
            values=draw(_some(NAMES)),
            comment=draw(COMMENTS),
        )
        for name in draw(st.lists(ENUM_NAMES.map("e_{}".format), max_size=2, unique=True))
    ]
    types = [*TYPES, *(Type("enum", (".".join(filter(None, (e.ref.schema, e.ref.name))),)) for e in enums)]
    objects: list[Object] = list(enums)
    for _ in range(draw(st.integers(1, 2))):
        objects += draw(_tables(Ref.root(Kind.TABLE, next(relations), draw(SCHEMAS)), types, relations))
    for _ in range(draw(st.integers(0, 1))):
        ref = Ref.root(Kind.VIEW, next(relations), draw(SCHEMAS))
        objects.append(View(ref=ref, query=draw(SQL), comment=draw(COMMENTS)))
    objects += draw(_foreign_keys([obj for obj in objects if isinstance(obj, Column)]))
    schemas = sorted({obj.ref.schema for obj in objects if obj.ref.schema})
    return Model([*(Schema(ref=Ref.root(Kind.SCHEMA, name)) for name in schemas), *objects])


def _some(items: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(items, min_size=1, max_size=3, unique=True).map(tuple)


@st.composite
def _tables(draw: st.DrawFn, ref: Ref, types: list[Type], relations: Iterator[str]) -> list[Object]:
    names = draw(_some(NAMES))
    columns = [draw(_columns(ref.child(Kind.COLUMN, name), position, types)) for position, name in enumerate(names)]
    inside: list[Object] = []
    if draw(st.booleans()):
        key = PrimaryKey(
            ref=ref.child(Kind.PRIMARY_KEY), columns=draw(_some(st.sampled_from(names))), name=draw(st.none() | NAMES)
        )
        columns = [replace(column, not_null=True) if column.ref.name in key.columns else column for column in columns]
        inside.append(key)
    if draw(st.booleans()):
        columns[0] = replace(columns[0], identity=draw(IDENTITIES), not_null=True, default=None, generated=None)
    if draw(st.booleans()):
        inside.append(Unique(ref=ref.child(Kind.UNIQUE, implicit_name(ref.name, names[:1], "key")), columns=names[:1]))
    inside += [draw(_uniques(ref.child(Kind.UNIQUE, next(relations)), names)) for _ in range(draw(st.integers(0, 1)))]
    inside += [draw(_indexes(ref.child(Kind.INDEX, next(relations)), names)) for _ in range(draw(st.integers(0, 2)))]
    for name in draw(st.lists(NAMES, max_size=2, unique=True)):
        inside.append(Check(ref=ref.child(Kind.CHECK, name), expression=draw(SQL), comment=draw(COMMENTS)))
    table = Table(ref=ref, comment=draw(COMMENTS), protect=draw(st.none() | st.booleans()))
    return [table, *columns, *inside]


@st.composite
def _columns(draw: st.DrawFn, ref: Ref, position: int, types: list[Type]) -> Column:
    what = draw(st.sampled_from(["plain", "default", "generated"]))
    return Column(
        ref=ref,
        type=draw(st.sampled_from(types)),
        not_null=draw(st.booleans()),
        default=draw(LITERALS | SQL) if what == "default" else None,
        generated=draw(st.builds(Generated, SQL, st.booleans())) if what == "generated" else None,
        collation=draw(st.none() | COLLATIONS),
        comment=draw(COMMENTS),
        position=position,
        sensitive=draw(st.booleans()),
    )


@st.composite
def _uniques(draw: st.DrawFn, ref: Ref, names: tuple[str, ...]) -> Unique:
    return Unique(
        ref=ref,
        columns=draw(_some(st.sampled_from(names))),
        nulls_not_distinct=draw(st.booleans()),
        deferrable=draw(st.sampled_from(Deferrable)),
        comment=draw(COMMENTS),
    )


@st.composite
def _indexes(draw: st.DrawFn, ref: Ref, names: tuple[str, ...]) -> Index:
    part = st.builds(IndexPart, column=st.sampled_from(names)) | st.builds(IndexPart, expression=SQL)
    dressed = st.builds(
        replace,
        part,
        descending=st.booleans(),
        nulls_first=st.none() | st.booleans(),
        opclass=st.none() | OPCLASSES,
        collation=st.none() | COLLATIONS,
    )
    return Index(
        ref=ref,
        parts=draw(st.lists(part | dressed, min_size=1, max_size=3).map(tuple)),
        unique=draw(st.booleans()),
        method=draw(st.sampled_from([None, "gin", "hash"])),
        where=draw(st.none() | SQL),
        include=draw(st.just(()) | _some(st.sampled_from(names))),
        comment=draw(COMMENTS),
    )


@st.composite
def _foreign_keys(draw: st.DrawFn, columns: list[Column]) -> list[ForeignKey]:
    found: dict[Ref, ForeignKey] = {}
    for _ in range(draw(st.integers(0, 2))):
        own, target = draw(st.sampled_from(columns)).ref, draw(st.sampled_from(columns)).ref
        name = draw(NAMES | st.just(implicit_name(own.top.name, (own.name,), "fkey")))
        key = ForeignKey(
            ref=own.top.child(Kind.FOREIGN_KEY, name),
            columns=(own.name,),
            target=target.top,
            target_columns=(target.name,),
            on_delete=draw(st.sampled_from(Action)),
            on_update=draw(st.sampled_from(Action)),
            deferrable=draw(st.sampled_from(Deferrable)),
            comment=draw(COMMENTS),
        )
        found[key.ref] = key
    return list(found.values())
