"""Random schemas: models as an author would write them, for every dialect alike; a new kind has to join in here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st

from reconciler.model.model import Model
from reconciler.model.names import implicit_name
from reconciler.model.objects import (
    Check,
    Column,
    Domain,
    Enum,
    ForeignKey,
    Index,
    NumberSequence,
    Object,
    OwnedBy,
    PrimaryKey,
    Table,
    Unique,
    View,
)
from reconciler.model.programs import Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Action, Default, Generated, Identity, IndexPart, Literal, Sql, Statements
from tests.strategies_routines import ROUTINES, routines

# Few names, so that two random schemas have much in common; some that have to be quoted everywhere.
TABLES = ("customer", "order", "Line Item", 'quo"ted')
COLUMNS = ("amount", "note", "select", "Mixed Case", "done", "at", "price", "kind")
TYPES = (
    Type("int"),
    Type("bigint"),
    Type("text"),
    Type("varchar", ("40",)),
    Type("varchar", ("80",)),
    Type("decimal", ("12", "2")),
    Type("bool"),
    Type("timestamp"),
    Type("enum", ("mood",)),
)
ENUM = Ref.root(Kind.ENUM, "mood")
NUMBERS = frozenset({"int", "bigint", "decimal"})
TEXTS = frozenset({"text", "varchar"})


def quoted(name: str) -> str:
    """Quote an identifier as both PostgreSQL and SQLite read it."""
    return '"' + name.replace('"', '""') + '"'


def _default(draw: st.DrawFn, type_: Type) -> Default | None:
    if not draw(st.booleans()):
        return None
    match type_.name:
        case "int" | "bigint":
            return Literal(draw(st.integers(0, 10**6)))
        case "decimal":
            return Literal(Decimal(draw(st.integers(0, 10**6))) / 100)
        case "text" | "varchar":
            return Literal(draw(st.sampled_from(["", "new", "it's", "a\nb", "42", "percent % sign", "colon :x"])))
        case "bool":
            return Literal(draw(st.booleans()))
        case "enum":
            return Literal("calm")
        case _:
            return Sql("current_timestamp", "postgres")


@st.composite
def _column(draw: st.DrawFn, table: Ref, name: str, position: int, values: Sequence[str]) -> Column:
    type_ = draw(st.sampled_from(TYPES))
    default = _default(draw, type_)
    # A new column that is not null needs a default, or the rows that are there would refuse it.
    not_null = draw(st.booleans()) if default is not None else False
    return Column(
        ref=table.child(Kind.COLUMN, name),
        type=type_,
        not_null=not_null,
        default=default,
        position=position,
        comment=draw(st.sampled_from([None, None, "A remark's remark"])),
    )


@st.composite
def _table(draw: st.DrawFn, name: str, others: Sequence[str]) -> list[Object]:
    ref = Ref.root(Kind.TABLE, name)
    key = Column(ref=ref.child(Kind.COLUMN, "id"), type=Type("bigint"), not_null=True, identity=Identity(), position=1)
    names = draw(st.lists(st.sampled_from(COLUMNS), unique=True, max_size=5))
    columns = [draw(_column(ref, column, number, ())) for number, column in enumerate(sorted(names), 2)]
    objects: list[Object] = [
        Table(ref=ref),
        key,
        PrimaryKey(ref=ref.child(Kind.PRIMARY_KEY), columns=("id",)),
        *columns,
    ]
    for part in (_generated, _unique, _check, _indexes, _foreign_key):
        objects += part(draw, ref, columns, others)
    return objects


def _generated(draw: st.DrawFn, table: Ref, columns: Sequence[Column], others: Sequence[str]) -> list[Object]:
    numbers = [c for c in columns if c.type.name in NUMBERS]
    if not numbers or not draw(st.booleans()):
        return []
    expression = Sql(f"{quoted(numbers[0].ref.name)} + 1", "postgres")
    return [
        Column(ref=table.child(Kind.COLUMN, "computed"), type=Type("decimal", ("14", "2")), position=99,
               generated=Generated(expression, stored=True))
    ]  # fmt: skip


def _unique(draw: st.DrawFn, table: Ref, columns: Sequence[Column], others: Sequence[str]) -> list[Object]:
    names = tuple(c.ref.name for c in columns if c.type.name in ("int", "bigint"))[:2]
    if not names or not draw(st.booleans()):
        return []
    name = draw(st.sampled_from([f"{table.name}_uq", implicit_name(table.name, names, "key")]))
    return [Unique(ref=table.child(Kind.UNIQUE, name), columns=names)]


def _check(draw: st.DrawFn, table: Ref, columns: Sequence[Column], others: Sequence[str]) -> list[Object]:
    numbers = [quoted(c.ref.name) for c in columns if c.type.name in NUMBERS]
    if not numbers or not draw(st.booleans()):
        return []
    form = draw(
        st.sampled_from(["{0} >= 0", "{0} between 0 and 99999999999", "{0} in (-1, 0) or {0} > 0", "not ({0} < 0)"])
    )
    return [
        Check(
            ref=table.child(Kind.CHECK, f"{table.name}_positive"), expression=Sql(form.format(numbers[0]), "postgres")
        )
    ]


def _indexes(draw: st.DrawFn, table: Ref, columns: Sequence[Column], others: Sequence[str]) -> list[Object]:
    found: list[Object] = []
    plain = [c.ref.name for c in columns if c.type.name != "enum"]
    if draw(st.booleans()) and plain:
        parts = tuple(IndexPart(column=name, descending=draw(st.booleans())) for name in plain[:2])
        where = Sql("id > 0", "postgres") if draw(st.booleans()) else None
        found.append(Index(ref=table.child(Kind.INDEX, f"{table.name}_ix"), parts=parts, where=where))
    texts = [quoted(c.ref.name) for c in columns if c.type.name in TEXTS]
    if draw(st.booleans()) and texts:
        part = IndexPart(expression=Sql(f"lower({texts[0]})", "postgres"))
        found.append(Index(ref=table.child(Kind.INDEX, f"{table.name}_lower_ix"), parts=(part,)))
    return found


def _foreign_key(draw: st.DrawFn, table: Ref, columns: Sequence[Column], others: Sequence[str]) -> list[Object]:
    if not others or not draw(st.booleans()):
        return []
    target = Ref.root(Kind.TABLE, draw(st.sampled_from(sorted(others))))
    column = Column(ref=table.child(Kind.COLUMN, "parent_id"), type=Type("bigint"), position=98)
    key = ForeignKey(
        ref=table.child(Kind.FOREIGN_KEY, implicit_name(table.name, ["parent_id"], "fkey")),
        columns=("parent_id",), target=target, target_columns=("id",),
        on_delete=draw(st.sampled_from([Action.CASCADE, Action.SET_NULL, Action.NO_ACTION])),
    )  # fmt: skip
    return [column, key]


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Draw a schema of up to four tables with what every dialect has, mutual and self references included."""
    names = draw(st.lists(st.sampled_from(TABLES), unique=True, min_size=1, max_size=len(TABLES)))
    objects: list[Object] = []
    for name in sorted(names):
        objects += draw(_table(name, names))
    if any(isinstance(obj, Column) and obj.type.name == "enum" for obj in objects) or draw(st.booleans()):
        further = draw(st.sampled_from([(), ("wild",), ("wild", "it's")]))
        objects.append(Enum(ref=ENUM, values=("calm", "angry", *further)))
    if draw(st.booleans()):
        table = sorted(names)[0]
        columns = ["id", *(obj.ref.name for obj in objects if isinstance(obj, Column) and obj.ref.top.name == table)]
        listed = ", ".join(map(quoted, dict.fromkeys(columns)))
        objects.append(
            View(
                ref=Ref.root(Kind.VIEW, "seen"),
                query=Sql(f"select {listed} from {quoted(table)} where id > 0", "postgres"),
            )
        )
    return Model(objects)


