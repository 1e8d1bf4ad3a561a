"""Texts packed and unpacked again: what is asked for comes back, and what is not whole does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.spec.pack import EMPTY, packed, unpacked

TEXTS = st.dictionaries(st.text(max_size=8), st.text(max_size=40), max_size=6)


@given(TEXTS, TEXTS)
def test_texts_come_back_new_ones_and_those_passed_on(older: dict[str, str], newer: dict[str, str]) -> None:
    first = unpacked(b"".join(packed(older, older)))
    both = unpacked(b"".join(packed(older | newer, newer, first)))
    assert both.all() == older | newer
    assert list(both.places) == list(older | newer)
    assert all(both.get(key) == text for key, text in (older | newer).items())
    assert both.get("nobody's key") is None


@given(TEXTS, st.data())
def test_no_byte_can_be_another(texts: dict[str, str], data: st.DataObject) -> None:
    raw = bytearray(b"".join(packed(texts, texts, maker="me")))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError, match="not "):
        unpacked(bytes(raw), "me")


def test_what_another_made_or_nobody_is_not_read() -> None:
    raw = b"".join(packed(["a"], {"a": "1"}, maker="me"))
    assert unpacked(raw, "me").all() == {"a": "1"}
    for other, maker in ((raw, "you"), (raw[:-1], "me"), (raw + b"0", "me"), (b"", "me"), (b"me 00000000", "me")):
        with pytest.raises(ValueError, match="not "):
            unpacked(other, maker)
    assert EMPTY.all() == {}
