"""What is kept between runs changes nothing but the time: model, positions and problems are those of a first run."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from reconciler import spec
from reconciler.errors import SpecError
from reconciler.model.codec import encode_desired
from reconciler.model.model import Desired, Model
from reconciler.model.objects import Column
from reconciler.model.ref import Kind, Ref
from reconciler.spec import cache, shares
from reconciler.spec.cache import Shelf
from reconciler.spec.context import Context
from reconciler.spec.parse import Parsed, parse
from tests.unit.spec.any_names import models

# The package has functions of the same name.
load = importlib.import_module("reconciler.spec.load")

ORDERS = """\
table: orders
comment: What was ordered.
columns:
  id: {type: bigint, identity: true}
  customer_id: {type: bigint, references: customers.id}
  state: {type: enum(mood), default: calm, renamed_from: status}
  price: {type: "decimal(12,2)", default: 1e2, dialect: {sqlite: {type: text}}}
primary_key: [id]
indexes:
  - {columns: [state, price desc], where: "price > 0"}
checks:
  ? "cheap\\tor\\"not"
  : "price < 10"
removed:
  column.legacy: {reason: nobody reads it}
"""
CUSTOMERS = """\
table: customers
columns:
  id: {type: bigint, identity: true}
primary_key: [id]
---
enum: mood
values: [calm, wild]
---
removed: view.old
reason: gone
---
view: dear
only: [postgres]
query: select id from orders
---
assertion: nothing_is_free
severity: warn
query: select id from orders where price = 0
"""


@pytest.fixture(autouse=True)
def _any_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "FEWEST", 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs/orders.yaml").write_text(ORDERS)
    (tmp_path / "specs/customers.yaml").write_text(CUSTOMERS)
    return tmp_path


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were parsed, by their names."""
    found: list[str] = []

    def noted(source: Any) -> Parsed:
        found.append(Path(source.file).name)
        return parse(source)

    monkeypatch.setattr(load, "parse", noted)
    return found


def shelf(folder: Path) -> Shelf:
    found = cache.shelf(folder, {cache.VARIABLE: str(folder / "cache")})
    assert found is not None
    return found


def lowered(folder: Path, kept: Shelf | None, dialect: str = "postgres", **more: Any) -> Desired:
    said: dict[str, Any] = {"sql": "postgres", "variables": {}, "default_schema": "public"} | more
    return spec.lower(spec.load([folder / "specs"], lambda: kept), dialect=dialect, fallback=(dialect,), **said)


def told(make: Callable[[], Desired]) -> Any:
    """Return everything that comes out: the model with all fields, places, or else the problems."""
    try:
        desired = make()
    except SpecError as error:
        return error.problems()
    data = encode_desired(desired)
    return data, list(desired.model), dict(desired.positions), desired.model.fingerprint()


def same_as_ever(folder: Path, **more: Any) -> None:
    first = told(lambda: lowered(folder, None, **more))
    for _ in range(2):
        assert told(lambda: lowered(folder, shelf(folder), **more)) == first


def test_the_second_run_parses_nothing_and_finds_the_same(folder: Path, parsed: list[str]) -> None:
    same_as_ever(folder)
    parsed.clear()
    lowered(folder, shelf(folder))
    assert parsed == []


def test_only_the_file_that_changed_is_parsed(folder: Path, parsed: list[str]) -> None:
    same_as_ever(folder)
    (folder / "specs/orders.yaml").write_text(ORDERS.replace("price < 10", "price < 11"))
    parsed.clear()
    found = lowered(folder, shelf(folder))
    assert parsed == ["orders.yaml"]
    same_as_ever(folder)
    assert "price < 11" in str(encode_desired(found))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("type: bigint, identity: true", "type: bigin", "SPEC020"),
        ("values: [calm, wild]", "values: []", "SPEC015"),
        ("enum: mood", "enum: moods", "SPEC032"),
        ("table: customers", "table: customer", "SPEC030"),
        ("  id: {type: bigint, identity: true}\nprimary", "  no: {type: bigint}\nprimary", "SPEC031"),
        ("view: dear", "view: orders", "SPEC035"),
        ("removed: view.old", "removed: table.orders", "SPEC040"),
        ("columns:", "columns: {", "SPEC004"),
        ("reason: gone", "reason: gone\n---\ntable: orders\ncolumns: {a: {type: int}}", "SPEC034"),
    ],
)
def test_what_breaks_in_a_warm_project_is_told_with_its_place(folder: Path, old: str, new: str, code: str) -> None:
    same_as_ever(folder)
    broken = CUSTOMERS.replace(old, new, 1)
    assert broken != CUSTOMERS
    (folder / "specs/customers.yaml").write_text(broken)
    same_as_ever(folder)
    problems = told(lambda: lowered(folder, shelf(folder)))
    assert code in {problem.code for problem in problems}
    assert all(problem.position is not None and problem.source for problem in problems)
    (folder / "specs/customers.yaml").write_text(CUSTOMERS)
    same_as_ever(folder)


def test_a_document_that_did_not_change_is_held_against_those_that_did(folder: Path, parsed: list[str]) -> None:
    same_as_ever(folder)
    (folder / "specs/customers.yaml").unlink()
    parsed.clear()
    problems = told(lambda: lowered(folder, shelf(folder)))
    places = {(p.code, p.position.line, p.position.column) for p in problems if p.position}
    assert places == {("SPEC030", 5, 43), ("SPEC032", 6, 17)}
    same_as_ever(folder)


