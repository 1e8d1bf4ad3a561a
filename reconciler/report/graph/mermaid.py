"""A picture in, a diagram for Mermaid out: what forges and wikis draw by themselves; it knows no layout.

https://mermaid.js.org/syntax/entityRelationshipDiagram.html, https://mermaid.js.org/syntax/flowchart.html
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from reconciler.report.graph.drawing import Box, Graph, Row
from reconciler.report.problems import safe

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NO_WORD = re.compile(r"[^A-Za-z0-9_]+")
# In a label everything else is written by its number: the lexer looks for some of it even between quotes.
_SPECIAL = re.compile(r"[^\w \-.,:/+()→]|(?<=direction) ", re.ASCII | re.IGNORECASE)
# Words of its own, in any case, where an entity or an attribute is named.
_ENTITIES = frozenset({
    "accdescr", "acctitle", "class", "classdef", "click", "direction", "end", "erdiagram", "graph", "many", "o", "one",
    "only", "optionally", "style", "subgraph", "title", "to", "u", "x", "zero",
})  # fmt: skip
_KEYS = frozenset({"pk", "fk", "uk"})
_MARKS = {"PK": "PK", "FK": "FK", "U": "UK"}
_VERBS = {"create": "new", "update": "changed", "rename": "renamed", "replace": "replaced", "delete": "dropped"}


def mermaid(graph: Graph) -> str:
    """Return a picture as Mermaid; names that it could not read are numbered, and stand in its labels."""
    lines = list(_erd(graph) if graph.sort == "erd" else _flow(graph))
    note = [f"%% {_label(graph.note)}"] if graph.note else []
    return "".join(f"{line}\n" for line in [lines[0], *note, *lines[1:]])


def _erd(graph: Graph) -> Iterator[str]:
    yield "erDiagram"
    names = _names(graph)
    for box in graph.boxes:
        label = "" if names[box.id] == _title(box) else f'["{_title(box)}"]'
        yield f"  {names[box.id]}{label}" + (" {" if box.rows else "")
        for row in box.rows:
            yield f"    {_attribute(row)}"
        if box.rows:
            yield "  }"
    for edge in graph.edges:
        parent, child = "|o" if edge.optional else "||", "o{" if edge.many else "o|"
        yield f'  {names[edge.target]} {parent}--{child} {names[edge.source]} : "{_label(edge.words)}"'


def _names(graph: Graph) -> Mapping[str, str]:
    """Return a name for each box: its own where Mermaid can read it and no other has it, a number otherwise."""
    taken = Counter(box.title.lower() for box in graph.boxes)
    return {
        box.id: box.title if _is_name(box.title) and taken[box.title.lower()] == 1 else f"n-{number}"
        for number, box in enumerate(graph.boxes, 1)
    }


def _is_name(text: str) -> bool:
    return bool(_PLAIN.fullmatch(text)) and text.lower() not in _ENTITIES


def _attribute(row: Row) -> str:
    said = [] if _word(row.name) == row.name else [_label(row.name)]
    said += [_VERBS.get(row.verb, row.verb)] if row.verb else []
    said += [f"was {_label(row.before)}"] if row.before else []
    said += ["nullable"] if row.nullable else []
    marks = ", ".join(_MARKS[mark] for mark in row.marks)
    comment = f'"{", ".join(said)}"' if said else ""
    return " ".join(filter(None, (_word(row.type or "unknown"), _word(row.name), marks, comment)))


def _flow(graph: Graph) -> Iterator[str]:
    yield "flowchart LR"
    names = {box.id: f"n{number}" for number, box in enumerate(graph.boxes, 1)}
    for box in graph.boxes:
        yield f'  {names[box.id]}["{_label(box.kind)} {_title(box)}"]'
    for edge in graph.edges:
        yield f"  {names[edge.source]} --> {names[edge.target]}"


def _title(box: Box) -> str:
    verb = f" ({_VERBS.get(box.verb, box.verb)})" if box.verb else ""
    before = f"{_label(box.before)} → " if box.before else ""
    return f"{_label(box.home)}{'.' if box.home else ''}{before}{_label(box.title)}{verb}"


def _word(text: str) -> str:
    """Return a name or a type as one word; what of it Mermaid cannot read becomes an underline."""
    found = _NO_WORD.sub("_", text.replace(")", "")).strip("_") or "_"
    return found if found[0].isalpha() and found.lower() not in _KEYS else f"x_{found}"


def _label(text: str) -> str:
    """Return a text that stays text between double quotes: what means something there is written by its number."""
    return _SPECIAL.sub(lambda match: f"#{ord(match.group())};", safe(text))
