"""Fault injection: a point's name in; nothing happens, unless the environment says that this is where we die.

`RECONCILE_FAILPOINT=NAME[:hit=N]:kill|raise|stop|sleep|drop_conn`, for tests/crash. Inert otherwise.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass

from reconciler.dialects.base import Session

# Every point, in the order in which an apply passes them.
POINTS = (
    "after_lock",
    "after_bootstrap",
    "before_gate",
    "after_gate",
    "before_intent",
    "after_intent",
    "after_begin",
    "before_statement",
    "after_statement",
    "after_step",
    "before_verify",
    "before_commit",
    "after_commit",
    "before_release",
)

# The same around what is in no transaction.
ALONE_POINTS = ("before_alone", "after_alone", "before_undo")

# The same of a backfill, transaction by transaction, then at its end.
BACKFILL_POINTS = (
    "before_bounds", "batch_rows", "batch_cursor", "batch_committed", "between_passes", "before_backfill_verify",
    "backfill_done",
)  # fmt: skip


class Injected(Exception):
    """The failure that `raise` asks for."""


@dataclass(slots=True)
class _Armed:
    name: str
    action: str
    left: int


def _armed() -> _Armed | None:
    words = os.environ.get("RECONCILE_FAILPOINT", "").split(":")
    if len(words) < 2:
        return None
    hits = [int(word.removeprefix("hit=")) for word in words[1:-1] if word.startswith("hit=")]
    return _Armed(words[0], words[-1], hits[0] if hits else 1)


_POINT = _armed()


def reach(name: str, session: Session | None = None) -> None:
    """Pass a point; `session` is what `drop_conn` cuts."""
    if _POINT is None or _POINT.name != name:
        return
    _POINT.left -= 1
    if _POINT.left != 0:
        return
    match _POINT.action:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "sleep":
            time.sleep(3600)
        case "drop_conn" if session is not None:
            session.abandon()
        case _:
            raise Injected(f"failpoint {name}")
