"""What is absurdly deep or long is told as a mistake, or read; it never ends in a traceback."""

from __future__ import annotations

import pytest

from reconciler import dialects, spec
from reconciler.errors import Problem, SpecError
from reconciler.model.types import parse_type

TABLE = "table: t\ncolumns:\n  a: {type: int}\n"


def problems(text: str, dialect: str = "sqlite") -> tuple[Problem, ...]:
    try:
        documents = spec.load_text(text, "t.yaml")
        desired = spec.lower(documents, dialect=dialect, fallback=(dialect,), sql="postgres", variables={})
    except SpecError as error:
        return tuple(error.problems())
    return tuple(dialects.dialect(dialect).normalize(desired.model).problems)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (TABLE + "checks:\n  c: '" + "(" * 5000 + "a > 0" + ")" * 5000 + "'\n", "SPEC029"),
        (TABLE + "checks:\n  c: '" + "not " * 5000 + "a > 0'\n", "SPEC200"),
        ("table: " + "[" * 10000 + "]" * 10000 + "\n", "SPEC003"),
        ("".join(f"{' ' * depth}a:\n" for depth in range(1000)), "SPEC003"),
        ("table: t\ncolumns:\n  a: {type: '" + "array(" * 3000 + "int" + ")" * 3000 + "'}\n", "SPEC020"),
        ("enum: e\nvalues: [" + "a, " * 600_000 + "]\n", "SPEC003"),
    ],
    ids=["parentheses", "not", "lists", "mappings", "arrays", "values"],
)
def test_what_is_too_deep_or_too_much_is_said_so(text: str, code: str) -> None:
    assert [problem.code for problem in problems(text)] == [code]
    assert all("recursion" not in problem.message and len(problem.message) < 300 for problem in problems(text))


def test_long_and_flat_is_read() -> None:
    conditions = " and ".join(f"a > {number}" for number in range(3000))
    assert not problems(TABLE + f"checks:\n  c: '{conditions}'\n")
    assert not problems("table: t\ncolumns:\n" + "".join(f"  c{number}: {{type: int}}\n" for number in range(20_000)))


def test_arrays_in_arrays_are_read_once_each() -> None:
    assert str(parse_type("array(array(array(array(array(array(int))))))")).count("array") == 6
    with pytest.raises(ValueError, match="six dimensions"):
        parse_type("array(" * 30 + "int" + ")" * 30)
