"""Objects of every kind in several schemas: the same names twice, references across, any default, names to quote."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.plan.policy import Allowance
from tests.target import Target

ALLOWED = workflow.Terms(given=(Allowance("*"),))

SPECS = r'''
schema: app
comment: What the application's own people use
---
enum: mood
values: [calm, wild]
---
enum: app.mood
values: [low, high]
comment: another one
---
domain: email
type: text
checks: {email_at: "value like '%@%'"}
---
domain: app.email
type: varchar(80)
not_null: true
---
sequence: no
---
sequence: app.no
start: 1000
---
sequence: '"Odd.Schema"."Some No"'
owned_by: '"Odd.Schema"."Odd Table"."a ""b"""'
increment: -3
---
table: t
columns:
  id: {type: bigint, primary_key: true, default: {sql: "nextval('no')"}}
  mood: {type: enum(mood), default: calm}
  mail: {native: email, default: a@b}
  other_id: {type: bigint, references: app.t.id}
---
table: app.t
comment: the other one
columns:
  id: {type: bigint, primary_key: true, default: {sql: "nextval('app.no')"}}
  mood: {type: enum(app.mood), default: low}
  mail: {native: app.email, default: c@d}
  first_id: {type: bigint, references: DEFAULT.t.id}
  odd_id: {type: int}
foreign_keys:
  t_odd_fkey: {columns: [odd_id], references: '"Odd.Schema"."Odd Table"("a ""b""")'}
indexes: {t_mood: [mood]}
---
table: '"Odd.Schema"."Odd Table"'
columns:
  a "b": {type: int, primary_key: true, default: {sql: "nextval('\"Odd.Schema\".\"Some No\"')"}}
  select: {type: enum(app.mood)}
---
view: v
query: select a.id, b.mood from t a join app.t b on b.id = a.other_id
---
view: app.v
materialized: true
query: select v.id, o."select" from v, "Odd.Schema"."Odd Table" o
indexes: {v_id: [id]}
---
view: '"Odd.Schema".v'
options: {security_barrier: true}
query: select id from app.v
'''

BY_HAND = r'''
create schema app; comment on schema app is 'What the application''s own people use'; create schema "Odd.Schema";
create type mood as enum ('calm', 'wild');
create type app.mood as enum ('low', 'high'); comment on type app.mood is 'another one';
create domain email as text constraint email_at check (value like '%@%');
create domain app.email as varchar(80) not null;
create sequence no; create sequence app.no start 1000; create sequence "Odd.Schema"."Some No" increment -3;
create table t (id bigint primary key default nextval('no'), mood mood default 'calm', mail email default 'a@b',
    other_id bigint);
create table "Odd.Schema"."Odd Table" ("a ""b""" int primary key default nextval('"Odd.Schema"."Some No"'),
    "select" app.mood);
alter sequence "Odd.Schema"."Some No" owned by "Odd.Schema"."Odd Table"."a ""b""";
create table app.t (id bigint primary key default nextval('app.no'), mood app.mood default 'low',
    mail app.email default 'c@d', first_id bigint references t, odd_id int,
    constraint t_odd_fkey foreign key (odd_id) references "Odd.Schema"."Odd Table");
