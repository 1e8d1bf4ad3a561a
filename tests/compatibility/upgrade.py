"""Two releases of a schema in; what came of turning the older one, with rows, into the newer one out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from tests.compatibility import rows
from tests.compatibility.commands import RefusedError, project
from tests.compatibility.compare import compared
from tests.compatibility.roundtrip import Outcome, imported, nothing_left, prepare
from tests.compatibility.said import understood
from tests.compatibility.subject import NotLoadedError, Subject, load
from tests.target import fresh


def upgrade(older: Subject, newer: Subject, count: int, directory: Path, mend: Sequence[Path] = ()) -> Outcome:
    """Load both, fill the older one, import the newer one, apply it to the older, compare schema and rows.

    `mend` is SQL for the older one, with its rows: what data has to become before it fits, which no tool can know.
    Every hazard is allowed and what the newer one does not have is dropped, so the two have to become the same.
    """
    outcome = Outcome()
    schema = newer.schemas[0]
    with ExitStack() as stack:
        source, old = (stack.enter_context(fresh(newer.server, directory)) for _ in range(2))
        specs = project(directory / "specs", newer, source=source, old=old)
        elsewhere = project(directory / "older", older, source=old)
        try:
            load(newer, source)
            load(older, old)
            rows.fill(old, schema, count)
            load(replace(older, files=tuple(mend)), old)
            before = rows.tables(old, schema)
            outcome.said = imported(specs, outcome)
            said = understood(outcome.said | elsewhere.imported("source"), newer.schemas)
            prepare(source, old, said)
            outcome.steps = specs.applied("old")
            nothing_left(specs, "old")
            outcome.compared = compared(source, old, said)
            outcome.kept = rows.kept(before, rows.tables(old, schema))
        except (NotLoadedError, RefusedError) as trouble:
            outcome.trouble = str(trouble)
    return outcome
