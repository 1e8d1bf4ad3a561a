"""A document with its comments, and a value to be written in its place in; the value with those comments out.

A comment of what is not there any more stands below what held it: none is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.spec.concrete import Piece
from reconciler.spec.emit import Lines, Remarked


def remarked(piece: Piece, value: Any) -> Remarked:
    """Return a value for `emit` with the comments of the piece that it takes the place of."""
    below = [*piece.below]
    inner: Any = value
    entries = value.entries if isinstance(value, Lines) else value
    if isinstance(piece.value, dict) and isinstance(entries, Mapping):
        found = {key: remarked(piece.value[key], held) if key in piece.value else held for key, held in entries.items()}
        inner = Lines(found) if isinstance(value, Lines) else found
        gone = [held for key, held in piece.value.items() if key not in entries]
    else:
        gone = piece.children
    below += [line for held in gone for line in _said(held)]
    before = (*piece.before, *([""] if piece.apart and not piece.before else []))
    return Remarked(inner, before=before, beside=piece.beside, below=tuple(below))


def _said(piece: Piece) -> Iterator[str]:
    """Yield every comment of a value and of what is inside it."""
    yield from (line for line in piece.before if line)
    if piece.beside:
        yield piece.beside
    for child in piece.children:
        yield from _said(child)
    yield from (line for line in piece.below if line)
