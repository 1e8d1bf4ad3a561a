"""Triggers on PostgreSQL: with a body or a shared function, made, changed, carried along, imported, removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import PlanError, SpecError
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


USAGE = """
table: client_users
columns: {id: {type: bigint, identity: true}, used: {type: bigint, not_null: true, default: 0}}
primary_key: [id]
---
table: client_api_keys
columns: {id: {type: bigint, identity: true}, used: {type: bigint, not_null: true, default: 0}}
primary_key: [id]
---
table: client_usage_logs
columns:
  id: {type: bigint, identity: true}
  user_id: {type: bigint, not_null: true, references: client_users.id}
  api_key_id: {type: bigint, not_null: true, references: client_api_keys.id}
  total_tokens: {type: int, not_null: true}
primary_key: [id]
---
trigger: update_user_usage_after_log_insert
table: client_usage_logs
timing: after
events: [insert]
when: new.total_tokens > 0
body:
  - update client_users set used = used + new.total_tokens where id = new.user_id
  - update client_api_keys set used = used + new.total_tokens where id = new.api_key_id
"""


def test_a_portable_body_keeps_two_totals(pg: Target, tmp_path: Path) -> None:
    """The same document as on the other dialects."""
    Specs(tmp_path / "specs", pg.url).apply(USAGE)
    pg.execute(
        "insert into client_users values (default), (default); insert into client_api_keys values (default), (default);"
        "insert into client_usage_logs (user_id, api_key_id, total_tokens) values (1, 2, 10), (1, 1, 5), (2, 2, -3)"
    )
    assert pg.query("select id, used from client_users order by id") == [(1, 15), (2, 0)]
    assert pg.query("select id, used from client_api_keys order by id") == [(1, 5), (2, 10)]


def test_a_row_is_given_back_whatever_happened_to_it(pg: Target, tmp_path: Path) -> None:
    """Before and instead a deleted row is in OLD, and one body may serve all three events."""
    log = "insert into log (what) values ('x')"
    Specs(tmp_path / "specs", pg.url).apply(
        "table: log\ncolumns: {what: {type: text}}\n---\ntable: t\ncolumns: {id: {type: int}}\n"
        f'triggers: {{all_of_it: {{timing: before, events: [insert, update, delete], body: ["{log}"]}}}}\n---\n'
        "view: v\nquery: select id from t\n"
        "triggers: {go: {timing: instead_of, events: [delete], body: [delete from t where id = old.id]}}\n"
    )
    pg.execute(
        "insert into t values (1), (2), (3); update t set id = id + 1; delete from t where id = 2; delete from v"
    )
    assert pg.query("select (select count(*) from t), (select count(*) from log)") == [(0, 9)]


def test_one_that_nobody_declared_is_listed_and_survives(pg: Target, tmp_path: Path) -> None:
    """Its table's column gets another type, and the view under another one is made anew."""
    document = f"{SHARED}{TABLE}---\nview: v\nquery: select id, a from t\n"
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(document)
    pg.execute(
        "create trigger mine before update of a on t for each row when (new.a > 1) execute function touch();"
        "alter table t disable trigger mine; comment on trigger mine on t is 'by hand';"
        "create trigger yours instead of insert on v for each row execute function touch()"
    )
    before = pg.query(
        "select tgname, pg_get_triggerdef(oid), tgenabled, obj_description(oid) from pg_trigger order by 1"
    )
    done = specs.apply(document.replace("a: {type: int}", "a: {type: bigint}"))
    undeclared = {str(ref) for ref in done.review.planned.comparison.scope.undeclared}
    assert undeclared == {"table.t.trigger.mine", "view.v.trigger.yours"}
    rows = "select tgname, pg_get_triggerdef(oid), tgenabled, obj_description(oid) from pg_trigger order by 1"
    assert pg.query(rows) == before


def test_a_column_that_it_names_is_not_dropped_under_it(pg: Target, tmp_path: Path) -> None:
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(on("timing: before, events: [{update: [b]}], execute: touch"))
    pg.execute("create trigger mine before update of a on t for each row execute function touch()")
    gone = on("timing: before, events: [update], execute: touch").replace(", a: {type: int}", "")
    with pytest.raises(PlanError) as error:
        specs.plan(gone)
    assert [problem.address for problem in error.value.problems()] == ["table.t.trigger.mine"]
    specs.apply(gone + "removed: {trigger.mine: {reason: test}}\n")
    assert pg.query("select tgname::text from pg_trigger") == [("t_touch",)]


@pytest.mark.parametrize(
    ("trigger", "place", "words"),
    [
        ("timing: before, events: [truncate], execute: touch", "events", "once for the statement"),
        ("timing: before, events: [insert], follows: other, execute: touch", "follows", "order of their names"),
        ("timing: before, events: [insert], definer: a@b, execute: touch", "definer", "whoever fires them"),
        ("timing: before, events: [insert], constraint: true, execute: touch", "constraint", "after each row"),
        ("timing: before, events: [insert], body: ['set new.x = 1']", "body", "has no column 'x'"),
        ("timing: before, events: [delete], when: new.a > 1, execute: touch", "when", "no NEW row"),
        ("timing: before, events: [insert], body: {postgres: update t set a = 1}", "body", "not a block of PL/pgSQL"),
        ("timing: before, events: [insert], body: {mysql: SET NEW.a = 1}", "body", "no text for postgres"),
    ],
)
def test_what_postgres_cannot_have_is_told_at_its_place(
    pg: Target, tmp_path: Path, trigger: str, place: str, words: str
) -> None:
    other = "triggers: {other: {timing: before, events: [insert], execute: touch}, t_touch:"
    text = on(trigger).replace("triggers: {t_touch:", other)
    with pytest.raises(SpecError) as error:
        Specs(tmp_path / "specs", pg.url).plan(text)
    found = [problem for problem in error.value.problems() if words in problem.message]
    assert found, error.value.problems()
    assert found[0].position is not None
    line = text.splitlines()[found[0].position.line - 1]
    assert line[found[0].position.column - 1 :].startswith(place) or place in line