@st.composite
def models_with_triggers(draw: st.DrawFn) -> Model:
    """Draw a schema with triggers; `for_server` leaves them out where they are not managed."""
    model = draw(models())
    return Model((*model.values(), *_triggers(draw, model)))


@st.composite
def wide_models(draw: st.DrawFn) -> Model:
    """Draw a schema with the kinds that one dialect alone has, too; `for_server` leaves out what a server lacks."""
    model = draw(models())
    table = min(ref for ref, obj in model.items() if isinstance(obj, Table))
    return Model((*model.values(), *_beyond(draw, table), *_triggers(draw, model)))


# The dialects on which triggers are managed.
TRIGGERED = frozenset({"sqlite", "d1", "postgres", "mysql", "mariadb"})
EMAIL, COUNTER, SUMS = (
    Ref.root(Kind.DOMAIN, "email"),
    Ref.root(Kind.SEQUENCE, "The Counter"),
    Ref.root(Kind.VIEW, "sums"),
)


def _beyond(draw: st.DrawFn, table: Ref) -> list[Object]:
    """Draw what one dialect alone has: domains, sequences and materialized views, with columns that use them."""
    found: list[Object] = []
    if draw(st.booleans()):
        default = draw(st.sampled_from([None, Literal("a@b"), Sql("lower('A@B')", "postgres")]))
        found.append(
            Domain(ref=EMAIL, type=Type("text"), default=default, comment=draw(st.sampled_from([None, "it's"])))
        )
        if draw(st.booleans()):
            expression = Sql(draw(st.sampled_from(["value like '%@%'", "length(value) > 2"])), "postgres")
            found.append(Check(ref=EMAIL.child(Kind.CHECK, "email_form"), expression=expression))
        found.append(Column(ref=table.child(Kind.COLUMN, "mail"), type=Type("email", native=True), position=96))
    if draw(st.booleans()):
        number = Column(ref=table.child(Kind.COLUMN, "number"), type=Type("bigint"), position=97,
                        default=Sql("nextval('\"The Counter\"')", "postgres"))  # fmt: skip
        found += [_sequence(draw), number]
        if draw(st.booleans()):
            found.append(OwnedBy(ref=COUNTER.child(Kind.OWNED_BY), column=number.ref))
    if draw(st.booleans()):
        query = draw(st.sampled_from(["select id, id + 1 as next from {0}", "select id from {0} where id > 1"]))
        options = draw(st.sampled_from([(), (("storage.fillfactor", 70),)]))
        text = Sql(query.format(quoted(table.name)), "postgres")
        materialized = draw(st.booleans())
        found.append(View(ref=SUMS, query=text, materialized=materialized, options=options if materialized else ()))
        if materialized and draw(st.booleans()):
            parts = (IndexPart(column="id", descending=draw(st.booleans())),)
            found.append(Index(ref=SUMS.child(Kind.INDEX, "sums_id"), parts=parts, unique=draw(st.booleans())))
    return found + (routines(draw, table, quoted(table.name)) if draw(st.booleans()) else [])


