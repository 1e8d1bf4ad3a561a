"""What is not understood of live objects in, lines for a person, Markdown and plain data out."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.ref import Ref
from reconciler.report.layout import Look, capped, counted, wrapped
from reconciler.report.markdown import code, fitting, folded, prose
from reconciler.report.problems import safe

# Characters that the whole list may take in a comment.
_ROOM = 4_000


def not_understood_lines(marked: Mapping[Ref, str], look: Look) -> list[str]:
    """Return each object with the words of its definition that are not understood; a long list is cut."""
    entries = capped(["\n".join(_entry(f"{ref}: {what}", look)) for ref, what in marked.items()], look)
    return [f" Not understood ({len(marked):,}), left as it is:", *entries] if entries else []


def _entry(text: str, look: Look) -> list[str]:
    first, *rest = wrapped(safe(" ".join(text.split())), look, len("   ? "), len("     "))
    return [f"   ? {first}", *(f"     {line}" for line in rest)]


def not_understood_markdown(marked: Mapping[Ref, str]) -> str:
    """Return the same, folded; nothing where everything is understood."""
    lines = [f"* {code(str(ref))}: {prose(what[:600])}\n" for ref, what in marked.items()]
    kept = fitting(lines, _ROOM)
    more = f"* … and {len(lines) - len(kept):,} more\n" if len(kept) < len(lines) else ""
    return folded(f"{counted(len(lines), 'object')} not understood", "".join(kept) + more) if lines else ""


def not_understood_data(marked: Mapping[Ref, str]) -> list[dict[str, str]]:
    """Return the same as plain data."""
    return [{"address": str(ref), "what": what} for ref, what in marked.items()]
