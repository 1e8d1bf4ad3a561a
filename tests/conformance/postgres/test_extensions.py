"""Extensions on a real server: made before what uses them, updated, never dropped from under anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from reconciler import workflow
from reconciler.dialects.postgres.dialect import DIALECT
from reconciler.errors import PlanError
from reconciler.model.model import Model
from reconciler.model.objects import Extension, Object, Schema, Table, Unmodelled
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import IndexPart
from tests.conformance.postgres.driver import connected, converge, declared, on, planned
from tests.conformance.postgres.samples import column, index, key, native, root, sql, view
from tests.target import Target

T = root("t")


def extension(name: str, **fields: str) -> Extension:
    return Extension(ref=Ref.root(Kind.EXTENSION, name), **fields)


USING: list[Object] = [
    Table(ref=T), column(T, "id", native("uuid"), 1, default=sql("gen_random_uuid()")),
    column(T, "name", native("citext"), 2), column(T, "text", "text", 3), key(T, "id"),
    index(T, "t_text", IndexPart(column="text", opclass="gin_trgm_ops"), method="gin"),
    view("v", "select similarity(text, 'a') as near from t"),
]  # fmt: skip
WHOLE: list[Object] = [extension("citext"), extension("pg_trgm", comment="for searching"), *USING]


@pytest.fixture
def there(pg: Target) -> Target:
    """A server that has the extensions of these tests."""
    found = {name for (name,) in pg.query("select name from pg_available_extensions")}
    missing = {"citext", "pg_trgm", "hstore"} - found
    if missing:
        pytest.skip(f"the server has no {', '.join(sorted(missing))}")
    return pg


def test_it_comes_before_and_goes_after_what_uses_it(there: Target) -> None:
    with connected(on(there.url)) as session:
        first = converge(session, on(there.url), declared(WHOLE))
        assert [str(step.subject) for step in first.plan.steps] == [
            "extension.citext", "extension.pg_trgm", "table.t", "table.t.index.t_text", "view.v",
        ]  # fmt: skip
        last = converge(session, on(there.url), declared([]))
    assert [step.subject.kind for step in last.plan.steps][-2:] == [Kind.EXTENSION, Kind.EXTENSION]
    assert {str(hazard.ref) for hazard in last.hazards if hazard.code == "DS108"} == {
        "extension.citext", "extension.pg_trgm",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "culprit"), [("citext", "table.t.column.name"), ("pg_trgm", r"table\.t\.index\.t_text|view\.v")]
)
def test_it_is_not_dropped_while_anything_uses_it(there: Target, name: str, culprit: str) -> None:
    with connected(on(there.url)) as session:
        converge(session, on(there.url), declared(WHOLE))
        wanted = [obj for obj in WHOLE if obj.ref != Ref.root(Kind.EXTENSION, name)]
        with pytest.raises(PlanError, match=f"({culprit}) still uses extension.{name}"):
            planned(session, on(there.url), declared(wanted))


def test_what_belongs_to_it_is_nobody_s_else(there: Target) -> None:
    """Nothing of it is listed, imported or dropped, and an empty declaration does not look into it."""
    with connected(on(there.url)) as session:
        converge(session, on(there.url), declared([extension("hstore"), extension("pg_trgm")]))
        live = DIALECT.inspect(session, on(there.url)).model
        assert {str(ref) for ref in live} == {"extension.hstore", "extension.pg_trgm"}
        assert not [obj for obj in live.values() if isinstance(obj, Unmodelled)]


def test_version_comment_and_schema(there: Target) -> None:
    """A silent spec takes what is there; a comment is the extension's own until somebody writes one."""
    target = on(there.url, "ext", "other")
    schemas = [Schema(ref=Ref.root(Kind.SCHEMA, name)) for name in ("ext", "other")]
    hstore = extension("hstore", namespace="ext", version="1.7")
    with connected(target) as session:
        converge(session, target, declared([*schemas, hstore]))
        made = "select extversion, extnamespace::regnamespace::text from pg_extension where extname = 'hstore'"
        assert there.query(made) == [("1.7", "ext")]
        assert planned(session, target, declared([*schemas, extension("hstore")])).plan.empty
        converge(session, target, declared([*schemas, replace(hstore, version="1.8", comment="maps")]))
        converge(session, target, declared([*schemas, replace(hstore, version="1.8", namespace="other")]))
        assert there.query("select obj_description(oid) from pg_extension where extname = 'hstore'") == [(None,)]
        imported = [DIALECT.portable(obj) for obj in DIALECT.inspect(session, target).model.values()]
        assert planned(session, target, declared(imported)).plan.empty


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (extension("no_such"), "the server has no extension no_such"),
        (extension("hstore", version="99"), "the server has no version 99 of hstore"),
    ],
    ids=["name", "version"],
)
def test_what_the_server_has_not_is_told_beforehand(there: Target, wanted: Extension, message: str) -> None:
    with connected(on(there.url)) as session:
        (problem,) = planned(session, on(there.url), declared([wanted])).obstacles
    assert (problem.message, problem.address) == (message, str(wanted.ref))


def test_there_is_no_way_back_to_an_older_version(there: Target) -> None:
    with connected(on(there.url)) as session:
        converge(session, on(there.url), declared([extension("hstore", version="1.8")]))
        (problem,) = planned(session, on(there.url), declared([extension("hstore", version="1.4")])).obstacles
    assert problem.message == "there is no way from version 1.8 of hstore to 1.4"


def test_the_right_to_make_one_is_asked_for(there: Target) -> None:
    role = f"rc_ext_{there.url.split('rc_test_')[1].split('?')[0]}"
    there.execute(f"create role {role} login; grant create on schema public to {role}")
    try:
        url = there.url.replace("postgres@", f"{role}@")
        try:
            with psycopg.connect(url):
                pass
        except psycopg.OperationalError:
            pytest.skip("the server does not let a new role in")
        with connected(on(url)) as session:
            wanted = [extension("hstore"), extension("file_fdw")]
            found = {p.address: p.message for p in planned(session, on(url), declared(wanted)).obstacles}
        assert "can only be made by a superuser" in found["extension.file_fdw"]
        assert "may not make extensions" in found["extension.hstore"]
    finally:
        there.execute(f"drop owned by {role}; drop role {role}")


def test_what_every_database_has_is_not_declared(there: Target) -> None:
    (problem,) = DIALECT.normalize(Model([extension("plpgsql")])).problems
    assert problem.hint == "leave it out"
    with connected(on(there.url)) as session:
        assert planned(session, on(there.url), declared([])).plan.empty


def test_the_schema_that_one_names_is_imported_with_it(there: Target, tmp_path: Path) -> None:
    """Specs that name a schema are about all of it: nothing there is undeclared afterwards."""
    there.execute(
        "create schema ext; create schema other; create extension hstore schema ext; "
        "create table ext.beside (id int primary key, h ext.hstore); create table other.t (id int)"
    )
    done = workflow.import_(workflow.Request(directory=tmp_path, url=there.url), tmp_path / "out")
    assert {path.name for path in done.written} == {"reconcile.yaml", "hstore.yaml", "ext.beside.yaml"}
    assert done.other_schemas == ("other",)
    comparison = workflow.plan(workflow.Request(directory=tmp_path / "out", url=there.url)).planned.comparison
    assert (comparison.changes, comparison.scope.undeclared) == ((), ())
