"""A picture in, a graph for Graphviz out; it knows no layout.

https://graphviz.org/doc/info/lang.html
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from reconciler.report.graph.drawing import Box, Edge, Graph, Row
from reconciler.report.problems import safe

_HEAD = """\
digraph reconcile {
  graph [rankdir=RL, bgcolor="transparent", pad=0.3, nodesep=0.3, ranksep=0.9]
  node [shape=plain, fontname="monospace", fontsize=10]
  edge [color="#7d8da3", fontname="monospace", fontsize=8]
"""
_COLOURS = {
    "create": "#1a7f37", "update": "#b07800", "rename": "#b07800", "replace": "#b07800", "delete": "#cf222e",
}  # fmt: skip
_SIGNS = {"create": "+ ", "update": "~ ", "rename": "> ", "replace": "~ ", "delete": "- "}


def dot(graph: Graph) -> str:
    """Return a picture as a graph; its nodes are numbered, so that no name is anything but text in a label."""
    names = {box.id: f"n{number}" for number, box in enumerate(graph.boxes, 1)}
    ports = {box.id: {row.name: f"p{n}" for n, row in enumerate(box.rows, 1)} for box in graph.boxes}
    lines = [f"  {names[box.id]} [label=<{''.join(_label(box))}>]\n" for box in graph.boxes]
    for edge in graph.edges:
        begin = _end(names[edge.source], ports[edge.source].get(edge.source_row))
        end = _end(names[edge.target], ports[edge.target].get(edge.target_row))
        lines.append(f"  {begin} -> {end}{_look(edge, graph.sort)}\n")
    return "".join([_HEAD, *lines, "}\n"])


def _end(name: str, port: str | None) -> str:
    return f"{name}:{port}" if port else name


def _look(edge: Edge, sort: str) -> str:
    words = [f'color="{_COLOURS[edge.verb]}"'] if edge.verb in _COLOURS else []
    if sort == "erd":
        words += [f"dir=both, arrowhead={'odottee' if edge.optional else 'teetee'}"]
        words += [f"arrowtail={'crow' if edge.many else 'tee'}"]
    return f" [{', '.join(words)}]" if words else ""


def _label(box: Box) -> Iterator[str]:
    colour = _COLOURS.get(box.verb, "#5b7fb8")
    yield f'<table border="1" cellborder="0" cellspacing="0" cellpadding="4" color="{colour}">'
    kind = f' <font color="#66758a">{_text(box.kind)}</font>' if box.kind != "table" else ""
    before = f"{_text(box.before)} → " if box.before else ""
    home = f"{_text(box.home)}." if box.home else ""
    sign = _SIGNS.get(box.verb, "")
    yield f'<tr><td colspan="3" bgcolor="#e8eef7">{sign}{home}{before}<b>{_text(box.title)}</b>{kind}</td></tr>'
    for number, row in enumerate(box.rows, 1):
        yield _row(row, number)
    if box.left_out:
        yield f'<tr><td colspan="3" align="left">… {box.left_out:,} more</td></tr>'
    yield "</table>"


def _row(row: Row, number: int) -> str:
    sign, null = _SIGNS.get(row.verb, ""), " null" if row.nullable else ""
    before = f"{_text(row.before)} → " if row.before else ""
    # A cell without a word is an error to Graphviz.
    return (
        f'<tr><td align="left">{" ".join(row.marks) or " "}</td><td align="left">{sign}{before}{_text(row.name)}</td>'
        f'<td align="right" port="p{number}">{_text(row.type) or " "}{null}</td></tr>'
    )


def _text(text: str) -> str:
    return escape(safe(text).encode("utf-8", "replace").decode())
