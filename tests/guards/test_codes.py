"""Every code that the product can tell has a page, every page a code, and docs/codes.md is what the pages say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from reconciler.lint.kinds import LINTS, SUPPRESSIONS
from reconciler.plan.hazards import HAZARDS
from reconciler.report.pages import Page, chapters, pages, reference
from reconciler.spec.codes import CODES
from tests.guards.tree import ROOT, modules, parsed

_CODE = re.compile(r"(SPEC|RUN|DS|MF|BC|CD|LK|PG|MY|LT|D1|IX|NM|TY|AR|SA|SU|BF|NU|UD|PR|DP)[0-9]{3}")


def _told() -> Iterator[str]:
    """Yield every code that stands in the program by itself."""
    for path in modules():
        if path.is_relative_to(ROOT / "reconciler"):
            for node in ast.walk(parsed(path)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
                    yield node.value


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert sorted(pages()) == sorted(set(_told()))
    assert sum(len(chapter.pages) for chapter in chapters()) == len(pages())


def test_a_page_says_what_it_means_and_what_to_do() -> None:
    assert [code for code, page in pages().items() if not _sound(page)] == []


def _sound(page: Page) -> bool:
    first, *rest = page.text.split("\n\n")
    opens = first[0].isalnum() or first[0] == "`"
    does = any(part.startswith("**What to do.** ") for part in rest)
    return opens and does and page.text.count("```") % 2 == 0


def test_a_page_has_the_title_that_its_code_has_elsewhere() -> None:
    titles = {
        **CODES,
        **{code: kind.title for code, kind in HAZARDS.items()},
        **{code: kind.title for code, kind in (*LINTS.items(), *SUPPRESSIONS.items())},
    }
    assert {code: pages()[code].title for code in titles} == titles


def test_hazards_say_why_they_matter_and_how_they_are_allowed() -> None:
    for code in HAZARDS:
        assert "**Why it matters.** " in pages()[code].text, code
        assert pages()[code].allow, code


def test_the_reference_in_the_docs_is_what_the_pages_say() -> None:
    """`reconcile explain -o markdown > docs/codes.md` writes it."""
    assert (ROOT / "docs" / "codes.md").read_text("utf-8") == reference()
