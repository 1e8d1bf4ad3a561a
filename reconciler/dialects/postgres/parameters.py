"""Storage parameters and the settings of columns: their values in one spelling, and the words that change them."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.dialects.postgres import types
from reconciler.dialects.postgres.lexer import quoted_if_needed
from reconciler.dialects.sql import as_number, number_text, text_literal
from reconciler.model.objects import Options

# How people and the catalog write truth values (manual, "CREATE TABLE", Storage Parameters); 1 and 0 are numbers too.
_TRUTH = {"on": "true", "yes": "true", "true": "true", "off": "false", "no": "false", "false": "false"}


def settled(value: str | int | bool) -> str:
    """Return a value in one spelling: numbers without needless zeros, truth values as true and false."""
    text = str(value).strip().lower() if isinstance(value, bool) else str(value).strip()
    number = as_number(text)
    return number_text(number) if number is not None else _TRUTH.get(text.lower(), text)


def parameters(options: Options) -> str:
    """Write parameters as WITH and SET want them."""
    return ", ".join(f"{_name(name)} = {_value(value)}" for name, value in options)


def _name(name: str) -> str:
    return ".".join(quoted_if_needed(word) for word in name.split("."))


def _value(value: str | int | bool) -> str:
    text = settled(value)
    return text if as_number(text) is not None or text in ("true", "false") else text_literal(text)


def changes(old: Options, new: Options) -> Iterator[str]:
    """Yield what turns the one set of parameters into the other."""
    gone = [name for name, _ in old if name not in dict(new)]
    given = tuple((name, value) for name, value in new if dict(old).get(name) != value)
    if gone:
        yield f"RESET ({', '.join(map(_name, gone))})"
    if given:
        yield f"SET ({parameters(given)})"


# Types whose values are compressed first, and moved out only when that is not enough (pg_type.typstorage `m`).
_MAIN = frozenset({"numeric", "inet", "cidr"})


def usual_storage(type_name: str) -> str:
    """Return how long values of a type are kept by default."""
    return "main" if types.base(type_name) in _MAIN else "extended"


def settled_settings(options: Options, type_name: str) -> Options:
    """Return a column's settings without those that are what they are by default."""
    usual = {("statistics", -1), ("storage", usual_storage(type_name))}
    return tuple(sorted(pair for pair in options if pair not in usual))
