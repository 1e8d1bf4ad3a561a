"""Pictures: every table once, every edge between boxes that are there, nothing on top of anything, names stay text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.model import Model
from reconciler.model.ref import Kind, Ref
from reconciler.report.graph.dot import dot
from reconciler.report.graph.drawing import Graph, around
from reconciler.report.graph.geometry import Placed, Point, Size, Wire
from reconciler.report.graph.layout import lay_out
from reconciler.report.graph.mermaid import mermaid
from reconciler.report.graph.needs import deps
from reconciler.report.graph.svg import STYLE, placed_boxes, svg
from reconciler.report.graph.tables import MANY, erd, readable
from tests.unit.report.drawn import tables
from tests.unit.report.hostile import HOSTILE

SVG = "{http://www.w3.org/2000/svg}"
# What Mermaid's own lexer would take for something else than a name, in any case and even between quotes.
WORDS = [
    "end",
    "ONE",
    "to",
    "class",
    "pk",
    "direction TB",
    "a%b",
    "a~b~c",
    "{",
    "}",
    "--",
    "u",
    "title",
    "\ud800",
    "%%x",
]
NAMES = [*HOSTILE, *WORDS, '" onload="x', "<script>alert(1)</script>", "</title><script>", "]]>", "a\\", ">]", "&#60;"]


@st.composite
def pictures(draw: st.DrawFn) -> tuple[list[Size], list[Wire]]:
    """Boxes of any size, and wires between any of them, circles and wires to oneself included."""
    sizes = draw(st.lists(st.builds(Size, st.integers(40, 300), st.integers(20, 400)), min_size=1, max_size=24))
    ends = st.integers(0, len(sizes) - 1)
    pairs = draw(st.lists(st.tuples(ends, ends), max_size=36))
    return sizes, [Wire(a, b, sizes[a].height - 5, 10) for a, b in pairs]


@settings(max_examples=25, deadline=None)
@given(pictures())
def test_boxes_stand_apart_and_wires_lead_from_edge_to_edge_past_all_of_them(
    picture: tuple[list[Size], list[Wire]],
) -> None:
    sizes, wires = picture
    placed = lay_out(sizes, wires)
    assert placed == lay_out(sizes, wires)
    boxes = [
        (*place, place[0] + size.width, place[1] + size.height) for place, size in zip(placed.boxes, sizes, strict=True)
    ]
    for number, one in enumerate(boxes):
        assert not any(_overlap(one, other, 5) for other in boxes[:number])
    for wire, line in zip(wires, placed.wires, strict=True):
        assert _ends(wire, line, boxes)
        for piece in pairwise(line):
            assert piece[0][0] == piece[1][0] or piece[0][1] == piece[1][1]
            assert not any(_overlap(_rectangle(*piece), box, -1) for box in boxes)
    corners = [point for line in placed.wires for point in line] + [box[2:] for box in boxes]
    assert all(0 <= x <= placed.size.width and 0 <= y <= placed.size.height for x, y in corners)


Rectangle = tuple[int, int, int, int]


def _overlap(a: Rectangle, b: Rectangle, gap: int) -> bool:
    return a[0] < b[2] + gap and b[0] < a[2] + gap and a[1] < b[3] + gap and b[1] < a[3] + gap


def _rectangle(a: Point, b: Point) -> Rectangle:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])


def _ends(wire: Wire, line: tuple[Point, ...], boxes: list[Rectangle]) -> bool:
    ends = ((line[0], boxes[wire.source], wire.source_at), (line[-1], boxes[wire.target], wire.target_at))
    return all(x in (box[0], box[2]) and y == box[1] + at for (x, y), box, at in ends)


def _boxes(text: str) -> Iterator[ET.Element]:
    return (each for each in ET.fromstring(text).iter(f"{SVG}g") if each.get("data-id"))


@pytest.fixture(scope="module")
def strange() -> Model:
    return tables(NAMES, [*pairwise(range(len(NAMES))), (0, 0), (0, 3), (3, 0)])


def test_every_table_is_drawn_once_and_every_edge_between_two_of_them(strange: Model) -> None:
    for graph in (erd(strange, "x"), deps(strange, (), "x")):
        text = svg(graph)
        root = ET.fromstring(text)
        boxes = [each.get("data-id") for each in _boxes(text)]
        assert len(boxes) == len(set(boxes)) == len(NAMES)
        edges = [each for each in root.iter(f"{SVG}path") if each.get("class") == "edge"]
        assert len(edges) == len(graph.edges) >= len(NAMES)
        assert {each.get(end) for each in edges for end in ("data-source", "data-target")} <= set(boxes)


def test_a_hostile_name_stays_text_in_an_svg(strange: Model) -> None:
    root = ET.fromstring(svg(erd(strange, "</title><script>")))
    assert {each.tag.removeprefix(SVG) for each in root.iter()} == {
        "svg", "title", "style", "rect", "g", "path", "text", "tspan", "circle",
    }  # fmt: skip
    assert not [name for each in root.iter() for name in each.keys() if name.startswith("on") or "href" in name]  # noqa: SIM118
    assert "url(" not in STYLE
    assert "<" not in STYLE


def test_a_hostile_name_stays_text_in_a_diagram_for_mermaid(strange: Model) -> None:
    """The grammar is that of Mermaid 11: one statement a line; between quotes nothing that its lexer looks for."""
    name, label = r"[A-Za-z][A-Za-z0-9_-]*", r'"(?:[\w \-.,:/+()→]|#\d+;)*"'
    known = [
        r"erDiagram", rf"  {name}(\[{label}\])? \{{", r"  \}", rf"  {name} \|[|o]--o[{{|] {name} : {label}",
        rf"    {name} {name}( (PK|FK|UK)(, (PK|FK|UK))*)?( {label})?",
    ]  # fmt: skip
    lines = mermaid(erd(strange, "x")).splitlines()
    assert [line for line in lines if not any(re.fullmatch(one, line, re.ASCII) for one in known)] == []
    assert not re.search(
        r"direction\s|^  (end|one|to|u|class|title)\b|^    \S+ [pfu]k\b", "\n".join(lines), re.I | re.M
    )
    known = [r"flowchart LR", rf"  n\d+\[{label}\]", r"  n\d+ --> n\d+"]
    lines = mermaid(deps(strange, (), "x")).splitlines()
    assert [line for line in lines if not any(re.fullmatch(one, line, re.ASCII) for one in known)] == []


def test_a_hostile_name_stays_text_for_graphviz(strange: Model) -> None:
    lines = dot(erd(strange, "x")).splitlines()[4:-1]
    nodes = [line for line in lines if "label=" in line]
    assert len(nodes) == len(NAMES)
    for line in nodes:
        found = re.fullmatch(r"  n\d+ \[label=<(.*)>\]", line)
        assert found
        assert {each.tag for each in ET.fromstring(found[1]).iter()} <= {"table", "tr", "td", "b", "font"}
    assert all(re.fullmatch(r"  n\d+:p\d+ -> n\d+:p\d+( \[.*\])?", line) for line in lines if line not in nodes)


def test_what_is_asked_for_is_drawn_with_its_neighbours_by_their_keys() -> None:
    graph = erd(tables(list("abcde"), [(1, 0), (2, 1), (3, 2)]), "x")
    found = around(graph, {"table.b"})
    assert [(box.title, len(box.rows), box.left_out) for box in found.boxes] == [("a", 1, 2), ("b", 3, 0), ("c", 2, 1)]
    assert [(edge.source, edge.target) for edge in found.edges] == [("table.b", "table.a"), ("table.c", "table.b")]


def test_a_table_that_is_not_declared_has_a_box_all_the_same() -> None:
    model = tables(["a", "b"], [(0, 1)])
    there = Model(obj for ref, obj in model.items() if ref.top == Ref.root(Kind.TABLE, "a"))
    assert [(box.id, box.outside) for box in erd(there, "x").boxes] == [("table.a", False), ("table.b", True)]


def test_three_hundred_tables_are_drawn_by_their_keys_on_a_page_that_is_no_ribbon() -> None:
    count = 300
    hub = [(n, 0) for n in range(1, count, 3)] + [(n, n - 7) for n in range(10, count, 2)]
    graph = readable(erd(tables([f"table_{n}" for n in range(count)], hub, columns=12), "x"))
    assert count > MANY
    assert {len(box.rows) + box.left_out for box in graph.boxes} == {12}
    assert max(len(box.rows) for box in graph.boxes) == 2
    placed = placed_boxes(graph)
    assert 0.4 < placed.size.width / placed.size.height < 4
    assert _filled(graph, placed) > 0.1
    assert len(svg(graph)) < 800_000


def _filled(graph: Graph, placed: Placed) -> float:
    heights = sum(30 + 20 * (len(box.rows) + bool(box.left_out)) for box in graph.boxes)
    return 110 * heights / (placed.size.width * placed.size.height)
