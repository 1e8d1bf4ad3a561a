"""What a transaction makes ours, or ours no more, in; the ledger's word of each such object, written once, out."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import field

from reconciler.dialects.base import Session
from reconciler.execute import ledger
from reconciler.execute.ledger import Entry, Ledger
from reconciler.frozen import frozen
from reconciler.model.ref import Ref


@frozen
class News:
    """What the ledger does not know yet: objects that are ours now, and such as are ours no more."""

    entries: Mapping[Ref, Entry]
    gone: frozenset[Ref]


@frozen
class Book:
    """What the ledger holds of a run's objects: `known` at first, `written` by its transactions that are committed.

    It is carried along, because to go through all steps before a transaction takes the square of their number.
    """

    ledger: Ledger
    run_id: str
    circumstances: str
    known: AbstractSet[Ref]
    written: dict[Ref, Entry] = field(default_factory=dict)

    def keep(self, session: Session, news: News) -> None:
        """Write down, inside a transaction, what is ours now and is not written yet, and what is ours no more."""
        entries = {ref: entry for ref, entry in news.entries.items() if self.written.get(ref) != entry}
        again = {ref for ref in entries if ref in self.known or ref in self.written}
        ledger.disown(session, self.ledger, news.gone | again)
        ledger.own(session, self.ledger, self.run_id, self.circumstances, entries)

    def committed(self, news: News) -> None:
        """Take note of what a transaction has written, once it is committed."""
        for ref in news.gone:
            self.written.pop(ref, None)
        self.written.update(news.entries)
