"""Documents of assertions: what they ask for, and what is wrong with them, each at its place, without a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.errors import SpecError
from reconciler.model.codec import decode_desired, encode_desired
from tests.unit.spec.lowered import lower

USERS = 'table: users\ncolumns: {id: {type: int}, quota: {type: int}, "Odd": {type: int}}\n---\n'


def problems(directory: Path, text: str, dialects: str = "postgres") -> list[tuple[str, int, str]]:
    """Return what validating a text finds: code, line, message and hint."""
    (directory / "s.yaml").write_text(USERS + text)
    (directory / "reconcile.yaml").write_text(f"reconcile: 1\nproject: p\ndialects: [{dialects}]\n")
    try:
        workflow.validate(workflow.Request(directory=directory))
    except SpecError as error:
        return [(one.code, one.position.line if one.position else 0, f"{one.message} {one.hint}")
                for one in error.problems()]  # fmt: skip
    return []


def test_what_it_asks_for() -> None:
    found = lower("assertion: b\nquery: select 1;\n---\nassertion: a\nseverity: warn\nsample: 3\ntimeout: 1.5m\n"
                  "query: {postgres: select 2, mysql: select 3}\ncomment: why\n")  # fmt: skip
    first, second = found.assertions
    assert (str(first.ref), first.severity, first.sample, first.timeout) == ("assertion.a", "warn", 3, 90.0)
    assert (first.query.text, first.comment) == ("select 2", "why")
    assert (str(second.ref), second.severity, second.sample, second.timeout) == ("assertion.b", "error", 20, 30.0)
    assert second.query.text == "select 1"
    position = found.position(first.ref, "query")
    assert position is not None
    assert position.line == 8
    assert decode_desired(encode_desired(found)).assertions == found.assertions
    assert not found.model


def test_it_may_be_left_out_for_a_dialect() -> None:
    text = "assertion: a\nonly: [sqlite]\nquery: select 1\n"
    assert not lower(text).assertions
    assert lower(text, "d1", "sqlite").assertions


@pytest.mark.parametrize(
    ("text", "code", "line", "words"),
    [
        ("assertion: a\nquery: delete from users\n", "SPEC200", 5, "not one single SELECT"),
        ("assertion: a\nquery: |\n  with x as (delete from users returning id) select id from x\n", "SPEC200", 5,
         "not one single SELECT"),
        ("assertion: a\nquery: select id into t from users\n", "SPEC200", 5, "not one single SELECT"),
        ("assertion: a\nquery: select id from where\n", "SPEC200", 5, "cannot be read"),
        ("assertion: a\nquery: select 1; select 2\n", "SPEC025", 5, ""),
        ("assertion: a\nquery: select u.qouta from users u join orders o on o.id = u.id\n", "SPEC031", 5, "'quota'"),
        ("assertion: a\nquery: select id from users where qouta < 0\n", "SPEC031", 5, "did you mean 'quota'"),
        ("assertion: a\nquery: {mysql: select 1}\n", "SPEC022", 5, "no SQL for postgres"),
        ("assertion: a\nquery: select 1\ntimeout: soon\n", "SPEC015", 6, "500ms"),
        ("assertion: a\nquery: select 1\ntimeout: 0s\n", "SPEC015", 6, "500ms"),
        ("assertion: s.a\nquery: select 1\n", "SPEC017", 4, "in no schema"),
        ("assertion: a\nquery: select 1\n---\nassertion: a\nquery: select 2\n", "SPEC034", 7, "declared twice"),
    ],
)  # fmt: skip
def test_what_is_wrong(tmp_path: Path, text: str, code: str, line: int, words: str) -> None:
    found = problems(tmp_path, text)
    assert [(each, at) for each, at, _ in found] == [(code, line)], found
    assert words in found[0][2]


@pytest.mark.parametrize(
    "query",
    [
        "select id, quota as q from users where quota < 0 order by q",
        'select u.xmin, u.\\"Odd\\", users.id from users u, users',
        "with users as (select 1 as made) select made, users.made from users",
        "select x.made from (select id as made from users) x",
        "select anything from somewhere",
        "(select id from users) union (select quota from users)",
        "select users from users",
        "select o.nothing from orders o where exists (select 1 from users where o.nothing = users.id)",
    ],
)
def test_what_may_be_right_is_left_to_the_database(tmp_path: Path, query: str) -> None:
    assert problems(tmp_path, f'assertion: a\nquery: "{query}"\n') == []


def test_it_is_translated_where_the_meaning_is_known_and_nowhere_else(tmp_path: Path) -> None:
    both = "postgres, sqlite, mysql"
    assert problems(tmp_path, "assertion: a\nquery: select id from users where quota < 0\n", both) == []
    found = problems(tmp_path, "assertion: a\nquery: select id from users where now() - interval '1 day' > '2'\n", both)
    assert {(code, line) for code, line, _ in found} == {("SPEC200", 5)}
    assert all("not known to mean the same" in words and "{sql" not in words for *_, words in found)
