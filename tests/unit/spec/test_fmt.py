"""The canonical form: keys in order, every comment kept, the same meaning, and the same again when formatted twice."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reconciler import spec
from reconciler.errors import SpecError
from reconciler.model.model import Model
from reconciler.spec.fmt import formatted, formatted_project
from reconciler.spec.load import load_text
from reconciler.spec.nodes import Source, plain
from reconciler.spec.parse import parse
from tests.examples import examples
from tests.guards.tree import ROOT
from tests.unit.spec.any_names import models

WRITTEN = """\
# yaml-language-server: $schema=x.json
# The head of the file.

comment:   'One row per order, and more.'
table: "orders"   # the heart


columns:   # in their order
  # the key
  id:   { identity: yes-and-no, type: bigint }

  status:
    # what it may be
    type: varchar(20)
    not_null: true   # always
  total: {default: 0.50, type: "decimal(12,2)"}   # money
  note: {type: text, comment: "${var.note}"}
  # more columns will come
# below all columns
indexes: {orders_open_idx: {where: 'status = ''new''', columns: [
    id,   # first
    status desc]}}
checks:
- status <> ''
primary_key:
- id
# the end of the table
---
# About the view.
query: >
  select id,
  status
  from orders
view: v
comment: |
  Two lines,
  kept.
...
# the end of the file
"""

CANONICAL = """\
# yaml-language-server: $schema=x.json
# The head of the file.

table: orders  # the heart
comment: One row per order, and more.

columns:  # in their order
  # the key
  id: {type: bigint, identity: true}

  status:
    # what it may be
    type: varchar(20)
    not_null: true  # always
  total: {type: "decimal(12,2)", default: 0.50}  # money
  note: {type: text, comment: "${var.note}"}
  # more columns will come
primary_key: [id]
# below all columns
indexes:
  orders_open_idx:
    columns:
      - id  # first
      - status desc
    where: "status = 'new'"
checks: ["status <> ''"]
# the end of the table
---
# About the view.
view: v
comment: |
  Two lines,
  kept.
query: >
  select id,
  status
  from orders
# the end of the file
"""


def fmt(text: str) -> str:
    return formatted(Source("x.yaml", text))


def test_the_canonical_form() -> None:
    written = WRITTEN.replace("yes-and-no", "true")
    assert fmt(written) == CANONICAL
    assert fmt(CANONICAL) == CANONICAL


def test_a_project_file() -> None:
    written = (
        "# head\nproject: shop  # its name\nreconcile: 1\n\nenvironments:\n  a: {default: true, url: 'sqlite:///x'}\n"
    )
    expected = (
        '# head\nreconcile: 1\nproject: shop  # its name\n\nenvironments:\n  a: {url: "sqlite:///x", default: true}\n'
    )
    assert formatted_project(Source("reconcile.yaml", written)) == expected
    assert formatted_project(Source("reconcile.yaml", expected)) == expected


def test_the_line_ends_of_a_file_stay() -> None:
    assert fmt("table: t\r\ncolumns: {a: {type: int}}\r\n") == "table: t\r\ncolumns:\r\n  a: {type: int}\r\n"


@pytest.mark.parametrize(
    "text",
    [
        "table: t\ncolumns: {a: {type: int}}\ncolour: red\n",
        "table: t\ncolumns: {a: &x {type: int}, b: *x}\n",
        "table: t\ntable: u\n",
        "table: [\n",
        "# nothing\n",
        "values: [a]\n",
    ],
)
def test_what_is_wrong_is_not_formatted(text: str) -> None:
    with pytest.raises(SpecError):
        fmt(text)


OWN = [
    pytest.param(path, id=path.relative_to(ROOT).as_posix())
    for folder in ("specs", "tests/schemas/valid")
    for path in sorted((ROOT / folder).rglob("*.y*ml"))
]


@pytest.mark.parametrize("path", OWN)
def test_documents_of_this_project_keep_their_meaning(path: Path) -> None:
    source = Source(path.name, path.read_text(encoding="utf-8"))
    form = (
        formatted_project
        if path.stem == "reconcile" or "project" in path.parts or "project" in path.name
        else formatted
    )
    found = form(source)
    assert form(Source(path.name, found)) == found
    before, after = parse(source).documents, parse(Source(path.name, found)).documents
    assert stripped([plain(node) for node in before]) == stripped([plain(node) for node in after])


def stripped(value: object) -> object:
    if isinstance(value, dict):
        return {key: stripped(child) for key, child in value.items()}
    if isinstance(value, list):
        return [stripped(child) for child in value]
    return value.strip() if isinstance(value, str) else value


def lowered(text: str) -> Model:
    variables = {"note": "x"}
    return spec.lower(
        load_text(text), dialect="postgres", fallback=("postgres",), sql="postgres", variables=variables
    ).model


@settings(
    max_examples=examples(36), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(models())
def test_what_import_writes_is_canonical(model: Model) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec.write(model, folder, dialect="postgres", project_name="x", url="postgresql://h/db")
        for path in folder.rglob("*.yaml"):
            source = Source(path.name, path.read_text(encoding="utf-8"))
            form = formatted_project if path.name == "reconcile.yaml" else formatted
            assert form(source) == source.text


LINES = WRITTEN.replace("yes-and-no", "true").split("\n")
COMMENTS = st.sampled_from(["# a", "  # b", "    # c", "#", "", "", "      # deep", "\t"])


@settings(max_examples=examples(90), deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.lists(st.tuples(st.integers(0, len(LINES) - 1), COMMENTS, st.booleans()), max_size=8))
def test_comments_anywhere_are_kept(inserted: list[tuple[int, str, bool]]) -> None:
    lines = list(LINES)
    for number, comment, beside in inserted:
        lines[number] += f" {comment.strip()}" if beside else f"\n{comment}"
    text = "\n".join(lines)
    try:
        model = lowered(text)
    except SpecError:
        assume(False)
    found = fmt(text)
    assert dict(lowered(found)) == dict(model)
    assert fmt(found) == found
    for comment in ("# a", "# b", "# c", "# deep", *(line for line in WRITTEN.split("\n") if line.startswith("#"))):
        assert found.count(comment) == text.count(comment)
