"""Lines that fit: cutting, columns, what takes two cells, and what must not reach a terminal."""

from __future__ import annotations

import pytest

from reconciler.report.layout import (
    Cell,
    Look,
    Style,
    capped,
    coloured,
    counted,
    cut,
    cut_middle,
    grid,
    joined,
    plain,
    source_text,
    spread,
)
from reconciler.report.problems import width


@pytest.mark.parametrize(("text", "cells", "shown"), [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 5, "日本…")])
def test_a_cut_text_fits(text: str, cells: int, shown: str) -> None:
    assert cut(text, cells) == shown
    assert width(cut(text, cells)) <= cells


@pytest.mark.parametrize("cells", range(8, 40))
def test_an_address_that_is_cut_keeps_its_end(cells: int) -> None:
    shown = cut_middle("table.order_lines.column.unit_price", cells)
    assert width(shown) <= cells
    assert "price".endswith(shown[-5:]) or shown.endswith("price"[-(cells * 2 // 3) :])


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    rows = [[Cell("a"), Cell("1", right=True), Cell("x")], [Cell("日本"), Cell("12", right=True), Cell("")]]
    assert grid(rows, plain, indent="", gap=" ") == ["a     1 x", "日本 12"]


def test_a_colour_takes_no_room() -> None:
    rows = [[Cell("a", Style.DANGER), Cell("b")], [Cell("ccc"), Cell("d")]]
    assert grid(rows, coloured, indent="", gap=" ")[0] == "\x1b[1;31ma\x1b[0m   b"


def test_items_go_on_in_the_next_line() -> None:
    assert joined(["aaaa", "bbbb", "cc"], Look(width=12)) == [" aaaa   bbbb", " cc"]


def test_the_right_end_moves_down_nothing_when_there_is_no_room() -> None:
    assert spread("left", "right", Look(width=16)) == "left       right"
    assert spread("left", "right", Look(width=8)) == "left   right"


def test_a_long_list_says_how_much_more_there_is() -> None:
    items = [str(number) for number in range(12)]
    assert capped(items, Look()) == [*items[:10], "… 2 more, -v lists them"]
    assert capped(items, Look(detail=1)) == items
    assert capped(items[:10], Look()) == items[:10]


def test_sql_keeps_its_tabs_and_shows_every_other_control_character() -> None:
    assert source_text("a\tb\x1b[2K\r\nc") == ["a\tb␛[2K␍", "c"]


@pytest.mark.parametrize(("number", "words"), [(0, "0 steps"), (1, "1 step"), (1200, "1,200 steps")])
def test_numbers_have_their_word(number: int, words: str) -> None:
    assert counted(number, "step") == words
