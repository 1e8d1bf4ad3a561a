"""Pages of plans and projects in a real browser: nothing is asked for, refused or run; narrow, dark and on paper."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.report.declared import Declared
from reconciler.report.facts import Review
from reconciler.report.graph.needs import deps
from reconciler.report.graph.tables import erd
from reconciler.report.html.plan_page import plan_html
from reconciler.report.html.schema_page import schema_html
from reconciler.report.layout import Look
from reconciler.workflow.way_back import way_back
from tests.serve.browser import Page, browser, opened

# What stands out of the window on either side; what scrolls by itself does not.
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_HIDDEN = (
    "[...document.querySelectorAll('details pre')].filter(one => !one.checkVisibility() || !one.offsetHeight).length"
)
_INK = "getComputedStyle(document.body).backgroundColor"


def _looked_at(page: Page, url: str) -> None:
    page.open(url)
    assert page.ask("Object.keys(window).filter(name => name.startsWith('own')).length") == 0
    assert page.ask("performance.getEntriesByType('resource').length") == 0
    assert page.ask("document.querySelectorAll('svg').length") >= 1
    light = page.ask(_INK)
    for width in (1280, 420):
        page._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
        )  # fmt: skip
        assert page.ask(_TOO_WIDE) <= 0, (url, width)
    page._call("Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert page.ask(_INK) != light
    page._call("Emulation.setEmulatedMedia", media="print", features=[])
    assert page.ask(_HIDDEN) == 0, url
    page._call("Emulation.setEmulatedMedia", media="", features=[])


@pytest.mark.skipif(browser() is None, reason="there is no browser on this machine")
def test_pages_in_a_browser(hostile: Review, tmp_path: Path) -> None:
    model = hostile.desired.model
    declared = Declared(project="p", dialect="sqlite", desired=hostile.desired, tables=erd(model, "p"),
                        needs=deps(model, (), "p"), comments={})  # fmt: skip
    pages = {"plan": plan_html(hostile, Look(apply="apply"), way_back(hostile)), "schema": schema_html(declared)}
    with opened() as page:
        for name, text in pages.items():
            (tmp_path / f"{name}.html").write_text(text, "utf-8")
            _looked_at(page, (tmp_path / f"{name}.html").as_uri())
        assert page.wrong == []
        page.open((tmp_path / "plan.html").as_uri(), scripts=False)
        assert "Way back" in page.ask("document.body.innerText")
