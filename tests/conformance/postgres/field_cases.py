"""Cases of one field each: what is declared first, what then, and what has to be in the plan between; no test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Case:
    """What is declared first and then, the rows between, SQL that the plan must and must not hold, and a question."""

    before: str
    after: str
    rows: str = ""
    words: tuple[str, ...] = ()
    never: tuple[str, ...] = ("DROP COLUMN", "DROP TABLE")
    ask: str = ""
    answer: Any = None
    since: int = 15


def table(columns: str, rest: str = "", name: str = "t") -> str:
    """Return a table document with an id."""
    return f"table: {name}\ncolumns:\n  id: {{type: int, not_null: true}}\n  {columns}\nprimary_key: [id]\n{rest}\n"


ROWS = "insert into t (id, a) select n, n from generate_series(1, 3) n"
PARENT = "table: p\ncolumns: {a: {type: int}, b: {type: int}}\nunique: {p_key: [a, b]}\n---\n"
PAIR = "a: {type: int}\n  b: {type: int}"


def key(rest: str) -> str:
    """Return a table with a foreign key of two columns."""
    return PARENT + table(PAIR, f"foreign_keys: {{t_fk: {{columns: [a, b], references: 'p(a, b)'{rest}}}}}")


CASES: dict[str, Case] = {
    "identity: every number": Case(
        table("a: {type: int, identity: true}"),
        table(
            "a: {type: int, identity: {always: true, start: 10, increment: 5, min: 0, max: 900, cache: 7, cycle: true}}"
        ),
        "insert into t (id) values (1), (2)",
        (
            "SET GENERATED ALWAYS SET INCREMENT BY 5 SET MINVALUE 0 SET MAXVALUE 900 SET START WITH 10 SET CACHE 7 "
            "SET CYCLE",
        ),
        ask="insert into t (id) values (3) returning a",
        answer=[(7,)],
    ),
    "identity: back to what is usual": Case(
        table("a: {type: smallint, identity: {start: 5, min: 5, max: 90, cache: 3, cycle: true}}"),
        table("a: {type: smallint, identity: true}"),
        "insert into t (id) values (1)",
        ("SET NO MINVALUE SET NO MAXVALUE SET START WITH 1 SET CACHE 1 SET NO CYCLE",),
        ask="insert into t (id) values (3) returning a",
        answer=[(8,)],
    ),
    "identity: a wider type": Case(
        table("a: {type: int, identity: {start: 3}}"),
        table("a: {type: bigint, identity: {start: 3}}"),
        "insert into t (id) values (1)",
        ("TYPE bigint",),
        ask="select max(seqmax) from pg_sequence",
        answer=[(2**63 - 1,)],
    ),
    "identity: downwards": Case(
        table("a: {type: int}"),
        table("a: {type: int, identity: {increment: -2}}"),
        "insert into t (id, a) values (1, -8)",
        ask="insert into t (id) values (4) returning a",
        answer=[(-9,)],
    ),
    "serial to identity keeps the next number": Case(
        table("a: {native: serial}"),
        table("a: {type: int, identity: {always: true}}"),
        "insert into t (id) values (1), (2); delete from t where id = 2",
        ("setval",),
        ask="insert into t (id) values (3) returning a",
        answer=[(3,)],
    ),
    "serial to a wider identity": Case(
        table("a: {native: smallserial}"),
        table("a: {type: bigint, identity: true}"),
        "select setval('t_a_seq', 500, false)",
        ask="insert into t (id) values (3) returning a",
        answer=[(500,)],
    ),
    "identity to serial keeps the next number": Case(
        table("a: {type: int, identity: {start: 100}}"),
        table("a: {native: bigserial}"),
        "insert into t (id) values (1), (2); delete from t where id = 2",
        ask="insert into t (id) values (3) returning a",
        answer=[(102,)],
    ),
    "plain to serial": Case(
        table("a: {type: int}"),
        table("a: {native: serial}"),
        ROWS,
        ask="insert into t (id) values (9) returning a",
        answer=[(4,)],
    ),
    "serial to plain": Case(table("a: {native: serial}"), table("a: {type: int, not_null: true}"), ROWS),
    "stored expression": Case(
        table("a: {type: int}\n  g: {type: int, generated: {sql: a + 1}}"),
        table("a: {type: int}\n  g: {type: int, generated: {sql: a * 2}}"),
        ROWS,
        never=(),
        ask="select sum(g) from t",
        answer=[(12,)],
    ),
    "virtual expression": Case(
        table("a: {type: int}\n  g: {type: int, generated: {sql: a + 1, stored: false}}"),
        table("a: {type: int}\n  g: {type: int, generated: {sql: a * 2, stored: false}}"),
        ROWS,
        ("SET EXPRESSION AS (a * 2)",),
        ask="select sum(g) from t",
        answer=[(12,)],
        since=18,
    ),
    "virtual expression beside a check": Case(
        table("a: {type: int}\n  g: {type: int, generated: {sql: a + 1, stored: false}}", "checks: {c: a > 0}"),
        table("a: {type: int}\n  g: {type: int, generated: {sql: a * 2, stored: false}}", "checks: {c: a > 0}"),
        ROWS,
        never=(),
        ask="select sum(g) from t",
        answer=[(12,)],
        since=18,
    ),
    "virtual to stored": Case(
        table("a: {type: int}\n  g: {type: int, generated: {sql: a + 1, stored: false}}"),
        table("a: {type: int}\n  g: {type: int, generated: {sql: a + 1}}"),
        ROWS,
        never=(),
        ask="select sum(g) from t",
        answer=[(9,)],
        since=18,
    ),
    "settings of a column": Case(
        table("a: {type: text, storage: external, compression: pglz, statistics: 500}"),
        table("a: {type: text, storage: main, statistics: 0}"),
        "insert into t (id, a) values (1, 'x')",
        ("SET STORAGE MAIN", "SET COMPRESSION DEFAULT", "SET STATISTICS 0"),
    ),
    "settings of a column, back": Case(
        table("a: {type: decimal, storage: external, statistics: 5}"),
        table("a: {type: decimal}"),
        ROWS,
    ),
    "settings outlive a change of type": Case(
        table("a: {type: varchar(9), storage: external, compression: pglz, statistics: 50}"),
        table("a: {type: text, storage: external, compression: pglz, statistics: 50}"),
        "insert into t (id, a) values (1, 'x')",
    ),
    "settings that are usual": Case(
        table("a: {type: text}"), table("a: {type: text, storage: extended, statistics: -1}")
    ),
    "collation": Case(
        table("a: {type: text, collation: C}"),
        table("a: {type: text, collation: POSIX}"),
        "insert into t (id, a) values (1, 'x')",
        ('COLLATE "POSIX"',),
    ),
    "unique: what it has besides": Case(
        table("a: {type: int}", "unique: {u: [a]}"),
        table(
            "a: {type: int}",
            "unique: {u: {columns: [a], nulls_not_distinct: true, include: [id], deferrable: deferred, comment: x}}",
        ),
        ROWS,
    ),
    "primary key: what it has besides": Case(
        table("a: {type: int}").replace("primary_key: [id]", "primary_key: {columns: [id], name: k}"),
        table("a: {type: int}").replace(
            "primary_key: [id]", "primary_key: {columns: [id], name: k, include: [a], deferrable: true, comment: x}"
        ),
        ROWS,
        ("COMMENT ON CONSTRAINT",),
    ),
    "foreign key: when it is checked": Case(
        key(""),
        key(", deferrable: deferred"),
        "",
        ('ALTER CONSTRAINT "t_fk" DEFERRABLE INITIALLY DEFERRED',),
        ("DROP",),
    ),
    "foreign key: never put off again": Case(
        key(", deferrable: true, comment: x"),
        key(", comment: y"),
        "",
        ('ALTER CONSTRAINT "t_fk" NOT DEFERRABLE',),
        ("DROP",),
    ),
    "foreign key: match, columns": Case(
        key(""),
        key(", match: full, on_delete: set null, on_delete_columns: [b], on_update: cascade"),
        "insert into p values (1, 2); insert into t values (1, 1, 2), (2, null, null)",
        ("MATCH FULL", 'SET NULL ("b")'),
    ),
    "foreign key: validated": Case(
        key(", not_valid: true"),
        key(""),
        "insert into p values (1, 2); insert into t values (1, 1, 2)",
        ("VALIDATE CONSTRAINT",),
        ("DROP", "ADD"),
    ),
    "foreign key: enforced": Case(
        key(", enforced: false"),
        key(""),
        "insert into p values (1, 2); insert into t values (1, 1, 2)",
        ('ALTER CONSTRAINT "t_fk" ENFORCED',),
        ("DROP",),
        since=18,
    ),
    "foreign key: not enforced": Case(
        key(", deferrable: true"),
        key(", enforced: false"),
        "",
        ("NOT DEFERRABLE NOT ENFORCED",),
        ("DROP",),
        since=18,
    ),
    "check: validated": Case(
        table("a: {type: int}", "checks: {c: {sql: a > 0, not_valid: true}}"),
        table("a: {type: int}", "checks: {c: a > 0}"),
        f"{ROWS}; alter table t drop constraint c; alter table t add constraint c check (a > 0) not valid",
        ("VALIDATE CONSTRAINT",),
        ("DROP", "ADD"),
    ),
    "check: no inherit": Case(
        table("a: {type: int}", "checks: {c: a > 0}"),
        table("a: {type: int}", "checks: {c: {sql: a > 0, no_inherit: true, comment: x}}"),
        ROWS,
        ("NO INHERIT",),
    ),
    "check: not enforced": Case(
        table("a: {type: int}", "checks: {c: a > 0}"),
        table("a: {type: int}", "checks: {c: {sql: a > 0, enforced: false}}"),
        ROWS,
        ("NOT ENFORCED",),
        since=18,
    ),
    "index: everything": Case(
        table("a: {type: text}", "indexes: {i: [a]}"),
        table(
            "a: {type: text}",
            "indexes: {i: {columns: [{column: a, opclass: text_pattern_ops, collation: C, desc: true, nulls: last}], "
            "unique: true, include: [id], nulls_not_distinct: true, where: id > 0, comment: x, "
            "with: {fillfactor: 70, deduplicate_items: false}}}",
        ),
        "insert into t values (1, 'x'), (2, 'y')",
    ),
    "index: storage parameters": Case(
        table("a: {type: int}", "indexes: {i: {columns: [a], with: {fillfactor: 70}}}"),
        table("a: {type: int}", "indexes: {i: {columns: [a], with: {deduplicate_items: false}}}"),
        ROWS,
        ("RESET (fillfactor)", "SET (deduplicate_items = false)"),
        ("DROP", "CREATE"),
    ),
    "index: methods": Case(
        table(
            "a: {type: int}\n  r: {native: int4range}\n  j: {native: jsonb}",
            "indexes: {h: {columns: [a], method: hash}, g: {columns: [r], method: gist}, "
            "n: {columns: [{column: j, opclass: jsonb_path_ops}], method: gin}}",
        ),
        table(
            "a: {type: int}\n  r: {native: int4range}\n  j: {native: jsonb}",
            "indexes: {h: {columns: [a], method: brin, with: {pages_per_range: 32}}, "
            "g: {columns: [r], method: spgist}, n: {columns: [j], method: gin, with: {fastupdate: false}}}",
        ),
        ROWS,
    ),
    "index: the usual operator class": Case(
        table("a: {type: int}", "indexes: {i: [a]}"),
        table("a: {type: int}", "indexes: {i: [{column: a, opclass: int4_ops}]}"),
        ROWS,
        never=("INDEX",),
    ),
    "index: an operator class with parameters": Case(
        table("a: {native: tsvector}", "indexes: {i: {columns: [a], method: gist}}"),
        table(
            "a: {native: tsvector}",
            "indexes: {i: {columns: [{column: a, opclass: tsvector_ops(siglen=64)}], method: gist}}",
        ),
        "insert into t values (1, 'x')",
    ),
    "exclusion: made": Case(
        table("a: {type: int}\n  r: {native: int4range}"),
        table(
            "a: {type: int}\n  r: {native: int4range}",
            "exclusions: {x: {method: gist, elements: [{column: r, with: '&&'}], where: a > 0, comment: x}}",
        ),
        ROWS,
    ),
    "exclusion: changed": Case(
        table("a: {type: int}\n  b: {type: int}", "exclusions: {x: {elements: [{column: a, with: =}]}}"),
        table(
            "a: {type: int}\n  b: {type: int}",
            "exclusions: {x: {method: gist, deferrable: deferred, "
            "elements: [{sql: 'int4range(a, b)', with: '&&', opclass: range_ops}]}}",
        ),
        "insert into t values (1, 1, 2), (2, 3, 4)",
    ),
    "exclusion: gone": Case(
        table("a: {type: int}", "exclusions: [{elements: [{column: a, with: =}]}]"),
        table("a: {type: int}"),
        ROWS,
        ('DROP CONSTRAINT "t_a_excl"',),
    ),
    "table: options": Case(
        table("a: {type: text}", "options: {postgres: {storage: {fillfactor: 90, toast.autovacuum_enabled: false}}}"),
        table(
            "a: {type: text}",
            "options: {postgres: {unlogged: true, storage: {autovacuum_enabled: false, fillfactor: 80}}}",
        ),
        "insert into t values (1, 'x')",
        ("SET UNLOGGED", "RESET (toast.autovacuum_enabled)", "SET (autovacuum_enabled = false, fillfactor = 80)"),
    ),
    "table: options, back": Case(
        table("a: {type: int}", "options: {postgres: {unlogged: true, storage: {fillfactor: 90}}}"),
        table("a: {type: int}"),
        ROWS,
        ("SET LOGGED", "RESET (fillfactor)"),
    ),
}
