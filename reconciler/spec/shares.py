"""What one document adds to a lowering: as one text, for a later process, and back; it knows no kind of its own.

A share is kept only when nothing is wrong with its document. What documents say about each other is no part of it and
is looked at in each lowering anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from functools import cached_property, partial
from operator import attrgetter
from sys import intern
from typing import TYPE_CHECKING, Any

from reconciler.model.assertions import Assertion
from reconciler.model.codec import decode, decode_backfill, decode_fields, encode, encode_fields
from reconciler.model.data_rows import DataRows
from reconciler.model.fields import roots_named
from reconciler.model.kinds import KINDS
from reconciler.model.objects import Column, Index, Object, PrimaryKey, Table
from reconciler.model.ref import Kind, Ref
from reconciler.spec.context import Context
from reconciler.spec.load import Document, Documents
from reconciler.spec.nodes import Node
from reconciler.spec.pack import NO_PACKS, Packs
from reconciler.spec.places import Kept, Places, Read, written
from reconciler.spec.refer import check_own, taken

if TYPE_CHECKING:
    from reconciler.model.backfills import Backfill

# The share of a document that is left out for the dialect.
NOTHING = "-"
# What stands before the name of the set of heads.
HEADS = "heads "
# The kind of document that declares nothing.
_REMOVED = "removed"
_BROKEN = (ValueError, KeyError, TypeError, IndexError, AttributeError)

# Fields of objects by their text: most columns of most tables are alike, and share what they hold.
Bodies = dict[tuple[str, str], tuple[type[Object], dict[str, Any]]]
# The text of objects by what their fields hold, each with an object that keeps that alive. Values are told apart by
# identity, because texts that are written in different ways may be equal.
Lines = dict[type[Object], dict[tuple[int, ...], tuple[Object, str]]]
_MOST_LINES = 4096
# Those of which many hold the same; a foreign key names another table than most.
_HELD: Mapping[type[Object], Callable[[Object], tuple[object, ...]]] = {
    cls: attrgetter(*(field.name for field in fields(cls) if field.name != "ref"))
    for cls in (Column, Table, PrimaryKey, Index)
}


# The address of the object that a document declares, None when it declares none for the dialect.
Find = Callable[[Context, Document], Ref | None]
# Fills an empty share.
Lower = Callable[[Context, Document, Ref | None], None]


class Shares:
    """The shares of one lowering: those that were kept, and those that are made now, to be kept."""

    def __init__(self, context: Context, documents: Documents, find: Find, lower: Lower) -> None:
        self._context, self._shelf, self._find, self._lower = context, documents.shelf, find, lower
        self._using = documents.keys
        self._name = words_of(context)
        self._used: dict[str, str] = {}
        self._bodies: Bodies = {}
        self._lines: Lines = {}

    @cached_property
    def _known(self) -> Packs:
        return self._shelf.kept(self._name) if self._shelf else NO_PACKS

    @cached_property
    def heads(self) -> Mapping[str, str]:
        """The heads that were kept."""
        return self._shelf.texts(HEADS + self._name) if self._shelf else {}

    def head(self, document: Document) -> str | None:
        """Return the head of a document's share, None when something is wrong with the document."""
        text = self.heads.get(document.key)
        if text is not None:
            return text
        ref, share = self.found(document)
        if ref is None and document.kind != _REMOVED:
            return None if self._context.problems else NOTHING
        share = share or self.made(document, ref)
        return None if share.problems else head_text(share, ref or Ref("", ()))

    def found(self, document: Document) -> tuple[Ref | None, Context | None]:
        """Return the address of what a document declares, if anything, with its share, if that was kept."""
        text = self._known.get(document.key)
        if text is not None:
            with suppress(*_BROKEN):
                found = self._restored(document, text)
                self._used[document.key] = text
                return found
        share = self._empty(document)
        ref = self._find(share, document)
        self._context.problems.update(share.problems)
        if ref is None and document.kind != _REMOVED and not share.problems:
            self._use(document, NOTHING)
        return ref, None

    def made(self, document: Document, ref: Ref | None) -> Context:
        """Return what a document adds, found now."""
        share = self._empty(document)
        self._lower(share, document, ref)
        check_own(share)
        if self._shelf and document.key:
            self._use(document, _text_of(share, ref, self._lines))
        return share

    def keep(self) -> None:
        """Keep every share that nothing is wrong with, and its head once more by itself: that is soon read."""
        if self._shelf and self._used:
            using, heads = self._using(), {key: head_of(text) for key, text in self._used.items()}
            self._shelf.keep(self._name, self._used, using, self._known)
            self._shelf.keep(HEADS + self._name, heads, using)

    def _restored(self, document: Document, text: str) -> tuple[Ref | None, Context]:
        share = self._empty(document)
        if text == NOTHING:
            return None, share
        root = _restore(text, share, self._bodies, lambda: self.made(document, root))
        if (root.kind if root else _REMOVED) != document.kind:
            raise ValueError("another document's")
        return root, share

    def _use(self, document: Document, text: str | None) -> None:
        if document.key and text is not None:
            self._used[document.key] = text

    def _empty(self, document: Document) -> Context:
        share = self._context.blank()
        share.source = document.source
        return share


