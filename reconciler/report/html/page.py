"""A template and what it tells in, a page out: everything is escaped that is not called markup; it knows no plan."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reconciler.report.graph.svg import STYLE
from reconciler.report.json import document
from reconciler.report.layout import counted, duration
from reconciler.report.problems import safe
from reconciler.report.words import label

# What would end the element that data stands in, and what some parsers take for the end of a line.
_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def page(template: str, **facts: Any) -> str:
    """Return a page. Raises jinja2.UndefinedError when a template names what is not there."""
    return _templates().get_template(template).render(graph_style=Markup(STYLE), **facts)


@cache
def style() -> str:
    """Return the style of all pages, for one that may load it."""
    return (files("reconciler.report.html") / "templates" / "style.css").read_text("utf-8")


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("reconciler.report.html"), autoescape=True, finalize=_shown, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    found.filters |= {"counted": counted, "duration": duration, "label": label, "anchor": anchor, "when": when}
    return found


def _shown(value: object) -> object:
    """Return what a template writes: no character that moves something, none that no encoding has."""
    if isinstance(value, Markup) or value is None:
        return value or ""
    return safe(str(value)).encode("utf-8", "replace").decode()


def anchor(text: object) -> str:
    """Return an address as the name of a place on the page: without spaces, which such a name may not have."""
    return "-".join(str(text).split())


def when(text: str) -> str:
    """Return a time that is written as ISO 8601 to the second, for people."""
    return text[:19].replace("T", " ")


# Pixels that a picture may be wide and still be read when it is as wide as the page.
_WIDE = 1_500


def fits(drawn: str) -> bool:
    """Say whether a picture in SVG can be read when it is made as narrow as a page."""
    found = re.match(r'<svg[^>]* width="(\d+)', drawn)
    return found is not None and int(found[1]) <= _WIDE


def embedded(data: dict[str, Any]) -> Markup:
    """Return data as JSON that may stand in a `script` element, which no text in it can end."""
    return Markup("".join(document(data)).translate(_ESCAPES))