def _triggers(draw: st.DrawFn, model: Model) -> list[Object]:
    """Draw triggers that name columns of their own and of another table, and that concern no row there is."""
    holders = [ref for ref, obj in model.items() if isinstance(obj, Table | View)]
    return [_trigger(draw, holder, model) for holder in holders if draw(st.booleans())]


def _trigger(draw: st.DrawFn, holder: Ref, model: Model) -> Trigger:
    event = draw(st.sampled_from(["insert", "update", "delete"]))
    row = "old" if event == "delete" else "new"
    numbers = [c for c in model.children(holder, Column) if c.type.name in NUMBERS and c.generated is None]
    tested = draw(st.sampled_from([None, *numbers]))
    other = quoted(draw(st.sampled_from([ref for ref, obj in model.items() if isinstance(obj, Table)])).name)
    statements = [
        f"delete from {other} where id = -1 - {row}.id",
        f"update {other} set id = id where id = -2 - {row}.id",
    ]
    return Trigger(
        ref=holder.child(Kind.TRIGGER, f"{holder.name}_tr"),
        timing=draw(st.sampled_from(["before", "after"] if holder.kind == Kind.TABLE else ["instead_of"])),
        events=(event,),
        columns=tuple(c.ref.name for c in numbers) if event == "update" and draw(st.booleans()) else (),
        when=Sql(f"{row}.{quoted(tested.ref.name)} > 0", "postgres") if tested else None,
        body=Statements(tuple(Sql(text, "postgres") for text in statements[: draw(st.integers(1, 2))])),
    )


