"""Declared backfills and a target in, which of them are due, and what became of those that were carried out, out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.compare.planning import NOTHING_DUE, Planned
from reconciler.dialects.base import DatabaseError, Session
from reconciler.errors import PlanError, ReconcileError
from reconciler.execute import ledger
from reconciler.execute.ledger import Ledger
from reconciler.model.backfills import Backfill, Standing
from reconciler.model.change import Drop
from reconciler.model.model import Model
from reconciler.model.names import is_helper
from reconciler.model.objects import Column
from reconciler.model.ref import BACKFILL, Kind, Ref
from reconciler.plan.beside import Beside
from reconciler.plan.filling import NEW, UNFINISHED, Agenda, Filling, in_order
from reconciler.plan.hazards import HAZARDS, Hazard
from reconciler.plan.outcome import Worked
from reconciler.workflow.declaring import in_place
from reconciler.workflow.opening import Opened

if TYPE_CHECKING:
    from reconciler.backfill.work import Side


def ledger_of(opened: Opened) -> Ledger:
    """Return where the ledger of this project is."""
    dialect = opened.dialect
    return Ledger(
        dialect.ledger_schema(opened.target), opened.project.name, dialect.ledger_text, dialect.ledger_options
    )


def own(opened: Opened, backfills: Sequence[Backfill]) -> list[Backfill]:
    """Return the backfills that are for the environment at hand."""
    return [one for one in backfills if one.only_in in ("", opened.environment.name)]


def tidied(opened: Opened, session: Session, backfills: Sequence[Backfill]) -> None:
    """Remove the triggers that a run which died left behind, unless its work goes on; the lock is held."""
    from reconciler.backfill.captures import cleared
    from reconciler.backfill.due import digest_of

    declared = [(one, digest_of(one)) for one in own(opened, backfills)]
    cleared(opened.dialect, session, ledger_of(opened), declared)


def agenda_of(opened: Opened, session: Session, backfills: Sequence[Backfill]) -> Agenda:
    """Return which backfills are due on a database, in order, and which were changed after they were done.

    Raises PlanError when they wait for each other.
    """
    mine = own(opened, backfills)
    if not mine:
        return NOTHING_DUE
    from reconciler.backfill.ledger import standings

    return _agenda(mine, standings(session, ledger_of(opened)))


def agenda_without_ledger(opened: Opened, backfills: Sequence[Backfill], done: Sequence[Backfill] = ()) -> Agenda:
    """Return which backfills would be due on a database where these others are done, and no more is known of it.

    Raises PlanError when they wait for each other.
    """
    from reconciler.backfill.due import digest_of

    known = {
        one.ref.name: Standing(
            name=one.ref.name, generation=one.generation, digest=digest_of(one), state="done", finished_at=ledger.now()
        )
        for one in done
    }  # fmt: skip
    return _agenda(own(opened, backfills), known)


def _agenda(mine: Sequence[Backfill], known: Mapping[str, Standing]) -> Agenda:
    from reconciler.backfill.due import CHANGED_AFTER, digest_of, due

    now = datetime.now(UTC)
    fillings: list[Filling] = []
    hazards: list[Hazard] = []
    for backfill in mine:
        digest, standing = digest_of(backfill), known.get(backfill.ref.name)
        why = due(backfill, digest, standing, now)
        if why == CHANGED_AFTER:
            hazards.append(_changed(backfill))
        elif why:
            fillings.append(Filling(backfill=backfill, digest=digest, why=why, standing=standing))
    return Agenda(fillings=in_order(fillings), hazards=tuple(hazards))


def implied(opened: Opened, session: Session, besides: Sequence[Beside], live: Model) -> Sequence[Filling]:
    """Return the work that columns are filled by, each with how far it is; where its helper is not there, nowhere."""
    from reconciler.backfill.due import digest_of
    from reconciler.backfill.ledger import standings

    known = standings(session, ledger_of(opened))
    found = [(one, known.get(one.helper.ref.name) if one.helper.ref in live else None) for one in besides]
    return [
        Filling(
            backfill=one.backfill, digest=digest_of(one.backfill), why=UNFINISHED if standing else NEW,
            standing=standing, place=one.column,
        )
        for one, standing in found
    ]  # fmt: skip


def forgotten(opened: Opened, session: Session, fillings: Sequence[Filling]) -> None:
    """Forget what the ledger holds of the work that columns were filled by: before they are made and once they are in
    their places, so that a column of that name is never taken for filled. What a spec declares stays.
    """
    from reconciler.backfill.ledger import erase

    for one in fillings:
        if one.place is not None:
            erase(session, ledger_of(opened), one.backfill.ref.name)


def loosened(opened: Opened, session: Session, planned: Planned) -> None:
    """Let nothing be written any more into the helpers that a plan drops."""
    changes = [change for step in planned.plan.steps for change in step.changes if isinstance(change, Drop)]
    gone = [one.ref.name for one in changes if one.ref.kind == Kind.COLUMN and is_helper(one.ref.name)]
    if gone:
        from reconciler.backfill import captures

        captures.loosened(opened.dialect, session, ledger_of(opened), gone)


def foreseen(opened: Opened, session: Session, planned: Planned) -> Planned:
    """Return a plan that tells what its backfills will meet: rows, an index, triggers; nothing is written.

    Raises PlanError for what is wrong with them, and only the database knows.
    """
    if not planned.agenda.fillings:
        return planned
    fillings = tuple(_foreseen(opened, session, planned, one) for one in planned.agenda.fillings)
    fired = [_fires(one) for one in fillings if one.triggers]
    return replace(planned, agenda=replace(planned.agenda, fillings=fillings), hazards=(*planned.hazards, *fired))


def _foreseen(opened: Opened, session: Session, planned: Planned, filling: Filling) -> Filling:
    from reconciler.backfill.foresee import foresee, unsound
    from reconciler.backfill.work import Side

    target = Side(
        dialect=opened.dialect, session=session, model=planned.comparison.live, label=opened.target.label,
        another=lambda: _another(opened),
    )  # fmt: skip
    try:
        with _source(opened, filling.backfill.source.database, target) as source:
            wrong = {}
            if filling.place is None:
                wrong = dict(unsound(source, target, planned.comparison.declared.model, filling.backfill))
            found = foresee(source, target, filling.backfill)
    except (DatabaseError, ReconcileError):
        # Whoever carries it out will hear why its source cannot be asked.
        return filling
    if wrong:
        raise PlanError([in_place(problem, wrong, planned.comparison.declared) for problem in wrong])
    return replace(filling, estimate=found.rows, index=found.index, triggers=tuple(map(str, found.triggers)))


def _fires(filling: Filling) -> Hazard:
    message = f"each row that it writes fires {', '.join(filling.triggers)}"
    return Hazard(code="BF108", ref=filling.backfill.ref, message=message, effect=HAZARDS["BF108"].effect)


def _changed(backfill: Backfill) -> Hazard:
    message = (
        f"it was done as generation {backfill.generation} and is defined otherwise now: nothing is done again; "
        f"generation: {backfill.generation + 1} does it again, cadence: on_change whenever it changes"
    )
    return Hazard(code="BF109", ref=backfill.ref, message=message, effect=HAZARDS["BF109"].effect)


def fill(
    opened: Opened,
    session: Session,
    filling: Filling,
    run_id: str,
    *,
    declared: Model,
    held: Callable[[], bool] = lambda: True,
    advanced: Callable[[Standing], None] = lambda standing: None,
    waiting: Callable[[str], None] = lambda sentence: None,
) -> Worked:
    """Carry a backfill out from where it stands.

    Args:
        opened, session: what is written.
        filling, run_id: the backfill, and the run that it belongs to.
        declared: says which columns are sensitive, whose values are not shown.
        held: says whether the lock of the run is still ours.
        advanced, waiting: are told of every transaction, and of what makes it wait.

    Raises:
        ApplyFailed, DatabaseError, TargetError, PlanError: when it cannot go on.
        KeyboardInterrupt: when somebody wants an end.
    """
    from reconciler.backfill.run import carry_out
    from reconciler.backfill.shares import distribution
    from reconciler.backfill.work import Watch, Work

    target = _side(opened, session, declared)
    with _source(opened, filling.backfill.source.database, target) as source:
        _sound(source, target, declared, filling)
        worked = carry_out(
            Work(
                backfill=filling.backfill, digest=filling.digest, target=target, source=source,
                ledger=ledger_of(opened), run_id=run_id, side=lambda name: _source(opened, name, target), held=held,
                watch=Watch(advanced=advanced, waiting=waiting),
            )
        )  # fmt: skip
    shares = distribution(target, filling.backfill) if worked.standing.state == "done" else ()
    return replace(worked, distribution=shares, rows=worked.standing.written - _before(filling, worked.standing))


def _sound(source: Side, target: Side, declared: Model, filling: Filling) -> None:
    """Raise PlanError for what is wrong with a backfill, and only the database knows."""
    from reconciler.backfill.foresee import unsound

    if filling.place is not None:
        return
    if wrong := [problem for problem, _ in unsound(source, target, declared, filling.backfill)]:
        raise PlanError(wrong)


def _before(filling: Filling, now: Standing) -> int:
    """Return how many rows had been written where the work went on; none where it began."""
    then = filling.standing
    return then.written if then is not None and then.started_at == now.started_at else 0


def in_turn(fillings: Sequence[Filling], carry_out: Callable[[int, Filling], Worked]) -> list[Worked]:
    """Carry backfills out one after the other; one that requires another that is not done is left out.

    `carry_out` is given the place of each, from 1.
    """
    worked: list[Worked] = []
    known = {one.backfill.ref for one in fillings}
    for number, filling in enumerate(fillings, 1):
        if not known.intersection(filling.backfill.requires) - done(worked):
            worked.append(carry_out(number, filling))
    return worked


def done(worked: Sequence[Worked]) -> frozenset[Ref]:
    """Return the backfills that are done."""
    return frozenset(Ref.root(BACKFILL, one.standing.name) for one in worked if one.standing.state == "done")


@contextmanager
def _source(opened: Opened, name: str, target: Side) -> Iterator[Side]:
    """Hold the database of an environment open, to be read; the one that is written for no name or its own."""
    if name in ("", opened.environment.name):
        yield target
        return
    other = opened.other(name)
    session = other.dialect.connect(other.target)
    try:
        yield _side(other, session, Model())
    finally:
        session.close()


def _side(opened: Opened, session: Session, declared: Model) -> Side:
    """Return a database as the work sees it, with its tables as they are there, and what of them is sensitive."""
    from reconciler.backfill.work import Side

    model: Model = opened.dialect.normalize(opened.dialect.inspect(session, opened.target).model).model
    secret = {ref for ref, obj in declared.items() if isinstance(obj, Column) and obj.sensitive}
    columns = [obj for ref, obj in model.items() if ref in secret and isinstance(obj, Column)]
    model = model.updated(replace(column, sensitive=True) for column in columns)
    return Side(
        dialect=opened.dialect, session=session, model=model, label=opened.target.label,
        another=lambda: _another(opened),
    )  # fmt: skip


@contextmanager
def _another(opened: Opened) -> Iterator[Session]:
    """Hold a further session on a database open."""
    further = opened.dialect.connect(opened.target)
    try:
        yield further
    finally:
        further.close()
