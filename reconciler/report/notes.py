"""What is to be known beside a result in, lines for a person out: addresses under a title, warnings, notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.errors import Problem
from reconciler.report.layout import Look, Style, capped, joined
from reconciler.report.problems import safe


def listed(title: str, refs: Sequence[object], look: Look) -> list[str]:
    """Return addresses under a title; a long list is cut."""
    lines = [f"   {line}" for line in capped([f"? {safe(str(ref))}" for ref in refs], look)]
    return [title, *lines] if lines else []


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
    return [f"   * {safe(sentence)}", *(look.paint(Style.FAINT, line) for line in where)]
