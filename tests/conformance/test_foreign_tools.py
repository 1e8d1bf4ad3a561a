"""Other tools' accounts on every dialect: known by name and columns, told in words, and left as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.plan.policy import Allowance
from reconciler.report.drift import check_data, check_text
from reconciler.report.layout import Look
from tests.target import Target

EVERYTHING = (Allowance("*"),)
SPECS = "table: t\ncolumns: {id: {type: int, primary_key: true}}\n"

DIRTY = """
create table schema_migrations (version bigint not null primary key, dirty boolean not null);
insert into schema_migrations values (7, true);
"""
MANY = """
create table flyway_schema_history (installed_rank int primary key, version varchar(50), description varchar(200),
  type varchar(20), script varchar(1000), checksum int, installed_by varchar(100), installed_on timestamp,
  execution_time int, success boolean not null);
insert into flyway_schema_history (installed_rank, version, description, success)
  values (1, '1', 'one', true), (2, '2', 'two', false);
create table DATABASECHANGELOGLOCK (ID int primary key, LOCKED boolean not null, LOCKGRANTED timestamp null,
  LOCKEDBY varchar(255));
insert into DATABASECHANGELOGLOCK values (1, true, '2026-01-02 03:04:05', 'ci (10.0.0.9)');
create table alembic_version (version_num varchar(32) primary key);
insert into alembic_version values ('ae10');
create table django_migrations (id int primary key, app varchar(255), name varchar(255), applied timestamp null);
insert into django_migrations (id, app, name) values (1, 'auth', '0001_initial'), (2, 'shop', '0002_more');
create table _prisma_migrations (id varchar(36) primary key, checksum varchar(64), finished_at timestamp null,
  migration_name varchar(255), logs text, rolled_back_at timestamp null, started_at timestamp null,
  applied_steps_count int);
insert into _prisma_migrations (id, migration_name, finished_at, started_at)
  values ('a', '1_init', '2026-01-01 00:00:00', '2026-01-01 00:00:00'), ('b', '2_more', null, '2026-01-02 00:00:00');
create table __drizzle_migrations (id int primary key, hash text, created_at bigint);
insert into __drizzle_migrations values (1, 'x', 1700000000000);
create table knex_migrations_lock ([index] int primary key, is_locked int);
insert into knex_migrations_lock values (1, 1);
create table _sqlx_migrations (version bigint primary key, description text, installed_on timestamp null,
  success boolean not null, checksum int, execution_time bigint);
insert into _sqlx_migrations (version, success) values (20260101, true), (20260102, false);
create table goose_db_version (id int primary key, version_id bigint, is_applied boolean not null,
  tstamp timestamp null);
insert into goose_db_version (id, version_id, is_applied)
  values (1, 0, true), (2, 5, true), (3, 6, true), (4, 6, false);
create table d1_migrations (id int primary key, name varchar(255), applied_at timestamp null);
insert into d1_migrations (id, name) values (1, '0001_init.sql');
create table ar_internal_metadata ([key] varchar(255) primary key, value varchar(255), created_at timestamp null,
  updated_at timestamp null);
