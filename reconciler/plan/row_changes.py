"""What a plan does to the rows of one table, as a person is shown it: how many of each sort, and the first of them."""

from __future__ import annotations

from reconciler.frozen import frozen

# So many rows of each sort a plan shows.
SHOWN = 10

# A column and the text of its value, None for null.
Named = tuple[str, str | None]


@frozen
class RowChange:
    """One row: `action` is insert, update or delete, `key` tells which; `old` and `new` are what it loses and gets."""

    action: str
    key: tuple[Named, ...]
    old: tuple[Named, ...] = ()
    new: tuple[Named, ...] = ()


@frozen
class RowChanges:
    """How many rows are put in, changed and deleted, and the first of them."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    first: tuple[RowChange, ...] = ()

    def with_more(self, other: RowChanges) -> RowChanges:
        """Return these and others together."""
        return RowChanges(
            inserted=self.inserted + other.inserted,
            updated=self.updated + other.updated,
            deleted=self.deleted + other.deleted,
            first=(*self.first, *other.first),
        )

    def words(self) -> str:
        """Return the counts in words: `2 inserted, 1 deleted`."""
        return self._counted("inserted", "changed", "deleted")

    def left(self) -> str:
        """Return the counts of what is still to be done."""
        return self._counted("missing", "other", "too many")

    def _counted(self, *words: str) -> str:
        counts = zip((self.inserted, self.updated, self.deleted), words, strict=True)
        return ", ".join(f"{count:,} {word}" for count, word in counts if count)
