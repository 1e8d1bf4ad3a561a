"""A schema in; imported, applied to an empty database and compared by an independent observer, what came of it out."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests import observer_postgres
from tests.compatibility.commands import RefusedError, Specs, project
from tests.compatibility.compare import Compared, compared
from tests.compatibility.rows import Kept
from tests.compatibility.said import Said, understood
from tests.compatibility.subject import NotLoadedError, Subject, load
from tests.observer_postgres import Entry
from tests.target import Target, fresh


@dataclass(slots=True)
class Outcome:
    """How far it went: `trouble` is "" when it went to its end, and names the command that refused otherwise.

    `kept` is what became of rows, where there were any.
    """

    objects: int = 0
    said: frozenset[str] = frozenset()
    compared: Compared | None = None
    steps: int = 0
    kept: Kept | None = None
    trouble: str = ""

    @property
    def good(self) -> bool:
        """Say whether everything that specs hold came through."""
        lost = self.kept is not None and self.kept.lost
        return not self.trouble and self.compared is not None and not self.compared.differing and not lost


def round_trip(subject: Subject, directory: Path) -> Outcome:
    """Load, import, validate, plan against the source, apply to an empty database, compare."""
    outcome = Outcome()
    with ExitStack() as stack:
        source, empty = (stack.enter_context(fresh(subject.server, directory)) for _ in range(2))
        specs = project(directory / "specs", subject, source=source, empty=empty)
        try:
            load(subject, source)
            outcome.said = imported(specs, outcome)
            said = understood(outcome.said, subject.schemas)
            prepare(source, empty, said)
            outcome.steps = specs.applied("empty")
            nothing_left(specs, "empty")
            outcome.compared = compared(source, empty, said)
        except (NotLoadedError, RefusedError) as trouble:
            outcome.trouble = str(trouble)
    return outcome


def imported(specs: Specs, outcome: Outcome) -> frozenset[str]:
    """Import and validate; what was imported must plan nothing where it came from."""
    said = specs.imported("source")
    outcome.objects = specs.validated()
    nothing_left(specs, "source")
    return said


def nothing_left(specs: Specs, environment: str) -> None:
    """Raise RefusedError when a plan is not empty."""
    if changes := specs.planned(environment):
        raise RefusedError(f"plan: {len(changes)} change(s) where there should be none, first: {changes[0]}")


def prepare(source: Target, target: Target, said: Said) -> None:
    """Make in a database what specs do not hold and tables may rest on: extensions, functions, odd types.

    What of it cannot be made without the tables is left: nothing of it is compared. Sequences that it draws from, and
    functions that an aggregate is made of, come with it.
    """
    if source.dialect != "postgres":
        return
    entries = observer_postgres.entries(source.url)
    needed = "\n".join(entry.text for entry in entries if _is_needed(entry, said))
    drawn = [
        each.text for each in entries if each.type == "SEQUENCE" and f"nextval('{each.schema}.{each.name}'" in needed
    ]
    drawn += [each.text for each in entries if each.type == "FUNCTION" and _makes(each, needed)]
    script = "SET check_function_bodies = off;\nSET client_min_messages = fatal;\n"
    schemas = (entry.text for entry in entries if entry.type == "SCHEMA")
    text = "\n".join([script, *schemas, *drawn, needed])
    observer_postgres.restore(target.url, text)


def _makes(function: Entry, text: str) -> bool:
    """Say whether an aggregate in a text is made of a function."""
    words = f"FUNC = {function.schema}.{function.name.partition('(')[0]}"
    return f"{words}," in text or f"{words}\n" in text


def _is_needed(entry: Entry, said: Said) -> bool:
    """Say whether tables may rest on this: a schema, something else that is not ours, all of another schema."""
    elsewhere = entry.schema not in ("", *said.schemas)
    return entry.type == "SCHEMA" or (said.all_of(entry) and (elsewhere or not entry.holder))
