"""`${var.name}` in texts: values in, the text with them out; it knows no field. `$${var.name}` stands for itself."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reconciler.spec.scalars import Scalar, scalar

_PREFIX = "RECONCILE_VAR_"
_VARIABLE = re.compile(r"\$(\$?)\{var\.([^}]*)\}")


def interpolated(text: str, variables: Mapping[str, Scalar]) -> str:
    """Return the text with each variable's value in place. Raises KeyError with the name of a missing one."""
    return _VARIABLE.sub(lambda match: _value(match, variables), text)


def interpolated_scalar(text: str, variables: Mapping[str, Scalar]) -> Scalar:
    """Return a value: a text that is one variable and nothing else takes the variable's type.

    Raises KeyError with the name of a missing one.
    """
    match = _VARIABLE.fullmatch(text)
    if match and not match.group(1):
        return variables[match.group(2)]
    return interpolated(text, variables)


def escaped(text: str) -> str:
    """Return a text that `interpolated` gives back as it was."""
    return _VARIABLE.sub(lambda match: "$" + match.group(0), text) if "${var." in text else text


def gathered(
    declared: Mapping[str, Scalar], environ: Mapping[str, str], given: Mapping[str, str]
) -> Mapping[str, Scalar]:
    """Return every variable's value: the command line's word before RECONCILE_VAR_name before the project file's.

    Texts from outside are read as YAML would read them: `5` is a number. The case of a variable of the environment does
    not matter where the project file declares the name.

    Raises ValueError for a number that would not be kept as written.
    """
    known = {name.lower(): name for name in declared}
    found = {name.removeprefix(_PREFIX): text for name, text in environ.items() if name.startswith(_PREFIX)}
    outside = {known.get(name.lower(), name): text for name, text in found.items()} | dict(given)
    return {**declared, **{name: scalar(text) for name, text in outside.items()}}


def _value(match: re.Match[str], variables: Mapping[str, Scalar]) -> str:
    if match.group(1):
        return match.group(0)[1:]
    value = variables[match.group(2)]
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
