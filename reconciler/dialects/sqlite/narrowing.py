"""Which values a new column type does not hold on SQLite: two types and a column in, a predicate out.

A column converts what it is given by its affinity (sqlite.org/datatype3.html, section 3): '007' becomes 7 in silence,
an integer beyond 2^53 another one. So each value is asked whether it comes back as it was. Beyond that SQLite refuses
no value for its declared length or scale; these are the limits that the declaration promises to readers, and to the
next database that the rows move to.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.dialects.sqlite.types import affinity
from reconciler.model.types import Type

_RANGES = {"SMALLINT": 2**15, "INTEGER": 2**63, "BIGINT": 2**63}

_DECIMALS = ("DECIMAL", "NUMERIC")

# Types that count as numeric, and hold text that is no number (sqlite.org/datatype3.html, section 3.1).
_NO_NUMBERS = frozenset({"DATE", "TIME", "TIMESTAMP", "TIMESTAMPTZ", "DATETIME", "UUID", "JSON", "JSONB"})


def narrows(old: Type, new: Type, column: str) -> str | None:
    """Return what is true for the values of `column` that `new` does not hold, None when every value fits."""
    if old.name == new.name:
        return None
    tests = [*_conversion(old, new, column), *_promise(old, new, column)]
    return " OR ".join(f"({test})" for test in tests) if tests else None


def _conversion(old: Type, new: Type, column: str) -> Iterator[str]:
    """Yield tests for values that the new affinity turns into others; what is stored, not what is declared, counts."""
    before, after = affinity(old.name), affinity(new.name)
    if before == after or after == "BLOB":
        return
    if after == "TEXT":
        # Text has fifteen digits of a number (sqlite.org/lang_expr.html#castexpr), and a few numbers have more.
        if before != "INTEGER":
            yield f"typeof({column}) = 'real' AND CAST(CAST({column} AS TEXT) AS REAL) <> {column}"
        return
    if before in ("TEXT", "BLOB"):
        yield f"typeof({column}) IN ('text', 'blob') AND ({_text_changes(new, after, column)})"
    if after == "INTEGER" and before != "TEXT":
        yield f"typeof({column}) = 'real' AND CAST({column} AS INTEGER) <> {column}"
    if after == "REAL" and before != "TEXT":
        yield f"typeof({column}) = 'integer' AND CAST({column} AS REAL) <> {column}"


def _text_changes(new: Type, after: str, column: str) -> str:
    """Say which texts are no number, or read otherwise when they have been one."""
    name, args = _split(new.name)
    text, number = f"CAST({column} AS TEXT)", f"CAST({column} AS NUMERIC)"
    # Comparing TEXT with NUMERIC makes a number of the text where it is one (sqlite.org/datatype3.html, section 4.2).
    if name in _NO_NUMBERS:
        return f"{text} = {number} AND {text} <> CAST({number} AS TEXT)"
    if after == "INTEGER":
        return f"{text} <> CAST(CAST({column} AS INTEGER) AS TEXT)"
    if after == "REAL":
        real = f"CAST({column} AS REAL)"
        return f"{text} NOT IN (CAST({number} AS TEXT), CAST({real} AS TEXT)) OR {real} <> {number}"
    # A declared scale promises the zeros at the end: 1.50 and 1.5 are the same there.
    trimmed = f"CASE WHEN instr({text}, '.') THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END"
    return f"{trimmed if args else text} <> CAST({number} AS TEXT)"


def _promise(old: Type, new: Type, column: str) -> Iterator[str]:
    """Yield tests for values beyond the declared range, length, or precision and scale, where less is promised now.

    What was beyond the limits of the old type already stays as it is in a wider one.
    """
    (before, limits), (name, args) = _split(old.name), _split(new.name)
    if name in _RANGES and _RANGES[name] < 2**63:
        yield f"CAST({column} AS NUMERIC) NOT BETWEEN {-_RANGES[name]} AND {_RANGES[name] - 1}"
    longest = limits[0] if limits and affinity(old.name) == "TEXT" else 10**9
    if affinity(new.name) == "TEXT" and args and args[0] < longest:
        yield f"length({column}) > {args[0]}"
    if name in _DECIMALS and args:
        yield from _digits(_places(limits) if before in _DECIMALS and limits else (10**9, 10**9), _places(args), column)


def _digits(before: tuple[int, int], after: tuple[int, int], column: str) -> Iterator[str]:
    """Yield tests for numbers with more places than fit behind or before the point, where those became fewer."""
    number = f"CAST({column} AS NUMERIC)"
    if after[1] < before[1]:
        yield f"round({number}, {after[1]}) <> {number}"
    if after[0] < before[0]:
        yield f"abs({number}) >= 1e{after[0]}"


def _places(args: tuple[int, ...]) -> tuple[int, int]:
    """Return how many digits a precision and a scale leave before and behind the point."""
    scale = args[1] if len(args) > 1 else 0
    return args[0] - scale, scale


def _split(words: str) -> tuple[str, tuple[int, ...]]:
    name, _, rest = words.partition("(")
    parts = rest.rstrip(")").split(",") if rest else []
    return name.strip(), tuple(int(part) for part in parts if part.strip().isdigit())
