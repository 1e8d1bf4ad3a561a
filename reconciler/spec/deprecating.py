"""`deprecated:` of a column or table in; its dates, and what it makes of the comment, out."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from reconciler.model.values import Deprecated

if TYPE_CHECKING:
    from reconciler.spec.context import Context
    from reconciler.spec.nodes import Node
    from reconciler.spec.overrides import Fields


def deprecated(context: Context, fields: Fields) -> Deprecated | None:
    """Return the dates of an object that is on its way out; days that are none, or in no order, are problems."""
    node = fields.get("deprecated")
    if node is None:
        return None
    said: dict[str, Node] = node.value
    days = {name: _day(context, said[name]) for name in ("since", "remove_after")}
    if None not in days.values() and said["remove_after"].value < said["since"].value:
        message = f"it may go on {said['remove_after'].value}, before it is deprecated"
        context.problem("SPEC015", message, said["remove_after"], hint="a day after `since`")
    return Deprecated(since=str(said["since"].value), remove_after=str(said["remove_after"].value))


def _day(context: Context, node: Node) -> date | None:
    try:
        found = date.fromisoformat(node.value)
    except ValueError:
        found = None
    if found is None or found.isoformat() != node.value:
        context.problem("SPEC015", f"{node.value!r} is no day", node, hint="write 2026-12-31")
        return None
    return found


def with_dates(comment: str | None, dates: Deprecated | None) -> str | None:
    """Return the comment that the database gets: what was said, and the dates."""
    if dates is None:
        return comment
    return f"{comment} ({_words(dates)})" if comment else _words(dates)


def without_dates(comment: str | None, dates: Deprecated | None) -> str | None:
    """Return what was said before the dates."""
    if dates is None or comment is None:
        return comment
    return None if comment == _words(dates) else comment.removesuffix(f" ({_words(dates)})")


def _words(dates: Deprecated) -> str:
    return f"deprecated since {dates.since}, may go from {dates.remove_after} on"
