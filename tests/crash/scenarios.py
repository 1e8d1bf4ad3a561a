"""What applies do to a schema with rows, one small change each: specs before and after, rows, and a query over them.

`@` stands for a number of its own in every name, so that one database serves many deaths.
"""

from __future__ import annotations

from dataclasses import dataclass

ALL = ("sqlite", "d1", "postgres", "mysql", "mariadb")
SERVERS = ("postgres", "mysql", "mariadb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One change: `rows` are statements run between the two, `look` tells what must be the same however it ended."""

    before: str
    after: str
    rows: tuple[str, ...] = ("INSERT INTO t@ (id, a, b) VALUES (1, 5, 'x'), (2, 6, 'y'), (3, 7, NULL)",)
    look: str = "SELECT id, a FROM t@ ORDER BY id"
    dialects: tuple[str, ...] = ALL


def table(more: str = "", columns: str = "", *, a: str = "type: int", b: str = "type: varchar(40)") -> str:
    """Return the table that most scenarios change; `more` are lines below it."""
    head = f"table: t@\ncolumns: {{id: {{type: bigint, not_null: true}}, a: {{{a}}}, b: {{{b}}}{columns}}}\n"
    return f"{head}primary_key: [id]\n{more}"


T = table()
CHILD = (
    "---\ntable: c@\ncolumns: {id: {type: bigint, not_null: true}, t: {type: bigint}}\nprimary_key: [id]\n"
    "foreign_keys: {c@_fk: {columns: [t], references: t@.id, on_delete: cascade}}\nindexes: {c@_t_idx: [t]}\n"
)
FAMILY = (
    "INSERT INTO t@ (id, a, b) VALUES (1, 5, 'x'), (2, 6, 'y')",
    "INSERT INTO c@ (id, t) VALUES (10, 1), (11, 1), (12, 2)",
)
BOTH = "SELECT t@.id, a, c@.id FROM t@ JOIN c@ ON c@.t = t@.id ORDER BY 3"
ON_A = "indexes: {t@_a_idx: [a], t@_b_idx: [b]}\nunique: {t@_a_key: [a, id]}\nchecks: {t@_a_check: a > 0}\n"
VIEW = "---\nview: v@\nquery: select id, {what} as shown from t@\n"
TRIGGER = (
    "triggers:\n  t@_log: {{timing: after, events: [insert], body: [\"insert into l@ (what) values ('{what}')\"]}}\n"
    "---\ntable: l@\ncolumns: {{what: {{type: varchar(40)}}}}\n"
)
ENUM = "---\nenum: e@\nvalues: [{values}]\n"
FILL = (
    "---\nbackfill: fill@\nsource: {table: t@, key: [id], live_writes: frozen}\ndo: {update: {set: {d: a * 2}}}\n"
    "idempotency: {strategy: converge}\nchunk: {size: 1, min: 1, max: 1}\n"
    "verify: [{name: none_left, zero_rows: select id from t@ where d is null}]\n"
)
DATA = "---\ndata: t@\nkey: [id]\nmode: sync\nrows: [{id: 1, a: 9}, {id: 7, a: 8}]\n"
FUNCTION = (
    "---\nfunction: f@\narguments: {{x: int}}\nreturns: int\nlanguage: plpgsql\nbody: |\n  begin return x * {by}; end\n"
)
NEXT = "SELECT count(*) FROM t@"

SCENARIOS = {
    "a table is made": Scenario(before=T, after=T + CHILD),
    "a table goes": Scenario(before=T + CHILD, after=T + "---\nremoved: table.c@\nreason: nobody needs it\n"),
    "a table gets another name": Scenario(
        before=T, after=T.replace("table: t@\n", "table: n@\nrenamed_from: t@\n"),
        look="SELECT id, a FROM n@ ORDER BY id",
    ),
    "a column is added": Scenario(
        before=T, after=table(columns=", d: {type: int, not_null: true, default: 3}"),
        look="SELECT id, a, d FROM t@ ORDER BY id",
    ),
    "a column has another value in each row": Scenario(
        before=T, after=table(columns=", u: {type: uuid, not_null: true, default: {sql: gen_random_uuid()}}"),
        look="SELECT count(*), count(DISTINCT u) FROM t@", dialects=("postgres",),
    ),
    "a column goes": Scenario(before=T, after=T.replace(", b: {type: varchar(40)}", "")),
    "a column gets another name": Scenario(
        before=T, after=T.replace(", b: {type", ", n: {renamed_from: b, type"), look="SELECT id, n FROM t@ ORDER BY id"
    ),
    "a type is widened": Scenario(before=T, after=table(b="type: varchar(80)")),
    "a type is another one": Scenario(before=T, after=table(a="type: bigint")),
    "a type is another one, with all that is on it": Scenario(
        before=table(ON_A, a="type: int, not_null: true, default: 1"),
        after=table(ON_A, a="type: bigint, not_null: true, default: 2"),
    ),
    "a type is another one beside a cascade": Scenario(
        before=T + CHILD.replace("t: {type: bigint}}", "t: {type: bigint}, x: {type: int}}"), rows=FAMILY, look=BOTH,
        after=T + CHILD.replace("t: {type: bigint}}", "t: {type: bigint}, x: {type: bigint}}"),
    ),
    "NULL is not taken any more": Scenario(before=T, after=table(a="type: int, not_null: true")),
    "another default": Scenario(before=table(a="type: int, default: 1"), after=table(a="type: int, default: 2")),
    "an index is made": Scenario(before=T, after=table("indexes: {t@_a_idx: [a]}\n")),
    "an index is another one": Scenario(
        before=table("indexes: {t@_idx: [a]}\n"), after=table("indexes: {t@_idx: [a, b]}\n")
    ),
    "a unique constraint is made": Scenario(before=T, after=table("unique: {t@_a_key: [a]}\n")),
    "a key is another one": Scenario(
        before=table(a="type: int, not_null: true"),
        after=table(a="type: int, not_null: true").replace("[id]", "[id, a]"),
    ),
    "a check is made": Scenario(before=T, after=table("checks: {t@_check: a > 0}\n")),
    "a check is another one": Scenario(
        before=table("checks: {t@_check: a > 0}\n"), after=table("checks: {t@_check: a > 1}\n")
    ),
    "a foreign key is made": Scenario(
        before=T + CHILD.replace("foreign_keys", "comment: none\n#"), after=T + CHILD, rows=FAMILY, look=BOTH
    ),
    "a foreign key is another one": Scenario(
        before=T + CHILD, after=T + CHILD.replace("cascade", "restrict"), rows=FAMILY, look=BOTH
    ),
    "a parent is made anew": Scenario(
        before=T + CHILD, after=table("checks: {t@_check: a > 0}\n", a="type: bigint") + CHILD, rows=FAMILY, look=BOTH
    ),
    "two tables refer to each other": Scenario(
        before=T + CHILD, rows=FAMILY, look=BOTH,
        after=table("foreign_keys: {t@_fk: {columns: [c], references: c@.id}}\n", ", c: {type: bigint}") + CHILD,
    ),
    "a view is another one": Scenario(
        before=T + VIEW.format(what="a"), after=T + VIEW.format(what="b"), look="SELECT id, shown FROM v@ ORDER BY id"
    ),
    "a column below a view is another one": Scenario(
        before=T + VIEW.format(what="a"), after=table(a="type: bigint") + VIEW.format(what="a"),
        look="SELECT id, shown FROM v@ ORDER BY id",
    ),
    "a trigger is made": Scenario(before=T, after=table(TRIGGER.format(what="new"))),
    "a trigger is another one": Scenario(
        before=table(TRIGGER.format(what="old")), after=table(TRIGGER.format(what="new")),
        look="SELECT count(*) FROM l@",
    ),
    "a generated column is added": Scenario(
        before=T, after=table(columns=", g: {type: int, generated: {sql: a + 1, stored: false}}"),
        look="SELECT id, g FROM t@ ORDER BY id", dialects=("sqlite", "d1", "mysql", "mariadb"),
    ),
    "values of an enum move": Scenario(
        before=table(columns=", e: {type: enum(e@), default: old}") + ENUM.format(values="new, old"),
        after=table(columns=", e: {type: enum(e@), default: new}")
        + ENUM.format(values="new, done") + "removed_values: {old: done}\n",
        look="SELECT id, e FROM t@ ORDER BY id",
    ),
    "a column is filled": Scenario(
        before=T, after=table(columns=", d: {type: int, not_null: true, backfill: fill@}") + FILL,
        look="SELECT id, d FROM t@ ORDER BY id",
    ),
    "rows are written": Scenario(before=T, after=T + DATA),
    "a function is another one": Scenario(
        before=T + FUNCTION.format(by=2), after=T + FUNCTION.format(by=3), look="SELECT f@(2)", dialects=("postgres",)
    ),
    "a materialized view is another one": Scenario(
        before=T + "---\nview: m@\nmaterialized: true\nquery: select a from t@\nindexes: {m@_idx: [a]}\n",
        after=T + "---\nview: m@\nmaterialized: true\nquery: select a, b from t@\nindexes: {m@_idx: [a, b]}\n",
        look="SELECT count(*) FROM m@", dialects=("postgres",),
    ),
    "a sequence is another one": Scenario(
        before=T + "---\nsequence: s@\n", after=T + "---\nsequence: s@\nincrement: 5\n", look=NEXT,
        dialects=("postgres", "mariadb"),
    ),
}  # fmt: skip
