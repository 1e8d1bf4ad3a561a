"""A page in, what a browser would make of it out: its elements, its text, and whatever could act or reach out."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"meta", "br", "link", "img", "input", "hr"})
# Elements that may stand in a page of ours; none of them loads, sends or runs anything.
_KNOWN = frozenset(
    """html head meta title style body header h1 h2 h3 p span div nav ul li a main section footer strong code pre table
    thead tbody tr th td details summary del ins b script svg rect g path text tspan circle""".split()
)


@dataclass
class Page(HTMLParser):
    """What was found: `odd` is all that may not be there, `ids` the places, `targets` where links lead to."""

    source: str
    odd: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    data: str = ""
    stack: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.source)
        self.close()
        self.odd += [f"never closed: {each}" for each in self.stack]

    @property
    def text(self) -> str:
        """All that is written on the page."""
        return "".join(self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.odd += [tag] if tag not in _KNOWN else []
        self.odd += [f"{tag} {name}" for name in given if name.startswith("on") or name in ("src", "style", "srcset")]
        self.odd += ["script that runs"] if tag == "script" and given.get("type") != "application/json" else []
        if "href" in given:
            self.targets.append(given["href"] or "")
        if "id" in given:
            self.ids.append(given["id"] or "")
        self.stack += [tag] if tag not in _VOID else []

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack.pop() != tag:
            self.odd.append(f"closed out of turn: {tag}")

    def handle_data(self, data: str) -> None:
        if self.stack[-1:] == ["script"]:
            self.data += data
        elif self.stack[-1:] != ["style"]:
            self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.odd.append(f"a comment: {data}")
