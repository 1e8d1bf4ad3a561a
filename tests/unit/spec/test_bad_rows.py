"""Rows that are wrong are told of at their place, in a document and in a CSV file, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.spec.test_bad_input import Found, places, problems_of

TABLE = """table: d
columns: {id: {type: int, primary_key: true}, a: {type: text, sensitive: true}, b: {type: int, references: d.id},
  twice: {type: int, generated: {sql: id * 2}}, p: {type: int}, q: {type: int}}
unique: {d_key: [q]}
---
data: d
key: [id]
"""
COLUMNS = "rows:\n  - {id: 1, twice: 2, a: x}\n  - {b: 1}\n  - {id: 2}\n  - {id: 2, b: 2}\n  - {id: ~, nam: 1}\n"
CIRCLE = "rows: [{id: 1, b: 2}, {id: 2, b: 3}, {id: 3, b: 1}, {id: 4, b: 4}]\n"
TWO = """table: a
columns: {id: {type: int, primary_key: true}, b: {type: int, references: b.id}}
---
table: b
columns: {id: {type: int, primary_key: true}, a: {type: int, references: a.id}}
---
data: a
key: [id]
rows: [{id: 1, b: 1}]
---
data: b
key: [id]
rows: [{id: 1, a: 1}]
"""
CASES: list[tuple[str, str, list[Found]]] = [
    ("nowhere", "data: x\nkey: [id]\n", [("SPEC014", "a.yaml:1:7")]),
    ("in two places", "data: x\nkey: [id]\nrows: []\nfile: x.csv\n", [("SPEC016", "a.yaml:4:1")]),
    ("null without a file", TABLE + "null: x\nrows: []\n", [("SPEC016", "a.yaml:8:1")]),
    ("of no table", "data: x\nkey: [id]\nrows: []\n", [("SPEC030", "a.yaml:1:7")]),
    ("of no file", TABLE + "file: nowhere.csv\n", [("SPEC001", "a.yaml:8:7")]),
    ("twice", TABLE + "rows: []\n---\ndata: d\nkey: [id]\nrows: [{id: 1}]\n", [("SPEC034", "a.yaml:10:7")]),
    (
        "columns and keys",
        TABLE + COLUMNS,
        [
            ("SPEC076", "a.yaml:9:13"), ("SPEC076", "a.yaml:9:23"), ("SPEC071", "a.yaml:10:5"),
            ("SPEC072", "a.yaml:12:5"), ("SPEC071", "a.yaml:13:5"), ("SPEC031", "a.yaml:13:13"),
        ],
    ),
    ("by no key", TABLE.replace("key: [id]", "key: [id, p]") + "rows: []\n", [("SPEC070", "a.yaml:7:6")]),
    ("by what may be null", TABLE.replace("key: [id]", "key: [q]") + "rows: []\n", [("SPEC070", "a.yaml:7:6")]),
    ("by no column", TABLE.replace("key: [id]", "key: [id, no]") + "rows: [{id: 1}]\n", [("SPEC031", "a.yaml:7:11")]),
    ("in a circle", TABLE + CIRCLE, [("SPEC075", "a.yaml:8:8")]),
    ("of two tables in a circle", TWO, [("SPEC075", "a.yaml:7:7")]),
]  # fmt: skip
FILES: list[tuple[str, str, Found]] = [
    ("empty", "", ("SPEC074", "rows.csv:1:1")),
    ("a name twice", "id,p,id\n1,2,3\n", ("SPEC074", "rows.csv:1:1")),
    ("no name", "id,,p\n", ("SPEC074", "rows.csv:1:1")),
    ("too few fields", "id,p\n1,2\n\n3\n", ("SPEC074", "rows.csv:4:1")),
    ("an open quote", 'id,p\n1,"2\n', ("SPEC074", "rows.csv:2:3")),
    ("text beside a quote", 'id,p\n1,"2"3\n', ("SPEC074", "rows.csv:2:3")),
    ("an unknown column", "id,pp\n1,2\n", ("SPEC031", "rows.csv:2:3")),
    ("no key", "id,p\r\n1,\r\n,3\r\n", ("SPEC071", "rows.csv:3:1")),
    ("a key twice", 'id,p\n1,"a\nb"\n1,2\n', ("SPEC072", "rows.csv:4:1")),
]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_rows_in_a_document(text: str, expected: list[Found], tmp_path: Path) -> None:
    assert places(problems_of({"a.yaml": text}, tmp_path)) == expected


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in FILES], ids=[case[0] for case in FILES])
def test_rows_in_a_file(text: str, expected: Found, tmp_path: Path) -> None:
    files = {"a.yaml": TABLE + "file: rows.csv\n", "rows.csv": text}
    assert places(problems_of(files, tmp_path)) == [expected]