def _text_of(share: Context, root: Ref | None, lines: Lines) -> str | None:
    """Return a share as a text, None for one that cannot be kept."""
    own = root or Ref("", ())
    inside = all(obj.ref.inside(own) for obj in share.objects)
    if share.problems or not inside or not _follows(share, own):
        return None
    if share.removals.keys() & share.places.keys():
        return None
    refs = [obj.ref for obj in share.objects]
    asked = _beside(share)
    places = [*map(share.places.__getitem__, (*refs, *asked)), *share.removals.values()]
    try:
        marks = written(place for place in places if isinstance(place, Read))
    except ValueError:
        return None
    return "\n".join((head_text(share, own), marks, *(_line(obj, len(own.parts), lines) for obj in share.objects)))


def head_text(share: Context, own: Ref) -> str:
    """Return what of a share is known without its objects: its root, and what others have to know.

    `names` are those that nothing else may have, `needs` the roots elsewhere that are named.
    """
    refs = [obj.ref for obj in share.objects]
    named = set[Ref]().union(*map(roots_named, share.objects))
    named |= {ref.top for _, ref in share.renames} | {ref.top for ref in share.removed}
    named |= {own.top} if len(own.parts) > 2 else set()
    named |= {ref for _, ref in share.waits} | {ref for one in share.backfills for ref in _tables(one)}
    named |= {rows.table for rows in share.data}
    rest = {
        "renames": [[str(new), str(old)] for new, old in share.renames],
        "removed": [[str(ref), reason] for ref, reason in share.removed.items()],
        "unnamed": [number for number, ref in enumerate(refs) if ref in share.unnamed],
        "enums": [str(ref) for ref, *_ in share.enums],
        "assertions": [encode(assertion) for assertion in share.assertions],
        "backfills": [encode(backfill) for backfill in share.backfills],
        "waits": [[str(column), str(backfill)] for column, backfill in share.waits],
        "data": [encode(rows) for rows in share.data],
        "names": taken(share),
        "needs": [str(ref) for ref in sorted(named - {own})],
    }
    return _encoded([[own.schema, *own.parts], {name: value for name, value in rest.items() if value}])


def _beside(share: Context) -> list[Ref]:
    """Return the addresses of what is declared beside the objects, in the order of its places."""
    beside = (share.assertions, share.backfills, share.data)
    return [one.ref for declared in beside for one in declared]


def _tables(backfill: Backfill) -> Iterator[Ref]:
    """Yield the roots that a backfill names in this database."""
    yield backfill.into
    if not backfill.source.database:
        yield backfill.source.table
    yield from (ref.top for ref in (*backfill.requires, *(held.ref for held in backfill.holds)))


def head_of(text: str) -> str:
    """Return the head of a share that was kept."""
    return text.partition("\n")[0]


def words_of(context: Context) -> str:
    """Return the name of the set that the shares of a lowering are kept in."""
    return json.dumps((context.dialect, context.chain, context.sql, context.default_schema))


_encoded = json.JSONEncoder(separators=(",", ":")).encode
_decoded = json.JSONDecoder().raw_decode


