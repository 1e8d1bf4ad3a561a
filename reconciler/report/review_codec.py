"""A review to plain data and back, so that a plan that was saved can be shown in every format; no database is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.compare.compare import Comparison, Owned
from reconciler.compare.planning import Planned
from reconciler.dialects.base import Server
from reconciler.errors import Position, Problem
from reconciler.model.change import Alter, Change, Create, Drop, Rename
from reconciler.model.codec import decode, decode_desired, decode_object, encode, encode_model, encode_object
from reconciler.model.model import Desired, Model
from reconciler.model.ref import Ref
from reconciler.plan.filling import Agenda, Filling
from reconciler.plan.hazards import Hazard
from reconciler.plan.outcome import Consent
from reconciler.plan.plan import Plan, make_plan
from reconciler.plan.policy import Verdict
from reconciler.plan.renames import Renamed
from reconciler.plan.row_changes import RowChanges
from reconciler.plan.rules import States
from reconciler.plan.scope import Reason, Scope
from reconciler.plan.step import DataCheck, Stage, Statement, Step, Transaction
from reconciler.report.facts import Rehearsal, Review, SpecVersion

# Fields of a step that are sets of addresses.
_EDGES = ("creates", "needs", "drops", "releases")


def encode_review(review: Review) -> dict[str, Any]:
    """Return what the report of a plan beside it does not say: objects, places and circumstances."""
    planned, scope = review.planned, review.planned.comparison.scope
    models = _touched(planned)
    return {
        "steps": [_encode_step(step) for step in planned.plan.steps],
        "fillings": [encode(filling) for filling in planned.agenda.fillings],
        "server": encode(planned.server),
        "known": planned.owned.known,
        "hazards": [encode(hazard) for hazard in planned.hazards],
        "refused": [planned.hazards.index(hazard) for hazard in planned.verdict.refused],
        "allow": list(planned.verdict.allow),
        "consents": [encode(consent) for consent in planned.verdict.consents],
        "obstacles": [encode(problem) for problem in planned.obstacles],
        "warnings": [encode(problem) for problem in review.warnings],
        "notes": list(planned.comparison.notes),
        "undeclared": [str(ref) for ref in scope.undeclared],
        "unmodelled": [str(ref) for ref in scope.unmodelled],
        "not_understood": {str(ref): what for ref, what in planned.comparison.not_understood.items()},
        "ignored": {str(ref): reason for ref, reason in scope.ignored.items()},
        "dropped": {str(ref): reason.value for ref, reason in sorted(scope.dropped.items())},
        "old": encode_model(models.old),
        "new": encode_model(models.new),
        "moves": [[str(old), str(new)] for old, new in planned.comparison.renamed.moves],
        "positions": [[str(ref), part, encode(at)] for (ref, part), at in sorted(review.desired.positions.items())],
        "spec": encode(review.spec),
        "policy": review.undeclared,
        "approve": review.approve,
        "label": review.label,
        "seconds": review.seconds,
        "rehearsal": encode(review.rehearsal),
    }  # fmt: skip


def _touched(planned: Planned) -> States:
    """Return the part of both models that a script may need: what changes, and what follows a rename."""
    states = planned.states
    changes = [change for step in planned.plan.steps for change in step.changes]
    tops = {change.ref.top for change in changes}
    tops |= {user.ref.top for c in changes if isinstance(c, Rename) for user in states.old.dependents(c.ref)}
    return replace(states, old=states.old.only(lambda r: r.top in tops), new=states.new.only(lambda r: r.top in tops))


def _encode_step(step: Step) -> dict[str, Any]:
    return {
        "changes": [_encode_change(change) for change in step.changes],
        **{name: sorted(map(str, getattr(step, name))) for name in _EDGES},
        "stage": step.stage.value,
        "relations": [statement.relations for statement in step.statements],
        "checks": [encode(check) for check in step.checks],
        **({"rows": encode(step.rows)} if step.rows else {}),
    }


def _encode_change(change: Change) -> dict[str, Any]:
    sides = {side: encode_object(obj) for side in ("old", "new") if (obj := getattr(change, side, None)) is not None}
    return {**sides, "fields": list(getattr(change, "fields", ())), "rename": isinstance(change, Rename)}


def decode_review(data: Mapping[str, Any]) -> Review:
    """Return the review of a plan file's data. Raises ValueError, KeyError, TypeError, AttributeError or IndexError."""
    saved = data["review"]
    declared = decode_desired(data["desired"])
    positions = {(Ref.parse(ref), part): decode(Position, place) for ref, part, place in saved["positions"]}
    desired = replace(declared, positions=positions)
    return Review(
        planned=_planned(data, saved, desired),
        desired=desired,
        project=str(data["project"]),
        environment=str(data["environment"]),
        dialect=str(data["dialect"]),
        label=str(saved["label"]),
        created_at=str(data["created_at"]),
        seconds=float(saved["seconds"]),
        spec=decode(SpecVersion, saved["spec"]),
        approve=str(saved["approve"]),
        schema=str(data["schema"]),
        undeclared=str(saved["policy"]),
        only=tuple(map(Ref.parse, data.get("selected", ()))),
        warnings=_problems(saved["warnings"]),
        rehearsal=None if saved["rehearsal"] is None else decode(Rehearsal, saved["rehearsal"]),
    )


