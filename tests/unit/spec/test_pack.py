"""Texts packed and unpacked again: what is asked for comes back, and what is not whole does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.spec.pack import NO_PACKS, Pack, Packs, packed, pieces_of, unpacked

TEXTS = st.dictionaries(st.text(max_size=8), st.text(max_size=40), max_size=6)


def run(pack: Pack, maker: str = "me") -> bytes:
    return b"".join(packed(pack, maker))


@given(TEXTS, TEXTS)
def test_texts_come_back_and_the_later_ones_hold(first: dict[str, str], later: dict[str, str]) -> None:
    again = unpacked(run({**unpacked(run(pieces_of(first)), "me"), **pieces_of(later)}), "me")
    assert list(again) == list(first | later)
    kept = Packs(unpacked(run(pieces_of(first)), "me"), unpacked(run(pieces_of(later)), "me"))
    assert kept.all() == Packs(again, {}).all() == first | later
    assert all(kept.get(key) == text for key, text in (first | later).items())
    assert kept.get("nobody's key") is None


@given(TEXTS, st.data())
def test_no_byte_can_be_another(texts: dict[str, str], data: st.DataObject) -> None:
    raw = bytearray(run(pieces_of(texts)))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError, match="not "):
        unpacked(bytes(raw), "me")


def test_what_another_made_or_nobody_is_not_read() -> None:
    raw = run({"a": b"1"})
    assert unpacked(raw, "me") == {"a": b"1"}
    for other, maker in ((raw, "you"), (raw[:-1], "me"), (raw + b"0", "me"), (b"", "me"), (b"me 00000000", "me")):
        with pytest.raises(ValueError, match="not "):
            unpacked(other, maker)
    assert NO_PACKS.all() == {}
