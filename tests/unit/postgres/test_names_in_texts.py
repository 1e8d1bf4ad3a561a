"""Names in texts follow a rename also where the word means something to PostgreSQL, and types do not."""

from __future__ import annotations

import pytest

from reconciler.dialects.postgres.resolve import words


@pytest.mark.parametrize(
    ("text", "renames", "after"),
    [
        ("name <> 'x'", {"name": "label"}, "label <> 'x'"),
        ("lower(name) = name", {"name": "label"}, "lower(label) = label"),
        ("day > date '2024-01-01'", {"date": "d"}, "day > date '2024-01-01'"),
        ("date > day::date", {"date": "d"}, "d > day::date"),
        ("cast(day as date) = date", {"date": "d"}, "cast(day as date) = d"),
        ("date(at) = date", {"date": "d"}, "date(at) = d"),
    ],
)
def test_names_follow(text: str, renames: dict[str, str], after: str) -> None:
    assert words(text, renames) == after
