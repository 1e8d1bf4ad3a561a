"""Options of routines as the catalogs or a spec have them in, in one spelling, and as statements have them, out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.postgres.lexer import Sort, Unreadable, quoted_if_needed, tokens
from reconciler.dialects.sql import as_number, double_quoted, number_text, text_literal
from reconciler.model.objects import Options

SETTING = "set."
_PARALLEL = {"r": "restricted", "s": "safe"}
# What costs, and how many rows, are taken for granted (manual, "CREATE FUNCTION").
USUAL_COST, USUAL_ROWS = 100, 1000
# Settings that are lists of names (GUC_LIST_QUOTE in guc_tables.c); each name is quoted by itself.
_LISTS = frozenset({
    "local_preload_libraries", "search_path", "session_preload_libraries", "shared_preload_libraries",
    "temp_tablespaces", "unix_socket_directories",
})  # fmt: skip


def live_options(parallel: str, leakproof: bool, cost: float, rows: float, settings: Sequence[str]) -> Options:
    """Return the options of a live routine, of which those are left out that hold anyway."""
    found: list[tuple[str, str | int | bool]] = [
        ("cost", _number(str(cost))), ("leakproof", leakproof), ("rows", _number(str(rows))),
        *(("parallel", word) for letter, word in _PARALLEL.items() if letter == parallel),
        *((SETTING + name, value) for name, _, value in (text.partition("=") for text in settings)),
    ]  # fmt: skip
    return settled(found)


def settled(options: Sequence[tuple[str, str | int | bool]]) -> Options:
    """Return options in one spelling, sorted; letter case does not count in the names of settings. Idempotent."""
    found = sorted((name.lower(), _value(name.lower(), value)) for name, value in options)
    return tuple((name, value) for name, value in found if not _usual(name, value))


def _usual(name: str, value: str | int | bool) -> bool:
    """Say whether an option says what holds anyway; no rows are what a function has that gives none."""
    usual = {"cost": (USUAL_COST,), "rows": (USUAL_ROWS, 0), "leakproof": (False,), "parallel": ("unsafe",)}
    return value in usual.get(name, ())


def _value(name: str, value: str | int | bool) -> str | int | bool:
    if name in ("cost", "rows"):
        return _number(str(value))
    if name.startswith(SETTING):
        return ", ".join(map(quoted_if_needed, _listed(str(value)))) if name[4:] in _LISTS else str(value)
    return value


def _number(text: str) -> int | str:
    number = as_number(text)
    if number is None:
        return text
    return int(number) if number == number.to_integral_value() else number_text(number.normalize())


def _listed(text: str) -> Sequence[str]:
    """Read a list of names as SET does; the empty text is one name."""
    try:
        found = tokens(text)
    except Unreadable:
        return (text,)
    names, word = [], ""
    for token in found:
        if token.says(","):
            names.append(word)
            word = ""
        else:
            quoted = token.sort in (Sort.QUOTED, Sort.STRING)
            word += token.value if quoted or token.sort is Sort.WORD else token.text
    return (*names, word)


def clauses(options: Options) -> Iterator[str]:
    """Yield options as CREATE FUNCTION wants them."""
    for name, value in options:
        if name.startswith(SETTING):
            setting = name.removeprefix(SETTING)
            values = _listed(str(value)) if setting in _LISTS else (str(value),)
            yield f"SET {double_quoted(setting)} TO {', '.join(map(text_literal, values))}"
        elif name == "leakproof":
            yield "LEAKPROOF"
        else:
            yield f"{name.upper()} {value if name != 'parallel' else str(value).upper()}"
