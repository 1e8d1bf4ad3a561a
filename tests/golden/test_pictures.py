"""The pictures of an example, whole, for a reviewer's eye; what must hold for any is in tests/unit/report."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.report.graph.dot import dot
from reconciler.report.graph.mermaid import mermaid
from reconciler.report.graph.svg import svg
from reconciler.workflow import Request
from reconciler.workflow.drawing import drawing
from tests.process import ROOT

Golden = Callable[[str, str], None]


def test_an_example(golden: Golden) -> None:
    request = Request(directory=ROOT / "specs" / "quickstart")
    erd, deps = drawing(request, "erd"), drawing(request, "deps")
    golden("quickstart-erd.svg", svg(erd))
    golden("quickstart-erd.mmd", mermaid(erd))
    golden("quickstart-erd.dot", dot(erd))
    golden("quickstart-deps.mmd", mermaid(deps))


def test_the_pictures_of_the_documents_are_those_of_the_example() -> None:
    request = Request(directory=ROOT / "specs" / "relay")
    for sort in ("erd", "deps"):
        drawn = svg(drawing(request, sort))
        assert (ROOT / "docs" / "img" / f"relay-{sort}.svg").read_text("utf-8") == drawn, f"draw {sort} again"
