"""A plan in, a comment for a change request out: danger first, the SQL folded, never too long for a forge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.plan.hazards import Effect, Hazard, risk
from reconciler.plan.step import Stage, Step
from reconciler.report.advice import next_lines
from reconciler.report.blocks import SIGNS, differing
from reconciler.report.entries import VERBS, Entries, Entry, danger, destroys, effect_word, entries
from reconciler.report.facts import Review
from reconciler.report.filling import filling_facts
from reconciler.report.graph.changes import erd_of_changes
from reconciler.report.graph.mermaid import mermaid
from reconciler.report.layout import Look, counted
from reconciler.report.markdown import LARGEST, code, fenced, fitting, folded, marker, prose, size
from reconciler.report.notes import notes_by_sentence
from reconciler.report.table import ADJECTIVES, action_words, counts_inside, rows_shown
from reconciler.report.text import part_words, spec_words, undeclared
from reconciler.report.understanding import not_understood_markdown
from reconciler.report.words import label

_LIGHTS: Mapping[str, str] = {"high": "🔴", "medium": "🟡", "low": "🟢", "none": "🟢"}
# Shares of the room: what is refused, then the table, then texts that change, then the SQL with what is left.
_FOR_DANGER, _FOR_TABLE, _FOR_TEXTS = 0.3, 0.6, 0.5
# Tables of a diagram, and characters for it.
_DRAWN, _FOR_PICTURE = 16, 6_000


def plan_markdown(review: Review, look: Look) -> str:
    """Return a plan as Markdown; `look.apply` is the command that applies it."""
    head = marker("plan", review.project, review.environment)
    if review.planned.plan.empty:
        return head + f"### 🟢 {code(review.environment)}: up to date\n\n{_facts(review)}\n"
    found = entries(review)
    parts = [head, _title(review, found), _facts(review) + "\n"]
    end = _next(review, found, look)
    room = LARGEST - sum(map(size, [*parts, end])) - 1_000
    parts.append(_refused(found, int(room * _FOR_DANGER)))
    parts.append(_table(found, int(room * _FOR_TABLE) - size(parts[-1])))
    loose = _loose(review)
    left = LARGEST - sum(map(size, [*parts, end, loose])) - 1_000
    parts.append(_work(found) + _texts(found, int(left * _FOR_TEXTS)) + _picture(review, found))
    parts += [_sql(review.planned.plan.steps, left - size(parts[-1])), loose, end]
    return "\n".join(part for part in parts if part)


def _title(review: Review, found: Entries) -> str:
    plan = review.planned.plan
    level = risk(review.planned.hazards, plan.steps)
    light = _LIGHTS.get(level, "🟡")
    numbers = ", ".join(f"{found.totals[verb]} {ADJECTIVES[verb]}" for verb in VERBS if found.totals[verb])
    lost = sum(map(destroys, found.all))
    verb = "destroys" if lost == 1 else "destroy"
    bad = f" — **{counted(lost, 'change')} {verb} data**" if lost else ""
    return f"### {light} {code(review.environment)}: {numbers}{bad}\n"


def _facts(review: Review) -> str:
    plan = review.planned.plan
    server = f"{review.dialect} {review.planned.server.version}".strip()
    items = [f"plan {code(plan.id)}", prose(server), code(review.label)]
    items += [prose(spec_words(review.spec))] if spec_words(review.spec) else []
    items += [prose(words) for words in part_words(review)]
    items += [counted(len(plan.steps), "step"), counted(len(plan.statements), "statement")] if plan.steps else []
    return " · ".join(items) + "\n"


def _refused(found: Entries, room: int) -> str:
    """Return what stops this plan, in a box that forges paint red; a long list is cut."""
    stopped = sorted(
        found.refused, key=lambda hazard: (hazard.effect is not Effect.BLOCK, hazard.code, str(hazard.ref))
    )
    if not stopped:
        return ""
    lines = [f"> * {_hazard(hazard, found.refused)}\n" for hazard in stopped]
    kept = fitting(lines, max(room, size(lines[0])))
    more = len(lines) - len(kept)
    rest = [f"> * … and {more:,} more\n"] if more else []
    return "".join(["> [!CAUTION]\n", f"> {counted(len(lines), 'hazard')} not allowed:\n", ">\n", *kept, *rest])


def _hazard(hazard: Hazard, refused: frozenset[Hazard]) -> str:
    keys = f" (first keys: {', '.join(map(code, hazard.sample[:5]))})" if hazard.sample else ""
    word = effect_word(hazard, refused)
    return f"**{hazard.code}** {word} {code(str(hazard.ref))}: {prose(hazard.message[:600])}{keys}"


def _table(found: Entries, room: int) -> str:
    ordered = sorted(found.main, key=lambda entry: danger(entry, found.refused))
    inside = counts_inside(found)
    head = "| | object | change | risk | rows | spec |\n|---|---|---|---|---:|---|\n"
    rows = [_row(entry, found, action_words(entry, inside)) for entry in ordered]
    kept = fitting(rows, room - size(head))
    more = len(rows) - len(kept)
    note = (
        f"\n… and {counted(more, 'change')} that {'is' if more == 1 else 'are'} less dangerous than these.\n"
        if more
        else ""
    )
    return head + "".join(kept) + note


def _row(entry: Entry, found: Entries, action: str) -> str:
    codes = sorted({hazard.code for hazard in entry.hazards if hazard.effect is not Effect.NOTICE})
    stopped = found.refused & set(entry.hazards)
    sign = f"{'❗' if stopped else ''}`{SIGNS[entry.verb]}`"
    risky = f"**{entry.level}** {' '.join(codes)}" if codes else "low"
    place = code(f"{entry.source.file}:{entry.source.line}") if entry.source else ""
    return f"| {sign} | {code(str(entry.ref))} | {code(action)} | {risky} | {rows_shown(entry)} | {place} |\n"


def _texts(found: Entries, room: int) -> str:
    """Return the long texts that change, a query or a body, line by line."""
    pieces = [
        f"\n{code(str(entry.ref))} {label(name)}\n\n" + fenced("\n".join(lines), "diff")
        for entry in found.all
        for name, lines in differing(entry)
    ]
    if not pieces:
        return ""
    kept = fitting(pieces, room)
    more = len(pieces) - len(kept)
    note = f"\n… and {counted(more, 'more text')}: `reconcile plan` shows them.\n" if more else ""
    return folded(counted(len(pieces), "text that changes", "texts that change"), "".join(kept) + note)


def _picture(review: Review, found: Entries) -> str:
    """Return the tables that change as a diagram that forges draw; nothing where they are too many for an eye."""
    graph = erd_of_changes(review, found)
    drawn = mermaid(graph) if graph is not None and len(graph.boxes) <= _DRAWN else ""
    return folded("diagram of what changes", fenced(drawn, "mermaid")) if 0 < size(drawn) <= _FOR_PICTURE else ""


def _work(found: Entries) -> str:
    """Return what each backfill does, folded."""
    return "".join(
        folded(f"what {prose(entry.ref.name)} does", _list(map(code, filling_facts(entry.filling)), 4_000))
        for entry in found.all
        if entry.filling is not None
    )


def _sql(steps: Sequence[Step], room: int) -> str:
    pieces = [_step(number, step, len(steps)) for number, step in enumerate(steps, 1)]
    kept = fitting(pieces, room)
    more = len(steps) - len(kept)
    note = f"\nThe SQL of {counted(more, 'step')} is too long for here: `reconcile plan` shows it.\n" if more else ""
    statements = sum(len(step.statements) for step in steps if step.stage is not Stage.FILL)
    shown = fenced("".join(kept), "sql") if kept else ""
    return folded(f"SQL ({counted(statements, 'statement')})", shown + note)


def _step(number: int, step: Step, total: int) -> str:
    filled = step.stage is Stage.FILL
    what = str(step.subject) if filled else f"{step.action} {step.subject}"
    lines = [f"-- step {number} of {total}: {what}".replace("\n", " ").replace("\r", " ")]
    for statement in step.statements if not filled else ():
        lines += statement.transaction.remarked([f"{statement.sql};"])
    return "".join(f"{line}\n" for line in lines)


def _loose(review: Review) -> str:
    refs = [str(ref) for ref in undeclared(review)]
    sentences = notes_by_sentence(review.warnings, review.planned.comparison.notes)
    parts = []
    if refs:
        parts.append(folded(f"{counted(len(refs), 'undeclared object')}, not touched", _list(map(code, refs), 4_000)))
    held = review.planned.comparison.scope.ignored.items()
    ignored = [f"{code(str(ref))}: {prose(reason[:600])}" for ref, reason in held]
    if ignored:
        title = f"{counted(len(ignored), 'difference')} that the policy ignores"
        parts.append(folded(title, _list(ignored, 4_000)))
    parts.append(not_understood_markdown(review.planned.comparison.not_understood))
    if sentences:
        parts.append(folded(counted(len(sentences), "note"), _list(map(_note, sentences.items()), 4_000)))
    return "".join(parts)


def _note(found: tuple[str, Sequence[str]]) -> str:
    sentence, places = found
    more = f" … and {len(places) - 10:,} more" if len(places) > 10 else ""
    return f"{prose(sentence[:600])} {', '.join(map(code, places[:10]))}{more}".rstrip()


def _list(items: Iterable[str], room: int) -> str:
    lines = [f"* {item}\n" for item in items]
    kept = fitting(lines, room)
    more = len(lines) - len(kept)
    return "".join(kept) + (f"* … and {more:,} more\n" if more else "")


def _next(review: Review, found: Entries, look: Look) -> str:
    # Neither colours nor the width of a terminal count here.
    lines = [line.strip() for line in next_lines(review, found, Look(width=120, apply=look.apply))]
    return fenced("\n".join(lines)) if lines else ""
