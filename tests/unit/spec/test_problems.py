"""Problems as text: the caret stands under the right columns whatever the line holds, and nothing moves the cursor."""

from __future__ import annotations

from reconciler.errors import Position, Problem
from reconciler.report.problems import render, render_one, safe


def shown(source: str, column: int, end: int, line: int = 7) -> list[str]:
    position = Position("a.yaml", line, column, end)
    return render_one(Problem(code="SPEC006", message="m", position=position, source=source)).splitlines()


def test_the_whole_form() -> None:
    problem = Problem(
        code="SPEC006",
        message="duplicate key 'note', first used on line 6",
        position=Position("tables/orders.yaml", 17, 3, 7),
        source="  note:        {type: varchar(40)}",
        hint="remove one\nor the other",
        also=(Position("tables/orders.yaml", 6, 3),),
    )
    assert render([problem]) == (
        "error[SPEC006]: duplicate key 'note', first used on line 6\n"
        "  --> tables/orders.yaml:17:3\n"
        "   |\n"
        "17 |   note:        {type: varchar(40)}\n"
        "   |   ^^^^\n"
        "   = also: tables/orders.yaml:6:3\n"
        "   = help: remove one\n"
        "           or the other\n"
    )


def test_without_a_place() -> None:
    problem = Problem(code="SPEC001", message="m", address="table.t", severity="warning")
    assert render_one(problem) == "warning[SPEC001]: m\n --> table.t\n"


def caret(lines: list[str]) -> tuple[int, int]:
    return lines[-1].index("^") - len("  | "), lines[-1].count("^")


def test_tabs_count_as_the_spaces_that_are_shown() -> None:
    lines = shown("\ta:\tbad", 5, 8)
    assert lines[3] == "7 |     a:  bad"
    assert caret(lines) == (8, 3)


def test_wide_and_combining_characters() -> None:
    lines = shown("名前: e\u0301 bad", 8, 11)
    assert caret(lines) == (8, 3)
    assert caret(shown("a: 名前", 4, 6)) == (3, 4)


def test_the_caret_of_a_place_without_width() -> None:
    assert caret(shown("a: b", 5, 0)) == (4, 1)
    assert caret(shown("a: b", 99, 0)) == (4, 1)


def test_long_lines_are_cut_around_the_caret() -> None:
    lines = shown("x" * 500 + "BAD" + "y" * 500, 501, 504)
    assert len(lines[3]) < 180
    start, length = caret(lines)
    assert lines[3][len("7 | ") :][start : start + length] == "BAD"
    assert (lines[3].count("…"), length) == (2, 3)


def test_control_characters_are_pictures() -> None:
    assert safe("a\x1b[2Jb\x00\x7f\x9b") == "a\u241b[2Jb\u2400\u2421\ufffd"
    text = render_one(
        Problem(code="X", message="\x1b[1A", position=Position("a\x1b.yaml", 1, 3, 4), source="a\x1b\x07b", hint="\r")
    )
    assert not set("\x1b\x07\r") & set(text)
    assert "a\u241b\u2407b" in text


def test_text_that_turns_around_is_not_sent() -> None:
    assert "\u202e" not in safe("a\u202eb")


def test_no_markup_is_read() -> None:
    assert "[red]x[/red]" in render_one(Problem(code="X", message="[red]x[/red]"))
