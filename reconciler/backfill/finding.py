"""What a verification found, as data, before it has a name and a time."""

from __future__ import annotations

from reconciler.frozen import frozen_in_order
from reconciler.plan.outcome import Shown

# Rows that are shown of those that disagree.
MOST = 20


@frozen_in_order
class Finding:
    """pass, fail or error; what is wrong in a sentence, and rows that show it."""

    status: str
    message: str = ""
    columns: tuple[str, ...] = ()
    sample: tuple[tuple[Shown, ...], ...] = ()
