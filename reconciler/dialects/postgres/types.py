"""Column types: the spec's words or anybody's PostgreSQL in, the words of `format_type` out, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from reconciler.dialects.postgres.lexer import Sort, Token, Unreadable, quoted_if_needed, tokens
from reconciler.model.types import Type, parse_type

# portable name → PostgreSQL's; arguments follow in parentheses
_NATIVE: Mapping[str, str] = {
    "bool": "boolean", "smallint": "smallint", "int": "integer", "bigint": "bigint", "float": "real",
    "double": "double precision", "decimal": "numeric", "text": "text", "varchar": "character varying",
    "char": "character", "bytes": "bytea", "date": "date", "time": "time without time zone",
    "timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone", "uuid": "uuid",
    "json": "json",
}  # fmt: skip
_PORTABLE: Mapping[str, str] = {native: portable for portable, native in _NATIVE.items()}

# What people write → how format_type spells it (manual, "Data Types", table of aliases).
_ALIASES: Mapping[str, str] = {
    "int": "integer", "int4": "integer", "int8": "bigint", "int2": "smallint", "bool": "boolean",
    "float": "double precision", "float4": "real", "float8": "double precision", "decimal": "numeric", "dec": "numeric",
    "varchar": "character varying", "char varying": "character varying", "char": "character",
    "nchar": "character", "national character": "character", "national character varying": "character varying",
    "varbit": "bit varying", "timestamptz": "timestamp with time zone", "timestamp": "timestamp without time zone",
    "timetz": "time with time zone", "time": "time without time zone", "serial4": "serial", "serial8": "bigserial",
    "serial2": "smallserial",
}  # fmt: skip

# Types whose precision stands inside their name: timestamp(3) with time zone.
_WITH_PRECISION_INSIDE = ("timestamp", "time")
# Types that are one long when no length is given ("Character Types", "Bit String Types").
_ONE_LONG = frozenset({"character", "bit"})

SERIAL: Mapping[str, str] = {"bigserial": "bigint", "serial": "integer", "smallserial": "smallint"}
SERIAL_OF: Mapping[str, str] = {base: serial for serial, base in SERIAL.items()}

TEXTS = frozenset({"text", "character varying", "character", "bpchar", "name"})
INTEGERS: Mapping[str, int] = {"smallint": 2, "integer": 4, "bigint": 8}
FLOATS = frozenset({"real", "double precision"})
CLOCKS = frozenset(f"{name} {zone} time zone" for name in ("timestamp", "time") for zone in ("with", "without")) | {
    "date"
}
NUMBERS = frozenset(INTEGERS) | FLOATS | {"numeric"}


def native(type_: Type, qualified: Callable[[str], str] = quoted_if_needed) -> Type:
    """Return a type in the server's words; `qualified` writes an enum's name. Idempotent."""
    if type_.native:
        name = canonical_type(type_.name)
        return type_ if name == type_.name else Type(name, native=True, spelling=type_.spelling)
    if type_.name == "enum":
        return Type(qualified(type_.args[0]), native=True)
    if type_.name == "array":
        return Type(_array_of(native(type_.element, qualified).name), native=True)
    base = _NATIVE[type_.name]
    return Type(canonical_type(f"{base}({', '.join(type_.args)})" if type_.args else base), native=True)


def _array_of(element: str) -> str:
    """Write an array; format_type shows one pair of brackets for any number of dimensions."""
    return element if element.endswith("[]") else f"{element}[]"


@lru_cache(maxsize=10_000)
def canonical_type(text: str) -> str:
    """Return a type as format_type spells it; what is not known stays, its words in lower case."""
    try:
        found = list(tokens(text))
    except Unreadable:
        return text
    found, array = _without_array(found)
    words, inside, after = _split(found)
    name = _name(words, after)
    spelled = _with_arguments(name, inside) if words else text
    return _array_of(spelled) if array else spelled


def _without_array(found: list[Token]) -> tuple[list[Token], bool]:
    """Take `[]`, `[3]`, `array` and `array[3]` off the end."""
    array = False
    while found and found[-1].says("]"):
        while found and not found.pop().says("["):
            pass
        array = True
    if found and found[-1].says("array"):
        return found[:-1], True
    return found, array


def _split(found: Sequence[Token]) -> tuple[list[Token], list[str], list[Token]]:
    """Return the words before the parentheses, the arguments in them, and the words behind."""
    opens = next((index for index, token in enumerate(found) if token.says("(")), len(found))
    closes = next((index for index, token in enumerate(found) if token.says(")")), len(found))
    inside = "".join(token.text for token in found[opens + 1 : closes])
    return list(found[:opens]), inside.split(",") if inside else [], list(found[closes + 1 :])


def _name(words: Sequence[Token], after: Sequence[Token]) -> str:
    if any(token.sort is Sort.QUOTED or token.says(".") for token in words):
        return "".join(token.value if token.says(".") else quoted_if_needed(token.value) for token in words)
    name = " ".join(token.value for token in (*words, *after))
    return _ALIASES.get(name, name)


def _with_arguments(name: str, inside: Sequence[str]) -> str:
    if name == "double precision" and inside:  # float(p): "Floating-Point Types"
        return "real" if int(inside[0]) <= 24 else name
    if not inside:
        return f"{name}(1)" if name in _ONE_LONG else name
    if name == "numeric" and len(inside) == 1:
        inside = [inside[0], "0"]
    arguments = ",".join(inside)
    first, _, rest = name.partition(" ")
    return f"{first}({arguments}) {rest}" if first in _WITH_PRECISION_INSIDE and rest else f"{name}({arguments})"


def base(type_name: str) -> str:
    """Return a canonical type's name without arguments: `numeric(10,2)` is `numeric`; an array keeps its brackets."""
    name, opened, rest = type_name.partition("(")
    return (name + rest.partition(")")[2]) if opened else name


def arguments(type_name: str) -> tuple[int, ...]:
    """Return the numbers in a canonical type's parentheses; empty when there are none or others."""
    inside = type_name.partition("(")[2].partition(")")[0]
    parts = inside.split(",") if inside else []
    return tuple(int(part) for part in parts) if all(part.strip().isdigit() for part in parts) else ()


def sort(type_name: str) -> str:
    """Return what a constant of a type is tested as (dialects/fitting.py)."""
    name = base(type_name)
    if name in TEXTS:
        return "text"
    return "number" if name in FLOATS else "json" if name == "jsonb" else name


def word(type_name: str) -> str:
    """Return the spec's word for a canonical type without arguments, itself where there is none."""
    return _PORTABLE.get(type_name, type_name)


def family(type_name: str) -> str:
    """Return what counts as the same sort of type: between two of one sort, whatever rests on a column still fits."""
    name = base(type_name)
    name = SERIAL.get(name, name)
    return "text" if name in TEXTS else "number" if name in NUMBERS else name


def portable(type_: Type, enum: str = "") -> Type:
    """Return a native type in the spec's words where both ways lead to the same; `enum` is its name if it is one."""
    name = type_.name
    if name.endswith("[]"):
        element = portable(Type(name[:-2], native=True), enum)
        return type_ if element.native else Type("array", (str(element),))
    if enum:
        return Type("enum", (enum,))
    word = _PORTABLE.get(base(name))
    if word is None or not type_.native:
        return type_
    found = Type(word, tuple(str(number) for number in arguments(name)))
    try:
        same = native(parse_type(str(found))).name == name
    except ValueError:
        same = False
    return found if same else type_
