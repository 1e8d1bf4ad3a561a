"""What a project file says about findings in: how grave each is, which names are right, what is allowed and until when.

Which codes there are is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import date
from typing import Any

from reconciler.errors import Position, Problem
from reconciler.frozen import frozen
from reconciler.model.ref import Ref
from reconciler.spec.nodes import Node, Source


@frozen
class Allowed:
    """Consent to a code, everywhere or at one address, with its reason; `until` is the last day on which it holds."""

    code: str
    at: str = ""
    reason: str = ""
    until: date | None = None
    position: Position | None = field(default=None, compare=False)

    def holds(self, today: date) -> bool:
        """Say whether it still allows anything."""
        return self.until is None or today <= self.until

    def __str__(self) -> str:
        return f"{self.code}:{self.at}" if self.at else self.code


@frozen
class LintPolicy:
    """How grave each code is (off, info, warn, error), which names are right, by kind, and what is allowed.

    `places` says where the project file names a code, for problems with it.
    """

    severity: Mapping[str, str] = field(default_factory=dict)
    naming: Mapping[str, str] = field(default_factory=dict)
    allow: tuple[Allowed, ...] = ()
    places: Mapping[str, Position] = field(default_factory=dict, compare=False)


def allowed(node: Node | None, source: Source) -> tuple[Allowed, ...]:
    """Return the allowances of a list that has the right form: texts (`CODE:ADDRESS`), or mappings."""
    return tuple(_allowed(item, source) for item in (node.value if node is not None else ()))


def _allowed(item: Node, source: Source) -> Allowed:
    if isinstance(item.value, str):
        code, _, at = item.value.partition(":")
        return Allowed(code=code, at=at, position=source.position(item.at))
    said: dict[str, Any] = {key: child.value for key, child in item.value.items()}
    until = date.fromisoformat(said["until"]) if "until" in said else None
    return Allowed(
        code=said["code"], at=said.get("at", ""), reason=said["reason"], until=until,
        position=source.position(item.value["code"].at),
    )  # fmt: skip


def lint_policy(node: Node | None, source: Source) -> LintPolicy:
    """Return what the project says about findings, nothing by default."""
    fields: Mapping[str, Node] = node.value if node is not None else {}
    severity: Mapping[str, Node] = fields["severity"].value if "severity" in fields else {}
    naming: Mapping[str, Node] = fields["naming"].value if "naming" in fields else {}
    return LintPolicy(
        severity={code: str(child.value) for code, child in severity.items()},
        naming={word: str(child.value) for word, child in naming.items()},
        allow=allowed(fields.get("allow"), source),
        places={code: source.position(child.key or child.at) for code, child in severity.items()},
    )


def allowance_problems(node: Node | None, source: Source) -> Iterator[Problem]:
    """Yield what is wrong with allowances beyond their form: addresses and days that are none."""
    for item in node.value if node is not None and isinstance(node.value, list) else ():
        fields: Mapping[str, Node] = item.value if isinstance(item.value, dict) else {}
        if "at" in fields:
            yield from _bad_address(fields["at"], source)
        if "until" in fields:
            yield from _bad_day(fields["until"], source)


def naming_problems(node: Node | None, source: Source) -> Iterator[Problem]:
    """Yield the patterns of names that are no regular expressions."""
    for child in node.value.values() if node is not None and isinstance(node.value, dict) else ():
        try:
            re.compile(str(child.value))
        except re.error as error:
            message = f"{child.value!r} is no regular expression: {error.msg}"
            yield source.problem("SPEC015", message, child.at, hint="write ^[a-z][a-z0-9_]*$")


def _bad_address(node: Node, source: Source) -> Iterator[Problem]:
    try:
        Ref.parse(str(node.value))
    except ValueError as error:
        yield source.problem("SPEC017", str(error), node.at)


def _bad_day(node: Node, source: Source) -> Iterator[Problem]:
    try:
        date.fromisoformat(str(node.value))
    except ValueError:
        yield source.problem("SPEC015", f"{node.value!r} is no day", node.at, hint="write 2026-12-31")
