"""Bad input never costs more than an error: each mistake has a code, a place and a sentence."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler import spec
from reconciler.errors import Problem, SpecError
from reconciler.spec.codes import CODES

Found = tuple[str, str]


def problems_of(
    files: Mapping[str, str | bytes], folder: Path, *, words: tuple[str, ...] = ("postgres",)
) -> list[Problem]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SpecError) as caught:
        compiled(folder, words)
    assert caught.value.exit_code == 65
    assert all(problem.code in CODES for problem in caught.value.problems())
    return list(caught.value.problems())


def compiled(folder: Path, words: tuple[str, ...]) -> None:
    spec.lower(spec.load([folder]), dialect=words[0], fallback=words, sql="postgres", variables={})


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def places(problems: list[Problem]) -> list[Found]:
    return [(problem.code, str(problem.position)) for problem in problems]


TABLE = "table: t\ncolumns:\n  id: {type: int}\n"

# What is wrong; the file; code and place of each problem.
ONE_FILE: list[tuple[str, str, list[Found]]] = [
    ("unknown key", "table: t\ncolumns: {id: {type: int, notnull: true}}\n", [("SPEC011", "a.yaml:2:27")]),
    ("duplicate key", TABLE + "  id: {type: text}\n", [("SPEC006", "a.yaml:4:3")]),
    ("split decimal", "table: t\ncolumns:\n  a: {type: decimal(12,2), not_null: true}\n", [("SPEC008", "a.yaml:3:24")]),
    ("unbalanced check", TABLE + "checks: {c: (id > 0}\n", [("SPEC021", "a.yaml:4:13")]),
    ("unbalanced block", "view: v\nquery: |\n  select 1\n  from (select 2))\n", [("SPEC021", "a.yaml:4:18")]),
    (
        "unbalanced default",
        'table: t\ncolumns: {a: {type: int, default: {sql: "now("}}}\n',
        [("SPEC021", "a.yaml:2:41")],
    ),
    ("unknown type", "table: t\ncolumns:\n  a: {type: integr}\n", [("SPEC020", "a.yaml:3:13")]),
    ("type arguments", 'table: t\ncolumns:\n  a: {type: "varchar(1,2)"}\n', [("SPEC020", "a.yaml:3:13")]),
    ("values in enum()", 'table: t\ncolumns:\n  a: {type: "enum(new, paid)"}\n', [("SPEC020", "a.yaml:3:13")]),
    ("no type", "table: t\ncolumns:\n  a: {not_null: true}\n", [("SPEC014", "a.yaml:3:3")]),
    ("type and native", "table: t\ncolumns:\n  a: {type: int, native: int4}\n", [("SPEC016", "a.yaml:3:18")]),
    ("no such enum", "table: t\ncolumns:\n  a: {type: enum(mood)}\n", [("SPEC032", "a.yaml:3:13")]),
    ("no such enum in array", "table: t\ncolumns:\n  a: {type: array(enum(mood))}\n", [("SPEC032", "a.yaml:3:13")]),
    (
        "foreign key to nothing",
        TABLE + "foreign_keys: {f: {columns: [id], references: u(id)}}\n",
        [("SPEC030", "a.yaml:4:47")],
    ),
    ("reference to nothing", "table: t\ncolumns: {a: {type: int, references: u.id}}\n", [("SPEC030", "a.yaml:2:38")]),
    ("reference without column", "table: t\ncolumns: {a: {type: int, references: t}}\n", [("SPEC017", "a.yaml:2:38")]),
    (
        "no such target column",
        TABLE + "foreign_keys: {f: {columns: [id], references: t(ix)}}\n",
        [("SPEC031", "a.yaml:4:47")],
    ),
    (
        "no such own column",
        TABLE + "foreign_keys: {f: {columns: [ix], references: t(id)}}\n",
        [("SPEC031", "a.yaml:4:30")],
    ),
    (
        "more columns than targets",
        TABLE + "  b: {type: int}\nforeign_keys: {f: {columns: [id, b], references: t(id)}}\n",
        [("SPEC033", "a.yaml:5:50")],
    ),
    (
        "target twice",
        TABLE + "  b: {type: int}\nforeign_keys: {f: {columns: [id, b], references: 't(id, id)'}}\n",
        [("SPEC042", "a.yaml:5:50")],
    ),
    ("no day", TABLE + "deprecated: {since: 2026-02-30, remove_after: 2026-12-31}\n", [("SPEC015", "a.yaml:4:21")]),
    (
        "gone too soon",
        TABLE + "deprecated: {since: 2026-02-03, remove_after: 2026-01-31}\n",
        [("SPEC015", "a.yaml:4:47")],
    ),
    ("target without key", TABLE + "foreign_keys: {f: {columns: [id], references: t}}\n", [("SPEC033", "a.yaml:4:47")]),
    ("no such key column", TABLE + "primary_key: [ix]\n", [("SPEC031", "a.yaml:4:15")]),
    ("no such unique column", TABLE + "unique: {u: [id, ix]}\n", [("SPEC031", "a.yaml:4:18")]),
    ("no such index column", TABLE + "indexes: {i: [ix desc]}\n", [("SPEC031", "a.yaml:4:15")]),
    ("expression as index column", TABLE + "indexes: {i: [lower(id)]}\n", [("SPEC031", "a.yaml:4:15")]),
    ("no such included column", TABLE + "indexes: {i: {columns: [id], include: [ix]}}\n", [("SPEC031", "a.yaml:4:40")]),
    ("column and sql in a part", TABLE + 'indexes: {i: [{column: id, sql: "1"}]}\n', [("SPEC016", "a.yaml:4:15")]),
    (
        "two identities",
        "table: t\ncolumns: {a: {type: int, identity: true}, b: {type: int, identity: true}}\n",
        [("SPEC037", "a.yaml:2:68")],
    ),
    (
        "two primary keys",
        "table: t\ncolumns: {a: {type: int, primary_key: true}}\nprimary_key: [a]\n",
        [("SPEC036", "a.yaml:2:26")],
    ),
    (
        "identity with default",
        "table: t\ncolumns: {a: {type: int, identity: true, default: 1}}\n",
        [("SPEC016", "a.yaml:2:42")],
    ),
    (
        "generated with default",
        'table: t\ncolumns: {a: {type: int, generated: {sql: "1"}, default: 1}}\n',
        [("SPEC016", "a.yaml:2:49")],
    ),
    (
        "nullable key",
        "table: t\ncolumns: {a: {type: int, primary_key: true, not_null: false}}\n",
        [("SPEC016", "a.yaml:2:55")],
    ),
    (
        "action without reference",
        "table: t\ncolumns: {a: {type: int, on_delete: cascade}}\n",
        [("SPEC014", "a.yaml:2:26")],
    ),
    ("self rename", "table: t\ncolumns: {a: {type: int, renamed_from: a}}\n", [("SPEC038", "a.yaml:2:40")]),
    (
        "rename cycle",
        "table: t\ncolumns:\n  a: {type: int, renamed_from: b}\n  b: {type: int, renamed_from: a}\n",
        [("SPEC038", "a.yaml:3:32"), ("SPEC038", "a.yaml:4:32")],
    ),
    (
        "old name still declared",
        "table: t\ncolumns:\n  a: {type: int, renamed_from: b}\n  b: {type: int}\n",
        [("SPEC039", "a.yaml:3:32")],
    ),
    (
        "two from one",
        "table: t\ncolumns:\n  a: {type: int, renamed_from: c}\n  b: {type: int, renamed_from: c}\n",
        [("SPEC039", "a.yaml:4:32")],
    ),
    ("unnamed renamed", TABLE + "unique: [{columns: [id], renamed_from: u}]\n", [("SPEC016", "a.yaml:4:26")]),
    ("removed and declared", TABLE + "removed: {column.id: {reason: x}}\n", [("SPEC040", "a.yaml:4:11")]),
    ("removed document and declared", TABLE + "---\nremoved: table.t\nreason: x\n", [("SPEC040", "a.yaml:5:10")]),
    ("removed is no address", "removed: legacy\nreason: x\n", [("SPEC017", "a.yaml:1:10")]),
    ("removed kind not built", "removed: policy.legacy\nreason: x\n", [("SPEC012", "a.yaml:1:10")]),
    ("removed trigger of nothing", "removed: trigger.legacy\nreason: x\n", [("SPEC017", "a.yaml:1:10")]),
    ("removed column of two names", TABLE + "removed: {column.a.b: {reason: x}}\n", [("SPEC017", "a.yaml:4:11")]),
    (
        "shared index name",
        TABLE + "indexes: {i: [id]}\n---\ntable: u\ncolumns: {id: {type: int}}\nindexes: {i: [id]}\n",
        [("SPEC035", "a.yaml:8:11")],
    ),
    ("table and view of one name", TABLE + "---\nview: t\nquery: select 1\n", [("SPEC035", "a.yaml:5:7")]),
    ("constraint declared twice", TABLE + "unique: [[id], [id]]\n", [("SPEC034", "a.yaml:4:16")]),
    ("missing variable", 'table: t\ncomment: "x ${var.y}"\ncolumns: {}\n', [("SPEC023", "a.yaml:2:10")]),
    ("no SQL for the dialect", "view: v\nquery: {sqlite: select 1}\n", [("SPEC022", "a.yaml:2:1")]),
    ("name with two dots", "table: a.b.c\ncolumns: {}\n", [("SPEC017", "a.yaml:1:8")]),
    ("anchor", "table: t\ncolumns: &c {}\n", [("SPEC007", "a.yaml:2:10")]),
    (
        "alias",
        "table: t\ncolumns: {a: &x {type: int}, b: *x}\n",
        [("SPEC007", "a.yaml:2:14"), ("SPEC007", "a.yaml:2:33")],
    ),
    ("merge key", "table: t\ncolumns:\n  a:\n    <<: {type: int}\n", [("SPEC007", "a.yaml:4:5")]),
    ("tag", "table: !!str t\ncolumns: {}\n", [("SPEC007", "a.yaml:1:8")]),
    ("key that is a list", "table: t\n? [a]\n: b\n", [("SPEC013", "a.yaml:2:3")]),
    ("leading zeros", "table: t\ncolumns: {a: {type: text, default: 007}}\n", [("SPEC009", "a.yaml:2:36")]),
    ("infinity", "table: t\ncolumns: {a: {type: double, default: .inf}}\n", [("SPEC009", "a.yaml:2:38")]),
    (
        "exponent",
        "table: t\ncolumns: {a: {type: double, default: 1e999999999999999999999}}\n",
        [("SPEC009", "a.yaml:2:38")],
    ),
    (
        "endless number",
        "table: t\ncolumns: {a: {type: int, default: " + "9" * 5000 + "}}\n",
        [("SPEC009", "a.yaml:2:35")],
    ),
    ("at sign", "table: t\ncomment: @x\n", [("SPEC004", "a.yaml:2:10")]),
    ("colon in SQL", "view: v\nquery: select a: b\n", [("SPEC004", "a.yaml:2:16")]),
    ("tab", "table: t\ncolumns:\n\ta: b\n", [("SPEC004", "a.yaml:3:1")]),
    ("open bracket", "table: t\ncolumns: {a: [b\n", [("SPEC004", "a.yaml:2:14")]),
    ("control character", "table: t\ncomment: a\x07b\n", [("SPEC004", "a.yaml:2:11")]),
    ("empty", "", [("SPEC005", "a.yaml:1:1")]),
    ("comment only", "# nothing\n", [("SPEC005", "a.yaml:1:1")]),
    ("empty second document", TABLE + "---\n", [("SPEC005", "a.yaml:5:1")]),
    ("no kind", "tabel: t\ncolumns: {}\n", [("SPEC010", "a.yaml:1:1")]),
    ("two kinds", "table: t\ncolumns: {}\nview: v\n", [("SPEC010", "a.yaml:3:1")]),
    ("a list", "- table: t\n", [("SPEC010", "a.yaml:1:1")]),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in ONE_FILE], ids=[case[0] for case in ONE_FILE])
def test_a_mistake_in_one_file(text: str, expected: list[Found], tmp_path: Path) -> None:
    found = problems_of({"a.yaml": text}, tmp_path)
    assert places(found) == expected
    for problem in found:
        assert problem.position is not None
        written = [*text.splitlines(), ""]
        assert problem.source[:80] == written[problem.position.line - 1][:80]


def test_every_problem_of_every_file_at_once(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.yaml": "table: a\ncolumns: {x: {tipe: int}}\nprotect: maybe\n",
        "b.yaml": "",
        "sub/c.yml": "view: v\n",
        "sub/d.yaml": b"table: \xff\n",
        "ok.yaml": TABLE,
    }
    assert places(problems_of(files, tmp_path)) == [
        ("SPEC011", "a.yaml:2:15"),
        ("SPEC013", "a.yaml:3:10"),
        ("SPEC005", "b.yaml:1:1"),
        ("SPEC014", "sub/c.yml:1:1"),
        ("SPEC002", "sub/d.yaml:1:8"),
    ]


def test_not_utf8_is_placed_by_characters(tmp_path: Path) -> None:
    found = problems_of({"a.yaml": "table: t\ncomment: für ".encode() + b"\xe9\xe9\n"}, tmp_path)
    assert places(found) == [("SPEC002", "a.yaml:2:14")]
    assert "0xE9" in found[0].message


def test_suggestions(tmp_path: Path) -> None:
    text = "table: orders\ncolumns: {status: {type: integer}}\nprimary_key: [statsu]\n"
    hints = [problem.hint for problem in problems_of({"a.yaml": text}, tmp_path)]
    assert "'int'" in hints[0]
    assert hints[1] == "did you mean 'status'?"


def test_the_split_decimal_is_shown_corrected(tmp_path: Path) -> None:
    found = problems_of({"a.yaml": ONE_FILE[2][1]}, tmp_path)
    assert found[0].hint == 'write  type: "decimal(12,2)"'


def test_the_same_table_in_two_files_disagrees_field_by_field(tmp_path: Path) -> None:
    first = 'table: t\ncolumns:\n  a: {type: int}\n  b: {type: "decimal(12,2)"}\n'
    second = 'table: t\ncolumns:\n  a: {type: int}\n  b: {type: "decimal(10,2)", not_null: true}\nprotect: true\n'
    found = problems_of({"a.yaml": first, "b.yaml": second}, tmp_path)
    assert places(found) == [("SPEC034", "b.yaml:1:8")]
    assert [str(place) for place in found[0].also] == ["a.yaml:1:8"]
    assert "columns.b.type, columns.b.not_null, protect" in found[0].message
    assert found[0].hint.splitlines() == [
        'columns.b.type: "decimal(12,2)" in the first, "decimal(10,2)" in the second',
        "columns.b.not_null: only in the second",
        "protect: only in the second",
        "keep one of the two",
    ]


def test_the_same_table_twice_in_the_same_words(tmp_path: Path) -> None:
    found = problems_of({"a.yaml": TABLE, "b.yaml": TABLE}, tmp_path)
    assert places(found) == [("SPEC034", "b.yaml:1:8")]
    assert "the same words" in found[0].message


def test_the_same_table_for_different_dialects_is_two_halves(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(TABLE + "only: [sqlite]\n---\n" + TABLE + "only: [postgres]\n")
    words = ("d1", "sqlite")
    lowered = spec.lower(spec.load([tmp_path]), dialect="d1", fallback=words, sql="sqlite", variables={})
    assert [str(ref) for ref in lowered.model] == ["table.t", "table.t.column.id"]


def test_a_rename_circle_of_tables(tmp_path: Path) -> None:
    files = {name: f"table: {name}\nrenamed_from: {old}\ncolumns: {{}}\n" for name, old in ("ab", "bc", "ca")}
    found = problems_of({f"{name}.yaml": text for name, text in files.items()}, tmp_path)
    assert places(found) == [("SPEC038", "a.yaml:2:15"), ("SPEC038", "b.yaml:2:15"), ("SPEC038", "c.yaml:2:15")]


@pytest.mark.parametrize("words", [("sqlite",), ("d1", "sqlite"), ("mysql",), ("mariadb", "mysql")])
def test_a_schema_where_there_is_none(words: tuple[str, ...], tmp_path: Path) -> None:
    found = problems_of({"a.yaml": "table: app.t\ncolumns: {}\n"}, tmp_path, words=words)
    assert places(found) == [("SPEC041", "a.yaml:1:8")]


@pytest.mark.parametrize("unit", ["[", "{a: ", "- ", "? "])
def test_ten_megabytes_of_nesting(unit: str, tmp_path: Path) -> None:
    begun = time.process_time()
    found = problems_of({"a.yaml": "table: t\ncolumns:\n  " + unit * (10_000_000 // len(unit))}, tmp_path)
    assert time.process_time() - begun < 5
    assert len(found) == 1
    assert found[0].code in {"SPEC003", "SPEC013"}
    assert found[0].position is not None
    assert (found[0].position.file, found[0].position.line) == ("a.yaml", 3)
    assert len(found[0].source) < 3000


def test_a_file_of_sixteen_megabytes_is_not_read(tmp_path: Path) -> None:
    found = problems_of({"a.yaml": "#" * (17 * 1024 * 1024)}, tmp_path)
    assert places(found) == [("SPEC003", "a.yaml:1:1")]


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        spec.load([tmp_path])
    assert caught.value.code == "SPEC005"
    with pytest.raises(SpecError) as caught:
        spec.load([tmp_path / "gone", tmp_path / "*.nothing"])
    assert [problem.code for problem in caught.value.problems()] == ["SPEC001", "SPEC001"]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "gone")
    with pytest.raises(SpecError) as caught:
        spec.load([tmp_path])
    assert places(list(caught.value.problems())) == [("SPEC001", "a.yaml:1:1")]
