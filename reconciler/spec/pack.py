"""Texts by key in, one run of bytes out, and back, each text made only when it is asked for; it knows no file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import reduce
from itertools import accumulate, pairwise
from zlib import crc32

from reconciler.frozen import frozen_in_order

Bytes = bytes | memoryview
# Texts as they are packed, by key.
Pack = Mapping[str, Bytes]


@frozen_in_order
class Packs:
    """A set of texts in two packs: nearly all, and what came later."""

    most: Pack
    later: Pack

    def get(self, key: str) -> str | None:
        """Return a text, None when there is none of this key."""
        piece = self.later.get(key, self.most.get(key))
        return None if piece is None else str(piece, "utf-8")

    def all(self) -> dict[str, str]:
        """Return every text by its key."""
        return {key: str(piece, "utf-8") for pack in (self.most, self.later) for key, piece in pack.items()}


NO_PACKS = Packs({}, {})


def pieces_of(texts: Mapping[str, str]) -> Pack:
    """Return texts as they are packed."""
    return {key: text.encode() for key, text in texts.items()}


def packed(pack: Pack, maker: str = "") -> Iterator[Bytes]:
    """Yield the pieces of one run of bytes; `maker` is a word without spaces for what the texts are good for."""
    index = json.dumps([[*pack], [*map(len, pack.values())]]).encode() + b"\n"
    body = [index, *pack.values()]
    yield _head(maker, reduce(lambda sum_, piece: crc32(piece, sum_), body, 0))
    yield from body


def unpacked(raw: bytes, maker: str = "") -> Pack:
    """Return what was packed. Raises ValueError when it is not whole, or of another maker."""
    start = raw.index(b"\n") + 1
    view = memoryview(raw)
    if raw[:start] != _head(maker, crc32(view[start:])):
        raise ValueError("not whole, or another's")
    first = raw.index(b"\n", start) + 1
    keys, sizes = json.loads(raw[start:first])
    places = pairwise(accumulate(sizes, initial=first))
    return {key: view[begin:end] for key, (begin, end) in zip(keys, places, strict=True)}


def _head(maker: str, sum_: int) -> bytes:
    return b"%s %08x\n" % (maker.encode(), sum_)
