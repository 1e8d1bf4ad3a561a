"""One sound YAML text in, its documents with every comment and separating empty line where it belongs out.

It reads the same events as `parse`. Comments are what stands between two tokens: nothing that a scalar holds is taken
for one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

import yaml

from reconciler.frozen import frozen_in_order
from reconciler.spec.scalars import scalar

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COMMENT = re.compile(r"#[^\r\n\x85\u2028\u2029]*")
_BLOCK_HEAD = re.compile(r"[|>][-+0-9]*[ \t]+(#[^\r\n]*)")


@frozen_in_order
class Remark:
    """A comment: where it begins, its column, and whether the line is its own, with an empty one before."""

    index: int
    column: int
    text: str
    own: bool
    apart: bool


@dataclass(slots=True)
class Piece:
    """A value as it is written: a scalar, a list or a mapping of pieces, with its comments.

    `start` is where its key begins, or it itself where it has none; `apart` says that an empty line stands before it
    (in a document: before its first entry).
    `raw` is the text of a scalar, quotes and all. `column` is that of the entries inside.
    """

    value: Any
    start: int
    end: int = 0
    column: int = 0
    raw: str = ""
    style: str = ""
    flow: bool = False
    apart: bool = False
    before: list[str] = field(default_factory=list)
    beside: str = ""
    below: list[str] = field(default_factory=list)

    @property
    def children(self) -> list[Piece]:
        """The values inside, in the order of the text."""
        if isinstance(self.value, dict):
            return list(self.value.values())
        return self.value if isinstance(self.value, list) else []


@dataclass(slots=True)
class Concrete:
    """A text as it is written: a piece for each document, and the text of every comment."""

    documents: list[Piece]
    comments: list[str]


def concrete(text: str) -> Concrete:
    """Return the documents of a text, which is sound and ends its lines with LF, with their comments."""
    reader = _Reader(text)
    loader = _LOADER(text)
    while (event := loader.get_event()) is not None:
        reader.read(event)
    for remark in reader.remarks:
        _attach(remark, reader)
    return Concrete(reader.documents, [remark.text for remark in reader.remarks] + reader.heads)


class _Reader:
    """What has been read: documents with where they begin, comments, and the end and owner of each token."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.documents: list[Piece] = []
        self.begins: list[int] = []
        self.remarks: list[Remark] = []
        self.heads: list[str] = []
        self.ends: list[int] = []
        self.owners: list[Piece] = []
        self._open: list[Piece] = []
        self._keys: list[tuple[str, Any] | None] = []
        self._at = 0

    def read(self, event: Any) -> None:
        start, end = event.start_mark, event.end_mark
        for match in _COMMENT.finditer(self.text, self._at, max(start.index, self._at)):
            self.remarks.append(self._remark(match.start(), match.group().rstrip()))
        self._at = max(end.index, self._at)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            piece = self._open.pop()
            self._keys.pop()
            piece.end = start.index
            if piece.flow:
                self._token(end, piece)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.begins.append(end.index)

    def _remark(self, index: int, text: str) -> Remark:
        begin = self.text.rfind("\n", 0, index) + 1
        own = not self.text[begin:index].strip()
        return Remark(index, index - begin, text, own, own and self._apart(index))

    def _apart(self, index: int) -> bool:
        """Say whether the line before that of an index is empty."""
        begin = self.text.rfind("\n", 0, index)
        return begin > 0 and not self.text[self.text.rfind("\n", 0, begin) + 1 : begin].strip()

    def _begin(self, event: Any) -> None:
        mapping = isinstance(event, yaml.MappingStartEvent)
        mark = event.start_mark
        piece = Piece({} if mapping else [], mark.index, column=mark.column, flow=bool(event.flow_style))
        self._attach(piece)
        if piece.flow:
            self._token(event.end_mark, piece)
        self._open.append(piece)
        self._keys.append(None)

    def _scalar(self, event: Any) -> None:
        start, end = event.start_mark, event.end_mark
        if self._open and isinstance(self._open[-1].value, dict) and self._keys[-1] is None:
            self._keys[-1] = event.value, event
            return
        raw = self.text[start.index : end.index]
        value = event.value if event.style else scalar(event.value)
        piece = Piece(value, start.index, end.index, raw=raw, style=event.style or "")
        head = _BLOCK_HEAD.match(raw) if event.style in ("|", ">") else None
        if head:
            piece.beside = head.group(1).rstrip()
            self.heads.append(piece.beside)
        self._attach(piece)
        self._token(end, piece)

    def _token(self, mark: Any, owner: Piece) -> None:
        self.ends.append(mark.index)
        self.owners.append(owner)

    def _attach(self, piece: Piece) -> None:
        if not self._open:
            self.documents.append(piece)
            return
        holder = self._open[-1].value
        first = not holder
        if isinstance(holder, dict) and self._keys[-1]:
            key, event = self._keys[-1]
            piece.start = event.start_mark.index
            self._token(event.end_mark, piece)
            holder[key] = piece
            self._keys[-1] = None
        else:
            holder.append(piece)
        # An empty line before the first entry speaks of what stands above: of the head of a document, or of nothing.
        apart = self._apart(piece.start)
        if first and len(self._open) == 1:
            self._open[0].apart = apart
        piece.apart = apart and not first


def _attach(remark: Remark, read: _Reader) -> None:
    """Give a comment to what it speaks of: what ends on its line, or what comes next."""
    if not remark.own:
        last = bisect_right(read.ends, remark.index) - 1
        if last >= 0 and "\n" not in read.text[read.ends[last] : remark.index]:
            owner = read.owners[last]
            if not owner.beside and owner not in read.documents:
                owner.beside = remark.text
                return
    number = max(bisect_right(read.begins, remark.index) - 1, 0)
    lines = [""] * remark.apart + [remark.text]
    holder = read.documents[number]
    if remark.index < holder.start:
        holder.before += lines
        return
    while (inner := _inner(holder, remark)) is not None:
        holder = inner
    following = next((child for child in holder.children if child.start > remark.index), None)
    if following is not None:
        following.before += lines
    else:
        holder.below += lines


def _inner(holder: Piece, remark: Remark) -> Piece | None:
    """Return which value inside a list or mapping a comment on its own line stands in, None for none of them."""
    children = holder.children
    number = next((n for n, child in enumerate(children) if child.start > remark.index), len(children))
    last = children[number - 1] if number else None
    if last is None or not last.children:
        return None
    if last.flow:
        return last if remark.index < last.end else None
    if any(child.start > remark.index for child in last.children):
        return last
    return last if remark.column > holder.column and remark.column >= last.column else None
