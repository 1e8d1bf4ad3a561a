"""The rows of one table that an application needs to exist, as a spec lists them; it knows no database."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from reconciler.frozen import frozen, frozen_in_order
from reconciler.model.ref import Kind, Ref

# The word that its address begins with. It is no `Kind`: no catalog holds rows, so they are compared by themselves.
DATA = "data"


class Mode(StrEnum):
    """What is done to the rows of the table: those that are not there are put in; with UPSERT the others are made as
    they are listed; with SYNC those that are not listed are deleted too.
    """

    INSERT_MISSING = "insert_missing"
    UPSERT = "upsert"
    SYNC = "sync"


@frozen_in_order
class Absent:
    """What a row says of a column that it does not name."""


ABSENT = Absent()

Value = str | bool | int | Decimal | None
Cell = str | bool | int | Decimal | None | Absent


@frozen
class DataRows:
    """Rows that have to be in a table.

    `key` are the columns by which a row is found again, `columns` all that any row names, the key's first; each of
    `rows` has a cell for each of them. `file` is the CSV file that the rows are still to be read from, "" for none.
    """

    ref: Ref
    key: tuple[str, ...]
    mode: Mode = Mode.UPSERT
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    file: str = ""
    null: str = ""
    comment: str | None = None

    @property
    def table(self) -> Ref:
        """The table that the rows belong to."""
        return Ref.root(Kind.TABLE, self.ref.name, self.ref.schema)
