"""A model written as specs and read again is the same model; a second import changes what differs and nothing else."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler import spec
from reconciler.model.model import Desired, Model
from reconciler.model.objects import Column, PrimaryKey, Table
from reconciler.model.ref import Ref
from reconciler.model.types import Type
from reconciler.spec import emit
from reconciler.spec.load import load_text
from reconciler.spec.nodes import Source, plain
from reconciler.spec.parse import parse
from reconciler.spec.paths import file_names
from tests.examples import examples
from tests.unit.spec.any_names import NAMES, models

TABLE = Ref.root("table", "t")


def write(model: Model, folder: Path) -> list[Path]:
    return spec.write(model, folder, dialect="postgres", project_name="x", url="postgresql://h/db")


def read(folder: Path) -> Desired:
    project = spec.read_project(folder)
    documents = spec.load(project)
    return spec.lower(documents, dialect="postgres", fallback=("postgres",), sql=project.sql, variables={})


def lowered(text: str) -> Model:
    return spec.lower(load_text(text), dialect="postgres", fallback=("postgres",), sql="postgres", variables={}).model


@settings(
    max_examples=examples(36), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(models())
def test_written_and_read_is_the_same(model: Model) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(model, folder)
        found = read(folder).model
        assert dict(found) == dict(model)
        for ref, obj in model.items():
            if isinstance(obj, Column):
                again = found.get_as(ref, Column)
                assert (again.position, again.sensitive) == (obj.position, obj.sensitive)
            if isinstance(obj, Table):
                assert found.get_as(ref, Table).protect == obj.protect
        assert write(found, folder) == []


@given(st.text(st.characters(exclude_categories=["Cs"])) | NAMES)
def test_any_text_survives_as_a_key_and_as_a_value(text: str) -> None:
    for value in (text, [text], {text: text}, emit.Lines({text: {"x": text}}), {"x": [{text: [text] * 40}]}):
        parsed = parse(Source("x", emit.document({"a": value, "b": 1})))
        assert not parsed.problems
        written = value.entries if isinstance(value, emit.Lines) else value
        assert plain(parsed.documents[0]) == {"a": written, "b": 1}


def test_parentheses_that_two_items_share_are_not_put_together() -> None:
    value = {"a": ["f(a", "b)"], "b": {"x": "g(", "y)": "z"}}
    parsed = parse(Source("x", emit.document(value)))
    assert not parsed.problems
    assert plain(parsed.documents[0]) == value


@given(st.text(st.characters(exclude_categories=["Cs"])).map(str.strip).filter(bool))
def test_any_sql_survives(text: str) -> None:
    parsed = parse(Source("x", emit.document({"a": emit.Block(text), "b": [emit.Block(text)]})))
    assert not parsed.problems
    found = plain(parsed.documents[0])
    assert (found["a"].strip(), found["b"][0].strip()) == (text, text)


def test_the_style() -> None:
    model = lowered("""
table: orders
comment: Customer's orders
columns:
  id: {type: bigint, identity: true}
  customer_id: {type: bigint, not_null: true, references: customers.id, on_delete: cascade}
  total:
    {type: "decimal(12,2)", not_null: true, default: 0.50,
     comment: "In euros: net of taxes, but including what is charged by the carrier"}
  code: {type: char(3), unique: true, default: "NO"}
  label: {type: text, generated: {sql: "code || ': '"}}
  day: {native: "time(0) without time zone", default: {sql: now()}}
primary_key: [id]
unique: {orders_key: [customer_id, code]}
indexes:
  b: {columns: [{sql: "coalesce(code, '')"}], where: total > 0}
  a: [code desc nulls last]
foreign_keys: {long: {columns: [customer_id, code], references: "customers(id, code)", deferrable: deferred}}
checks: {positive: total >= 0, quoted: "code <> ''"}
---
table: customers
columns: {id: {type: bigint, primary_key: true}, code: {type: char(3)}}
""")  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(model, folder)
        assert (folder / "tables" / "orders.yaml").read_text() == EXPECTED
        assert max(map(len, EXPECTED.splitlines())) <= emit.WIDTH
        assert (folder / "reconcile.yaml").read_text() == PROJECT


EXPECTED = """\
table: orders
comment: Customer's orders
columns:
  id: {type: bigint, identity: true}
  customer_id: {type: bigint, not_null: true, references: customers.id, on_delete: cascade}
  total:
    type: "decimal(12,2)"
    not_null: true
    default: 0.50
    comment: "In euros: net of taxes, but including what is charged by the carrier"
  code: {type: char(3), default: "NO", unique: true}
  label: {type: text, generated: {sql: "code || ': '"}}
  day: {native: time(0) without time zone, default: {sql: now()}}
primary_key: [id]
unique:
  orders_key: [customer_id, code]
indexes:
  a: [code desc nulls last]
  b: {columns: [{sql: "coalesce(code, '')"}], where: total > 0}
foreign_keys:
  long: {columns: [customer_id, code], references: "customers(id, code)", deferrable: deferred}
checks:
  positive: total >= 0
  quoted: "code <> ''"
"""
PROJECT = """\
reconcile: 1
project: x
dialects: [postgres]
sql: postgres
environments:
  default: {url: "postgresql://h/db", dialect: postgres, default: true}
"""

HAND_WRITTEN = """\
# Everything about orders.
table: orders     # the heart
columns:
  id: {type: bigint, identity: true}   # never reused
  secret: {type: text, sensitive: true}
