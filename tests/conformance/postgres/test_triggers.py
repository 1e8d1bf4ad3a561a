"""Triggers on PostgreSQL: with a body or a shared function, made, changed, carried along, imported, removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.postgres.specs import Specs, copied, lines, statements
from tests.target import Target, fresh

TABLE = "table: t\ncolumns: {id: {type: int, not_null: true}, a: {type: int}, b: {type: text}}\nprimary_key: [id]\n"
SHARED = "function: touch\nreturns: trigger\nlanguage: plpgsql\nbody: begin new.a := 1; return new; end\n---\n"
COUNTED = "function: count_rows\nreturns: trigger\nlanguage: plpgsql\nbody: begin return null; end\n---\n"


def on(trigger: str, before: str = SHARED) -> str:
    """Return a table with one trigger."""
    return f"{before}{TABLE}triggers: {{t_touch: {{{trigger}}}}}\n"


BODY = "body: ['set new.a = new.id + 1']"

# name → the document before, and after, and what the plan between says
CASES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "a portable body": (
        on(f"timing: before, events: [insert], {BODY}", ""),
        on("timing: before, events: [insert], body: ['set new.a = new.id + 2', 'set new.b = null']", ""),
        ('CREATE OR REPLACE FUNCTION "t_t_touch"()',),
    ),
    "an event more": (
        on(f"timing: before, events: [insert], {BODY}", ""),
        on(f"timing: before, events: [insert, {{update: [b, a]}}], when: new.a > 1, comment: adds, {BODY}", ""),
        ("CREATE OR REPLACE TRIGGER", "COMMENT ON TRIGGER"),
    ),
    "a body becomes a function": (
        on(f"timing: before, events: [insert], {BODY}"),
        on("timing: before, events: [insert], execute: touch"),
        ("DROP TRIGGER", 'DROP FUNCTION "t_t_touch"()', "CREATE TRIGGER"),
    ),
    "a function becomes a body": (
        on('timing: before, events: [insert], execute: touch, arguments: [a, "it\'s"]'),
        on(f"timing: before, events: [insert], {BODY}"),
        ("DROP TRIGGER", 'CREATE FUNCTION "t_t_touch"()', "CREATE TRIGGER"),
    ),
    "other arguments": (
        on('timing: before, events: [insert], execute: touch, arguments: [a, "it\'s"]'),
        on("timing: before, events: [insert], execute: touch, arguments: ['é \\ x']"),
        ("CREATE OR REPLACE TRIGGER",),
    ),
    "rows of a statement": (
        on("timing: after, events: [insert], each: statement, execute: count_rows", COUNTED),
        on(
            "timing: after, events: [update], each: statement, referencing: {old_table: before, new_table: after}, "
            "execute: count_rows",
            COUNTED,
        ),
        ("CREATE OR REPLACE TRIGGER",),
    ),
    "truncate": (
        on("timing: before, events: [truncate], each: statement, execute: count_rows", COUNTED),
        on("timing: after, events: [delete, truncate], each: statement, execute: count_rows", COUNTED),
        ("CREATE OR REPLACE TRIGGER",),
    ),
    "a constraint trigger": (
        on("timing: after, events: [insert], constraint: true, execute: count_rows", COUNTED),
        on(
            "timing: after, events: [insert, update], constraint: true, deferrable: deferred, when: 'new.a is not null'"
            ", execute: count_rows",
            COUNTED,
        ),
        ("DROP TRIGGER", "CREATE CONSTRAINT TRIGGER"),
    ),
    "switched off": (
        on("timing: before, events: [insert], execute: touch"),
        on("timing: before, events: [insert], enabled: false, execute: touch"),
        ("DISABLE TRIGGER",),
    ),
    "switched on": (
        on("timing: before, events: [insert], enabled: false, execute: touch"),
        on("timing: before, events: [insert, delete], enabled: always, execute: touch"),
        ("CREATE OR REPLACE TRIGGER", "ENABLE ALWAYS TRIGGER"),
    ),
    "on a view": (
        f"{TABLE}---\nview: v\nquery: select id, a from t\n"
        "triggers: {v_add: {timing: instead_of, events: [insert], body: [insert into t values (new.id)]}}",
        f"{TABLE}---\nview: v\nquery: select id, a + 1 as a from t\n"
        "triggers: {v_add: {timing: instead_of, events: [insert], body: [insert into t values (new.id)]}}",
        ("DROP VIEW", "CREATE VIEW", 'CREATE FUNCTION "v_v_add"()', "INSTEAD OF INSERT"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_trigger_is_made_changed_and_imported(pg: Target, tmp_path: Path, name: str) -> None:
    """By way of the first form, directly, and by an import: three databases, and pg_dump sees no difference."""
    before, after, words = CASES[name]
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(before)
    done = "\n".join(statements(specs.apply(after)))
    assert [word for word in words if word not in done] == [], done
    assert "DROP TABLE" not in done
    with fresh(pg.server, tmp_path) as straight, fresh(pg.server, tmp_path) as imported:
        Specs(tmp_path / "straight", straight.url).apply(after)
        assert lines(straight) == lines(pg)
        copied(pg, imported, tmp_path / "imported")
        assert lines(imported) == lines(pg)
