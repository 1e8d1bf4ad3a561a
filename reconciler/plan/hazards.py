"""What a step may cost: changes and the answers of the live rows in, hazards with a code and one sentence out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from reconciler.frozen import frozen, frozen_in_order
from reconciler.model.change import Alter, Change, Create, Drop, Rename
from reconciler.model.names import is_helper
from reconciler.model.objects import Column, Enum
from reconciler.model.ref import Kind, Ref
from reconciler.plan.scope import Reason
from reconciler.plan.step import DataCheck, Step

# The hazards to which `removed:` and `renamed_from:` consent, each at its own address.
REMOVAL_CODES = frozenset({"DS102", "DS103", "DS108", "DS109", "CD103", "BC104"})
RENAME_CODES = frozenset({"BC101", "BC102"})


class Effect(StrEnum):
    """What a hazard does to a plan: CONSENT wants an allowance, BLOCK cannot be allowed away, NOTICE is only shown."""

    CONSENT = "consent"
    BLOCK = "block"
    NOTICE = "notice"


class Level(StrEnum):
    """How grave a hazard is, from the gravest."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@frozen_in_order
class HazardKind:
    """One code: its title, how grave it is, what it does when it fires, and what when live rows show no reason.

    `counts` is what its question counts; only rows, or values in them, are a hazard's `count`.
    """

    title: str
    level: Level
    effect: Effect
    clean: Effect | None = None
    destructive: bool = False
    counts: str = "rows"


HAZARDS: Mapping[str, HazardKind] = {
    "DS102": HazardKind("drops a table", Level.HIGH, Effect.CONSENT, Effect.CONSENT, destructive=True),
    "DS103": HazardKind("drops a column", Level.HIGH, Effect.CONSENT, Effect.CONSENT, destructive=True),
    "DS105": HazardKind("drops what this tool did not create", Level.HIGH, Effect.CONSENT, destructive=True),
    "DS106": HazardKind("removes an enum value", Level.HIGH, Effect.CONSENT, destructive=True),
    "DS107": HazardKind("narrows a type", Level.HIGH, Effect.BLOCK, Effect.NOTICE, destructive=True),
    "DS108": HazardKind("drops an extension", Level.HIGH, Effect.CONSENT, destructive=True),
    "DS109": HazardKind("drops a sequence", Level.MEDIUM, Effect.CONSENT, destructive=True),
    "DS110": HazardKind("replaces enum values in rows", Level.HIGH, Effect.CONSENT, destructive=True),
    "DS111": HazardKind("deletes rows", Level.HIGH, Effect.CONSENT, destructive=True),
    "MF101": HazardKind("unique over existing rows", Level.MEDIUM, Effect.BLOCK),
    "MF103": HazardKind("not null without a default", Level.MEDIUM, Effect.BLOCK),
    "MF104": HazardKind("null becomes not null", Level.MEDIUM, Effect.BLOCK),
    "MF105": HazardKind("existing rows violate a constraint", Level.MEDIUM, Effect.BLOCK),
    "BC101": HazardKind("renames a table, view, sequence or routine", Level.MEDIUM, Effect.CONSENT),
    "BC102": HazardKind("renames a column", Level.MEDIUM, Effect.CONSENT),
    "BC103": HazardKind("renames an enum value", Level.MEDIUM, Effect.CONSENT),
    "BC104": HazardKind("drops a routine", Level.MEDIUM, Effect.CONSENT),
    "CD101": HazardKind("drops a foreign key", Level.LOW, Effect.NOTICE),
    "CD102": HazardKind("drops a check", Level.LOW, Effect.NOTICE),
    "CD103": HazardKind("drops a primary key", Level.HIGH, Effect.CONSENT),
    "CD104": HazardKind("drops a trigger or event", Level.LOW, Effect.NOTICE),
    "LK102": HazardKind("keeps writes waiting", Level.MEDIUM, Effect.CONSENT),
    "BF108": HazardKind("fires triggers for each row", Level.LOW, Effect.NOTICE),
    "BF109": HazardKind("is defined otherwise than when it was done", Level.MEDIUM, Effect.CONSENT),
    "MY104": HazardKind("few instant changes are left", Level.LOW, Effect.NOTICE, counts="versions"),
    "MY151": HazardKind("may lose who may call it", Level.LOW, Effect.NOTICE, counts="rights"),
    "MY150": HazardKind("is run by a clock that stands still", Level.LOW, Effect.NOTICE, counts="settings"),
    "MY130": HazardKind("writes a table anew", Level.LOW, Effect.NOTICE),
    "MY131": HazardKind("is done while others write", Level.LOW, Effect.NOTICE),
    "PG319": HazardKind("computes a materialized view anew", Level.LOW, Effect.NOTICE, Effect.NOTICE, counts="bytes"),
    "UD101": HazardKind("is not declared", Level.MEDIUM, Effect.BLOCK),
    "NU101": HazardKind("is not understood in every part", Level.HIGH, Effect.BLOCK),
    "DP103": HazardKind("removes what is deprecated before its day", Level.HIGH, Effect.BLOCK),
    "PR101": HazardKind("touches a protected object", Level.HIGH, Effect.BLOCK),
}


