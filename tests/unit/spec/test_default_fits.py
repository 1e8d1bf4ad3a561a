"""A default that its type cannot hold is an error of the spec, at its place, on every dialect."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.errors import SpecError

WRONG = [
    ("type: int, default: abc", "no number"),
    ("type: int, default: 1.5", "no whole number"),
    ("type: smallint, default: 40000", "is not between"),
    ("type: 'decimal(4,2)', default: 100", "more digits"),
    ("type: double, default: much", "no number"),
    ("type: bool, default: maybe", "neither true nor false"),
    ("type: bool, default: on", "'on' is a text, neither true nor false"),
    ('type: bool, default: "true"', "'true' is a text, neither true nor false"),
    ("type: varchar(3), default: long", "longer than 3"),
    ("type: uuid, default: x", "no UUID"),
    ("type: json, default: '{a: 1}'", "no JSON"),
    ("type: enum(mood), default: clam", "not one of the enum's values"),
]
RIGHT = [
    "type: int, default: '5'",
    "type: smallint, default: -32768",
    "type: 'decimal(4,2)', default: 99.994",
    "type: bool, default: false",
    "type: bool, default: 1",
    "type: varchar(3), default: 'abc  '",
    "type: text, default: 5",
    "type: uuid, default: 00000000-0000-0000-0000-000000000000",
    "type: json, default: '[1]'",
    "type: enum(mood), default: calm",
    "type: array(enum(mood)), default: '{calm}', only: [postgres]",
    "type: date, default: today",
    "type: int, default: {sql: 1 + 1}",
]


def validated(folder: Path, column: str, dialects: str = "sqlite, postgres") -> None:
    """Validate a project of one column and one enum."""
    (folder / "reconcile.yaml").write_text(f"reconcile: 1\nproject: p\nsql: postgres\ndialects: [{dialects}]\n")
    text = "enum: mood\nvalues: [calm, wild]\n---\ntable: t\ncolumns:\n  a: {" + column + "}\n"
    (folder / "schema.yaml").write_text(text)
    workflow.validate(workflow.Request(directory=folder))


@pytest.mark.parametrize(("column", "words"), WRONG)
def test_a_default_that_does_not_fit_is_told_at_its_place(
    tmp_path: Path, column: str, words: str, dialect: str
) -> None:
    with pytest.raises(SpecError) as error:
        validated(tmp_path, column, dialect)
    (problem,) = error.value.problems()
    assert words in problem.message
    assert problem.position is not None
    assert problem.position.line == 6
    assert problem.position.column == len("  a: {" + column.partition("default: ")[0] + "default: ") + 1


@pytest.mark.parametrize("column", RIGHT)
def test_a_default_that_fits_is_none(tmp_path: Path, column: str) -> None:
    validated(tmp_path, column)


def test_a_slip_gets_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as error:
        validated(tmp_path, "type: enum(mood), default: clam")
    assert {problem.hint for problem in error.value.problems()} == {"did you mean 'calm'?"}
