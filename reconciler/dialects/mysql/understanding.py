"""What SHOW CREATE TABLE says of an object and what was read of it in, where our own words differ from that out.

The words are compared as a set of tokens: their order in a clause means nothing, a missing one is something that would
be gone once the object is written again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from reconciler.dialects.mysql import render
from reconciler.dialects.mysql.lexer import Token, canonical, quoted, tokens
from reconciler.model.model import Model
from reconciler.model.objects import Check, Column, ForeignKey, Index, Object, PrimaryKey, Unique
from reconciler.model.ref import Kind, Ref

# Engines whose indexes are hashes unless they say otherwise (dev.mysql.com/doc/refman/9.7/en/create-index.html).
_HASHED = frozenset({"memory", "ndb", "ndbcluster"})

# Phrases that say what holds without them too.
_SILENT: Sequence[tuple[str, ...]] = (
    ("DEFAULT", "NULL"), ("NULL",), ("VIRTUAL",), ("ON", "DELETE", "NO", "ACTION"), ("ON", "UPDATE", "NO", "ACTION"),
    ("(",), (")",), (",",),
)  # fmt: skip
_TREE = ("USING", "BTREE")
_SAME: Mapping[str, str] = {"IGNORED": "invisible", "PERSISTENT": "stored"}


def marked(said: str, found: Sequence[Object], engine: str) -> Iterator[Object]:
    """Yield what was read of one line of a table, each object with what our own words would not say of it.

    Args:
        said: the line, of a column what stands behind its type.
        found: what was read of it: an object, and before a column the checks that stand with it.
        engine: the table's.
    """
    hashed = engine.lower() in _HASHED
    for obj in found:
        if isinstance(obj, Column) and len(found) == 1 and obj.type.name != "json":
            what = _of_shape(said, replace(obj, ref=_NAMELESS, position=0), hashed)
        else:
            what = _lost(said, obj, found, hashed)
        yield replace(obj, not_understood=what) if what else obj  # type: ignore[call-arg]


# A column that only its name tells from others; few are unlike any other.
_NAMELESS = Ref.root(Kind.TABLE, "t").child(Kind.COLUMN, "c")


@lru_cache(maxsize=10_000)
def _of_shape(said: str, column: Column, hashed: bool) -> str:
    return _lost(said, column, (column,), hashed)


def _lost(said: str, obj: Object, found: Sequence[Object], hashed: bool) -> str:
    own = _own_words(obj, found, said)
    if own is None or _squeezed(said) == _squeezed(own):
        return ""
    return _difference(said, own, hashed)


_BLANKS = str.maketrans("", "", " (),")


def _squeezed(text: str) -> str:
    """Return a text in which blanks, commas and parentheses do not count: most clauses are the same in it."""
    return text.translate(_BLANKS)


def _own_words(obj: Object, beside: Sequence[Object], said: str) -> str | None:
    """Write an object as we would, None where that is never done by itself."""
    match obj:
        case Column():
            clause = render.column_clause(obj, Model(beside) if len(beside) > 1 else _NOTHING)
            shape = f"{quoted(obj.ref.name)} {obj.type}"
            return f"{clause[len(shape) :]}{_json(obj) if 'json_valid' in said else ''}"
        case PrimaryKey():
            return render.primary_key_clause(obj)
        case Unique():
            return render.unique_clause(obj)
        case Index():
            return render.index_clause(obj)
        case ForeignKey():
            return render.foreign_key_clause(obj)
        case Check() if not render.stands_with_column(obj):
            return render.check_clause(obj)
        case _:
            return None


_NOTHING = Model()


def _json(column: Column) -> str:
    """Write what MariaDB adds to a column that is to be json: it is a text with this collation and this check."""
    is_json = column.type.name == "json"
    return f" COLLATE utf8mb4_bin CHECK (json_valid({quoted(column.ref.name)}))" if is_json else ""


def _difference(said: str, own: str, hashed: bool) -> str:
    """Return the words that are on one side only, "" where both say the same."""
    theirs, ours = list(_words(said, hashed)), list(_words(own, hashed))
    lost, added = Counter(theirs) - Counter(ours), Counter(ours) - Counter(theirs)
    return ", ".join([*([_told(theirs, lost)] if lost else []), *([f"not {_told(ours, added)}"] if added else [])])


def _told(words: Sequence[str], some: Counter[str]) -> str:
    return " ".join(word for word in dict.fromkeys(words) if word in some)


def _words(text: str, hashed: bool) -> Iterator[str]:
    """Yield the words of a clause that say something."""
    found = tokens(text)
    silent = _SILENT if hashed else (*_SILENT, _TREE)
    at = 0
    while at < len(found):
        skipped = _skipped(found, at, silent)
        if skipped == 0:
            word = found[at].word
            yield _SAME.get(word) or canonical(found[at].text)
        at += skipped or 1


def _skipped(found: Sequence[Token], at: int, silent: Sequence[tuple[str, ...]]) -> int:
    """Return how many tokens from here on say nothing."""
    words = [token.word for token in found[at : at + 4]]
    if words[:2] == ["CHARACTER", "SET"] and words[3:] == ["COLLATE"]:
        return 3  # the collation says it too
    if words[0] == "NOT":
        return 0
    before = found[at - 1].word if at else ""
    return next((len(one) for one in silent if tuple(words[: len(one)]) == one and before != "NOT"), 0)
