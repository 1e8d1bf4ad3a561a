"""What is to be known of a database before anybody works with it, as data: its signs, and who holds the run lock."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from reconciler.frozen import frozen, frozen_in_order


class Status(StrEnum):
    """Whether something is in order, may matter, or stands in the way."""

    OK = "ok"
    WARN = "warn"
    PROBLEM = "problem"


@frozen_in_order
class Sign:
    """One thing that was looked at: what it is, how it is in a sentence, and what mends it where it is not in order."""

    name: str
    status: Status
    message: str
    remedy: str = ""


def ok(name: str, message: str) -> Sign:
    """Return the sign of what is in order."""
    return Sign(name, Status.OK, message)


def warn(name: str, message: str, remedy: str = "") -> Sign:
    """Return the sign of what may matter."""
    return Sign(name, Status.WARN, message, remedy)


def problem(name: str, message: str, remedy: str = "") -> Sign:
    """Return the sign of what stands in the way."""
    return Sign(name, Status.PROBLEM, message, remedy)


@frozen
class Holder:
    """Who holds the lock under which runs exclude each other.

    `since` is as the database or the machine tells it, "" where neither does. `dead` is said of one that is known to
    have ended, or whose time has run out. `command` ends the session that holds it, where that is the only way.
    `release` lets it go and says whether it was still there; None where only the end of a session does.
    """

    who: str
    since: str = ""
    dead: bool = False
    command: str = ""
    release: Callable[[], bool] | None = None
