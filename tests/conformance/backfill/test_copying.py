"""Copies between the real engines: every value arrives as what it was, or its row is named with the reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from reconciler.backfill.run import carry_out
from reconciler.model.backfills import Backfill, Chunk, Copied, Copy, Idempotency, Rejects, Source, Verification
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Literal
from reconciler.plan.outcome import Worked
from tests.conformance.backfill.across import side_of, start, work_of
from tests.target import Target, fresh

TYPES = {
    "sqlite": {"bytes": "blob", "moment": "timestamp", "zoned": "timestamptz", "doc": "json"},
    "postgres": {"bytes": "bytea", "moment": "timestamp", "zoned": "timestamptz", "doc": "jsonb"},
    "mysql": {"bytes": "longblob", "moment": "datetime(6)", "zoned": "timestamp(6)", "doc": "json"},
}
FAMILIES = {"d1": "sqlite", "mariadb": "mysql"}
NAMES = ("id", "name", "price", "ratio", "flag", "day", "moment", "zoned", "data", "doc")
TABLE = """
create table {name} (
    id bigint primary key, name {text}, price decimal(20, 4), ratio double precision, flag boolean, day date,
    moment {moment}, zoned {zoned}, data {bytes}, doc {doc}{more}
)"""
# Each row as it is meant, column by column.
ROWS: list[tuple[Any, ...]] = [
    (
        1, "plain", "1234567890.1234", 0.1, 1, "2024-02-29", "2024-02-29 23:59:59.123456", "2024-06-30 12:00:00",
        b"\0\xff'", {"a": [1, 2.5, None]},
    ),
    (2, "", "0", -0.0, 0, "0001-01-01", "0001-01-01 00:00:00", "1970-01-02 00:00:00.5", b"", []),
    (3, None, None, None, None, None, None, None, None, None),
    (
        4, "it's \"quoted\" \\ back; -- no\n\t%s :x ${y}", "-0.0001", 1.7976931348623157e308, 1, "9999-12-31",
        "9999-12-31 23:59:59.999999", "2037-12-31 23:59:59.999999", bytes(range(256)), {"quote": "it's \\ \" 'n"},
    ),
    (
        5, "emoji 🦊👩‍👩‍👧 é e\u0301 Ω 中文 \u202e", "99999999999.9999", 5e-324, 0, "1900-01-01", "1999-12-31 00:00:00",
        "2000-01-01 00:00:00", b"x" * 3000, "just a text",
    ),
    (
        9007199254740993, " padded ", "10", 0.30000000000000004, 1, "2000-01-01", "2000-01-01 10:00:00.1",
        "2000-06-01 10:00:00.000001", b"\n", 12345.678,
    ),
    (
        9223372036854775807, "x" * 2000, "1.5", 2.2250738585072014e-308, 0, "2024-01-01", "2024-01-01 00:00:00",
        "2024-01-01 00:00:00", None, True,
    ),
]  # fmt: skip


def family(dialect: str) -> str:
    return FAMILIES.get(dialect, dialect)


def ddl(dialect: str, name: str, more: str = "") -> str:
    text = "longtext" if family(dialect) == "mysql" else "text"
    return TABLE.format(name=name, text=text, more=more, **TYPES[family(dialect)])


def literal(dialect: str, value: Any) -> str:
    """Write a value by hand, so that nothing of the product is between."""
    if value is None:
        return "null"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'" if dialect == "postgres" else f"x'{value.hex()}'"
    if isinstance(value, str):
        text = value.replace("'", "''")
        return "'" + (text.replace("\\", "\\\\") if family(dialect) == "mysql" else text) + "'"
    return repr(value)


def fill(target: Target, name: str) -> None:
    for row in ROWS:
        *plain, document = row
        if target.dialect == "postgres":
            plain[4] = None if plain[4] is None else bool(plain[4])
        text = None if document is None else json.dumps(document, ensure_ascii=False)
        values = ", ".join(literal(target.dialect, value) for value in (*plain, text))
        target.execute(f"{zone(target.dialect)}insert into {name} values ({values})")


def zone(dialect: str) -> str:
    return {"mysql": "set time_zone = '+00:00'; ", "postgres": "set timezone to 'UTC'; "}.get(family(dialect), "")


def observed(target: Target, name: str) -> list[tuple[Any, ...]]:
    """Return what is there in the words of ROWS; the server writes, and Python compares."""
    texts = {
        "postgres": ["id::text", "name", "price::text", "ratio", "flag::int", "day::text", "moment::text",
                     "(zoned at time zone 'UTC')::text", "data", "doc::text"],
        "mysql": ["cast(id as char)", "name", "cast(price as char)", "ratio", "flag", "cast(day as char)",
                  "cast(moment as char)", "unix_timestamp(zoned)", "data", "cast(doc as char)"],
        "sqlite": ["cast(id as text)", "name", "cast(price as text)", "ratio", "flag", "day", "moment", "zoned",
                   "data", "doc"],
    }[family(target.dialect)]  # fmt: skip
    return [tuple(row) for row in target.query(f"select {', '.join(texts)} from {name} order by id")]


def meant(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row that was observed in one form: numbers by their worth, times without zeros at their end."""
    number, name, price, ratio, flag, day, at, zoned, data, doc = row
    return (
        int(number), name, None if price is None else Decimal(str(price)).normalize(), ratio,
        None if flag is None else int(flag), day, moment(at), moment(zoned), data,
        json.loads(doc) if isinstance(doc, str) else doc,
    )  # fmt: skip


