"""What is to be known beside a result in, lines for a person out: addresses under a title, warnings, notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.dialects.sql import ours
from reconciler.errors import Problem
from reconciler.model.ref import Ref
from reconciler.report.layout import Look, Style, capped, joined, wrapped
from reconciler.report.problems import safe
from reconciler.report.words import label


def listed(title: str, refs: Sequence[object], look: Look) -> list[str]:
    """Return addresses under a title; a long list is cut."""
    lines = [f"   {line}" for line in capped([f"? {safe(str(ref))}" for ref in refs], look)]
    return [title, *lines] if lines else []


def undeclared_lines(refs: Sequence[Ref], look: Look) -> list[str]:
    """Return what nobody declared, what was added to one declared object together, and the command that settles it."""
    if not refs:
        return []
    by_root: dict[Ref, list[Ref]] = {}
    for ref in refs:
        by_root.setdefault(ref.top, []).append(ref)
    lines = [line for root, own in by_root.items() for line in _of_root(root, own, look)]
    hint = look.paint(Style.FAINT, "   → reconcile drift accept|revert|ignore ADDRESS")
    return [f" Undeclared ({len(refs):,}), not touched:", *(f"   {line}" for line in capped(lines, look)), hint]


def _of_root(root: Ref, refs: Sequence[Ref], look: Look) -> list[str]:
    if list(refs) == [root]:
        left = ", which a run that died left behind" if ours(root.name) else ""
        return [f"? {safe(str(root))}{left}"]
    added = ", ".join(f"{label(ref.kind)} {ref.name}".rstrip() for ref in refs)
    first, *rest = wrapped(safe(f"{root}, which is declared, also has {added}"), look, len("   ? "), len("     "))
    return ["\n".join([f"? {first}", *(f"     {line}" for line in rest)])]


def ignored_lines(ignored: Mapping[Ref, str], look: Look) -> list[str]:
    """Return the differences that the policy leaves as they are, each with its reason."""
    lines = capped([f"? {safe(str(ref))}  ({safe(reason)})" for ref, reason in ignored.items()], look)
    title = f" Ignored by the policy ({len(ignored):,}), not touched:"
    return [title, *(f"   {line}" for line in lines)] if lines else []


def ignored_data(ignored: Mapping[Ref, str]) -> list[dict[str, str]]:
    """Return the same as plain data."""
    return [{"address": str(ref), "reason": reason} for ref, reason in ignored.items()]


def notes(warnings: Iterable[Problem], sentences: Iterable[str], look: Look) -> list[str]:
    """Return warnings and notes; warnings that say the same of several objects are one, with all of the places."""
    found = notes_by_sentence(warnings, sentences)
    lines = [line for sentence, where in found.items() for line in _note(sentence, where, look)]
    return [" Notes:", *lines] if lines else []


def notes_by_sentence(warnings: Iterable[Problem], sentences: Iterable[str]) -> Mapping[str, list[str]]:
    """Return what is to be known, and where in the specs."""
    places: dict[str, list[str]] = {}
    for problem in warnings:
        sentence = problem.message.removeprefix(f"{problem.address}: ")
        place = problem.position
        places.setdefault(sentence, []).append(f"{place.file}:{place.line}" if place else problem.address)
    return places | {sentence: [] for sentence in sentences if sentence not in places}


def _note(sentence: str, places: Sequence[str], look: Look) -> list[str]:
    shown = capped([safe(place) for place in places if place], look)
    where = joined([f"{item}," for item in shown[:-1]] + shown[-1:], look, indent="     ", gap=" ")
    first, *rest = wrapped(safe(sentence), look, len("   * "), len("     "))
    return [f"   * {first}", *(f"     {line}" for line in rest), *(look.paint(Style.FAINT, line) for line in where)]
