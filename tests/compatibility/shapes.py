"""What the rows of a table look like to whoever compares them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Values = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Table:
    """A table's rows: `types` by column, and each row as text by column."""

    types: Mapping[str, str]
    rows: Sequence[Values]