def moment(value: Any) -> str | None:
    if isinstance(value, Decimal):
        whole, _, fraction = str(value).partition(".")
        value = f"{datetime.fromtimestamp(int(whole), UTC).replace(tzinfo=None)}.{fraction}"
    return None if value is None else value.rstrip("0").rstrip(".") if "." in value else value


def copy_of(**more: Any) -> Backfill:
    return Backfill(
        ref=Ref.root("backfill", "moved"),
        source=Source(table=Ref.root(Kind.TABLE, "old"), key=("id",), live_writes="append_only", database="legacy"),
        idempotency=Idempotency(strategy="target_key", key=("id",), on_conflict="update_if_changed"),
        copy=Copy(into=Ref.root(Kind.TABLE, "made"), columns=tuple(Copied(column=name, source=name) for name in NAMES)),
        chunk=Chunk(size=3, minimum=1, maximum=3),
        verify=(
            Verification(name="all", kind="checksum", columns=NAMES[1:], size=2),
            Verification(name="some", kind="sample", size=5),
        ),
        **more,
    )  # fmt: skip


def carried(source: Target, target: Target, backfill: Backfill, digest: str = "d") -> Worked:
    with side_of(source) as there, side_of(target, "write") as here:
        return carry_out(work_of(backfill, there, here, digest))


PAIRS = [
    ("sqlite", "postgres"), ("sqlite", "d1"), ("mysql", "postgres"), ("postgres", "mariadb"), ("d1", "mysql"),
    ("mariadb", "sqlite"), ("postgres", "sqlite"),
]  # fmt: skip


@pytest.fixture(params=[pytest.param(pair, id="-".join(pair)) for pair in PAIRS])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Target, Target]]:
    with ExitStack() as stack:
        yield tuple(stack.enter_context(fresh(name, tmp_path)) for name in request.param)  # type: ignore[misc]


def test_every_value_arrives(both: tuple[Target, Target]) -> None:
    source, target = both
    source.execute(ddl(source.dialect, "old"))
    fill(source, "old")
    target.execute(ddl(target.dialect, "made"))
    done = carried(source, target, copy_of())
    assert done.standing.state == "done", done.standing.reason
    assert (done.standing.read, done.standing.written) == (len(ROWS), len(ROWS))
    assert [one.status for one in done.verified] == ["pass", "pass"], done.verified
    assert [*map(meant, observed(target, "made"))] == [*map(meant, observed(source, "old"))]
    again = carried(source, target, copy_of(), "another definition")
    assert (again.standing.state, again.standing.read) == ("done", len(ROWS))
    if family(target.dialect) != "mysql":  # which counts a row that it finds unchanged
        assert again.standing.written == 0

    target.execute("update made set name = 'changed', flag = null where id = 4")
    wrong = carried(
        source, target, replace(copy_of(), idempotency=Idempotency(strategy="target_key", key=("id",))), "x"
    )
    assert wrong.standing.state == "verify_failed"
    assert {(row[0], row[1]) for row in wrong.verified[0].sample} == {("4", "name"), ("4", "flag")}


# --- what does not fit ------------------------------------------------------------------------------------------------

