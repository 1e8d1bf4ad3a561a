"""Changes in, steps out; it asks the rule table and names no kind.

What is rebuilt, inlined or taken along is decided here, on changes, before SQL is put together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace

from reconciler.errors import PlanError, Problem
from reconciler.frozen import frozen_in_order
from reconciler.model.change import Alter, Change, Create, Drop, Rename
from reconciler.model.fields import references
from reconciler.model.objects import Object, Unmodelled
from reconciler.model.ref import Kind, Ref
from reconciler.plan.rules import Ask, Outcome, Rules, RuleTable, States, Way, late_bound
from reconciler.plan.settle import settle
from reconciler.plan.step import DataCheck, Statement, Step, Transaction, action_of

# The weight of what comes after all else.
_LAST = 99


@frozen_in_order
class _Work:
    """Everything that expanding reads: the settled changes and what they are to be turned into steps with.

    `asked` holds what the rules said to a settled change, by its identity: writing SQL is most of the work, and done
    once. A change made for the question alone must not be asked about: its identity is free again a moment later.
    """

    rules: RuleTable
    states: States
    settled: Mapping[Ref, tuple[Change, ...]]
    asked: dict[int, list[tuple[str, Outcome]]] = field(default_factory=dict)


def expand(rules: RuleTable, changes: Sequence[Change], states: States, ask: Ask) -> tuple[Step, ...]:
    """Return the steps of these changes, unordered.

    Args:
        rules: the dialect's table.
        changes: what the diff found, with renames.
        states: both models.
        ask: gives the data checks of a change.

    Raises:
        PlanError: with every change that the dialect cannot make.
    """
    settled = settle(rules, changes, states)
    work = _Work(rules, _without_fallen(states, settled), settled)
    groups = _groups(work, _rebuilt(work))
    group_of = {root: group for group in groups for root in group}
    inside: dict[tuple[Ref, ...], list[Change]] = {group: [] for group in groups}
    for ref in sorted(work.settled) if groups else ():
        if ref.top in group_of:
            inside[group_of[ref.top]] += (change for change in work.settled[ref] if _inside_rebuild(work, change))
    steps: list[Step] = [_rebuild(work, group, changes, ask) for group, changes in inside.items()]
    for ref in sorted(work.settled):
        for change in work.settled[ref]:
            if not (ref.top in group_of and _inside_rebuild(work, change)) and not _swallowed(work, change):
                steps.append(_step(work, change, ask))
    return _carried(steps)


def _without_fallen(states: States, settled: Mapping[Ref, tuple[Change, ...]]) -> States:
    """Take out of the new model what falls with something else although nobody dropped it by name."""
    fallen = {ref for ref, parts in settled.items() if all(isinstance(change, Drop) for change in parts)}
    kept = states.new.only(lambda ref: ref not in fallen) if fallen & states.new.keys() else states.new
    return replace(states, new=kept)


def _carried(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Let a change that needs no statement of its own be part of the step that makes what it needs."""
    spoken = [step for step in steps if step.statements]
    makers: dict[Ref, int] = {}
    for index, step in enumerate(spoken):
        for ref in step.creates:
            makers.setdefault(ref, index)
    for silent in (step for step in steps if not step.statements):
        index = min((makers[ref] for ref in silent.needs if ref in makers), default=-1)
        assert index >= 0, f"{silent.subject}: nothing to do, and no step to belong to"
        makers |= {ref: min(index, makers.get(ref, index)) for ref in silent.creates}
        host = spoken[index]
        spoken[index] = replace(
            host,
            changes=host.changes + silent.changes,
            creates=host.creates | silent.creates,
            needs=(host.needs | silent.needs) - host.creates - silent.creates,
            checks=host.checks + silent.checks,
        )
    return tuple(spoken)


def rules_of(rules: RuleTable, ref: Ref) -> Rules:
    """Return the rules of an object's kind."""
    return rules[_KINDS[ref.kind]]


_KINDS: Mapping[str, Kind] = {kind.value: kind for kind in Kind}


def _flat(work: _Work) -> Iterable[Change]:
    return (change for changes in work.settled.values() for change in changes)


def _inside_rebuild(work: _Work, change: Change) -> bool:
    """A rename with a statement of its own runs before everything else; one without is part of the rebuild."""
    return not isinstance(change, Rename) or rules_of(work.rules, change.ref).rename is Way.VIA_PARENT


def _rebuilt(work: _Work) -> set[Ref]:
    """Return the roots of which at least one change goes by a rebuild."""
    found: set[Ref] = set()
    problems: list[Problem] = []
    for change in _flat(work):
        if _swallowed(work, change):
            continue
        outcomes = [outcome for _, outcome in _outcomes(work, change)]
        if Way.VIA_PARENT in outcomes:
            found.add(change.ref.top)
        if Way.UNSUPPORTED in outcomes:
            problems += _unsupported(work, change)
    if problems:
        raise PlanError(problems)
    return found


