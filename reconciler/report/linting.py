"""Findings in specs in, lines for a person or plain data out: the gravest first, what is alike told once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.errors import Problem
from reconciler.report.diagnostics import diagnostics
from reconciler.report.layout import Look, Style, capped, counted, wrapped
from reconciler.report.offline_facts import Found, Linted
from reconciler.report.pages import pages
from reconciler.report.problems import safe

_STYLES: Mapping[str, str] = {"error": Style.DANGER, "warning": Style.CARE, "info": Style.FAINT}
_WORDS: Mapping[str, tuple[str, str]] = {
    "error": ("error", "errors"), "warning": ("warning", "warnings"), "info": ("note", "notes")
}  # fmt: skip


def lint_text(done: Linted, look: Look) -> str:
    """Return what was found, by code; notes and what is allowed only where somebody wants all of it."""
    told = [one for one in done.found if not one.allowed and (look.detail or one.problem.severity != "info")]
    allowed = [one for one in done.found if one.allowed]
    lines = [_head(done, look)]
    for group in _by_code(told):
        lines += ["", *_group(group, look)]
    if look.detail:
        lines += [line for one in allowed for line in ("", *_allowed(one, look))]
    return "".join(f"{line}\n" for line in [*lines, *_last(done, look)])


def _head(done: Linted, look: Look) -> str:
    since = f" since {safe(done.base)}" if done.base else ""
    counts = Counter(one.problem.severity for one in done.found if not one.allowed)
    facts = [counted(counts[word], *_WORDS[word]) for word in _WORDS if counts[word]]
    state = ", ".join(facts) or look.paint(Style.GOOD, "nothing found")
    return f" {safe(done.project)}{since}  {state}  in {counted(done.files, 'file')}  for {', '.join(done.dialects)}"


def _by_code(found: Iterable[Found]) -> list[list[Found]]:
    groups: dict[tuple[str, str], list[Found]] = {}
    for one in found:
        groups.setdefault((one.problem.severity, one.problem.code), []).append(one)
    return list(groups.values())


def _group(group: Sequence[Found], look: Look) -> Iterator[str]:
    """Yield one code with its places, and a hint for each thing that is to be done."""
    first = group[0].problem
    title = pages()[first.code].title if first.code in pages() else ""
    yield f" {look.paint(_STYLES[first.severity], f'{first.severity}[{first.code}]')}  {title}"
    shown = capped([str(number) for number in range(len(group))], look)
    for word in shown:
        if not word.isdecimal():
            yield f"   {word}"
            continue
        problem = group[int(word)].problem
        yield f"   {look.paint(Style.FAINT, safe(_place(problem)))}"
        yield from (f"     {line}" for line in wrapped(safe(problem.message), look, 5, 5))
    for hint in dict.fromkeys(one.problem.hint for one in group if one.problem.hint):
        first_line, *rest = wrapped(safe(hint), look, 5, 5)
        yield from (f"   → {first_line}", *(f"     {line}" for line in rest))


def _place(problem: Problem) -> str:
    return str(problem.position) if problem.position else problem.address


def _allowed(one: Found, look: Look) -> Iterator[str]:
    yield f" {look.paint(Style.FAINT, f'allowed[{one.problem.code}]')}  {safe(_place(one.problem))}"
    yield from (f"     {line}" for line in wrapped(safe(f"{one.problem.message}: {one.allowed}"), look, 5, 5))


def _last(done: Linted, look: Look) -> list[str]:
    """Return what was not shown, and what to do next."""
    notes = sum(1 for one in done.found if not one.allowed and one.problem.severity == "info")
    allowed = sum(1 for one in done.found if one.allowed)
    hidden = [] if look.detail else [*([counted(notes, "note")] if notes else []),
                                     *([f"{allowed:,} allowed"] if allowed else [])]  # fmt: skip
    lines = [f" {', '.join(hidden)} not shown; -v shows all"] if hidden else []
    if any(not one.allowed for one in done.found):
        command = look.paint(Style.STRONG, "reconcile explain CODE")
        lines.append(f" Next:  {command}   or allow one, with a reason, in lint.allow")
    return ["", *lines] if lines else []


def lint_data(done: Linted) -> dict[str, Any]:
    """Return what was found as plain data."""
    problems = diagnostics(one.problem for one in done.found)
    counts = Counter(one.problem.severity for one in done.found if not one.allowed)
    return {
        "project": done.project,
        "base": done.base or None,
        "files": done.files,
        "dialects": list(done.dialects),
        "counts": {severity: counts[severity] for severity in _WORDS},
        "findings": [
            {**problem, "dialects": list(one.dialects), "allowed": one.allowed or None}
            for problem, one in zip(problems, done.found, strict=True)
        ],
    }