# A row that fits, and for each row below one value that does not, by column.
LOOSE = "create table old (id integer primary key, name, n, d, at, zoned, doc, token, mood, flag, data)"
FITS = {
    "name": "'name'", "n": "32767", "d": "'12.50'", "at": "1700000000", "zoned": "'2024-01-01T10:00:00+02:00'",
    "doc": "'{\"a\": 1}'", "token": "'5f3a9c01-0000-4000-8000-000000000001'", "mood": "'glad'", "flag": "'true'",
    "data": "'c0ffee'",
}  # fmt: skip
WRONG = [
    ("name", "'a' || char(0) || 'b'", "holds a NUL character"), ("name", "cast(x'ff41' as text)", "is no valid UTF-8"),
    ("name", "'longer than ten'", "is longer than 10 characters"), ("n", "32768", "is out of the range of smallint"),
    ("n", "1.5", "is no whole number"), ("n", "'many'", "is no number"),
    ("d", "'1.234'", "has more than 2 digits behind the point"), ("d", "10000", "is out of the range"),
    ("d", "9e999", "is no finite number"), ("at", "'soon'", "is no number"),
    ("at", "1e18", "is beyond the year 9999"), ("zoned", "1700000000", "needs a transform"),
    ("zoned", "'2024-02-30'", "is a day that there is not"), ("zoned", "''", "is no date and time"),
    ("doc", "'{'", "is no JSON"), ("doc", "'\"\\u0000\"'", "holds a NUL character"), ("doc", "'NaN'", "holds NaN"),
    ("token", "'5f3a'", "is no UUID"), ("mood", "'sad'", "is none of the values of mood"),
    ("flag", "2", "is no truth value"), ("data", "'coffee'", "is no hexadecimal"),
]  # fmt: skip
FIRM = """
create type mood as enum ('glad', 'so so');
create table made (
    id bigint generated always as identity primary key, name varchar(10), n smallint not null, d numeric(6, 2),
    at timestamptz, zoned timestamptz, doc jsonb, token uuid, mood mood, flag boolean, data bytea, origin text,
    check (id <> 3)
)"""


def loose(on_invalid: str, **more: Any) -> Backfill:
    transforms = {"at": "unix_seconds_to_timestamptz", "data": "hex_to_bytes"}
    columns = [
        Copied(column=name, source=name, transform=transforms.get(name, ""), on_invalid=on_invalid) for name in FITS
    ]
    made = Copy(
        into=Ref.root(Kind.TABLE, "made"),
        columns=(Copied(column="id", source="id"), *columns, Copied(column="origin", constant=Literal("old"))),
    )
    checksum = Verification(name="all", kind="checksum", columns=tuple(FITS), size=7)
    return replace(copy_of(rejects=Rejects(most=100)), copy=made, verify=(checksum,), **more)


@pytest.fixture
def firm(sqlite: Target, postgres: Target) -> tuple[Target, Target]:
    """A source without types: rows 2, 4 and the last one fit, 3 is refused by the target, all others are wrong."""
    rows = [FITS, FITS, FITS, *({**FITS, column: value} for column, value, _ in WRONG), FITS]
    for number, row in enumerate(rows, 2):
        sqlite.execute(f"{LOOSE if number == 2 else ''}; insert into old values ({number}, {', '.join(row.values())})")
    postgres.execute(FIRM)
    return sqlite, postgres


def test_what_does_not_fit_is_left_out_and_told(firm: tuple[Target, Target]) -> None:
    source, target = firm
    last = len(WRONG) + 5
    done = carried(source, target, loose("reject", chunk=Chunk(size=7, minimum=1)))
    assert done.standing.state == "done", (done.standing.reason, done.verified)
    assert (done.standing.read, done.standing.written) == (last - 1, 3)
    assert (done.standing.rejected, done.standing.poisoned) == (len(WRONG), 1)
    told = {int(key): reason for key, reason in target.query("select source_key, reason from __rc_rejects")}
    assert sorted(told) == [3, *range(5, last)]
    assert "check constraint" in told[3]
    for number, (column, _, reason) in enumerate(WRONG, 5):
        assert told[number].startswith(f"the value for {column} "), told[number]
        assert reason in told[number]
    shown = "id, name, n, d::text, extract(epoch from at)::text, (zoned at time zone 'UTC')::text, doc, token::text"
    assert target.query(f"select {shown}, mood::text, flag, data, origin from made order by id")[1] == (
        4, "name", 32767, "12.50", "1700000000.000000", "2024-01-01 08:00:00", {"a": 1},
        "5f3a9c01-0000-4000-8000-000000000001", "glad", True, b"\xc0\xff\xee", "old",
    )  # fmt: skip
    # Who adds a row afterwards gets the next number.
    assert target.query("insert into made (n) values (1) returning id") == [(last + 1,)]


