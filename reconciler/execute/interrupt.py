"""A wish to end comes in from a signal handler, and goes out as an exception: at once, or between two statements.

While a transaction is open the first wish waits for the statement at hand; a second one does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

Wish = type[KeyboardInterrupt]


@dataclass(slots=True)
class _State:
    """`wish` is what somebody wants, `urgent` says that it does not wait, `held` that a first one does."""

    wish: Wish | None = None
    urgent: bool = False
    held: bool = False


_STATE = _State()


def forget() -> None:
    """Begin a command: nobody wants it to end yet."""
    _STATE.wish, _STATE.urgent, _STATE.held = None, False, False


def postponed(wish: Wish) -> bool:
    """Note a wish to end, and say whether it waits; when it does not, the signal handler raises it."""
    waits = _STATE.held and _STATE.wish is None
    _STATE.wish, _STATE.urgent = wish, not waits
    return waits


@contextmanager
def held() -> Iterator[None]:
    """Let the first wish to end wait until `heed` is called."""
    _STATE.held = True
    try:
        yield
    finally:
        _STATE.held = False


def heed() -> None:
    """Raise what somebody wants, between two statements."""
    if _STATE.wish is not None:
        raise _STATE.wish


def urgent() -> Wish | None:
    """Return the wish that did not wait: what failed since then failed because of it."""
    return _STATE.wish if _STATE.urgent else None