def _planned(data: Mapping[str, Any], saved: Mapping[str, Any], desired: Desired) -> Planned:
    hazards = tuple(decode(Hazard, item) for item in saved["hazards"])
    moves = tuple((Ref.parse(old), Ref.parse(new)) for old, new in saved["moves"])
    renamed = Renamed(model=Model(), moves=moves)
    states = States(old=_model(saved["old"]), new=_model(saved["new"]), live=renamed.live)
    return Planned(
        plan=decode_plan(data, saved["steps"]),
        comparison=_comparison(data, saved, desired, renamed),
        server=decode(Server, saved["server"]),
        owned=Owned(known=bool(saved["known"])),
        hazards=hazards,
        verdict=Verdict(
            refused=tuple(hazards[at] for at in saved["refused"]), allow=tuple(map(str, saved["allow"])),
            consents=tuple(decode(Consent, item) for item in saved["consents"]),
        ),
        obstacles=_problems(saved["obstacles"]),
        states=states,
        agenda=Agenda(fillings=tuple(decode(Filling, item) for item in saved["fillings"])),
    )  # fmt: skip


def _comparison(data: Mapping[str, Any], saved: Mapping[str, Any], desired: Desired, renamed: Renamed) -> Comparison:
    scope = Scope(
        target=Model(), undeclared=tuple(map(Ref.parse, saved["undeclared"])),
        unmodelled=tuple(map(Ref.parse, saved["unmodelled"])),
        dropped={Ref.parse(ref): Reason(reason) for ref, reason in saved["dropped"].items()},
        ignored={Ref.parse(ref): str(reason) for ref, reason in saved["ignored"].items()},
    )  # fmt: skip
    return Comparison(
        live=Model(), renamed=renamed, declared=desired, desired=desired.model, scope=scope, changes=(),
        removed=desired.removed, notes=tuple(map(str, saved["notes"])),
        not_understood={Ref.parse(ref): str(what) for ref, what in saved["not_understood"].items()},
    )  # fmt: skip


def decode_plan(data: Mapping[str, Any], saved: Iterable[Mapping[str, Any]] = ()) -> Plan:
    """Return the plan that a file's report tells of, with the id that its content has; `saved` fills its steps in."""
    steps = [_step(told) for told in data["steps"]]
    filled = [_filled(step, more) for step, more in zip(steps, saved, strict=True)] if saved else steps
    return make_plan(str(data["target"]["dialect"]), data["fingerprint"]["from"], data["fingerprint"]["to"], filled)


def _step(told: Mapping[str, Any]) -> Step:
    statements = tuple(Statement(one["sql"], Transaction(one["transaction"])) for one in told["statements"])
    return Step(subject=Ref.parse(told["address"]), action=str(told["action"]), statements=statements, changes=())


def _filled(step: Step, more: Mapping[str, Any]) -> Step:
    counts = zip(step.statements, more["relations"], strict=True)
    return replace(
        step,
        statements=tuple(replace(statement, relations=int(count)) for statement, count in counts),
        changes=tuple(map(_change, more["changes"])),
        rows=decode(RowChanges, more["rows"]) if "rows" in more else None,
        checks=tuple(decode(DataCheck, check) for check in more["checks"]), stage=Stage(more["stage"]),
        creates=_refs(more["creates"]), needs=_refs(more["needs"]), drops=_refs(more["drops"]),
        releases=_refs(more["releases"]),
    )  # fmt: skip


def _refs(addresses: Iterable[str]) -> frozenset[Ref]:
    return frozenset(map(Ref.parse, addresses))


def _change(data: Mapping[str, Any]) -> Change:
    old, new = (decode_object(data[side]) if side in data else None for side in ("old", "new"))
    if old is None or new is None:
        return Create(new) if new is not None else Drop(_there(old))
    return Rename(old, new) if data["rename"] else Alter(old, new, tuple(map(str, data["fields"])))


def _there(obj: Any) -> Any:
    if obj is None:
        raise ValueError("a change of nothing")
    return obj


def _model(data: list[dict[str, Any]]) -> Model:
    return Model(map(decode_object, data))


def _problems(data: Iterable[Any]) -> tuple[Problem, ...]:
    return tuple(decode(Problem, item) for item in data)
