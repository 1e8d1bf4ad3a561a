"""The words of a statement in, what it makes, alters or drops out; the rest of the statement is the database's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.dialects.pieces import Word
from reconciler.frozen import frozen
from reconciler.model.ref import Kind


@frozen
class Head:
    """What a statement is about.

    `verb` is CREATE, ALTER or DROP, "" for anything else. `table` is the one that an index or trigger is on, or that is
    altered. `soft` are places of words that keep the statement from failing where the object is there. `replaces` says
    that it takes the place of what is there. `columns` are those that an ALTER TABLE adds, `renamed` is the name
    that it gives to its table.
    """

    verb: str = ""
    kind: str = ""
    schema: str = ""
    name: str = ""
    table: str = ""
    soft: tuple[tuple[int, int], ...] = ()
    replaces: bool = False
    columns: tuple[str, ...] = ()
    renamed: str = ""


_KINDS: Mapping[str, str] = {
    "TABLE": Kind.TABLE, "INDEX": Kind.INDEX, "VIEW": Kind.VIEW, "TYPE": Kind.ENUM, "SEQUENCE": Kind.SEQUENCE,
    "TRIGGER": Kind.TRIGGER, "FUNCTION": Kind.FUNCTION, "PROCEDURE": Kind.PROCEDURE, "EVENT": Kind.EVENT,
    "DOMAIN": Kind.DOMAIN, "SCHEMA": Kind.SCHEMA, "EXTENSION": Kind.EXTENSION,
}  # fmt: skip
_SOFT = ("IF", "NOT", "EXISTS")
_ENDS = frozenset({"(", "AS", ";"})


def head(words: Sequence[Word]) -> Head:
    """Return what a statement is about."""
    verb = words[0].word if words else ""
    if verb == "CREATE":
        return _create(words)
    if verb in ("ALTER", "DROP"):
        return _change(words, verb)
    return Head()


def _create(words: Sequence[Word]) -> Head:
    at = next((i for i, word in enumerate(words[:16]) if word.word in _KINDS or word.word in _ENDS), -1)
    kind = _KINDS.get(words[at].word, "") if at > 0 else ""
    before = {word.word for word in words[1 : max(at, 1)]}
    if not kind or {"TEMP", "TEMPORARY", "VIRTUAL"} & before:
        return Head(verb="CREATE")
    soft: list[tuple[int, int]] = []
    at += 1
    if at < len(words) and words[at].word == "CONCURRENTLY":
        soft.append((words[at].start, words[at].end))
        at += 1
    if _says(words, at, _SOFT):
        soft.append((words[at].start, words[at + 2].end))
        at += 3
    schema, name, at = _name(words, at)
    table = _table_of(words, at) if kind in (Kind.INDEX, Kind.TRIGGER) else ""
    return Head(
        verb="CREATE", kind=kind, schema=schema, name=name, table=table, soft=tuple(soft), replaces="REPLACE" in before
    )  # fmt: skip


def _table_of(words: Sequence[Word], at: int) -> str:
    """Return the name behind the ON that follows the name of an index or trigger."""
    on = next((i for i, word in enumerate(words[at : at + 24], at) if word.word == "ON"), -1)
    if on < 0:
        return ""
    on += 2 if _says(words, on + 1, ("ONLY",)) else 1
    return _name(words, on)[1]


def _change(words: Sequence[Word], verb: str) -> Head:
    at = next((i for i, word in enumerate(words[:6]) if word.word in _KINDS), -1)
    if at < 0:
        return Head(verb=verb)
    kind = _KINDS[words[at].word]
    at += 1
    if _says(words, at, ("IF", "EXISTS")):
        at += 2
    if _says(words, at, ("ONLY",)):
        at += 1
    schema, name, at = _name(words, at)
    renamed = _name(words, at + 2)[1] if verb == "ALTER" and _says(words, at, ("RENAME", "TO")) else ""
    added = _added(words, at) if verb == "ALTER" and kind == Kind.TABLE else []
    return Head(
        verb=verb, kind=kind, schema=schema, name=name, table=name if kind == Kind.TABLE else "",
        soft=tuple(place for _, place in added if place), columns=tuple(column for column, _ in added),
        renamed=renamed,
    )  # fmt: skip


_NO_COLUMN = frozenset(
    "CONSTRAINT PRIMARY UNIQUE FOREIGN CHECK INDEX KEY FULLTEXT SPATIAL PARTITION EXCLUDE PERIOD SYSTEM (".split()
)


def _added(words: Sequence[Word], at: int) -> list[tuple[str, tuple[int, int] | None]]:
    """Return the columns that ADD names, each with the place of its IF NOT EXISTS."""
    found: list[tuple[str, tuple[int, int] | None]] = []
    depth = 0
    for index in range(at, len(words) - 1):
        depth += (words[index].word == "(") - (words[index].word == ")")
        begins = index == at or words[index - 1].word == ","
        if depth or not begins or words[index].word != "ADD":
            continue
        place = index + 1
        place += words[place].word == "COLUMN"
        soft = _says(words, place, _SOFT)
        span = (words[place].start, words[place + 2].end) if soft else None
        place += 3 if soft else 0
        if place < len(words) and words[place].word not in _NO_COLUMN:
            found.append((words[place].name, span))
    return found


def _says(words: Sequence[Word], at: int, said: Sequence[str]) -> bool:
    return [word.word for word in words[at : at + len(said)]] == list(said)


def _name(words: Sequence[Word], at: int) -> tuple[str, str, int]:
    """Return schema and name of what is named at a place, and the place behind it; a name may have none."""
    if at >= len(words) or words[at].word in ("ON", "("):
        return "", "", at
    names = [words[at].name]
    at += 1
    while at + 1 < len(words) and words[at].word == ".":
        names.append(words[at + 1].name)
        at += 2
    return (names[-2] if len(names) > 1 else ""), names[-1], at


def bare(text: str, found: Head) -> str:
    """Return a statement without the words that keep it from failing where its object is there."""
    for start, end in sorted(found.soft, reverse=True):
        text = text[:start] + text[end:]
    return text
