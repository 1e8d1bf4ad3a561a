"""What a project file says about being served in, settings out; tokens are named here and never read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from reconciler.errors import Problem
from reconciler.frozen import frozen
from reconciler.spec.durations import duration
from reconciler.spec.nodes import Node, Source
from reconciler.spec.secrets import Secret, secret

# Seconds between two looks, at the least: each of them asks the database some ten questions.
_SOONEST = 1.0


@frozen
class Serving:
    """How a project is served: seconds between two looks, whether a fix may be asked for and how often in a day, the
    tokens that show names and that ask for a fix, and the names by which the server is called.
    """

    refresh: float = 60.0
    fix: bool = False
    max_fixes_per_day: int = 24
    read_token: Secret | None = field(default=None, repr=False)
    fix_token: Secret | None = field(default=None, repr=False)
    allowed_hosts: tuple[str, ...] = ()


def serving(said: Mapping[str, Any]) -> Serving:
    """Return the settings that a sound `health:` block stands for."""
    read, mend = said.get("read_token"), said.get("fix_token")
    return Serving(
        refresh=duration(said["refresh"]) or 60.0 if "refresh" in said else 60.0,
        fix=said.get("fix", False),
        max_fixes_per_day=said.get("max_fixes_per_day", 24),
        read_token=secret(read) if read else None,
        fix_token=secret(mend) if mend else None,
        allowed_hosts=tuple(said.get("allowed_hosts", ())),
    )


def serving_problems(fields: Mapping[str, Node], source: Source) -> Iterator[Problem]:
    """Yield what is wrong with a `health:` block beyond its form."""
    node = fields.get("refresh")
    if node is not None and isinstance(node.value, str) and (duration(node.value) or 0.0) < _SOONEST:
        hint = "write 15s, 1m or 1h; one second at the least"
        yield source.problem("SPEC015", f"{node.value!r} is no time between two looks", node.at, hint=hint)
    if fields.get("fix") is not None and fields["fix"].value is True and "fix_token" not in fields:
        hint = "add fix_token: {env: RECONCILE_FIX_TOKEN}"
        yield source.problem("SPEC014", "fix: true wants a fix_token", fields["fix"].at, hint=hint)