insert into ar_internal_metadata ([key], value) values ('environment', 'production');
create table schema_migrations (version varchar(255) primary key);
insert into schema_migrations values ('20260101'), ('20260102');
"""
TOLD = {
    "flyway_schema_history": ("Flyway", "failed", "2", "flyway repair"),
    "databasechangeloglock": ("Liquibase", "locked", "by ci (10.0.0.9) since 2026-01-02 03:04:05",
                              "liquibase release-locks"),
    "alembic_version": ("Alembic", "clean", "at revision ae10", ""),
    "django_migrations": ("Django", "clean", "2 migrations applied, the last 0002_more", ""),
    "_prisma_migrations": ("Prisma", "failed", "not finished: 2_more", "prisma migrate resolve --applied 2_more"),
    "__drizzle_migrations": ("Drizzle", "clean", "1 migration applied", ""),
    "knex_migrations_lock": ("Knex", "locked", "lock held", "knex migrate:unlock"),
    "_sqlx_migrations": ("sqlx", "failed", "20260102", "SET success = true WHERE version IN (20260102)"),
    "goose_db_version": ("goose", "clean", "at version 5", ""),
    "d1_migrations": ("Cloudflare D1", "clean", "the last 0001_init.sql", ""),
    "ar_internal_metadata": ("Rails", "clean", "environment production", ""),
    "schema_migrations": ("Rails", "clean", "2 migrations applied, the last 20260102", ""),
}  # fmt: skip

# What cannot be beside those: other tools' tables of the same names, and the others of those tools.
OTHERS = {
    "create table schema_migrations (version varchar(128) primary key); insert into schema_migrations values ('9')":
        ("dbmate", "schema_migrations", "1 migration applied, the last 9"),
    "create table schema_migrations (version bigint primary key, inserted_at timestamp null)":
        ("Ecto", "schema_migrations", "no migration applied"),
    "create table schema_migrations (version bigint primary key, dirty boolean not null);"
    " insert into schema_migrations values (3, false)": ("golang-migrate", "schema_migrations", "at version 3"),
    "create table knex_migrations (id int primary key, name varchar(255), batch int, migration_time timestamp null);"
    " insert into knex_migrations (id, name) values (1, 'a.js'), (2, '9.js'), (3, '10.js')":
        ("Knex", "knex_migrations", "3 migrations applied, the last 10.js"),
    "create table DATABASECHANGELOG (ID varchar(255), AUTHOR varchar(255), FILENAME varchar(255),"
    " DATEEXECUTED timestamp null, ORDEREXECUTED int, EXECTYPE varchar(10), MD5SUM varchar(35),"
    " DESCRIPTION varchar(255), COMMENTS varchar(255), TAG varchar(255),"
    " LIQUIBASE varchar(20), CONTEXTS varchar(255), LABELS varchar(255), DEPLOYMENT_ID varchar(10));"
    " insert into DATABASECHANGELOG (ID, ORDEREXECUTED) values ('b', 1), ('a', 2)":
        ("Liquibase", "databasechangelog", "2 change sets applied, the last a"),
}  # fmt: skip

Asked = Callable[..., workflow.Request]


@pytest.fixture
def asked(target: Target, tmp_path: Path) -> Asked:
    """A project on a fresh database, with a policy for what nobody declares."""

    def request(undeclared: str = "report", specs: str = SPECS) -> workflow.Request:
        (tmp_path / "s.yaml").write_text(specs)
        (tmp_path / "reconcile.yaml").write_text(
            f"reconcile: 1\nproject: p\nenvironments: {{here: {{url: '{target.url}', "
            f"policy: {{approve: never, undeclared: {undeclared}}}}}}}\n"
        )
        return workflow.Request(directory=tmp_path, environment="here")

    return request


def test_a_dirty_account_is_told_and_stops_nothing(target: Target, asked: Asked) -> None:
    target.execute(DIRTY)
    before = target.query("select * from schema_migrations")
    request = asked("drop")
    done = workflow.apply(request)
    assert done.outcome is not None
    review = workflow.check(request)
    data = check_data(review)
    assert (data["pending"], data["drift"]) == (False, [])
    (told,) = data["foreign_tools"]
    assert told == {
        "tool": "golang-migrate", "table": "schema_migrations", "state": "dirty", "message": "dirty at version 7",
        "command": "migrate -path DIR -database URL force 7",
    }  # fmt: skip
    text = check_text(review, Look(width=80))
    assert "golang-migrate, schema_migrations: dirty at version 7" in text
    assert "force 7" in text
    assert target.query("select * from schema_migrations") == before


def test_each_is_told_and_none_is_written_down(target: Target, asked: Asked, tmp_path: Path) -> None:
    target.execute(MANY.replace("[index]", target.quoted("index")).replace("[key]", target.quoted("key")))
    request = asked("drop")
    workflow.apply(request)
    found = {one.table.lower(): one for one in workflow.check(request).foreign_tools}
    assert found.keys() == TOLD.keys()
    for table, (tool, state, words, command) in TOLD.items():
        one = found[table]
        assert (one.tool, one.state) == (tool, state), one
        assert words in one.message, one
        assert command in one.command if command else one.command == "", one
    imported = workflow.import_(request, tmp_path / "out")
    assert [path.name for path in imported.written if "migrations" in path.name or "history" in path.name] == []
    assert {one.table.lower() for one in imported.foreign_tools} == TOLD.keys()


def test_of_one_name_the_columns_tell_whose_it_is(target: Target, asked: Asked) -> None:
    request = asked("drop")
    for sql, (tool, table, words) in OTHERS.items():
        target.execute(sql)
        review = workflow.check(request)
        (one,) = review.foreign_tools
        assert (one.tool, one.table.lower(), one.state, one.message) == (tool, table, "clean", words)
        assert [str(ref) for ref in review.planned.comparison.scope.dropped] == []
        target.execute(f"drop table {target.quoted(one.table)}")


def test_a_table_of_that_name_with_other_columns_is_like_any_other(target: Target, asked: Asked) -> None:
    target.execute("create table schema_migrations (id int primary key, version varchar(20), dirty int)")
    assert workflow.check(asked()).foreign_tools == ()
    done = workflow.apply(asked("drop"), workflow.Terms(given=EVERYTHING))
    assert [str(ref) for ref in done.review.planned.comparison.scope.dropped if len(ref.parts) == 2] == [
        "table.schema_migrations"
    ]


def test_what_the_specs_declare_is_theirs_and_silence_gives_it_back(target: Target, asked: Asked) -> None:
    target.execute(DIRTY)
    columns = "{version: {type: bigint, primary_key: true}, dirty: {type: bool, not_null: true}}"
    review = workflow.apply(asked(specs=f"{SPECS}---\ntable: schema_migrations\ncolumns: {columns}\n")).review
    assert any("golang-migrate keeps its account there" in note for note in review.planned.comparison.notes)
    workflow.apply(asked())
    assert len(target.query("select * from schema_migrations")) == 1
    removing = f"{SPECS}---\nremoved: table.schema_migrations\nreason: nobody runs it any more\n"
    workflow.apply(asked(specs=removing), workflow.Terms(given=EVERYTHING))
    assert workflow.check(asked()).foreign_tools == ()


@pytest.mark.live("postgres")
def test_drizzle_has_a_schema_of_its_own(postgres: Target, tmp_path: Path) -> None:
    postgres.execute("create schema drizzle; create table drizzle.__drizzle_migrations (id serial, hash text not null, "
                     "created_at bigint)")  # fmt: skip
    (tmp_path / "s.yaml").write_text(SPECS)
    (one,) = workflow.check(workflow.Request(directory=tmp_path, url=postgres.url)).foreign_tools
    assert (one.tool, one.table, one.message) == ("Drizzle", "drizzle.__drizzle_migrations", "no migration applied")
