"""What carrying out a backfill needs to know, and whom it tells; made by the workflow, read by the rest of this."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import field

from reconciler.dialects.base import Dialect, Session
from reconciler.execute.ledger import Ledger
from reconciler.frozen import frozen
from reconciler.model.backfills import Backfill, Standing
from reconciler.model.model import Model


@frozen
class Side:
    """A database that is read or written.

    `model` holds its tables as they are there, for the types of columns, and says which of these are sensitive;
    `another` opens a further session like this one; `label` is what people call the database.
    """

    dialect: Dialect
    session: Session
    model: Model
    label: str
    another: Callable[[], AbstractContextManager[Session]]


@frozen
class Watch:
    """Whom to tell: something was committed, or makes us wait (a sentence, "" when it is over)."""

    advanced: Callable[[Standing], None] = lambda standing: None
    waiting: Callable[[str], None] = lambda sentence: None


@frozen
class Work:
    """One backfill to carry out.

    Every text in `backfill` is in the words of the database that it is for. `target` is written, and holds the cursor;
    `source` is the same but for a copy. `side` opens an environment by its name, for what is verified across
    databases. `held` says whether the lock of the run is still ours. `digest` is that of the definition.
    """

    backfill: Backfill
    digest: str
    target: Side
    source: Side
    ledger: Ledger
    run_id: str
    side: Callable[[str], AbstractContextManager[Side]]
    held: Callable[[], bool] = lambda: True
    watch: Watch = field(default_factory=Watch)
