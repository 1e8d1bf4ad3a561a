"""A reading in, a word for each table and view that changes with all that is said of it out; it makes no object.

Two readings that give a root the same mark give it the same objects, so what no root owns counts for all of them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from reconciler.dialects.base import Survey
from reconciler.dialects.mysql.reading import TRIGGER_TABLE, Row, Rows
from reconciler.model.model import Inspection
from reconciler.model.ref import Kind, Ref

_MARKED = frozenset({Kind.TABLE, Kind.VIEW})

# Where the server writes how far a table has counted, which is data: in the line of its options alone. What else is in
# a text has its line breaks escaped.
_OPTIONS = "\n) ENGINE="
_COUNTED = re.compile(r"(\n\) ENGINE=\w+) AUTO_INCREMENT=\d+")
# The table that a foreign key refers to, perhaps behind its database.
_REFERRED = re.compile(r"REFERENCES (?:`(?:[^`]|``)*`\.)?`((?:[^`]|``)*)`")
_WORD = re.compile(r"[\w$]+")
# What stands twice inside a name that it surrounds.
_QUOTES = str.maketrans("", "", '`"')


def surveyed(rows: Rows, read: Callable[[AbstractSet[Ref]], Inspection]) -> Survey:
    """Return the marks of tables and views, with who names whom; `read` makes the objects of all but some of them."""
    own = {ref: _own_words(ref, said) for ref, said in rows.texts.items() if ref.kind in _MARKED}
    texts = {ref: [_words_of(rows.texts[ref])] for ref in own if ref.kind == Kind.VIEW}
    for row in rows.triggers:
        owner = Ref.root(Kind.TABLE, row[TRIGGER_TABLE])
        if owner in own:
            own[owner].append(row)
            texts.setdefault(owner, []).append(_words_of(row[TRIGGER_TABLE + 1 :]))
    there = _Names(own)
    names = {ref: _referred(rows.texts[ref], there) if ref.kind == Kind.TABLE else set() for ref in own}
    for ref, said in texts.items():
        names[ref] |= there.mentioned(said)
    pinned = there.mentioned(_words_of(row) for _, answer in rows.asked for row in answer or ())
    common = _hash(repr(_rest(rows, own)))
    hashes = {ref: _hash(f"{common}{parts!r}") for ref, parts in own.items()}
    return Survey(
        marks={ref: _with_what_it_reads(ref, names, hashes) if ref.kind == Kind.VIEW else hashes[ref] for ref in own},
        names={ref: frozenset(found - {ref}) for ref, found in names.items()},
        pinned=frozenset(pinned), read=read,
    )  # fmt: skip


def _rest(rows: Rows, own: Mapping[Ref, object]) -> list[object]:
    """Return what is said that no table or view owns."""
    shown = [(str(ref), rows.texts.get(ref)) for ref in rows.relations if ref not in own]
    strangers = [row for row in rows.triggers if Ref.root(Kind.TABLE, row[TRIGGER_TABLE]) not in own]
    return [sorted(rows.defaults.items()), shown, strangers, rows.asked]


def _words_of(row: Row) -> str:
    return " ".join(map(str, row))


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _own_words(ref: Ref, said: Row) -> list[object]:
    """Return what the server shows of a root, without how far a table has counted."""
    once = ref.kind == Kind.TABLE and said[1].count(_OPTIONS) == 1
    return [said[0], _COUNTED.sub(r"\1", said[1]), *said[2:]] if once else [*said]


def _with_what_it_reads(view: Ref, names: Mapping[Ref, set[Ref]], hashes: Mapping[Ref, str]) -> str:
    """Return the mark of a view. The server says the same of one whose tables have changed, and its query may mean
    something else by then, so they count as well, through any number of views.
    """
    found, pending = {view}, [view]
    while pending:
        more = names[pending.pop()] - found
        found |= more
        pending += [ref for ref in more if ref.kind == Kind.VIEW]
    return _hash(" ".join(hashes[ref] for ref in (view, *sorted(found - {view}))))


class _Names:
    """Tables and views by their names, in lower case: whether letter case counts is a setting of the server."""

    def __init__(self, refs: Iterable[Ref]) -> None:
        self._plain: dict[str, set[Ref]] = {}
        for ref in refs:
            self._plain.setdefault(ref.name.lower(), set()).add(ref)
        self._odd = [name for name in self._plain if not _WORD.fullmatch(name)]

    def of(self, name: str) -> AbstractSet[Ref]:
        """Return what has a name."""
        return self._plain.get(name.lower(), frozenset())

    def mentioned(self, texts: Iterable[str]) -> set[Ref]:
        """Return what texts name, and what they only seem to name."""
        return {ref for text in texts for name in self._words(text.lower()) for ref in self.of(name)}

    def _words(self, text: str) -> Iterator[str]:
        yield from set(_WORD.findall(text))
        bare = text.translate(_QUOTES)
        yield from (name for name in self._odd if name.translate(_QUOTES) in bare)


def _referred(said: Row, there: _Names) -> set[Ref]:
    """Return the tables that the foreign keys of a table refer to."""
    if "REFERENCES" not in said[1]:
        return set()
    return {ref for name in _REFERRED.findall(said[1]) for ref in there.of(name.replace("``", "`"))}