primary_key: [id]
protect: true
---
# The people.
table: customers
columns: {id: {type: bigint}}
---
view: v
query: select 1   # one
"""


def test_a_second_import_keeps_what_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(HAND_WRITTEN)
    assert write(lowered(HAND_WRITTEN), tmp_path) == [tmp_path / "reconcile.yaml"]
    assert (tmp_path / "mine.yaml").read_text() == HAND_WRITTEN


def test_a_second_import_rewrites_one_document_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(HAND_WRITTEN)
    model = lowered(HAND_WRITTEN)
    column = model.get_as(Ref.parse("table.customers.column.id"), Column)
    model = model.updated([replace(column, type=Type("int")), Table(ref=TABLE)])
    assert write(model, tmp_path) == [tmp_path / "mine.yaml", tmp_path / "reconcile.yaml", tmp_path / "tables/t.yaml"]
    before, after = HAND_WRITTEN.split("table: customers")
    assert (tmp_path / "mine.yaml").read_text() == (
        f"{before}table: customers\ncolumns:\n  id: {{type: int}}\n---{after.split('---')[1]}"
    )
    assert dict(read(tmp_path).model) == dict(model)


def test_what_no_database_stores_stays(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(HAND_WRITTEN)
    model = lowered(HAND_WRITTEN)
    table = Ref.root("table", "orders")
    live = [replace(obj, sensitive=False) if isinstance(obj, Column) else obj for obj in model.values()]
    live = [replace(obj, protect=None, comment="New") if isinstance(obj, Table) else obj for obj in live]
    write(Model(live), tmp_path)
    found = read(tmp_path).model
    assert found.get_as(table, Table).protect is True
    assert found.get_as(table.child("column", "secret"), Column).sensitive is True


def test_another_spelling_of_the_same_is_left_alone(tmp_path: Path) -> None:
    def same(model: Model) -> Model:
        return model.updated(replace(obj, type=Type("x")) for obj in model.values() if isinstance(obj, Column))

    (tmp_path / "mine.yaml").write_text(HAND_WRITTEN)
    column = lowered(HAND_WRITTEN).get_as(Ref.parse("table.customers.column.id"), Column)
    model = lowered(HAND_WRITTEN).updated([replace(column, type=Type("int8", native=True))])
    written = spec.write(model, tmp_path, dialect="postgres", project_name="x", url="postgresql://h/d", normalize=same)
    assert written == [tmp_path / "reconcile.yaml"]


def test_a_key_that_has_its_implicit_name_is_written_without_one(tmp_path: Path) -> None:
    key = PrimaryKey(ref=TABLE.child("primary_key"), columns=("a",), name="t_pkey")
    other = PrimaryKey(ref=Ref.root("table", "u").child("primary_key"), columns=("a",), name="mine")
    columns = "columns: {a: {type: int, primary_key: true}}\n"
    model = lowered(f"table: t\n{columns}---\ntable: u\n{columns}")
    write(model.updated([key, other]), tmp_path)
    assert "primary_key: [a]" in (tmp_path / "tables/t.yaml").read_text()
    assert "primary_key: {name: mine, columns: [a]}" in (tmp_path / "tables/u.yaml").read_text()


def test_a_nullable_key_of_sqlite_comes_back(tmp_path: Path) -> None:
    text = (
        "table: t\ncolumns: {a: {type: text, primary_key: true, not_null: false}}\noptions: {sqlite: {strict: true}}\n"
    )
    words = ("d1", "sqlite")
    model = spec.lower(load_text(text), dialect="d1", fallback=words, sql="sqlite", variables={}).model
    spec.write(model, tmp_path, dialect="d1", project_name="x", url="d1://a/b")
    project = spec.read_project(tmp_path)
    again = spec.lower(spec.load(project), dialect="d1", fallback=words, sql="sqlite", variables={}).model
    assert dict(again) == dict(model)
    assert project.environments[0].dialect == "d1"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:hunter2@h/db", spec.Secret("env", "DATABASE_URL")),
        (spec.Secret("command", ("op", "read")), spec.Secret("command", ("op", "read"))),
        ("postgresql://u@h/db", "postgresql://u@h/db"),
    ],
)
def test_the_target_of_a_new_project(url: str | spec.Secret, expected: str | spec.Secret, tmp_path: Path) -> None:
    spec.write(Model(), tmp_path, dialect="postgres", project_name="x", url=url, default_schema="app")
    environment = spec.read_project(tmp_path).environments[0]
    assert (environment.url, environment.schema) == (expected, "app")
    assert "hunter2" not in (tmp_path / "reconcile.yaml").read_text()


def test_a_relative_file_is_seen_from_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    spec.write(Model(), Path("out"), dialect="sqlite", project_name="x", url="sqlite:///x.db")
    project = spec.read_project(Path("out"))
    assert project.environments[0].url == "sqlite:///../x.db"
    assert spec.anchored("sqlite:///../x.db", project.root) == f"sqlite:///{tmp_path}/x.db"


@given(st.lists(st.tuples(st.sampled_from(["table", "view"]), NAMES, st.sampled_from(["", "app"])), unique=True))
def test_file_names_are_safe_and_different(named: list[tuple[str, str, str]]) -> None:
    refs = [Ref.root(kind, name, schema) for kind, name, schema in named]
    found = file_names(refs)
    assert len({str(path).casefold() for path in found.values()}) == len(refs)
    for path in found.values():
        assert len(path.parts) == 2
        assert path.name.isascii()
        assert len(path.name) < 200
        assert set(path.name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")
        assert not path.name.startswith((".", "con.", "-"))


def test_file_names_are_plain_where_they_can_be() -> None:
    found = file_names([Ref.root("table", "orders"), Ref.root("table", "orders", "app"), Ref.root("view", "Open_1")])
    assert sorted(map(str, found.values())) == ["tables/app.orders.yaml", "tables/orders.yaml", "views/Open_1.yaml"]
