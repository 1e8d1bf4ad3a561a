"""Which values a new column type does not hold on SQLite: two types and a column in, a predicate out.

SQLite itself never refuses a value for its declared length or scale; these are the limits that the declaration promises
to readers, and to the next database that the rows move to.
"""

from __future__ import annotations

from reconciler.dialects.sqlite.types import affinity
from reconciler.model.types import Type

_RANGES = {"SMALLINT": 2**15, "INTEGER": 2**63, "BIGINT": 2**63}


def narrows(old: Type, new: Type, column: str) -> str | None:
    """Return what is true for the values of `column` that `new` does not hold, None when every value fits."""
    if old.name == new.name:
        return None
    name, args = _split(new.name)
    tests: list[str] = []
    # Comparing TEXT with NUMERIC makes a number of the text where it is one (sqlite.org/datatype3.html, section 4.2).
    if affinity(new.name) in ("INTEGER", "REAL", "NUMERIC") and affinity(old.name) in ("TEXT", "BLOB"):
        tests.append(f"CAST({column} AS TEXT) <> CAST({column} AS NUMERIC)")
    if affinity(new.name) == "INTEGER" and affinity(old.name) in ("REAL", "NUMERIC"):
        tests.append(f"CAST({column} AS INTEGER) <> CAST({column} AS NUMERIC)")
    if name in _RANGES and _RANGES[name] < 2**63:
        tests.append(f"CAST({column} AS NUMERIC) NOT BETWEEN {-_RANGES[name]} AND {_RANGES[name] - 1}")
    if affinity(new.name) == "TEXT" and args:
        tests.append(f"length({column}) > {args[0]}")
    if name in ("DECIMAL", "NUMERIC") and args:
        scale = args[1] if len(args) > 1 else 0
        number = f"CAST({column} AS NUMERIC)"
        tests.append(f"round({number}, {scale}) <> {number} OR abs({number}) >= 1e{args[0] - scale}")
    return " OR ".join(f"({test})" for test in tests) if tests else None


def _split(words: str) -> tuple[str, tuple[int, ...]]:
    name, _, rest = words.partition("(")
    parts = rest.rstrip(")").split(",") if rest else []
    return name.strip(), tuple(int(part) for part in parts if part.strip().isdigit())