@frozen
class Hazard:
    """One thing that a plan may cost. `count` is in rows or values, None where nothing was counted.

    `unanswered` says that the live rows decide, and could not be asked.
    """

    code: str
    ref: Ref
    message: str
    effect: Effect
    count: int | None = None
    sample: tuple[str, ...] = ()
    unanswered: bool = False

    @property
    def kind(self) -> HazardKind:
        """The row of the table that this code stands for."""
        return HAZARDS[self.code]


@frozen
class Answer:
    """What the live rows said to a data check. `error` is set when the question could not be asked."""

    check: DataCheck
    count: int = 0
    sample: tuple[str, ...] = ()
    error: str = ""


def judge(answers: Iterable[Answer]) -> tuple[Hazard, ...]:
    """Turn the answers of the live rows into hazards; a clean answer leaves one only where the table says so.

    A question that could not be asked counts as the worst answer where data would be lost. Where the database itself
    refuses rows that contradict, it is only noted.
    """
    found = []
    for answer in answers:
        check, kind = answer.check, HAZARDS[answer.check.code]
        effect = kind.effect if answer.count else kind.clean
        message = check.message.replace("{count}", f"{answer.count:,}")
        if answer.error:
            effect = kind.effect if kind.destructive else Effect.NOTICE
            message = f"the live rows could not be asked: {answer.error}"
        count = None if answer.error or kind.counts != "rows" else answer.count
        sample = () if check.sensitive else answer.sample
        if effect is not None:
            found.append(
                Hazard(
                    code=check.code, ref=check.ref, message=message, effect=effect, count=count, sample=sample,
                    unanswered=bool(answer.error),
                )
            )  # fmt: skip
    return tuple(found)


def forbidden(undeclared: Sequence[Ref]) -> tuple[Hazard, ...]:
    """Return what a policy of `undeclared: error` says to objects that nobody declared."""
    return tuple(_hazard("UD101", ref, "is not declared, which the policy forbids") for ref in undeclared)


def inherent(steps: Sequence[Step], dropped: Mapping[Ref, Reason], protected: frozenset[Ref]) -> tuple[Hazard, ...]:
    """Return the hazards that follow from the changes themselves, whatever the rows are.

    Args:
        steps: the plan's.
        dropped: why each object that goes is dropped.
        protected: objects that must not be dropped or rewritten.
    """
    changes = [change for step in steps for change in step.changes]
    created = {change.ref for change in changes if isinstance(change, Create)}
    found: list[Hazard] = []
    for change in changes:
        found += _of_change(change, created, dropped)
    return (*found, *_protection(steps, created, protected))


def _protection(steps: Sequence[Step], created: set[Ref], protected: frozenset[Ref]) -> Iterator[Hazard]:
    """Yield what touches a protected object: a drop, a rewrite of a column, a rebuild, whatever step it is part of."""
    hint = "apply `protect: false` first"
    for step in steps:
        for change in step.changes:
            if change.ref.top in protected and _destroys(change, created):
                yield _hazard("PR101", change.ref, f"{change.ref.top} is protected; {hint}")
        rewritten = {ref.top for ref in step.drops if ref != step.subject and ref in step.creates}
        for ref in sorted(rewritten & protected):
            yield _hazard(
                "PR101", ref, f"{ref} is protected, and {step.subject} cannot change without rewriting it; {hint}"
            )


