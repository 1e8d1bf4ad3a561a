"""Pages of codes in, lines for a person, Markdown or plain data out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.report.layout import Cell, Look, Style, grid, wrapped
from reconciler.report.pages import Chapter, Page

_LABEL = "**"
_FENCE = "```"


def page_text(page: Page, look: Look) -> str:
    """Return a page for a terminal: its paragraphs as wide as there is room, examples as they are."""
    lines = [f" {look.paint(Style.STRONG, page.code)}  {page.title}", ""]
    for part in page.whole.split("\n\n"):
        lines += [*(_example(part) if part.startswith(_FENCE) else _paragraph(part, look)), ""]
    return "".join(f"{line}\n" for line in lines[:-1])


def _example(part: str) -> Iterator[str]:
    return (f"     {line}" for line in part.splitlines() if not line.startswith(_FENCE))


def _paragraph(part: str, look: Look) -> Iterator[str]:
    """Yield a paragraph; the label at its beginning stands on a line of its own."""
    label, text = "", " ".join(part.split())
    if text.startswith(_LABEL):
        _, label, text = text.split(_LABEL, 2)
        yield f" {look.paint(Style.STRONG, label.rstrip('.'))}"
    indent = "   " if label else " "
    yield from (f"{indent}{line}" for line in wrapped(text.strip(), look, len(indent), len(indent)))


def page_markdown(page: Page) -> str:
    """Return a page as Markdown."""
    return f"## {page.code}\n\n*{page.title}*\n\n{page.whole}\n"


def page_data(page: Page) -> dict[str, Any]:
    """Return a page as plain data."""
    return {"code": page.code, "title": page.title, "text": page.text, "allow": page.allow or None}


def codes_text(chapters: tuple[Chapter, ...], look: Look) -> str:
    """Return every code with its title."""
    lines: list[str] = []
    for chapter in chapters:
        rows = [[Cell(page.code, Style.STRONG), Cell(page.title)] for page in chapter.pages]
        lines += [f" {chapter.title}", *grid(rows, look.paint), ""]
    return "".join(f"{line}\n" for line in lines[:-1])


def codes_data(chapters: tuple[Chapter, ...]) -> dict[str, Any]:
    """Return every code with its title as plain data."""
    return {
        "codes": [
            {"code": page.code, "title": page.title, "chapter": chapter.title}
            for chapter in chapters
            for page in chapter.pages
        ]
    }
