"""An invariant on the rows: a query that returns those that offend, and what it means when there are any."""

from __future__ import annotations

from reconciler.frozen import frozen
from reconciler.model.ref import Ref
from reconciler.model.values import Sql

# The word that its address begins with. It is no `Kind`: no catalog holds one, so nothing is compared or changed.
ASSERTION = "assertion"


@frozen
class Assertion:
    """A query that must return nothing.

    `severity` is `error` or `warn`, `sample` how many offending rows are shown, `timeout` the seconds that the server
    may take for it.
    """

    ref: Ref
    query: Sql
    severity: str = "error"
    sample: int = 20
    timeout: float = 30.0
    comment: str | None = None
