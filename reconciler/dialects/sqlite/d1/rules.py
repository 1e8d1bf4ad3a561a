"""Nothing in, SQLite's rules as D1 needs them out: its foreign keys are always on."""

from __future__ import annotations

from dataclasses import replace

from reconciler.dialects.sqlite.d1 import closure
from reconciler.dialects.sqlite.rules import RULES as PLAIN
from reconciler.model.ref import Kind

RULES = {
    **PLAIN,
    # After the tables that are new: where a copy is made, what its foreign keys point at has to be there.
    Kind.TABLE: replace(PLAIN[Kind.TABLE], rebuild=closure.rebuild, together=closure.together, rebuild_weight=42),
    # A table that goes deletes its rows first, and what its children are told to do then: they go before it.
    Kind.FOREIGN_KEY: replace(PLAIN[Kind.FOREIGN_KEY], holds=frozenset({"target", "target_columns"})),
}
