"""Texts by key in, one run of bytes out, and back, each text made only when it is asked for; it knows no file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import reduce
from itertools import accumulate, pairwise
from zlib import crc32

from reconciler.frozen import frozen_in_order

Bytes = bytes | memoryview


@frozen_in_order
class Pack:
    """Packed texts; `places` has for each key where in `raw` its text begins and ends, in bytes."""

    raw: bytes
    places: Mapping[str, tuple[int, int]]

    def get(self, key: str) -> str | None:
        """Return a text, None when there is none of this key."""
        place = self.places.get(key)
        return None if place is None else self.raw[place[0] : place[1]].decode()

    def all(self) -> dict[str, str]:
        """Return every text by its key."""
        return {key: self.raw[start:end].decode() for key, (start, end) in self.places.items()}

    def bytes_of(self, key: str) -> memoryview:
        """Return a text as it is packed. Raises KeyError when there is none of this key."""
        start, end = self.places[key]
        return memoryview(self.raw)[start:end]


EMPTY = Pack(b"", {})


def packed(keys: Iterable[str], texts: Mapping[str, str], older: Pack = EMPTY, maker: str = "") -> list[Bytes]:
    """Return texts as pieces of one run of bytes.

    Args:
        keys: of all of them, in the order that they are to have.
        texts: by key, the new ones.
        older: where the others are.
        maker: a word without spaces for what the texts are good for.
    """
    pieces: dict[str, Bytes] = {key: texts[key].encode() if key in texts else older.bytes_of(key) for key in keys}
    index = json.dumps([[*pieces], [*map(len, pieces.values())]]).encode() + b"\n"
    body = [index, *pieces.values()]
    return [_head(maker, reduce(lambda sum_, piece: crc32(piece, sum_), body, 0)), *body]


def unpacked(raw: bytes, maker: str = "") -> Pack:
    """Return what was packed. Raises ValueError when it is not whole, or of another maker."""
    start = raw.index(b"\n") + 1
    if raw[:start] != _head(maker, crc32(memoryview(raw)[start:])):
        raise ValueError("not whole, or another's")
    first = raw.index(b"\n", start) + 1
    keys, sizes = json.loads(raw[start:first])
    return Pack(raw, dict(zip(keys, pairwise(accumulate(sizes, initial=first)), strict=True)))


def _head(maker: str, sum_: int) -> bytes:
    return b"%s %08x\n" % (maker.encode(), sum_)
