"""Two databases that should be the same in, what an independent observer finds different out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from tests import observer_mysql, observer_postgres, observer_sqlite
from tests.compatibility.copies import copied
from tests.compatibility.said import Said
from tests.observer_postgres import Entry
from tests.target import Target, fresh


@dataclass(slots=True)
class Compared:
    """How many things are the same; how many specs do not hold, by sort; what differs, as the import said or not.

    `respelled` are those that the server itself writes in other words once its own dump has been loaded again.
    """

    same: int = 0
    respelled: int = 0
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
    others: list[Entry] = []
    for entry in {each.title: each for both in entries for each in both}.values():
        if said.all_of(entry):
            result.left_out[entry.type.lower()] += 1
        elif here.get(entry.title) == there.get(entry.title):
            result.same += 1
        else:
            others.append(entry)
    again = _loaded_again(source) if others else {}
    for entry in others:
        title = entry.title
        if title in there and again.get(title) == there[title]:
            result.respelled += 1
        else:
            where = result.in_part if said.part_of(entry) else result.differing
            where.append(_difference(title, here, there))
    return result


def _loaded_again(source: Target) -> Mapping[str, str]:
    """Return what the server says of its own dump: some casts and names come out in other words, once."""
    with fresh(source.server, Path()) as copy:
        observer_postgres.restore(copy.url, observer_postgres.dump(source.url))
        return observer_postgres.facts(observer_postgres.entries(copy.url))


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


def _files(source: Target, made: Target, said: Said) -> Compared:
    here, there = (_facts(Path(unquote(each.url).removeprefix("sqlite:///"))) for each in (source, made))
    lines = observer_sqlite.differences(here, there)
    same = sum(here[name] == there.get(name) for name in here)
    return Compared(same=same, left_out=Counter(kind for kind, _ in said.objects), differing=lines)


def _copies(source: Target, made: Target, said: Said) -> Compared:
    with copied(source) as here, copied(made) as there:
        return _files(here, there, said)


def _facts(path: Path) -> Mapping[str, object]:
    """Return what there is to compare, without the places of columns: no change ever makes an order."""
    return {
        name: fact[1:] if name.startswith("column ") and isinstance(fact, tuple) else fact
        for name, fact in observer_sqlite.facts(path).items()
    }


def _shown(source: Target, made: Target, said: Said) -> Compared:
    here, there = observer_mysql.facts(source), observer_mysql.facts(made)
    result = Compared()
    for kind, name in sorted({*here, *there}):
        key = (kind, name)
        if key in said.objects or (kind == "table" and name in said.relations):
            result.left_out[kind] += 1
        elif lines := _line_by_line(here.get(key), there.get(key)):
            where = result.in_part if name in said.in_part | said.keyless else result.differing
            where.append("\n  ".join([f"{kind} {name}: differs", *lines]))
        else:
            result.same += 1
    return result


def _line_by_line(here: Sequence[str] | None, there: Sequence[str] | None) -> list[str]:
    if here is None or there is None:
        return ["missing" if there is None else "not in the source"]
    return observer_mysql.differences(here, there)


_COMPARISONS = {"postgres": _dumps, "sqlite": _files, "d1": _copies, "mysql": _shown, "mariadb": _shown}