def _groups(work: _Work, rebuilt: set[Ref]) -> list[tuple[Ref, ...]]:
    """Return which roots are rebuilt in one step: each by itself, unless the rules want others to go with it.

    The first of a group is one that has to be rebuilt for its own sake.
    """
    found: list[set[Ref]] = []
    for root in sorted(rebuilt):
        together = rules_of(work.rules, root).together
        group = {root, *(together(root, work.states) if together else ())}
        touching = [other for other in found if not group.isdisjoint(other)]
        found = [*(other for other in found if group.isdisjoint(other)), group.union(*touching)]
    return [tuple(sorted(group, key=lambda ref: (ref not in rebuilt, ref))) for group in found]


def _outcomes(work: _Work, change: Change) -> list[tuple[str, Outcome]]:
    """Return what the rules say to a change: one outcome, or one for each altered field."""
    if id(change) not in work.asked:
        work.asked[id(change)] = _asked(work, change)
    return work.asked[id(change)]


def _asked(work: _Work, change: Change) -> list[tuple[str, Outcome]]:
    rules = rules_of(work.rules, change.ref)
    match change:
        case Create(new):
            return [("", rules.create if isinstance(rules.create, Way) else rules.create(new, work.states))]
        case Drop(old):
            return [("", rules.drop if isinstance(rules.drop, Way) else rules.drop(old, work.states))]
        case Rename(old, new):
            return [("", rules.rename if isinstance(rules.rename, Way) else rules.rename(old, new, work.states))]
        case Alter(old, new, fields):
            turns = [(name, rules.alter[name]) for name in fields]
            return [(name, turn if isinstance(turn, Way) else turn(old, new, work.states)) for name, turn in turns]


def _unsupported(work: _Work, change: Change) -> list[Problem]:
    verb = {"create": "created", "delete": "dropped", "rename": "renamed", "update": "changed"}[action_of(change)]
    hint = rules_of(work.rules, change.ref).hint
    return [
        Problem(
            code="RUN031",
            message=f"{change.ref}{f': {field}' if field else ''} cannot be {verb} in place on this dialect",
            hint=hint,
            address=str(change.ref),
        )
        for field, outcome in _outcomes(work, change)
        if outcome is Way.UNSUPPORTED
    ]


def _swallowed(work: _Work, change: Change) -> bool:
    """Say whether a change happens inside the CREATE or DROP of what holds the object."""
    parent = change.ref.parent
    if parent is None:
        return False
    above = work.settled.get(parent)
    if above is None:
        return False
    match change:
        case Create(new) if any(isinstance(c, Create) for c in above):
            return rules_of(work.rules, new.ref).inline
        case Drop() if any(isinstance(c, Drop) for c in above):
            return not _ties_two_drops(work, change)
        case _:
            return False


def _ties_two_drops(work: _Work, change: Drop) -> bool:
    """Say whether an object that falls with its parent names something else that falls too, and so must go first."""
    old = change.old
    if isinstance(old, Unmodelled) or any(outcome is Way.VIA_PARENT for _, outcome in _outcomes(work, change)):
        return False
    if any(old.ref in references(obj) for obj in work.states.old.subtree(old.ref.top) if obj is not old):
        return False  # something beside it would have to go before: the tie is undone on its other side
    return any(
        # Where only one of two roots names the other, the edges of the two drops are enough.
        ref.top != old.ref.top
        and any(isinstance(c, Drop) for c in work.settled.get(ref, ()))
        and (ref.top.kind == old.ref.top.kind or _names(work, ref.top, old.ref.top))
        for ref in references(old)
    )


def _names(work: _Work, one: Ref, other: Ref) -> bool:
    """Say whether anything of a live root names anything of another one."""
    return any(ref.inside(other) for obj in work.states.old.subtree(one) for ref in references(obj))


def _step(work: _Work, change: Change, ask: Ask) -> Step:
    rules = rules_of(work.rules, change.ref)
    statements: list[Statement] = []
    for _, outcome in _outcomes(work, change):
        assert not isinstance(outcome, Way), f"{change.ref}: {outcome} was not settled"
        statements += [statement for statement in outcome if statement not in statements]
    beside = tuple(rules.carries(change, work.states)) if rules.carries else ()
    match change:
        case Create(new):
            held = [change, *(Create(child) for child in _inlined(work, new)), *beside]
            return _make(work, change, statements, held, ask, creates=[c.new for c in held if isinstance(c, Create)])
        case Drop(old):
            fallen = [obj for obj in work.states.old.subtree(old.ref) if obj == old or not _goes_alone(work, obj)]
            return _make(
                work, change, statements, [change, *beside], ask, drops=fallen or [old], weight=rules.drop_weight
            )
        case Rename(old, new):
            return _make(work, change, statements, [change], ask, creates=[new], drops=[old], weight=0)
        case Alter(old, new, _) if any(s.transaction is Transaction.COMMIT_AFTER for s in statements):
            # It adds what nothing can use before it is committed, so it waits for nobody, and all that follows can be
            # one transaction: a crash in between leaves no gap.
            return _make(work, change, statements, [change], ask, creates=[new], weight=-1)
        case Alter(old, new, _):
            gone = () if rules.steady else (old,)
            return _make(work, change, statements, [change, *beside], ask, creates=[new], drops=gone)