def test_what_does_not_fit_ends_the_work_or_is_null(firm: tuple[Target, Target]) -> None:
    source, target = firm
    failed = carried(source, target, loose("fail", chunk=Chunk(size=7, minimum=1)))
    assert failed.standing.state == "failed"
    assert failed.standing.reason.startswith("key 5: the value for name holds a NUL character")
    assert target.query("select count(*) from made") == [(0,)]
    nulls = carried(source, target, loose("null", chunk=Chunk(size=7, minimum=1)), "another definition")
    assert nulls.standing.state == "done", (nulls.standing.reason, nulls.verified)
    empty = {
        column: int(target.query(f"select count(*) from made where {column} is null")[0][0]) for column in FITS
    }  # fmt: skip
    named = [column for column, _, _ in WRONG]
    # A column that is not null has no other way than to leave the row out.
    assert empty == {column: 0 if column == "n" else named.count(column) for column in FITS}
    assert nulls.standing.rejected == named.count("n")


# --- while somebody writes, and large rows ----------------------------------------------------------------------------


def test_what_came_late_or_was_changed_is_looked_for(sqlite: Target, postgres: Target) -> None:
    sqlite.execute("create table old (id integer primary key, name text)")
    sqlite.execute("insert into old values " + ", ".join(f"({n}, 'n{n}')" for n in range(1, 30) if n != 10))
    postgres.execute("create table made (id bigint primary key, name text)")
    columns = tuple(Copied(column=name, source=name) for name in ("id", "name"))
    copy = replace(
        copy_of(), copy=Copy(into=Ref.root(Kind.TABLE, "made"), columns=columns),
        verify=(Verification(name="all", kind="checksum", columns=("name",), size=10, every=2),),
    )  # fmt: skip
    killed = start(sqlite, postgres, copy, "between_passes:kill")
    killed.join(60)
    assert killed.exitcode == -9
    sqlite.execute("insert into old values (10, 'late')")
    done = carried(sqlite, postgres, copy)
    assert (done.standing.state, done.standing.written) == ("done", 29), done.standing.reason
    assert postgres.query("select name from made where id = 10") == [("late",)]

    sqlite.execute("update old set name = 'changed' where id = 7")
    again = replace(copy, generation=2, idempotency=replace(copy.idempotency, on_conflict="ignore"))
    wrong = carried(sqlite, postgres, again)
    # Not before the second transaction, and then up to where it was: keys 1 to 6.
    assert (wrong.standing.state, wrong.standing.batches) == ("verify_failed", 4), wrong
    assert wrong.standing.reason.startswith("all: 1 row differs: key 7. 12 rows compared"), wrong.standing.reason
    absent = Copied(column="name", source="nmae")
    broken = replace(copy, generation=3, copy=Copy(into=Ref.root(Kind.TABLE, "made"), columns=(columns[0], absent)))
    failed = carried(sqlite, postgres, broken).standing
    assert (failed.state, "names a column 'nmae'" in failed.reason) == ("failed", True), failed
    updating = replace(copy, generation=2)
    assert carried(sqlite, postgres, updating).standing.state == "done"
    assert postgres.query("select name from made where id = 7") == [("changed",)]


def test_few_large_rows_are_held_at_a_time(sqlite: Target, postgres: Target) -> None:
    sqlite.execute("create table old (id integer primary key, name text)")
    numbers = "with recursive n (i) as (select 1 union all select i + 1 from n where i < 24)"
    sqlite.execute(f"insert into old {numbers} select i, hex(zeroblob(iif(i < 4, 1, 500000))) || i from n")
    postgres.execute("create table made (id bigint primary key, name text)")
    columns = tuple(Copied(column=name, source=name) for name in ("id", "name"))
    copy = replace(
        copy_of(), copy=Copy(into=Ref.root(Kind.TABLE, "made"), columns=columns), chunk=Chunk(size=20), verify=(),
    )  # fmt: skip
    done = carried(sqlite, postgres, copy).standing
    assert (done.state, done.read, done.written) == ("done", 24, 24), done
    assert done.batches > 2
    assert postgres.query("select sum(length(name)), count(distinct name) from made") == [(21 * 1_000_000 + 45, 24)]
