"""Functions and procedures on PostgreSQL: made, changed in place or anew with what rests on them, imported, removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.postgres.specs import Specs, copied, lines, statements
from tests.target import Target, fresh

TABLE = "table: t\ncolumns: {id: {type: int, not_null: true}, a: {type: int}}\nprimary_key: [id]\n---\n"

MANY = "function: f\narguments: {a: {type: array(int), mode: variadic}}\nreturns: bigint\n"

# name → the document before, and after, and what the plan between says
CASES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "a body": (
        "function: f\narguments: {a: int}\nreturns: int\nbody: select a + 1",
        "function: f\narguments: {a: int}\nreturns: int\nbody: select a + 2",
        ("CREATE OR REPLACE FUNCTION",),
    ),
    "every attribute": (
        "function: f\narguments: {a: int}\nreturns: int\nbody: select a + 1",
        "function: f\narguments: {a: int}\nreturns: int\nvolatility: immutable\nstrict: true\nsecurity: definer\n"
        "comment: adds\nbody: select a + 1\noptions:\n  postgres: {parallel: safe, leakproof: true, cost: 7, set: "
        "{search_path: 'pg_catalog, \"$user\"', work_mem: 8MB, TimeZone: UTC}}",
        ("CREATE OR REPLACE FUNCTION", "COMMENT ON FUNCTION"),
    ),
    "attributes taken back": (
        "function: f\narguments: {a: int}\nreturns: int\nvolatility: stable\nstrict: true\nsecurity: definer\n"
        "comment: adds\nbody: select a + 1\n"
        "options: {postgres: {parallel: restricted, cost: 7.5, set: {work_mem: 8MB}}}",
        "function: f\narguments: {a: int}\nreturns: int\nbody: select a + 1",
        ("CREATE OR REPLACE FUNCTION", "IS NULL"),
    ),
    "a default comes": (
        "function: f\narguments: {a: int, b: int}\nreturns: int\nbody: select a + b",
        "function: f\narguments: {a: int, b: {type: int, default: {sql: 1 + 1}}}\nreturns: int\nbody: select a + b",
        ("CREATE OR REPLACE FUNCTION",),
    ),
    "a default goes": (
        "function: f\narguments: {a: int, b: {type: int, default: 3}}\nreturns: int\nbody: select a + b",
        "function: f\narguments: {a: int, b: int}\nreturns: int\nbody: select a + b",
        ("DROP FUNCTION", "CREATE FUNCTION"),
    ),
    "another name of an argument": (
        "function: f\narguments: {a: int}\nreturns: int\nbody: select a",
        "function: f\narguments: {b: int}\nreturns: int\nbody: select b",
        ("DROP FUNCTION", "CREATE FUNCTION"),
    ),
    "another result": (
        "function: f\nreturns: int\nbody: select 1",
        "function: f\nreturns: bigint\nbody: select 1::bigint",
        ("DROP FUNCTION", "CREATE FUNCTION"),
    ),
    "rows": (
        TABLE + "function: f\nreturns: {native: t, set: true}\nbody: select * from t",
        TABLE + "function: f\nreturns: {table: {x: int, y: {native: jsonb}}}\noptions: {postgres: {rows: 5}}\n"
        "body: select a, null::jsonb from t",
        ("DROP FUNCTION", "CREATE FUNCTION"),
    ),
    "arguments that give": (
        "function: f\narguments: {a: {type: int, mode: inout}, b: {type: text, mode: out}}\nlanguage: plpgsql\n"
        "body: begin a := a + 1; b := 'x'; end",
        "function: f\narguments: {a: {type: int, mode: inout}, b: {type: text, mode: out}}\nlanguage: plpgsql\n"
        "body: |\n  begin\n    a := a + 2;\n    b := '$body$ x';\n  end",
        ("CREATE OR REPLACE FUNCTION",),
    ),
    "any number": (
        MANY + "body: select count(*) from unnest(a)",
        MANY + "body: select sum(x) from unnest(a) x",
        ("CREATE OR REPLACE FUNCTION",),
    ),
    "a procedure": (
        TABLE + "procedure: p\narguments: {x: int}\nbody:\n- delete from t where a < x",
        TABLE + "procedure: p\narguments: {x: int}\nlanguage: plpgsql\nsecurity: definer\nbody:\n"
        "- delete from t where a < x\n- insert into t values (x, x)",
        ("CREATE OR REPLACE PROCEDURE",),
    ),
    "standard SQL": (
        TABLE + "function: f\narguments: {x: int}\nreturns: int\nbody: return x + 1",
        TABLE + "function: f\narguments: {x: int}\nreturns: int\n"
        "body: |\n  begin atomic\n    select max(a) + x from t;\n  end",
        ("CREATE OR REPLACE FUNCTION",),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_routine_is_made_changed_and_imported(pg: Target, tmp_path: Path, name: str) -> None:
    """By way of the first form, directly, and by an import: three databases, and pg_dump sees no difference."""
    before, after, words = CASES[name]
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(before)
    done = "\n".join(statements(specs.apply(after)))
    assert [word for word in words if word not in done] == [], done
    assert ("DROP" in done) == ("DROP FUNCTION" in words), done
    with fresh(pg.server, tmp_path) as straight, fresh(pg.server, tmp_path) as imported:
        Specs(tmp_path / "straight", straight.url).apply(after)
        assert lines(straight) == lines(pg)
        copied(pg, imported, tmp_path / "imported")
        assert lines(imported) == lines(pg)


def test_types_may_be_spelled_in_any_way(pg: Target, tmp_path: Path) -> None:
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(
        "enum: mood\nvalues: [calm, wild]\n---\nfunction: f\n"
        "arguments: {a: {native: int4}, b: {native: 'character varying(20)'}, c: enum(mood), d: 'array(decimal(9,2))',"
        " e: {native: float8}, f: timestamp, g: {native: 'mood[]'}, h: char(3)}\nreturns: 'decimal(12,2)'\n"
        "language: plpgsql\nbody: begin return 1; end"
    )
    assert pg.query("select oid::regprocedure::text from pg_proc where proname = 'f'") == [
        ("f(integer,character varying,mood,numeric[],double precision,timestamp without time zone,mood[],character)",)
    ]
    with fresh(pg.server, tmp_path) as imported:
        copied(pg, imported, tmp_path / "imported")
        assert lines(imported) == lines(pg)
