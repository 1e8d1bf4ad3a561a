"""The live model and the desired one in; the desired one out, as the live one puts what is equal in SQLite's eyes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.dialects.base import Session
from reconciler.dialects.transpile import NotPortable, parsed
from reconciler.model.model import Inspection, Model, renamed
from reconciler.model.objects import Index, Object, PrimaryKey, Unique
from reconciler.model.ref import Kind, Ref
from reconciler.model.texts import spelled, texts
from reconciler.model.values import IndexPart


def align(inspection: Inspection, desired: Model) -> Model:
    """Return the desired model with the live one's letter case, and unique constraints that are indexes there as
    indexes.
    """
    actual = inspection.model
    desired = _live_case(actual, desired)
    return Model(_in_live_form(obj, actual) for obj in desired.values())


def _live_case(actual: Model, desired: Model) -> Model:
    """SQLite does not tell names apart that differ in case alone (sqlite.org/lang_keywords.html)."""
    for depth in (2, 4):
        live = {_lower(ref): ref for ref in actual if len(ref.parts) == depth}
        moves = {
            ref: live[_lower(ref)]
            for ref in desired
            if len(ref.parts) == depth and ref not in actual and _lower(ref) in live
        }
        desired = renamed(desired, moves, lambda obj, _: obj)
    return desired


def _lower(ref: Ref) -> Ref:
    return Ref(ref.schema, tuple(part.lower() for part in ref.parts))


def _in_live_form(obj: Object, actual: Model) -> Object:
    if isinstance(obj, PrimaryKey) and obj.name is None:
        live = actual.get(obj.ref)
        return replace(obj, name=live.name) if isinstance(live, PrimaryKey) else obj
    if isinstance(obj, Unique) and obj.ref not in actual:
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
        if live is None or type(live) is not type(obj):
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
