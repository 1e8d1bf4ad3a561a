"""A picture in, SVG out: no script, no font and no address in it, light or dark as its reader; it draws, no more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil

from reconciler.report.graph.drawing import Box, Edge, Graph, Row
from reconciler.report.graph.geometry import Placed, Point, Size, Wire
from reconciler.report.graph.layout import lay_out
from reconciler.report.layout import cut_middle
from reconciler.report.problems import safe, width

# Pixels: a row, a head, the space around texts, the edge of the page. A cell of the font, in tenths of a pixel.
_ROW, _HEAD, _PAD, _EDGE, _CELL = 20, 30, 10, 24, 73
_LONGEST = 34
_LEGEND = "● not null  ○ may be null  U unique"
_SIGNS = {"create": "+", "update": "~", "rename": ">", "replace": "~", "delete": "-"}

# A picture that stands by itself brings these along; a page has them once.
STYLE = """\
.gx{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2937}
.gx .page{fill:#fff}.gx .box{fill:#fff;stroke:#b6c2d2}.gx .head{fill:#e8eef7}.gx .bar{fill:#5b7fb8}
.gx .name{font-weight:700}.gx .home,.gx .kind,.gx .type,.gx .more,.gx .note{fill:#66758a}
.gx .key{fill:#8a5a00;font-size:9px;font-weight:700}.gx .fk{fill:#2b62b5}.gx .line{stroke:#eef1f5}
.gx .dot{fill:#5b7fb8;stroke:#5b7fb8}.gx .null{fill:none}.gx .edge{fill:none;stroke:#7d8da3;stroke-width:1.3}
.gx .edge:hover{stroke-width:3}.gx .outside .head{fill:#f3f4f6}.gx .outside .box{stroke-dasharray:4 3}
.gx .outside .bar{fill:#b6c2d2}.gx .outside .name{fill:#66758a}
.gx .create .box{stroke:#1a7f37;stroke-width:1.8}.gx .create .head,.gx .row.create{fill:#dcf5e3}
.gx .create .bar,.gx .create .sign{fill:#1a7f37}.gx .edge.create{stroke:#1a7f37;stroke-width:1.8}
.gx .update .box,.gx .rename .box,.gx .replace .box{stroke:#b07800;stroke-width:1.8}
.gx .update .head,.gx .rename .head,.gx .replace .head,.gx .row.update,.gx .row.rename,.gx .row.replace{fill:#fff1cc}
.gx .update .bar,.gx .rename .bar,.gx .replace .bar,.gx .update .sign,.gx .rename .sign,.gx .replace .sign{fill:#946400}
.gx .edge.update,.gx .edge.rename,.gx .edge.replace{stroke:#b07800;stroke-width:1.8}
.gx .delete .box{stroke:#cf222e;stroke-width:1.8;stroke-dasharray:6 4}.gx .delete .head,.gx .row.delete{fill:#ffe3e3}
.gx .delete .bar,.gx .delete .sign{fill:#cf222e}.gx .edge.delete{stroke:#cf222e;stroke-width:1.8;stroke-dasharray:6 4}
.gx .gone{text-decoration:line-through}.gx .sign{font-weight:700}
@media screen and (prefers-color-scheme:dark){
.gx{fill:#d7dee8}.gx .page{fill:#11161d}.gx .box{fill:#171d26;stroke:#3b4858}.gx .head{fill:#212b39}
.gx .line{stroke:#222a35}.gx .home,.gx .kind,.gx .type,.gx .more,.gx .note{fill:#93a1b3}.gx .key{fill:#e0b04c}
.gx .fk{fill:#7fb0f5}.gx .edge{stroke:#6b7b90}.gx .outside .head{fill:#1b222c}.gx .outside .name{fill:#93a1b3}
.gx .create .head,.gx .row.create{fill:#12351f}.gx .create .box,.gx .edge.create{stroke:#3fb950}
.gx .create .bar,.gx .create .sign{fill:#3fb950}
.gx .update .head,.gx .rename .head,.gx .replace .head,.gx .row.update,.gx .row.rename,.gx .row.replace{fill:#3a2d0a}
.gx .update .box,.gx .rename .box,.gx .replace .box{stroke:#d29922}
.gx .edge.update,.gx .edge.rename,.gx .edge.replace{stroke:#d29922}
.gx .update .bar,.gx .rename .bar,.gx .replace .bar,.gx .update .sign,.gx .rename .sign,.gx .replace .sign{fill:#d29922}
.gx .delete .head,.gx .row.delete{fill:#45171a}.gx .delete .box,.gx .edge.delete{stroke:#f85149}
.gx .delete .bar,.gx .delete .sign{fill:#f85149}}
"""


def svg(graph: Graph) -> str:
    """Return a picture that stands by itself."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_drawn(graph, f"<style>{escape(STYLE)}</style>")}\n'


def svg_inside(graph: Graph) -> str:
    """Return a picture as a part of a page that has STYLE."""
    return _drawn(graph, "")


def _drawn(graph: Graph, head: str) -> str:
    placed = placed_boxes(graph)
    notes = [*([_LEGEND] if any(box.rows for box in graph.boxes) else []), *([graph.note] if graph.note else [])]
    wide = max(placed.size.width, *map(_cells, notes), 60) + 2 * _EDGE
    high = placed.size.height + 2 * _EDGE + _ROW * len(notes)
    title = _text(graph.title)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="gx" role="img" aria-label="{title}" width="{wide}" '
        f'height="{high}" viewBox="{-_EDGE} {-_EDGE} {wide} {high}">',
        f"<title>{title}</title>{head}",
        f'<rect class="page" x="{-_EDGE}" y="{-_EDGE}" width="{wide}" height="{high}"/>',
    ]
    order = sorted(range(len(graph.edges)), key=lambda n: bool(graph.edges[n].verb))
    lines += [_edge(graph.edges[n], graph.sort, placed.wires[n]) for n in order]
    for box, place in zip(graph.boxes, placed.boxes, strict=True):
        lines += _box(box, place, _size(box))
    for number, note in enumerate(notes, 1):
        y = placed.size.height + number * _ROW
        lines.append(f'<text xml:space="preserve" class="note" x="0" y="{y}">{_text(note)}</text>')
    return "\n".join([*lines, "</svg>"])


def placed_boxes(graph: Graph) -> Placed:
    """Return where everything of a picture goes."""
    sizes = [_size(box) for box in graph.boxes]
    at = {box.id: number for number, box in enumerate(graph.boxes)}
    wires = []
    for edge in graph.edges:
        source, target = at[edge.source], at[edge.target]
        begin, end = _port(graph.boxes[source], edge.source_row), _port(graph.boxes[target], edge.target_row)
        # A line that would lead back to where it begins could not be seen.
        wires.append(Wire(source, target, begin, end - 8 if source == target and begin == end else end))
    return lay_out(sizes, wires)


def _port(box: Box, name: str) -> int:
    rows = [row.name for row in box.rows]
    return _HEAD + _ROW * rows.index(name) + _ROW // 2 if name in rows else _HEAD // 2


# --- boxes ------------------------------------------------------------------------------------------------------------


def _cells(text: str) -> int:
    return ceil(width(safe(text)) * _CELL / 10)


def _short(text: str) -> str:
    return cut_middle(safe(text), _LONGEST)


def _text(text: str) -> str:
    # A surrogate alone is no character of any encoding.
    return escape(safe(text).encode("utf-8", "replace").decode())


def _size(box: Box) -> Size:
    head = _cells(_title(box)) + (_cells(box.kind) + _PAD if box.kind != "table" else 0)
    marks, names, types = _widths(box)
    row = marks + names + (types + 2 * _PAD if types else 0) if box.rows else 0
    more = _cells(_more(box))
    tail = 6 if box.rows and not box.left_out else 0
    return Size(max(head, row, more, 90) + 2 * _PAD + 4, _HEAD + _ROW * (len(box.rows) + bool(box.left_out)) + tail)


def _title(box: Box) -> str:
    sign = f"{_SIGNS[box.verb]} " if box.verb in _SIGNS else ""
    before = f"{_short(box.before)} → " if box.before else ""
    return f"{sign}{_home(box)}{before}{_short(box.title)}"


def _home(box: Box) -> str:
    return f"{_short(box.home)}." if box.home else ""


def _more(box: Box) -> str:
    return f"… {box.left_out:,} more" if box.left_out else ""


def _row_name(row: Row) -> str:
    return f"{_short(row.before)} → {_short(row.name)}" if row.before else _short(row.name)


def _widths(box: Box) -> tuple[int, int, int]:
    """Return how much room the marks, the names and the types of the rows take."""
    signs = 14 if any(row.verb for row in box.rows) else 0
    marks = max((len(" ".join(row.marks)) for row in box.rows), default=0) * 6
    names = max((_cells(_row_name(row)) for row in box.rows), default=0)
    return (
        signs + 14 + (marks + 8 if marks else 0),
        names,
        max((_cells(_short(row.type)) for row in box.rows), default=0),
    )


def _box(box: Box, place: Point, size: Size) -> Iterator[str]:
    (x, y), wide = place, size.width
    words = " ".join(filter(None, ("node", box.verb, "outside" * box.outside)))
    yield f'<g class="{words}" data-id="{_text(box.id)}"><title>{_text(box.id)}</title>'
    yield f'<rect class="box" x="{x}" y="{y}" width="{wide}" height="{size.height}" rx="6"/>'
    yield f'<path class="head" d="M{x + 1} {y + _HEAD}V{y + 7}q0-6 6-6H{x + wide - 7}q6 0 6 6V{y + _HEAD}z"/>'
    yield f'<rect class="bar" x="{x}" y="{y + 5}" width="4" height="{_HEAD - 10}" rx="2"/>'
    yield _head(box, x + _PAD + 4, y + 20)
    if box.kind != "table":
        yield f'<text class="kind" x="{x + wide - _PAD}" y="{y + 20}" text-anchor="end">{_text(box.kind)}</text>'
    for number, row in enumerate(box.rows):
        yield from _row(row, box, (x, y + _HEAD + number * _ROW), wide)
    if box.left_out:
        low = y + _HEAD + len(box.rows) * _ROW + 14
        yield f'<text class="more" x="{x + _PAD + 4}" y="{low}">{_more(box)}</text>'
    yield "</g>"


def _head(box: Box, x: int, y: int) -> str:
    sign = f'<tspan class="sign">{_SIGNS[box.verb]} </tspan>' if box.verb in _SIGNS else ""
    home = f'<tspan class="home">{_text(_home(box))}</tspan>' if box.home else ""
    before = f'<tspan class="home gone">{_text(_short(box.before))}</tspan><tspan> → </tspan>' if box.before else ""
    gone = " gone" if box.verb == "delete" else ""
    name = f'<tspan class="name{gone}">{_text(_short(box.title))}</tspan>'
    return f'<text xml:space="preserve" x="{x}" y="{y}">{sign}{home}{before}{name}</text>'


def _row(row: Row, box: Box, place: Point, wide: int) -> Iterator[str]:
    (x, y), gone = place, " gone" if row.verb == "delete" else ""
    marks = _widths(box)[0]
    if row.verb:
        yield f'<rect class="row {row.verb}" x="{x + 1}" y="{y}" width="{wide - 2}" height="{_ROW}"/>'
    else:
        yield f'<path class="line" d="M{x + 1} {y + 0.5}h{wide - 2}"/>'
    at = x + _PAD + 2
    if any(other.verb for other in box.rows):
        if row.verb in _SIGNS:
            yield f'<g class="{row.verb}"><text class="sign" x="{at}" y="{y + 14}">{_SIGNS[row.verb]}</text></g>'
        at += 14
    yield f'<circle class="dot{" null" if row.nullable else ""}" cx="{at + 4}" cy="{y + 10}" r="2.6"/>'
    if row.marks:
        fk = " fk" if row.marks == ("FK",) else ""
        yield f'<text class="key{fk}" x="{at + 13}" y="{y + 13}">{" ".join(row.marks)}</text>'
    before = f'<tspan class="home gone">{_text(_short(row.before))}</tspan> → ' if row.before else ""
    left, right = x + _PAD + 2 + marks, x + wide - _PAD
    yield f'<text class="column{gone}" x="{left}" y="{y + 14}">{before}{_text(_short(row.name))}</text>'
    if row.type:
        yield f'<text class="type{gone}" x="{right}" y="{y + 14}" text-anchor="end">{_text(_short(row.type))}</text>'


# --- edges ------------------------------------------------------------------------------------------------------------

_RADIUS = 6


def _edge(edge: Edge, sort: str, line: Sequence[Point]) -> str:
    ends = _feet(edge, line) if sort == "erd" else _arrow(line)
    words = f": {edge.words}" if edge.words else ""
    return (
        f'<path class="{" ".join(filter(None, ("edge", edge.verb)))}" data-source="{_text(edge.source)}" '
        f'data-target="{_text(edge.target)}" d="{_rounded(line)}{ends}"><title>{_text(edge.id + words)}</title></path>'
    )


def _rounded(line: Sequence[Point]) -> str:
    """Return a path along the corners, each of them rounded as far as there is room."""
    words = [f"M{line[0][0]} {line[0][1]}"]
    for before, corner, after in zip(line, line[1:], line[2:], strict=False):
        radius = min(_RADIUS, _far(before, corner) // 2, _far(corner, after) // 2)
        a, b = _towards(corner, before, radius), _towards(corner, after, radius)
        words.append(f"L{a[0]} {a[1]}Q{corner[0]} {corner[1]} {b[0]} {b[1]}")
    return "".join([*words, f"L{line[-1][0]} {line[-1][1]}"])


def _far(first: Point, second: Point) -> int:
    return abs(first[0] - second[0]) + abs(first[1] - second[1])


def _towards(start: Point, end: Point, pixels: int) -> Point:
    far = _far(start, end)
    return start if not far else (
        start[0] + (end[0] - start[0]) * pixels // far, start[1] + (end[1] - start[1]) * pixels // far
    )  # fmt: skip


def _feet(edge: Edge, line: Sequence[Point]) -> str:
    """Return the ends of a foreign key: a crow's foot where many belong, a bar for one, a ring where it may be none."""
    (x, y), (end, low) = line[0], line[-1]
    out, back = (1 if line[1][0] > x else -1), (1 if line[-2][0] > end else -1)
    foot = f"M{x} {y - 5}L{x + 10 * out} {y}L{x} {y + 5}" if edge.many else f"M{x + 6 * out} {y - 5}v10"
    ring = (
        f"M{end + 12 * back} {low}m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0"
        if edge.optional
        else f"M{end + 10 * back} {low - 5}v10"
    )
    return f"{foot}M{end + 6 * back} {low - 5}v10{ring}"


def _arrow(line: Sequence[Point]) -> str:
    (x, y), before = line[-1], line[-2]
    back = 7 if before[0] > x else -7
    return f"M{x + back} {y - 4}L{x} {y}L{x + back} {y + 4}"
