"""The live model and the desired one in; the desired one out, as the live one puts what is equal in SQLite's eyes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from reconciler.dialects.base import Session
from reconciler.dialects.sqlite.names import folded, spellings
from reconciler.dialects.transpile import NotPortable, parsed
from reconciler.errors import Position
from reconciler.model.model import Desired, Inspection, Model, renamed
from reconciler.model.objects import Index, Object, PrimaryKey, Unique
from reconciler.model.programs import Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.model.texts import spelled, texts
from reconciler.model.values import IndexPart


def align(inspection: Inspection, desired: Desired) -> Desired:
    """Return what is declared with the live one's letter case, and unique constraints that are indexes there as
    indexes.
    """
    actual = inspection.model
    spelling = _Spelling(actual, desired.renames)
    model = desired.model
    # Roots first: what they hold goes with them.
    for depth in (2, 4):
        absent = [ref for ref in model if len(ref.parts) == depth and ref not in actual]
        moves = {ref: there for ref in absent if (there := spelling.of(ref)) != ref}
        model = renamed(model, moves, lambda obj, _: obj)
    as_written = model is desired.model and all(spelling.of(ref) == ref for ref in desired.removed)
    renames = {spelling.of(new): spelling.before(new, old) for new, old in desired.renames.items()}
    return replace(
        desired,
        model=Model(_in_live_form(obj, actual) for obj in model.values()),
        renames={new: old for new, old in renames.items() if new != old},
        removed={_removed(spelling.of(ref), spelling): reason for ref, reason in desired.removed.items()},
        unnamed=frozenset(map(spelling.of, desired.unnamed)),
        positions=desired.positions if as_written else spelling.positions(desired.positions),
    )


class _Spelling:
    """How the database spells what the specs name: SQLite does not tell names apart that differ in case alone."""

    def __init__(self, actual: Model, renames: Mapping[Ref, Ref]) -> None:
        self.actual = actual
        self._renames = renames

    @cached_property
    def _live(self) -> Mapping[Ref, Ref]:
        return spellings(self.actual)

    def of(self, ref: Ref) -> Ref:
        """Return an address as the database has it; what is not there keeps its own letters."""
        if ref in self.actual:
            return ref
        top = self._live.get(folded(ref.top), ref.top)
        whole = Ref(ref.schema, top.parts + ref.parts[2:])
        return self._live.get(folded(whole), whole)

    def positions(self, written: Mapping[tuple[Ref, str], Position]) -> Mapping[tuple[Ref, str], Position]:
        """Return places in files under the addresses that the database has."""
        return {(self.of(ref), part): at for (ref, part), at in written.items()}

    def before(self, new: Ref, old: Ref) -> Ref:
        """Return what is renamed. A column's old name is said inside the table's new one, and found in its old one."""
        if old.parent is None or self.of(old.top) in self.actual or old.top not in self._renames:
            return self.of(old)
        there = self.of(old.moved(old.top, self._renames[old.top]))
        return self.of(new.top).child(there.kind, there.name)


def _removed(ref: Ref, spelling: _Spelling) -> Ref:
    """Return what is removed under the address that it has there: a unique constraint may be an index."""
    index = spelling.of(ref.top.child(Kind.INDEX, ref.name))
    return index if ref.kind == Kind.UNIQUE and ref not in spelling.actual and index in spelling.actual else ref


def _in_live_form(obj: Object, actual: Model) -> Object:
    if isinstance(obj, PrimaryKey) and obj.name is None:
        live = actual.get(obj.ref)
        return replace(obj, name=live.name) if isinstance(live, PrimaryKey) else obj
    # An index has no conflict clause.
    if isinstance(obj, Unique) and obj.ref not in actual and not obj.on_conflict:
        index = actual.get(obj.ref.top.child(Kind.INDEX, obj.ref.name))
        if isinstance(index, Index) and index.unique:
            return Index(ref=index.ref, parts=tuple(IndexPart(column=name) for name in obj.columns), unique=True)
    return obj


def elaborate(session: Session, objects: Sequence[Object], actual: Model, desired: Model) -> Mapping[Ref, Object]:
    """Let two texts that mean the same count as the same: SQLite keeps what was typed, so both go through one
    reader.
    """
    found: dict[Ref, Object] = {}
    for obj in objects:
        live = actual.get(obj.ref)
        if live is None or type(live) is not type(obj) or isinstance(obj, Trigger):
            continue
        theirs = texts(live)
        same = {
            place: theirs[place].canonical
            for place, sql in texts(obj).items()
            if place in theirs and _meaning(sql.text) == _meaning(theirs[place].text)
        }
        found[obj.ref] = spelled(obj, same)
    return found


def _meaning(text: str) -> str:
    from sqlglot import exp

    try:
        tree = parsed(text, "sqlite").copy()
    except NotPortable:
        return text
    bare = tree.transform(lambda node: node.this if isinstance(node, exp.Paren) and _atom(node.this) else node)
    return str(bare.sql(dialect="sqlite", normalize=True, comments=False))


def _atom(node: object) -> bool:
    """Parentheses around these never change what an expression means."""
    from sqlglot import exp

    return isinstance(node, exp.Column | exp.Literal | exp.Paren | exp.Null | exp.Boolean | exp.Anonymous)