def _goes_alone(work: _Work, obj: Object) -> bool:
    """Say whether an object has a drop of its own, before the one of what holds it."""
    return any(isinstance(c, Drop) and not _swallowed(work, c) for c in work.settled.get(obj.ref, ()))


def _inlined(work: _Work, new: Object) -> list[Object]:
    inside = [obj for obj in work.states.new.subtree(new.ref)[1:] if not isinstance(obj, Unmodelled)]
    return [obj for obj in inside if rules_of(work.rules, obj.ref).inline]


def _rebuild(work: _Work, roots: Sequence[Ref], changes: Sequence[Change], ask: Ask) -> Step:
    rules = rules_of(work.rules, roots[0])
    assert rules.rebuild is not None, f"{roots[0]}: VIA_PARENT needs a rebuild rule"
    old, new = ([obj for root in roots for obj in model.subtree(root)] for model in (work.states.old, work.states.new))
    return _make(
        work, Alter(old[0], new[0], ()), rules.rebuild(roots, changes, work.states), changes, ask,
        creates=new, drops=old, weight=rules.rebuild_weight,
    )  # fmt: skip


def _make(
    work: _Work,
    change: Change,
    statements: Sequence[Statement],
    held: Sequence[Change],
    ask: Ask,
    *,
    creates: Sequence[Object] = (),
    drops: Sequence[Object] = (),
    weight: int | None = None,
) -> Step:
    """Put a step together; its edges follow from the objects that it makes and unmakes."""
    created = frozenset(obj.ref for obj in creates)
    dropped = frozenset(obj.ref for obj in drops)
    needs = _named(work, creates)
    released = (_named(work, drops) - needs if creates else _named(work, drops)) | _outlived(work, drops)
    return Step(
        subject=change.ref,
        action=action_of(change),
        statements=tuple(statements),
        changes=tuple(held),
        creates=created,
        needs=needs - created,
        drops=dropped,
        releases=released - dropped,
        weight=_weight(statements, creates, rules_of(work.rules, change.ref).weight if weight is None else weight),
        checks=(*(check for one in held for check in ask(one, work.states)), *_of_ladders(statements)),
    )


def _weight(statements: Sequence[Statement], creates: Sequence[Object], weight: int) -> int:
    """Let what is in no transaction come last, first what it drops: what is before it can be one."""
    alone = any(statement.transaction is Transaction.ALONE for statement in statements)
    return (_LAST if creates else _LAST - 1) if alone else weight


def _of_ladders(statements: Sequence[Statement]) -> Iterable[DataCheck]:
    return (check for statement in statements if statement.ladder for check in statement.ladder.asks)


def _outlived(work: _Work, objects: Sequence[Object]) -> set[Ref]:
    """Return the roots that fall after these objects because they are held by them; of a circle nobody knows."""
    tops = {(obj.ref.top, top) for obj in objects for top in _held(work, obj)}
    return {top for own, top in tops if own not in _reached(work, top)}


def _held(work: _Work, obj: Object) -> set[Ref]:
    """Return the roots that fall too and that an object holds on to."""
    holds = frozenset() if isinstance(obj, Unmodelled) else rules_of(work.rules, obj.ref).holds
    tops = {ref.top for ref in references(obj) - references(obj, holds)} if holds else set()
    return {top for top in tops if any(isinstance(change, Drop) for change in work.settled.get(top, ()))}


def _reached(work: _Work, root: Ref) -> set[Ref]:
    """Return the roots that one holds on to, itself among them, by way of others too."""
    found, pending = {root}, [root]
    while pending:
        held = {top for obj in work.states.old.subtree(pending.pop()) for top in _held(work, obj)} - found
        found |= held
        pending += held
    return found


def _named(work: _Work, objects: Sequence[Object]) -> frozenset[Ref]:
    """Return what these objects name, with what holds them; references that may come late left out."""
    found: set[Ref] = set()
    for obj in objects:
        if isinstance(obj, Unmodelled):
            found.update(ref for ref in references(obj) if not late_bound(work.rules, ref))
        else:
            found |= references(obj, rules_of(work.rules, obj.ref).late)
        if obj.ref.parent is not None:
            found.add(obj.ref.parent)
    return frozenset(found)
