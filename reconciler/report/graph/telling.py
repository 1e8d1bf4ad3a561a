"""A picture in, the same in lines for a person and as plain data out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from reconciler.report.graph.drawing import Box, Graph
from reconciler.report.layout import Look, Style, counted
from reconciler.report.problems import safe


def graph_text(graph: Graph, look: Look) -> str:
    """Return every box with what it points to, for a terminal."""
    to: dict[str, list[str]] = {}
    for edge in graph.edges:
        to.setdefault(edge.source, []).append(f"{safe(edge.target)}{f' ({safe(edge.words)})' if edge.words else ''}")
    lines = []
    for box in graph.boxes:
        lines.append(f" {look.paint(Style.STRONG, safe(box.id))}{_columns(box)}")
        lines += [f"   → {target}" for target in dict.fromkeys(to.get(box.id, ()))]
    boxes, edges = ("table", "foreign key") if graph.sort == "erd" else ("object", "need")
    count = f"{counted(len(graph.boxes), boxes)}, {counted(len(graph.edges), edges)}"
    lines += ["", f" {count}   -o svg=FILE, mermaid or dot draws that"]
    return "".join(f"{line}\n" for line in lines)


def _columns(box: Box) -> str:
    number = len(box.rows) + box.left_out
    return f"   {counted(number, 'column')}" if number else ""


def graph_data(graph: Graph) -> dict[str, Any]:
    """Return a picture as plain data."""
    return {
        "graph": graph.sort,
        "title": graph.title,
        "nodes": [
            {
                "address": box.id, "kind": box.kind, "name": box.title, "schema": box.home or None,
                "outside": box.outside,
                "columns": [
                    {"name": row.name, "type": row.type, "keys": list(row.marks), "nullable": row.nullable}
                    for row in box.rows
                ],
            }
            for box in graph.boxes
        ],
        "edges": [
            {key: value for key, value in asdict(edge).items() if key in ("source", "target", "many", "optional")}
            | {"address": edge.id if graph.sort == "erd" else None, "columns": edge.words}
            for edge in graph.edges
        ],
    }  # fmt: skip
