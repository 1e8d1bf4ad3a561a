"""Two databases that should be the same in, what an independent observer finds different out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests import observer_postgres
from tests.compatibility.said import Said
from tests.target import Target


@dataclass(slots=True)
class Compared:
    """How many things are the same; how many specs do not hold, by sort; what differs, as the import said or not."""

    same: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    in_part: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)


def compared(source: Target, made: Target, said: Said) -> Compared:
    """Compare a database with the one that was made after it."""
    return _COMPARISONS[source.dialect](source, made, said)


def _dumps(source: Target, made: Target, said: Said) -> Compared:
    entries = observer_postgres.entries(source.url), observer_postgres.entries(made.url)
    here, there = map(observer_postgres.facts, entries)
    result = Compared()
    for entry in {each.title: each for both in entries for each in both}.values():
        title = entry.title
        if said.all_of(entry):
            result.left_out[entry.type.lower()] += 1
        elif here.get(title) == there.get(title):
            result.same += 1
        else:
            where = result.in_part if said.part_of(entry) else result.differing
            where.append(_difference(title, here, there))
    return result


def _difference(title: str, here: Mapping[str, str], there: Mapping[str, str]) -> str:
    if title not in there:
        return f"{title}: missing\n  - {_indented(here[title])}"
    if title not in here:
        return f"{title}: not in the source\n  + {_indented(there[title])}"
    first, second = here[title].splitlines(), there[title].splitlines()
    lines = [f"- {line}" for line in first if line not in second] + [
        f"+ {line}" for line in second if line not in first
    ]
    return "\n  ".join([f"{title}: differs", *(lines or ["in the order of its lines"])])


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")


_COMPARISONS = {"postgres": _dumps}