def _sequence(draw: st.DrawFn) -> NumberSequence:
    return NumberSequence(
        ref=COUNTER, start=draw(st.sampled_from([None, 5])), increment=draw(st.sampled_from([1, 7])),
        maximum=draw(st.sampled_from([None, 10**6])), cycle=draw(st.booleans()), cache=draw(st.sampled_from([1, 3])),
    )  # fmt: skip


def for_server(model: Model, server: str) -> Model:
    """Return the part of a drawn schema that a server can have."""
    if server.partition("-")[0] not in TRIGGERED:
        model = model.only(lambda ref: ref.kind != Kind.TRIGGER)
    if server.startswith("postgres"):
        return model
    beyond = {COUNTER, EMAIL, SUMS, *ROUTINES}
    columns = ("mail", "number", "doubled", "doubled_check")
    rest = model.only(lambda ref: ref.top not in beyond and ref.name not in columns)
    if server.partition("-")[0] not in ("mysql", "mariadb"):
        return rest
    return Model(_for_mysql(obj, rest) for obj in rest.values() if _mysql_has(obj, rest))


def _mysql_has(obj: Object, model: Model) -> bool:
    """Views have no triggers there, and none may write to a table that its statement comes by (error 1442)."""
    if isinstance(obj, Trigger):
        tables = [ref.name for ref, other in model.items() if isinstance(other, Table) and ref.name <= obj.ref.top.name]
        texts = " ".join(sql.text for sql in obj.body.statements) if isinstance(obj.body, Statements) else ""
        return obj.ref.top.kind == Kind.TABLE and not any(f" {quoted(name)} " in texts for name in tables)
    return obj.ref.name != f"{obj.ref.top.name}_lower_ix"


def _for_mysql(obj: Object, model: Model) -> Object:
    """Give an index what it must have there, the lengths of long texts, and leave its condition out.

    An update trigger there fires whatever column changes, and those of views are left out before.
    """
    if isinstance(obj, Trigger):
        return replace(obj, columns=())
    if not isinstance(obj, Index):
        return obj
    long = {c.ref.name for c in model.children(obj.ref.top, Column) if c.type.name == "text"}
    parts = tuple(replace(part, length=20 if part.column in long else None) for part in obj.parts)
    return replace(obj, parts=parts, where=None)


def rows_for(model: Model, table: Ref, count: int) -> list[dict[str, str]]:
    """Return rows that every constraint of a random table accepts, as SQL texts by column."""
    values = {
        "int": "{n}", "bigint": "{n}", "decimal": "{n}.25", "text": "'text {n}'", "varchar": "'text {n}'",
        "bool": "NULL", "timestamp": "'2026-01-0{n} 10:00:00'", "enum": "'calm'",
        "email": "'a{n}@b'",
    }  # fmt: skip
    columns = [c for c in model.children(table, Column) if c.generated is None and c.identity is None]
    filled = [c for c in columns if c.ref.name != "parent_id" and not (c.type.name == "bool" and c.not_null)]
    return [{c.ref.name: values[c.type.name].format(n=n) for c in filled} for n in range(1, count + 1)]


@st.composite
def sqlite_models(draw: st.DrawFn) -> Model:
    """Draw a schema with what only SQLite has: conflict clauses, its collations, STRICT and AUTOINCREMENT."""
    words = st.sampled_from(["", "rollback", "fail", "ignore", "replace"])
    collations = st.sampled_from([None, "nocase", "rtrim"])

    def dressed(obj: Object) -> Object:
        match obj:
            case Table():
                chosen = draw(st.sets(st.sampled_from(["autoincrement", "strict"])))
                return replace(obj, options=tuple((name, True) for name in sorted(chosen)))
            case Column(not_null=True, identity=None, type=type_):
                return replace(
                    obj, on_conflict=draw(words), collation=draw(collations) if type_.name in TEXTS else None
                )
            case Unique():
                return replace(obj, on_conflict=draw(words))
            case PrimaryKey():
                return replace(obj, on_conflict=draw(words))
            case _:
                return obj

    return Model(dressed(obj) for obj in draw(models_with_triggers()).values())
