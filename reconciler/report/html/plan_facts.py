"""A review in, what a page tells of each of its objects, as data out; the facts are those of every other report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from reconciler.compare.planning import Planned
from reconciler.dialects.lock_words import lock_words
from reconciler.frozen import frozen_in_order
from reconciler.model.ref import Ref
from reconciler.plan.hazards import Effect, Hazard
from reconciler.plan.step import Stage, Step
from reconciler.report.blocks import SIGNS, definition, differing, sides
from reconciler.report.entries import Entries, Entry, danger, effect_word
from reconciler.report.facts import Review
from reconciler.report.filling import filling_facts
from reconciler.report.groups import Group, groups_by_root
from reconciler.report.html.sql import highlighted
from reconciler.report.table import action_words, counts_inside, rows_shown
from reconciler.report.words import label, shown

# Characters of SQL on one page, and objects that stand open on it.
_SQL, _OPEN = 3_000_000, 12


@frozen_in_order
class Line:
    """One line of the table of changes."""

    entry: Entry
    sign: str
    action: str
    codes: tuple[str, ...]
    rows: str
    place: str
    stopped: bool


@frozen_in_order
class Told:
    """A hazard with the word for what it does to this plan."""

    hazard: Hazard
    word: str


@frozen_in_order
class Change:
    """One change of an object: what it is, its fields before and after, texts line by line, and what it costs."""

    entry: Entry
    sign: str
    kind: str
    name: str
    definition: str
    place: str
    notes: tuple[str, ...]
    fields: tuple[tuple[str, str, str], ...]
    texts: tuple[tuple[str, list[str]], ...]
    hazards: tuple[Told, ...]


@frozen_in_order
class Sent:
    """A step with its SQL as markup; None where the page has no room for it. `locks` are those that it takes."""

    number: int
    what: str
    sql: Markup | None
    locks: tuple[str, ...] = ()


@frozen_in_order
class Section:
    """A root object with all that happens to it."""

    ref: Ref
    place: str
    changes: tuple[Change, ...]
    steps: tuple[Sent, ...]
    stopped: bool
    open: bool

    @property
    def signs(self) -> str:
        """Each verb's sign once, in the order of the changes."""
        return "".join(dict.fromkeys(change.sign for change in self.changes))


def lines(found: Entries) -> list[Line]:
    """Return the changes, the most dangerous first."""
    inside = counts_inside(found)
    return [
        Line(
            entry=entry, sign=SIGNS[entry.verb], action=action_words(entry, inside), rows=rows_shown(entry),
            codes=tuple(sorted({one.code for one in entry.hazards if one.effect is not Effect.NOTICE})),
            place=_place(entry), stopped=bool(found.refused & set(entry.hazards)),
        )
        for entry in sorted(found.main, key=lambda entry: danger(entry, found.refused))
    ]  # fmt: skip


def told(hazards: Sequence[Hazard], found: Entries) -> tuple[Told, ...]:
    """Return hazards with what each does to this plan."""
    return tuple(Told(hazard, effect_word(hazard, found.refused)) for hazard in hazards)


def sections(review: Review, found: Entries) -> Iterator[Section]:
    """Yield the objects, the most dangerous first; SQL as long as there is room for it on the page."""
    room = _SQL
    for number, groups in enumerate(groups_by_root(review, found)):
        root = groups[0].root
        place = review.desired.position(root)
        steps = tuple(step for group in groups for step in _steps(group, review, room))
        room -= sum(len(step.sql or "") for step in steps)
        stopped = any(found.refused & set(entry.hazards) for group in groups for entry in group.entries)
        yield Section(
            ref=root, place=f"{place.file}:{place.line}" if place else "", stopped=stopped,
            changes=tuple(_change(entry, root, found) for group in groups for entry in group.entries),
            steps=steps, open=number < _OPEN or (stopped and number < 4 * _OPEN),
        )  # fmt: skip


def _change(entry: Entry, root: Ref, found: Entries) -> Change:
    before = f"{entry.previous.name} → " if entry.previous else ""
    long = dict(differing(entry))
    pairs = [(label(name), *both) for name, *both in sides(entry) if name not in long]
    return Change(
        entry=entry, sign=SIGNS[entry.verb], kind=label(entry.ref.kind), place=_place(entry),
        name=before + entry.ref.name if entry.ref.top == root else str(entry.ref), definition=definition(entry),
        notes=tuple(filling_facts(entry.filling)) if entry.filling else (entry.note,) if entry.note else (),
        fields=tuple((name, *_itself(entry, name, before, after)) for name, before, after in pairs),
        texts=tuple((label(name), text) for name, text in long.items()), hazards=told(entry.hazards, found),
    )  # fmt: skip


def _itself(entry: Entry, name: str, before: str, after: str) -> tuple[str, str]:
    """Return both sides of a field; of one that reads the same on both, that what it uses changes."""
    if before != after:
        return before, after
    return shown(getattr(entry.new, name.replace(" ", "_"))), "the same text, which means something else then"


def _place(entry: Entry) -> str:
    return f"{entry.source.file}:{entry.source.line}" if entry.source else ""


def _steps(group: Group, review: Review, room: int) -> Iterator[Sent]:
    steps = review.planned.plan.steps
    for number in group.steps:
        step = steps[number - 1]
        filled = step.stage is Stage.FILL
        text = "" if filled else _written(step)
        room -= len(text)
        what = str(step.subject) if filled else f"{step.action} {step.subject}"
        yield Sent(number, what, highlighted(text, review.dialect) if room >= 0 else None, locks(step, review))


def locks(step: Step, review: Review) -> tuple[str, ...]:
    """Return what the statements of a step lock, each once; nobody waits for what this plan makes."""
    if step.stage is Stage.FILL:
        return ()
    known = step.subject.top in review.planned.states.old
    texts = (each.sql for each in step.statements if known or "FOREIGN KEY" in each.sql)
    said = (lock_words(sql, review.dialect) for sql in texts)
    return tuple(dict.fromkeys(words for words in said if words))


def undoing(back: Planned | None, dialect: str) -> tuple[Markup | None, int, tuple[Hazard, ...]]:
    """Return the SQL that undoes a plan, None where there is no room or no plan; its statements; what it costs."""
    if back is None:
        return None, 0, ()
    text = "\n".join(_written(step) for step in back.plan.steps)
    sql = highlighted(text, dialect) if len(text) <= _SQL else None
    losing = tuple(one for one in back.hazards if one.code.startswith("DS"))
    return sql, len(back.plan.statements), losing


def _written(step: Step) -> str:
    return "\n".join(line for one in step.statements for line in one.transaction.remarked([f"{one.sql};"]))