def _follows(share: Context, root: Ref) -> bool:
    """Say whether what is looked up in tables follows from the objects, as `_look_up` finds it."""
    looked_up = _look_up(root, share.objects)
    return looked_up == (share.columns, share.keys) and list(share.removed) == list(share.removals)


def _look_up(root: Ref, objects: list[Object]) -> tuple[dict[Ref, list[str]], dict[Ref, tuple[str, ...]]]:
    """Return what a root's objects say of its columns and of its key."""
    if not root.parts or root.kind != Kind.TABLE:
        return {}, {}
    columns = [obj.ref.name for obj in objects if type(obj) is Column]
    keys = [obj for obj in objects if type(obj) is PrimaryKey]
    return {root: columns}, {root: keys[-1].columns} if keys else {}


def _line(obj: Object, depth: int, lines: Lines) -> str:
    kind, name = obj.ref.parts[depth:] or ("", "")
    return f"{kind}\t{_escaped(name)}\t{_body(obj, lines)}"


def _body(obj: Object, lines: Lines) -> str:
    """Return the fields of an object as a text, made once for all that hold the same: few differ in more than names."""
    held = _HELD.get(type(obj))
    if held is None:
        return _encoded(encode_fields(obj))
    known, key = lines.setdefault(type(obj), {}), tuple(map(id, held(obj)))
    if key in known:
        return known[key][1]
    text = _encoded(encode_fields(obj))
    if len(known) < _MOST_LINES:
        known[key] = obj, text
    return text


def _escaped(word: str) -> str:
    return word if word.isidentifier() and word.isascii() else _encoded(word)[1:-1]


def _restore(text: str, share: Context, bodies: Bodies, again: Callable[[], Context]) -> Ref | None:
    """Fill an empty share with what `_text_of` kept, and return the address of the object that it declares.

    Args:
        text: what was kept.
        share: knows the file; nothing was added to it yet.
        bodies: the fields of objects that were met before.
        again: lowers the document anew, for places that were not kept.

    Raises:
        ValueError, KeyError, TypeError: when the text is not of this form.
    """
    head, marks, *lines = text.split("\n")
    (schema, *parts), rest = _decoded(head)[0]
    root = Ref(schema, tuple(parts))
    share.objects = [*_objects(lines, root, bodies)]
    share.removed = {Ref.parse(ref): reason for ref, reason in rest.get("removed", ())}
    refs = [obj.ref for obj in share.objects]
    share.assertions = [decode(Assertion, one) for one in rest.get("assertions", ())]
    share.backfills = [decode_backfill(one) for one in rest.get("backfills", ())]
    share.waits = [(Ref.parse(column), Ref.parse(backfill)) for column, backfill in rest.get("waits", ())]
    share.data = [decode(DataRows, one) for one in rest.get("data", ())]
    placed = [*refs, *_beside(share)]
    kept = Kept(share.source, [*placed, *share.removed], marks, lambda: _places(again()))
    share.places = dict.fromkeys(placed, kept)
    share.removals = dict.fromkeys(share.removed, kept)
    share.renames = [(Ref.parse(new), Ref.parse(old)) for new, old in rest.get("renames", ())]
    share.unnamed = {refs[number] for number in rest.get("unnamed", ())}
    share.enums = [
        (Ref.parse(ref), share.source, partial(_enum_again, again, number))
        for number, ref in enumerate(rest.get("enums", ()))
    ]
    share.columns, share.keys = _look_up(root, share.objects)
    return root if root.parts else None


def _places(share: Context) -> Places:
    return share.places | share.removals


def _enum_again(again: Callable[[], Context], number: int) -> Node:
    return again().enums[number][2]()


def _objects(lines: Iterable[str], root: Ref, bodies: Bodies) -> Iterator[Object]:
    for line in lines:
        kind, name, body = line.split("\t")
        ref = Ref(root.schema, (*root.parts, intern(kind), _name(name))) if kind else root
        key = kind or root.kind, body
        found = bodies.get(key)
        if found is None:
            cls = KINDS[Kind(ref.kind)]
            found = bodies[key] = cls, decode_fields(cls, _decoded(body)[0])
        cls, fields = found
        yield cls(ref=ref, **fields)


def _name(text: str) -> str:
    return intern(_decoded(f'"{text}"')[0] if "\\" in text else text)
