"""Column types: `decimal(12,2)` in, a `Type` out, and back; how a database spells one is the dialects' business."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field

from reconciler.frozen import frozen_in_order

# Portable name → how many arguments it may have (least, most). The table of names is the one in the spec format.
PORTABLE: Mapping[str, tuple[int, int]] = {
    "bool": (0, 0),
    "smallint": (0, 0),
    "int": (0, 0),
    "bigint": (0, 0),
    "float": (0, 0),
    "double": (0, 0),
    "decimal": (0, 2),
    "text": (0, 0),
    "varchar": (0, 1),
    "char": (0, 1),
    "bytes": (0, 0),
    "date": (0, 0),
    "time": (0, 0),
    "timestamp": (0, 0),
    "timestamptz": (0, 0),
    "uuid": (0, 0),
    "json": (0, 0),
    "enum": (1, 1),
    "array": (1, 1),
}

# Six arrays in each other, as many as PostgreSQL has dimensions, and what stands in the innermost.
DEEPEST = 8
_SHAPE = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:\((.*)\))?\s*", re.DOTALL)


@frozen_in_order
class Type:
    """A column's type: a portable name with arguments, or, when `native`, a database's own words in `name`.

    `array(varchar(20))` holds its element as the text of a type in `args`, `enum(app.mood)` the enum's name. `spelling`
    are the words that a database was found to hold, emitted again as they are and never compared.
    """

    name: str
    args: tuple[str, ...] = ()
    native: bool = False
    spelling: str = field(default="", compare=False)

    def __str__(self) -> str:
        if self.spelling:
            return self.spelling
        return f"{self.name}({','.join(self.args)})" if self.args else self.name

    @property
    def element(self) -> Type:
        """The element type of an array."""
        return parse_type(self.args[0])


BIGINT = Type("bigint")


def parse_type(text: str) -> Type:
    """Read a portable type.

    Raises ValueError, in one sentence, when the name is unknown or the arguments are not right for it.
    """
    if text.count("(") > DEEPEST:
        raise ValueError(f"a type with {text.count('(')} parentheses; arrays have at most six dimensions")
    match = _SHAPE.fullmatch(text)
    name = match.group(1).lower() if match else ""
    if not match or name not in PORTABLE:
        raise ValueError(f"unknown type {text!r}")
    inner = match.group(2)
    if name == "array":
        return Type("array", (str(parse_type(inner or "")),))
    args = tuple(part.strip() for part in inner.split(",")) if inner is not None else ()
    least, most = PORTABLE[name]
    if not least <= len(args) <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        raise ValueError(f"type {name!r} takes {wanted} argument(s), found {len(args)}")
    if name != "enum" and not all(re.fullmatch(r"[0-9]{1,9}", arg) for arg in args):
        raise ValueError(f"type {name!r} takes whole numbers in its parentheses, found {inner!r}")
    if name == "enum" and not args[0]:
        raise ValueError("type 'enum' names an enum in its parentheses")
    return Type(name, tuple(str(int(arg)) for arg in args) if name != "enum" else args)