def test_a_file_has_the_name_that_it_has_now(folder: Path) -> None:
    same_as_ever(folder)
    (folder / "specs/orders.yaml").rename(folder / "specs/purchases.yml")
    same_as_ever(folder)
    position = lowered(folder, shelf(folder)).position(next(iter(lowered(folder, shelf(folder)).renames)))
    assert position is not None
    assert position.file.endswith("purchases.yml")


@pytest.mark.parametrize(
    "more", [{"dialect": "sqlite", "default_schema": ""}, {"sql": "sqlite"}, {"default_schema": "app"}]
)
def test_what_a_lowering_is_for_is_not_mixed_up(folder: Path, more: dict[str, Any]) -> None:
    (folder / "specs/view.yaml").write_text("view: app.seen\nonly: [postgres]\nquery: select 1 as one\n")
    same_as_ever(folder)
    same_as_ever(folder, **more)
    same_as_ever(folder)


def test_the_value_of_a_variable_is_not_kept(folder: Path, parsed: list[str]) -> None:
    text = 'table: t\ncolumns:\n  a: {type: text, default: "${var.token}"}\n'
    (folder / "specs/t.yaml").write_text(text)
    same_as_ever(folder, variables={"token": "sesame"})
    same_as_ever(folder, variables={"token": "other"})
    same_as_ever(folder)
    parsed.clear()
    lowered(folder, shelf(folder), variables={"token": "sesame"})
    assert parsed == ["t.yaml"]
    assert not any(b"sesame" in path.read_bytes() for path in (folder / "cache").rglob("*") if path.is_file())


def test_two_documents_of_the_same_content_are_still_declared_twice(folder: Path) -> None:
    same_as_ever(folder)
    shutil.copy(folder / "specs/orders.yaml", folder / "specs/again.yaml")
    same_as_ever(folder)
    assert "SPEC034" in {problem.code for problem in told(lambda: lowered(folder, shelf(folder)))}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(models())
def test_any_model_is_the_same_from_what_was_kept(model: Model) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec.write(model, folder / "specs", dialect="postgres", project_name="x", url="postgresql://h/db")
        same_as_ever(folder)
        same_as_ever(folder, dialect="sqlite", default_schema="")


def test_columns_that_nearly_hold_the_same_each_come_back_as_written(folder: Path) -> None:
    defaults = ["1", "1.0", "1.50", "1.5", "true", '"1"', '"true"', "{sql: now()}", "{sql: NOW()}"]
    for name, words in (("near", defaults), ("next", [*defaults[1:], defaults[0]])):
        lines = [f"  c{number}: {{type: text, default: {word}}}" for number, word in enumerate(words)]
        (folder / f"specs/{name}.yaml").write_text("\n".join([f"table: {name}", "columns:", *lines]))
    same_as_ever(folder)
    columns = lowered(folder, shelf(folder)).model.children(Ref.root(Kind.TABLE, "near"), Column)
    assert len({repr(column.default) for column in columns}) == len(defaults)


def test_every_part_of_a_lowering_has_its_way_into_what_is_kept() -> None:
    """A field that is added to `Context` and to nothing else would be there in a first run and gone in the next."""
    said = {"dialect", "chain", "sql", "variables", "default_schema", "source", "problems"}
    kept = {"objects", "places", "renames", "removed", "removals", "unnamed", "enums"}
    beside, found_again = {"assertions", "backfills", "waits", "data"}, {"columns", "keys", "sheets"}
    assert {field.name for field in fields(Context)} == said | kept | beside | found_again
    assert shares._look_up.__code__.co_names.count("columns") == 1


# --- what is damaged --------------------------------------------------------------------------------------------------


def kept_files(folder: Path) -> list[Path]:
    return sorted((folder / "cache/specs").iterdir())


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: raw[:-3],
        lambda raw: raw.replace(b"bigint", b"bigtin"),
        lambda raw: b"0" + raw[1:],
        lambda raw: os.urandom(200),
        lambda raw: b"\xff\xfe" + raw,
    ],
    ids=["empty", "cut", "changed", "of another", "random", "in front"],
)
def test_a_damaged_file_counts_as_none_and_is_written_anew(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    same_as_ever(folder)
    for path in kept_files(folder):
        path.write_bytes(damage(path.read_bytes()))
    same_as_ever(folder)
    head = cache._maker().encode()
    assert all(path.read_bytes().startswith(head) for path in kept_files(folder))


def test_what_is_whole_and_says_nonsense_counts_as_none(folder: Path) -> None:
    lowered(folder, shelf(folder))
    documents = spec.load([folder / "specs"], lambda: shelf(folder))
    name = json.dumps(("postgres", ("postgres",), "postgres", "public"))
    assert set(shelf(folder).texts(name)) == {document.key for document in documents.documents}
    for nonsense in ("", "{}", "[]\n\n", '[["","table","x"],{}]\n=1:1:1\n\t\t{"no":1}', '[[""],{}]\n\nzebra\tx\t{}'):
        place = shelf(folder)
        (folder / "cache/specs").joinpath(place._path(name, cache._MOST).name).unlink()
        place.keep(name, {document.key: nonsense for document in documents.documents})
        same_as_ever(folder)


def test_a_few_files_are_not_worth_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "FEWEST", 100)
    spec.load([folder / "specs"], lambda: pytest.fail("nothing is kept, and no folder made"))