def _hazard(code: str, ref: Ref, message: str) -> Hazard:
    return Hazard(code=code, ref=ref, message=message, effect=HAZARDS[code].effect)


def _of_change(change: Change, created: set[Ref], dropped: Mapping[Ref, Reason]) -> list[Hazard]:
    match change:
        case Drop(old) if old.ref.parent is not None and is_helper(old.ref.name):
            return []
        case Drop(old) if old.ref not in created:
            found = _of_drop(old.ref)
            if dropped.get(old.ref) is Reason.UNDECLARED:
                found.append(_hazard("DS105", old.ref, "is in neither the specs nor the ledger: somebody else made it"))
            return found
        case Alter(Enum() as old, Enum() as new, _):
            return _of_enum(old, new)
        case Rename(old, new):
            return _of_rename(old.ref, new.ref)
        case _:
            return []


def _of_enum(old: Enum, new: Enum) -> list[Hazard]:
    names = {before: after for before, after in new.renamed_values if before in old.values and after not in old.values}
    lost = lost_values(old, new)
    found = [_hazard("DS106", new.ref, f"removes {', '.join(map(repr, lost))}")] if lost else []
    for before, after in sorted(names.items()):
        found.append(_hazard("BC103", new.ref, f"running code that says {before!r} breaks: it is {after!r} now"))
    return found


def lost_values(old: Enum, new: Enum) -> list[str]:
    """Return the values that go, in their order; one that is renamed stays."""
    renamed = {before for before, after in new.renamed_values if after not in old.values}
    return [value for value in old.values if value not in new.values and value not in renamed]


_DROPS: Mapping[str, tuple[str, str]] = {
    Kind.FOREIGN_KEY: ("CD101", "rows that point nowhere are accepted from now on"),
    Kind.CHECK: ("CD102", "rows that break the rule are accepted from now on"),
    Kind.PRIMARY_KEY: ("CD103", "nothing identifies a row any more"),
    Kind.EXTENSION: ("DS108", "its types, functions and operators are gone for whoever else calls them"),
    Kind.SEQUENCE: ("DS109", "the number that it has reached is forgotten"),
    **dict.fromkeys((Kind.FUNCTION, Kind.PROCEDURE), ("BC104", "running code that calls it breaks at this moment")),
    **dict.fromkeys((Kind.TRIGGER, Kind.EVENT), ("CD104", "what it does by itself does not happen any more")),
}
_RENAMES: Mapping[str, str] = {
    Kind.TABLE: "BC101", Kind.VIEW: "BC101", Kind.SEQUENCE: "BC101", Kind.FUNCTION: "BC101",
    Kind.PROCEDURE: "BC101", Kind.COLUMN: "BC102",
}  # fmt: skip


def _of_drop(ref: Ref) -> list[Hazard]:
    code, message = _DROPS.get(ref.kind, ("", ""))
    return [_hazard(code, ref, message)] if code else []


def _of_rename(old: Ref, new: Ref) -> list[Hazard]:
    code = _RENAMES.get(new.kind)
    return [_hazard(code, new, f'running code that says "{old.name}" breaks at this moment')] if code else []


# Fields of a column whose change writes every row anew, or reads it otherwise.
_REWRITES = frozenset({"type", "collation", "generated"})


def _destroys(change: Change, created: set[Ref]) -> bool:
    match change:
        case Drop(old):
            return (old.ref.kind == Kind.COLUMN and not is_helper(old.ref.name)) or (
                old.ref.kind == Kind.TABLE and old.ref not in created
            )
        case Alter(Column(), Column(), fields):
            return not _REWRITES.isdisjoint(fields)
        case _:
            return False


def risk(hazards: Iterable[Hazard], steps: Sequence[Step]) -> str:
    """Return one word for the whole plan: none, low, medium or high."""
    levels = {hazard.kind.level for hazard in hazards if hazard.effect is not Effect.NOTICE}
    for level in (Level.HIGH, Level.MEDIUM):
        if level in levels:
            return level.value
    return Level.LOW.value if steps else "none"
