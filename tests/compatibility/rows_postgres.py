"""Rows for the tables of a PostgreSQL schema, and all rows of them; triggers and foreign keys sleep meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import psycopg
from psycopg.sql import SQL, Composable, Identifier, Literal

from tests.compatibility.shapes import Table
from tests.target import Target

_COLUMNS = """
with recursive bases as (
    select oid, oid as type, typbasetype, typtypmod from pg_type where typtype <> 'd'
    union all
    select t.oid, b.type, t.typbasetype, t.typtypmod from pg_type t join bases b on b.oid = t.typbasetype
    where t.typtype = 'd'
)
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated <> '',
       a.atthasdef or a.attidentity <> '', y.typname::text, y.typtype::text, y.typcategory::text,
       information_schema._pg_char_max_length(y.oid, case when b.typtypmod >= 0 then b.typtypmod else a.atttypmod end),
       array(select e.enumlabel::text from pg_enum e where e.enumtypid = y.oid order by e.enumsortorder)
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join bases b on b.oid = a.atttypid
join pg_type y on y.oid = b.type
where c.relnamespace = to_regnamespace(%s) and c.relkind = 'r' and c.relname not like '\\_reconcile\\_%%'
order by c.relname, a.attnum
"""

_REFERENCES = """
select conrelid::regclass::text, confrelid::regclass::text,
       array(select quote_ident(attname) from unnest(conkey) with ordinality k(n, at)
             join pg_attribute on attrelid = conrelid and attnum = n order by at),
       array(select quote_ident(attname) from unnest(confkey) with ordinality k(n, at)
             join pg_attribute on attrelid = confrelid and attnum = n order by at)
from pg_constraint where contype = 'f' and connamespace = to_regnamespace(%s)
"""

_BY_NAME = {
    "uuid": "00000000-0000-4000-8000-{:012d}", "json": "{{}}", "jsonb": "{{}}", "bytea": "\\x{:02x}",
    "date": "2001-01-{:02d}", "time": "01:02:{:02d}", "timetz": "01:02:{:02d}+00", "interval": "{} days",
    "inet": "10.0.0.{}", "cidr": "10.0.{}.0/24", "macaddr": "08:00:2b:01:02:{:02x}", "point": "({},1)",
    "xml": "<a>{}</a>", "tsvector": "w{}", "tsquery": "w{}", "hstore": "k=>{}", "ltree": "n{}", "cube": "({})",
    "bit": "1", "varbit": "1", "money": "{}", "citext": "v{}", "box": "((0,0),({},1))", "vector": "[{}]",
}  # fmt: skip
_BY_CATEGORY = {"N": "{}", "S": "v{}", "D": "2001-01-{:02d} 01:02:03+00", "A": "{{}}", "R": "empty"}


@dataclass(frozen=True, slots=True)
class _Column:
    """What decides about a column's value; `kind` is the base type's typtype and `length` in characters."""

    name: str
    declared: str
    required: bool
    generated: bool
    has_default: bool
    base: str
    kind: str
    category: str
    length: int | None
    labels: Sequence[str]

    def value(self, number: int) -> str | None:
        """Return the value of this column in a row."""
        if self.kind == "e":
            return self.labels[number % len(self.labels)]
        if self.category == "B":
            return "true" if number % 2 else "false"
        form = _BY_NAME.get(self.base) or _BY_CATEGORY.get(self.category)
        text = None if form is None else form.format(number)
        if text is None or self.length is None or self.category != "S":
            return text
        return text[-self.length :] if len(text) > self.length else text


def fill(target: Target, schema: str, count: int) -> None:
    """Put rows 1 to `count` into every table, with all values or only those that have to be, or none."""
    with psycopg.connect(target.url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        for table, columns in _columns(connection, schema).items():
            filled = [column for column in columns if not column.generated]
            needed = [column for column in filled if column.required and not column.has_default]
            for attempt in (filled, needed):
                if _inserted(connection, schema, table, attempt, count):
                    break
        _take_orphans_out(connection, schema)


def tables(target: Target, schema: str) -> Mapping[str, Table]:
    """Return every table with its rows as text; columns of a generated value too."""
    found = {}
    with psycopg.connect(target.url, autocommit=True) as connection:
        for table, columns in _columns(connection, schema).items():
            names = [column.name for column in columns]
            texts = SQL(", ").join(SQL("{}::text").format(Identifier(name)) for name in names)
            rows = connection.execute(SQL("select {} from {}").format(texts, Identifier(schema, table))).fetchall()
            types = {column.name: column.declared for column in columns}
            found[table] = Table(types, [dict(zip(names, row, strict=True)) for row in rows])
    return found


def _columns(connection: psycopg.Connection, schema: str) -> Mapping[str, Sequence[_Column]]:
    found: dict[str, list[_Column]] = {}
    for table, *row in connection.execute(_COLUMNS, [schema]):
        found.setdefault(table, []).append(_Column(*row))
    return found


def _inserted(connection: psycopg.Connection, schema: str, table: str, columns: Sequence[_Column], count: int) -> bool:
    """Try to insert the rows, all of them or none, and say whether they went in."""
    if not columns:
        return False
    rows = SQL(", ").join(
        SQL("({})").format(SQL(", ").join(_values(columns, number))) for number in range(1, count + 1)
    )
    names = SQL(", ").join(Identifier(column.name) for column in columns)
    statement = SQL("insert into {} ({}) overriding system value values {}")
    try:
        connection.execute(statement.format(Identifier(schema, table), names, rows))
    except psycopg.Error:
        return False
    return True


def _values(columns: Sequence[_Column], number: int) -> Iterator[Composable]:
    for column in columns:
        value = column.value(number)
        yield SQL("null") if value is None else SQL("{}::{}").format(Literal(value), SQL(column.declared))


def _take_orphans_out(connection: psycopg.Connection, schema: str) -> None:
    """Let rows that refer to a table without rows refer to nothing, or go, until none is left."""
    references = connection.execute(_REFERENCES, [schema]).fetchall()
    changed = True
    while changed:
        changed = sum(_mended(connection, *reference) for reference in references) > 0


def _mended(connection: psycopg.Connection, table: str, target: str, here: Sequence[str], there: Sequence[str]) -> int:
    """Take the orphans of one foreign key out, and return how many there were."""
    same = " and ".join(f"t.{one} = r.{other}" for one, other in zip(there, here, strict=True))
    given = " and ".join(f"r.{name} is not null" for name in here)
    orphans = f"{given} and not exists (select from {target} t where {same})"
    empty = ", ".join(f"{name} = null" for name in here)
    for statement in (f"update {table} r set {empty} where {orphans}", f"delete from {table} r where {orphans}"):
        try:
            return connection.execute(statement.encode()).rowcount
        except psycopg.Error:
            continue
    return 0
