"""Nothing in, the page of every code out: what it means, why it matters, what to do, and how it can be allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from textwrap import dedent

from reconciler.frozen import frozen
from reconciler.lint.kinds import LINTS
from reconciler.plan.hazards import HAZARDS, REMOVAL_CODES, RENAME_CODES, Effect

_HEAD = re.compile(r"^## ([A-Z0-9]+): (.+)$", re.MULTILINE)


@frozen
class Page:
    """What there is to say of one code. `text` is Markdown; `allow` is one paragraph, empty where nothing can be."""

    code: str
    title: str
    text: str
    allow: str

    @property
    def whole(self) -> str:
        """The text with how to allow it, without an end of line."""
        return f"{self.text}\n\n**How to allow it.** {self.allow}" if self.allow else self.text

    @property
    def summary(self) -> str:
        """What it means, as one line of plain text."""
        return " ".join(self.text.partition("\n\n")[0].split())


@frozen
class Chapter:
    """Codes of one sort: a title and a paragraph in Markdown, and their pages."""

    title: str
    text: str
    pages: tuple[Page, ...]


@cache
def chapters() -> tuple[Chapter, ...]:
    """Return every page, in chapters."""
    found = (path for path in files(__package__).iterdir() if path.name.endswith(".md"))
    return tuple(_chapter(path.read_text("utf-8")) for path in sorted(found, key=lambda path: path.name))


@cache
def pages() -> Mapping[str, Page]:
    """Return every page by its code, in order."""
    return {page.code: page for chapter in chapters() for page in chapter.pages}


def _chapter(text: str) -> Chapter:
    head, *parts = _HEAD.split(text)
    title, _, preface = head.removeprefix("# ").partition("\n")
    return Chapter(title=title, text=preface.strip(), pages=tuple(_pages(parts)))


def _pages(parts: list[str]) -> Iterator[Page]:
    for code, title, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        yield Page(code=code, title=title, text=text.strip(), allow=_allow(code))


# Codes that a database raises while something runs, and that no policy is asked about.
_RAISED = frozenset({"LT103"})


def _allow(code: str) -> str:
    """Return how a code is allowed; an error of specs or of a run cannot be."""
    if code in HAZARDS:
        return _of_hazard(code, HAZARDS[code].effect)
    if code in LINTS:
        return f"`lint: {{allow: [{{code: {code}, at: ADDRESS, reason: …, until: 2027-01-31}}]}}` in the project file."
    return "It cannot be allowed." if code in _RAISED else ""


def _of_hazard(code: str, effect: Effect) -> str:
    if effect is Effect.BLOCK:
        return "It cannot be allowed: the plan goes through once nothing contradicts it."
    if effect is Effect.NOTICE:
        return "It is told, and refuses nothing."
    first = f"`--allow {code}:ADDRESS`, or `policy: {{allow: [{{code: {code}, at: ADDRESS, reason: …}}]}}`"
    inside = {"removed": REMOVAL_CODES, "renamed_from": RENAME_CODES}
    words = [f"`{word}:` in the specs does so at its own address" for word, codes in inside.items() if code in codes]
    return "; ".join([f"{first} of the environment", *words]) + "."


def reference() -> str:
    """Return all pages as one document in Markdown."""
    lines = [dedent("""\
        # Codes

        Every code that `reconcile` can tell, with its page. `reconcile explain CODE` prints one. This file is
        written by `reconcile explain -o markdown`.
        """)]  # fmt: skip
    for chapter in chapters():
        lines.append(f"## {chapter.title}\n\n{chapter.text}\n")
        lines += [f"### {page.code}\n\n*{page.title}*\n\n{page.whole}\n" for page in chapter.pages]
    return "\n".join(lines)
