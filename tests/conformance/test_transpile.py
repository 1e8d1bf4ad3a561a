"""What is carried from one family's SQL to another's gives the same answers there, on the real engines, same rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal

import pytest

from reconciler.dialects.transpile import PORTABLE, NotPortable, family, parsed, text_for
from reconciler.model.values import Sql
from tests.target import Target, fresh

pytestmark = [pytest.mark.live(name) for name in ("sqlite", "postgres", "mysql", "mariadb")]

SQLITE, POSTGRES, MYSQL = "sqlite", "postgres", "mysql"
SERVERS = (SQLITE, POSTGRES, MYSQL, "mariadb")
ROWS = """
insert into t values
    (1, 1, 10, 'abc', 'x', true), (2, 2, null, ' b ', 'abc', false), (3, -3, 10, null, '', null),
    (4, null, 0, '', 'it''s', true), (5, 0, -7, 'x;--', 'y%', false), (6, 2, 2, 'xxaxx', 'a\\b', true);
insert into u values (1, 2, 'two'), (2, 2, 'zwei'), (3, 7, null), (4, null, 'none')
"""

# Of every row of t. Written for both families alike unless there is a pair: SQLite's words and PostgreSQL's.
EXPRESSIONS: list[str | tuple[str, str]] = [
    "a = 2", "a <> 2", "a > 0", "a >= 0", "a < 0", "a <= 0", "a = null", "s = 'abc'", "s <> r", "not a = 1",
    "flag", "not flag", "flag = true", "flag is true", "flag is not true", "a is null", "a is not null",
    "flag and a > 0", "flag or a > 0", "(flag or a is null) and not (a = 1 or b = 10)",
    "a in (1, 2, null)", "a not in (1, 2)", "a not in (1, null)", "a between 0 and 2", "a not between b and 2",
    "-a", "- (a + 1)", "a + b", "a - b", "a * b", "a + b * 2 - (a - 1)", "a + 0.5", "abs(a)", "abs(a - 2.5)",
    "s || r", "s || '-' || r", "s || null", "'it''s' || s", "'a\\b' || s",
    "coalesce(a, b)", "coalesce(a, b, 7)", "coalesce(s, r) || '!'", "nullif(a, 2)", "nullif(s, '')",
    "case when a > 1 then 'big' when a < 0 then 'small' else 'none' end", "case a when 2 then 'two' end",
    ("iif(a > 1, b, 0)", "case when a > 1 then b else 0 end"), ("ifnull(a, -1)", "coalesce(a, -1)"),
    "lower(s)", "upper(s)", "lower('ABC')", "length(s)", "length('é€')", "trim(s)", "ltrim(s)", "rtrim(s)",
    ("trim(s, 'x')", "trim(both 'x' from s)"), ("ltrim(s, 'x')", "trim(leading 'x' from s)"),
    "current_timestamp is not null", ("current_timestamp is null", "now() is null"), "null", "1.5", "1e2", "''",
    "(a, b) = (2, 2)", "(a, b) < (2, 5)", "exists (select 1 from u where u.a = t.a)",
    "a in (select u.a from u where u.a is not null)", "(select count(*) from u where u.a = t.a)",
    "(select max(u.id) from u)", '"a" = 2', ("[a] = 2 and `b` = 2", '"a" = 2 and "b" = 2'), ("a == 2", "a = 2"),
]  # fmt: skip

QUERIES: list[str | tuple[str, str]] = [
    "select * from u order by id",
    "select t.* from t order by t.id",
    "select id as n, a + 1 as more from t where a > 0 order by n desc",
    "select a from t order by a",
    "select a from t order by a desc",
    "select a, s from t order by a nulls first, s nulls last, id",
    "select a from t order by 1 desc nulls last limit 3",
    "select id from t order by id limit 2 offset 1",
    ("select id from t order by id limit 1, 2", "select id from t order by id limit 2 offset 1"),
    "select distinct a from t order by a",
    "select a, count(*) as n, sum(b) as total from t group by a having count(*) > 1 or a < 0 order by a",
    "select count(*), count(a), count(distinct a), sum(a), min(a), max(a), min(s), max(id) from t",
    "select sum(a), min(a), count(a) from t where id > 100",
    "select sum(distinct a) from t where flag group by flag",
    "select t.id, u.s from t join u on u.a = t.a order by t.id, u.id",
    "select id, u.s, t.s from t inner join u using (id) order by id",
    "select t.id, u.s from t left join u on u.a = t.a and u.s is not null order by t.id, u.id",
    "select t.id, u.id from t right join u on u.a = t.a order by u.id, t.id",
    "select t.id, u.id from t full join u on u.a = t.a order by t.id, u.id",
    "select t.id, u.id from t cross join u where t.id < 3 order by t.id, u.id",
    "select t.id, u.id from t, u where t.id < 3 and u.id < 3 order by t.id, u.id",
    "select id, a from t natural join (select id, a from u) as n order by id",
    "select a from t union select a from u order by a",
    "select a from t where id < 3 union all select a from u order by a",
    "select a from t union select a from u order by a limit 2 offset 1",
    "with x as (select a from t) select a from x union select 9 as a order by a",
    "select n from (select a + 1 as n from t) as s where n > 0 order by n",
    "with x as (select a from t where a > 0), y (n) as (select a + 1 from x) select n from y order by n",
    "with recursive x (n) as (select 1 union all select n + 1 from x where n < 5) select n from x order by n",
    "select id from t as first where exists (select * from u where u.a = first.a) order by id",
]


# MySQL has no full joins, and no other words for them that could be ordered.
NOT_ON_MYSQL = {query for query in QUERIES if isinstance(query, str) and "full join" in query}


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Target]]:
    """The engines with the same tables and rows."""
    folder = tmp_path_factory.mktemp("engines")
    with ExitStack() as opened:
        found = {name: opened.enter_context(fresh(name, folder)) for name in SERVERS}
        for name, database in found.items():
            of_mysql = family(name) == MYSQL
            text = "varchar(40)" if of_mysql else "text"
            database.execute(f"create table t (id int primary key, a int, b int, s {text}, r {text}, flag boolean)")
            database.execute(f"create table u (id int primary key, a int, s {text})")
            rows = ROWS.replace("\\", "\\\\") if of_mysql else ROWS  # there a backslash escapes
            for statement in rows.strip().split(";\n"):
                database.execute(statement.rstrip(";"))
        yield found


# What MySQL has other words for, or understands otherwise: || is OR there, a double quote a text,
# a backslash escapes, length counts bytes.
NOT_OF_MYSQL = ("||", '"', "\\", "nulls ", "full join", "both ", "now()", "length(")


def words(text: str | tuple[str, str]) -> dict[str, str]:
    """Return a text in the words of each family that has any for it."""
    pair = (text, text) if isinstance(text, str) else text
    found = dict(zip((SQLITE, POSTGRES), pair, strict=True))
    alike = isinstance(text, str) and not any(sign in text for sign in NOT_OF_MYSQL)
    return found | ({MYSQL: pair[0]} if alike else {})


def answers(database: Target, query: str) -> list[tuple[object, ...]]:
    """Return the rows, with numbers as what they count: 1.50 is 1.5, and true is 1."""
    return [
        tuple(Decimal(str(float(value))) if isinstance(value, int | float | Decimal) else value for value in row)
        for row in database.query(query)
    ]


@pytest.mark.parametrize("text", EXPRESSIONS, ids=str)
def test_expressions_mean_the_same(engines: dict[str, Target], text: str | tuple[str, str]) -> None:
    frame = "select id, {} as found from t order by id"
    said = [
        answers(database, frame.format(text_for(Sql(text_, source), family(server))))
        for source, text_ in words(text).items()
        for server, database in engines.items()
    ]
    assert said[1:] == said[:1] * (len(said) - 1)


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_queries_mean_the_same(engines: dict[str, Target], query: str | tuple[str, str]) -> None:
    for source, text in words(query).items():
        expected = answers(engines[source], text)
        for server, database in engines.items():
            if family(server) != MYSQL or text not in NOT_ON_MYSQL:
                assert answers(database, text_for(Sql(text, source), family(server))) == expected, (source, server)


def test_every_node_is_evaluated() -> None:
    """Each node of the list, and each part of one, stands in at least one text above."""
    found: dict[str, set[str]] = {}
    for text in (*EXPRESSIONS, *QUERIES):
        for source, text_ in words(text).items():
            if source == MYSQL:
                continue  # sqlglot has nodes of its own for what only MySQL means
            for node in parsed(text_, source).walk():
                parts = {name.rstrip("_") for name, part in node.args.items() if part}
                found.setdefault(type(node).__name__, set()).update(parts)
    assert found == {name: set(parts) for name, parts in PORTABLE.items()}


# source, text, what is named
REFUSED = [
    (SQLITE, "datetime('now', '+8 hours')", "datetime()"),
    (POSTGRES, "date_trunc('day', a)", "timestamp_trunc()"),
    (SQLITE, "frobnicate(a)", "frobnicate()"),
    (POSTGRES, "s like 'a%'", "like"),
    (POSTGRES, "s ilike 'a%'", "ilike"),
    (POSTGRES, "a / 2", "div"),
    (SQLITE, "a % 2", "mod"),
    (SQLITE, "a & 1", "bitwiseand"),
    (SQLITE, "max(a, b)", "greatest()"),
    (SQLITE, "a is b", "nullsafeeq"),
    (SQLITE, "a in u", "in"),
    (SQLITE, "x'00'", "hexstring"),
    (SQLITE, "cast(a as text)", "cast()"),
    (POSTGRES, "a::text", "cast()"),
    (POSTGRES, "E'a\\n'", "bytestring"),
    (POSTGRES, "1_000", "a number with letters or _ in it"),
    (POSTGRES, "current_timestamp(3)", "current_timestamp()"),
    (POSTGRES, "a between symmetric 2 and 1", "between"),
    (POSTGRES, "length(s, 'utf8')", "length()"),
    (POSTGRES, "a is json", "is"),
    (POSTGRES, "sum(a order by b)", "order"),
    (POSTGRES, "count(*) filter (where a > 1)", "filter"),
    (POSTGRES, "select distinct on (a) a, b from t", "distinct"),
    (POSTGRES, "select x from t as s (x)", "tablealias"),
    (POSTGRES, "select a from only t", "table"),
    (POSTGRES, "select a from t for update", "select"),
    (POSTGRES, "with x as materialized (select 1) select * from x", "cte"),
    (POSTGRES, "select row_number() over () from t", "window"),
    (SQLITE, "select * from t indexed by i", "table"),
    (SQLITE, "select group_concat(s) from t", "group_concat()"),
    (SQLITE, "values (1)", "values"),
    (MYSQL, "a div 2", "intdiv"),
    (MYSQL, "if(a, 1, 2) <=> 3", "nullsafeeq"),
    (MYSQL, "date_add(a, interval 1 day)", "date_add()"),
]


@pytest.mark.parametrize(("source", "text", "named"), REFUSED)
def test_what_is_not_proven_is_refused_by_name(source: str, text: str, named: str) -> None:
    other = POSTGRES if source == SQLITE else SQLITE
    assert text_for(Sql(text, source), source) == text
    with pytest.raises(NotPortable) as error:
        text_for(Sql(text, source), other)
    assert error.value.what.lower() == named


@pytest.mark.parametrize(("text", "near"), [("a >", "'>'"), ("a b c", "'c'"), ("case when 1 then", "'then'")])
def test_what_cannot_be_read_says_where(text: str, near: str) -> None:
    with pytest.raises(NotPortable) as error:
        text_for(Sql(text, POSTGRES), SQLITE)
    message, hint = error.value.told(Sql(text, POSTGRES), SQLITE)
    assert message == f"cannot be read as SQL of postgres, near {near}"
    assert "{sql: {sqlite: …, postgres: …}}" in hint


def test_mysql_has_no_full_joins() -> None:
    for source in (SQLITE, POSTGRES):
        with pytest.raises(NotPortable) as error:
            text_for(Sql("select t.id from t full join u on u.a = t.a", source), MYSQL)
        assert error.value.what == "a full join"


DIFFERENT: list[str | tuple[str, str]] = [
    "7.5 % 2", "cast(7.5 as int)", "'A' like 'a'",
]  # fmt: skip


@pytest.mark.parametrize("text", DIFFERENT, ids=str)
def test_what_is_left_out_differs_indeed(engines: dict[str, Target], text: str | tuple[str, str]) -> None:
    said = [answers(engines[source], f"select {words(text)[source]}") for source in (SQLITE, POSTGRES)]
    assert said[0] != said[1]
