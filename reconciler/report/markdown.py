"""Text that nobody vouches for in, pieces of Markdown out in which it stays text; within a size; it knows no plan.

A name from a database may not end a cell or a fence, open a tag, become a link or call a person by name. In code no
forge looks for any of that; where code would need an escape that parsers read differently, entities stand in `<code>`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reconciler.report.layout import cut_middle, source_text
from reconciler.report.problems import safe

# GitHub refuses a comment of more than 65,536 characters; some count bytes.
LARGEST = 65_000
_LONGEST_NAME = 160
_SPECIAL = re.compile(r"[^\w\s,;]|_")
# In a sentence these say nothing to a parser, unless they are part of an address or of a name for a picture.
_ORDINARY = re.compile(r"""[.?'"/=](?!\w)|:(?=\s|$)|[^\x00-\x7f]""")
# What forges turn into links: to people, issues, requests, snippets, labels, epics, milestones, and into the web.
_CALL = re.compile(r"[@#!$~%&^](?=\S)|:(?=//|[\w+-]+:)|(?<=www)\.", re.IGNORECASE)
_RUN = re.compile("`+")


def code(text: str) -> str:
    """Return a text on one line as code; a very long one loses its middle."""
    shown = cut_middle(safe(text), _LONGEST_NAME)
    if not shown.strip():
        return "<code></code>"
    if re.search(r"[|\\`]", shown):
        return f"<code>{_SPECIAL.sub(_entity, shown)}</code>"
    return f"`{shown}`" if shown == shown.strip() else f"` {shown} `"


def prose(text: str) -> str:
    """Return a sentence on one line in which nothing is markup, and nobody is called."""
    shown = safe(text)
    return _SPECIAL.sub(lambda match: _harmless(shown, match.start()), shown)


def _harmless(text: str, at: int) -> str:
    if _ORDINARY.match(text, at):
        return text[at]
    # A parser of mentions sees the text without its entities; it does not look into code.
    entity = f"&#{ord(text[at])};"
    return f"<code>{entity}</code>" if _CALL.match(text, at) else entity


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match.group())};"


def fenced(text: str, language: str = "") -> str:
    """Return a text of several lines as a block of code that nothing inside it can end."""
    lines = "\n".join(source_text(text.rstrip("\n")))
    longest = max((len(run) for run in _RUN.findall(lines)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{lines}\n{fence}\n"


def marker(*words: str) -> str:
    """Return an invisible line by which a program finds this text again."""
    names = (re.sub(r"-{2,}|[^A-Za-z0-9_.-]", "_", word) for word in words)
    return f"<!-- reconcile:{':'.join(names)} -->\n"


def folded(summary: str, inside: str) -> str:
    """Return what is shown on demand; the summary is markup already."""
    return f"<details><summary>{summary}</summary>\n\n{inside}\n</details>\n"


def size(text: str) -> int:
    """Return how much a forge counts."""
    return len(text.encode("utf-8", errors="replace"))


def fitting(pieces: Sequence[str], room: int) -> list[str]:
    """Return the first pieces, as many as fit."""
    kept: list[str] = []
    for piece in pieces:
        room -= size(piece)
        if room < 0:
            break
        kept.append(piece)
    return kept