comment on table app.t is 'the other one'; create index t_mood on app.t (mood);
alter table t add foreign key (other_id) references app.t;
create view v as select a.id, b.mood from t a join app.t b on b.id = a.other_id;
create materialized view app.v as select v.id, o."select" from v, "Odd.Schema"."Odd Table" o;
create index v_id on app.v (id);
create view "Odd.Schema".v with (security_barrier) as select id from app.v;
'''


def project(folder: Path, specs: str, default: str) -> Path:
    """Write a project whose default schema has this name."""
    folder.mkdir(exist_ok=True)
    (folder / "reconcile.yaml").write_text(
        "reconcile: 1\nproject: several\nenvironments:\n"
        f"  here: {{url: {{env: NOWHERE}}, dialect: postgres, schema: '{default}', default: true,\n"
        "         policy: {approve: never}}\n"
    )
    (folder / "specs.yaml").write_text(specs.replace("DEFAULT", default))
    return folder


def lines(dump: str, default: str) -> list[str]:
    """Return the lines of a dump, in no order, with one name for the default schema."""
    quoted = default if default.isalnum() else f'"{default}"'
    kept = (line for line in dump.splitlines() if not line.startswith(("--", "\\")) and "SCHEMA" not in line)
    return sorted(line.replace(f"{quoted}.", "public.") for line in kept if line)


def without_ledger(pg: Target) -> None:
    """Take our own tables away: pg_dump leaves those of the schema public alone out."""
    found = pg.query("select format('%s.%I', relnamespace::regnamespace, relname) from pg_class "
                     "where relkind = 'r' and relname like '\\_reconcile\\_%'")  # fmt: skip
    for (name,) in found:
        pg.execute(f"drop table {name}")


@pytest.mark.parametrize("default", ["public", "shop", "shop floor"])
def test_what_is_made_is_what_a_person_would_make(pg: Target, postgres: Target, default: str, tmp_path: Path) -> None:
    request = workflow.Request(directory=project(tmp_path / "p", SPECS, default), url=pg.url)
    workflow.apply(request, ALLOWED)
    assert workflow.plan(request).planned.plan.empty
    postgres.execute(BY_HAND)
    without_ledger(pg)
    if "-" not in pg.server:
        assert lines(pg.observe(), default) == lines(postgres.observe(), "public")
    assert pg.query("select obj_description('app'::regnamespace)") == [("What the application's own people use",)]
    assert pg.query("insert into app.t (first_id) values (null) returning id") == [(1000,)]


@pytest.mark.parametrize("said", ["by specs", "by globs"])
def test_an_import_holds_all_that_its_specs_name(pg: Target, postgres: Target, tmp_path: Path, said: str) -> None:
    """Which other schemas there are to look at is said by specs that are there, or by what is selected."""
    pg.execute(BY_HAND)
    first = tmp_path / "first"
    assert workflow.import_(workflow.Request(directory=tmp_path, url=pg.url), first).other_schemas == (
        "Odd.Schema", "app",
    )  # fmt: skip
    workflow.validate(workflow.Request(directory=first))
    out = tmp_path / "out"
    globs = ("*", '*."Odd.Schema".*', "*.ap?.*") if said == "by globs" else ()
    if said == "by specs":
        project(out, "schema: app\n---\nschema: '\"Odd.Schema\"'\n", "public")
    assert workflow.import_(workflow.Request(directory=out, url=pg.url), out, globs).other_schemas == ()
    assert workflow.plan(workflow.Request(directory=out, url=pg.url)).planned.plan.empty
    workflow.apply(workflow.Request(directory=out, url=postgres.url), ALLOWED)
    if "-" not in pg.server:
        assert lines(postgres.observe(), "public") == lines(pg.observe(), "public")


def test_a_schema_comes_goes_unsaid_and_changes_its_comment(pg: Target, tmp_path: Path) -> None:
    for comment in ("first", "second", ""):
        text = f"schema: app\n{f'comment: {comment}' if comment else ''}\n"
        request = workflow.Request(directory=project(tmp_path / "p", text, "public"), url=pg.url)
        workflow.apply(request, ALLOWED)
        assert pg.query("select obj_description('app'::regnamespace)") == [(comment or None,)]
        assert workflow.plan(request).planned.plan.empty
    workflow.apply(workflow.Request(directory=project(tmp_path / "p", "enum: e\nvalues: [a]\n", "public"), url=pg.url))
    assert pg.query("select count(*) from pg_namespace where nspname = 'app'") == [(1,)]


def test_things_move_from_one_schema_to_another(pg: Target, tmp_path: Path) -> None:
    before = "sequence: no\n---\ndomain: email\ntype: text\n---\nview: v\nmaterialized: true\nquery: select 1 as one\n"
    after = (
        "sequence: app.number\nrenamed_from: public.no\n---\ndomain: app.mail\nrenamed_from: public.email\ntype: text\n"
        "---\nview: app.w\nrenamed_from: public.v\nmaterialized: true\nquery: select 1 as one\n"
    )
    first = workflow.Request(directory=project(tmp_path / "p", before, "public"), url=pg.url)
    workflow.apply(first, ALLOWED)
    oids = pg.query("select 'no'::regclass::oid, 'email'::regtype::oid, 'v'::regclass::oid")
    second = workflow.Request(directory=project(tmp_path / "p", after, "public"), url=pg.url)
    workflow.apply(second, ALLOWED)
    assert pg.query("select 'app.number'::regclass::oid, 'app.mail'::regtype::oid, 'app.w'::regclass::oid") == oids
    assert workflow.plan(second).planned.plan.empty
