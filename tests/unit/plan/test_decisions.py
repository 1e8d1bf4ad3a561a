"""Who owns what, what is renamed, what refuses: the decisions that need no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from reconciler.errors import PlanError, UsageError
from reconciler.execute.segments import segments
from reconciler.model.model import Desired, Model, renamed
from reconciler.model.objects import Column, Object, Table, Unmodelled
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.plan.hazards import HAZARDS, Answer, Effect, Hazard, judge, risk
from reconciler.plan.match import match_names
from reconciler.plan.plan import make_plan
from reconciler.plan.policy import Allowance, Policy, decide, parse_allowance
from reconciler.plan.renames import apply_renames
from reconciler.plan.scope import Bounds, Reason, Scope, Undeclared, scope, watched
from reconciler.plan.step import DataCheck, Statement, Step, Transaction

T = Ref.root(Kind.TABLE, "t")
OURS, HAND = T.child(Kind.COLUMN, "ours"), T.child(Kind.COLUMN, "by_hand")
OTHER = Ref.root(Kind.TABLE, "other")
TRIGGER = T.child("trigger", "audit")


def column(ref: Ref, type_: str = "int") -> Column:
    return Column(ref=ref, type=Type(type_))


LIVE = Model(
    [
        Table(ref=T),
        column(OURS),
        column(HAND),
        Unmodelled(ref=TRIGGER),
        Table(ref=OTHER),
        column(OTHER.child("column", "x")),
    ]
)


def scoped(
    owned: frozenset[Ref] = frozenset(),
    removed: frozenset[Ref] = frozenset(),
    undeclared: Undeclared = Undeclared.REPORT,
) -> Scope:
    return scope(LIVE, Model([Table(ref=T)]), owned, removed, Bounds(undeclared=undeclared))


def test_what_nobody_declared_or_applied_is_left_alone_and_listed_by_its_top() -> None:
    found = scoped()
    assert found.dropped == {}
    assert found.undeclared == (OTHER, HAND, OURS)
    assert found.unmodelled == (TRIGGER,)
    assert set(found.target) == set(LIVE)


def test_what_was_ours_and_is_no_longer_declared_is_dropped() -> None:
    assert scoped(owned=frozenset({OURS})).dropped == {OURS: Reason.LEDGER}


def test_what_is_removed_by_name_goes_whoever_made_it_and_takes_what_it_holds_along() -> None:
    assert scoped(removed=frozenset({HAND, OTHER})).dropped == {
        HAND: Reason.REMOVED, OTHER: Reason.REMOVED, OTHER.child("column", "x"): Reason.PARENT,
    }  # fmt: skip


def test_where_the_specs_are_the_whole_truth_everything_else_goes_but_what_is_not_modelled() -> None:
    found = scoped(undeclared=Undeclared.DROP)
    assert set(found.dropped) == {OURS, HAND, OTHER, OTHER.child("column", "x")}
    assert TRIGGER in found.target


def test_a_fingerprint_watches_what_is_declared_or_owned_and_nothing_else() -> None:
    assert set(watched(LIVE, frozenset({T}), frozenset())) == {T, OURS, HAND, TRIGGER}


def _moved(model: Model, moves: Sequence[tuple[Ref, Ref]]) -> Model:
    for old, new in moves:
        model = renamed(model, {old: new}, lambda obj, _: obj)
    return model


def rename(live: list[Object], new: Ref, old: Ref, removed: Mapping[Ref, str] | None = None) -> object:
    desired = Desired(model=Model([Table(ref=T), column(new)]), renames={new: old}, removed=removed or {})
    return apply_renames(Model([Table(ref=T), *live]), desired, _moved)


def test_a_rename_happens_once_and_only_from_what_is_there() -> None:
    new, old = T.child("column", "new"), T.child("column", "old")
    happening = rename([column(old)], new, old)
    assert [change.old.ref for change in happening.changes] == [old]  # type: ignore[attr-defined]
    assert happening.live(new) == old  # type: ignore[attr-defined]
    assert rename([column(new)], new, old).changes == ()  # type: ignore[attr-defined]
    assert rename([], new, old).changes == ()  # type: ignore[attr-defined]
    both = rename([column(old), column(new)], new, old)
    assert both.problems[0].code == "RUN034"  # type: ignore[attr-defined]
    assert rename([column(old), column(new)], new, old, {old: "x"}).problems == ()  # type: ignore[attr-defined]


def test_without_a_name_structure_decides() -> None:
    made_up, live = T.child("column", "made_up"), T.child("column", "live")
    model = match_names(
        Model([Table(ref=T), column(live)]), frozenset(), Model([column(made_up)]), frozenset({made_up})
    )
    assert list(model) == [live]
    named = match_names(Model([Table(ref=T), column(live)]), frozenset(), Model([column(made_up)]), frozenset())
    assert list(named) == [made_up]
    different = match_names(
        Model([Table(ref=T), column(live, "text")]), frozenset(), Model([column(made_up)]), frozenset({made_up})
    )
    assert list(different) == [made_up]


DROP = Hazard(code="DS103", ref=OURS, message="", effect=Effect.CONSENT)
BLOCK = Hazard(code="MF104", ref=OURS, message="", effect=Effect.BLOCK)
RENAME = Hazard(code="BC102", ref=OURS, message="", effect=Effect.CONSENT)
FOREIGN = Hazard(code="DS105", ref=OURS, message="", effect=Effect.CONSENT)


@pytest.mark.parametrize(
    ("hazard", "words", "policy", "reviewed", "first", "refused"),
    [
        (DROP, [], [], set(), False, True),
        (DROP, ["DS103"], [], set(), False, False),
        (DROP, ["DS103:table.t.column.ours"], [], set(), True, False),
        (DROP, ["DS103:table.t"], [], set(), False, False),
        (DROP, ["DS103:table.other"], [], set(), False, True),
        (DROP, ["DS102"], [], set(), False, True),
        (DROP, ["*"], [], set(), True, False),
        (DROP, [], ["DS103"], set(), False, False),
        (DROP, [], ["DS103"], set(), True, True),
        (DROP, [], [], {("DS103", OURS)}, False, False),
        (DROP, [], [], {("DS103", OURS)}, True, True),
        (RENAME, [], [], {("BC102", OURS)}, True, False),
        (DROP, [], [], {("BC102", OURS)}, False, True),
        (DROP, ["DS103:table.app.t"], [], set(), False, True),
        (FOREIGN, [], [], {("DS103", OURS)}, False, True),
        (BLOCK, ["*", "MF104"], ["MF104"], {("MF104", OURS)}, False, True),
    ],
)
def test_what_refuses(
    hazard: Hazard, words: list[str], policy: list[str], reviewed: set[tuple[str, Ref]], first: bool, refused: bool
) -> None:
    verdict = decide(
        [hazard],
        policy=Policy(allow=tuple(map(parse_allowance, policy))),
        given=[parse_allowance(word) for word in words],
        reviewed=reviewed,
        first=first,
    )
    assert bool(verdict.refused) is refused
    assert verdict.allow == ((f"{hazard.code}:{hazard.ref}",) if refused and hazard.effect is Effect.CONSENT else ())


@pytest.mark.parametrize("word", ["DS999", "", "DS103:nonsense", "everything"])
def test_an_allowance_that_means_nothing_is_wrong_usage(word: str) -> None:
    with pytest.raises(UsageError):
        parse_allowance(word)
    assert parse_allowance("*") == Allowance("*")


@pytest.mark.parametrize("code", sorted(HAZARDS))
def test_an_answer_becomes_a_hazard_as_the_table_says(code: str) -> None:
    check = DataCheck(code=code, ref=OURS, count="", message="{count} of them")
    kind = HAZARDS[code]
    (dirty,) = judge([Answer(check=check, count=1234, sample=("1",))])
    assert (dirty.effect, dirty.message, dirty.sample) == (kind.effect, "1,234 of them", ("1",))
    assert dirty.count == (1234 if kind.counts == "rows" else None)
    assert [hazard.effect for hazard in judge([Answer(check=check)])] == ([kind.clean] if kind.clean else [])
    (unknown,) = judge([Answer(check=check, error="no")])
    assert unknown.effect is (kind.effect if kind.destructive else Effect.NOTICE)


def test_samples_of_sensitive_columns_are_not_shown() -> None:
    check = DataCheck(code="MF104", ref=OURS, count="", message="", sensitive=True)
    assert judge([Answer(check=check, count=1, sample=("secret",))])[0].sample == ()


def test_risk_is_that_of_the_gravest_hazard() -> None:
    work = [Step(subject=T, action="update", statements=(), changes=())]
    assert risk([], []) == "none"
    assert risk([], work) == "low"
    assert risk([RENAME], work) == "medium"
    assert risk([RENAME, DROP], work) == "high"


def step(*statements: Statement) -> Step:
    return Step(subject=T, action="update", statements=statements, changes=())


def test_a_transaction_ends_where_it_must_and_where_the_server_is_full() -> None:
    plain, must = step(Statement("a")), step(Statement("b", Transaction.COMMIT_AFTER))
    assert segments([plain, must, plain, plain], None, transactional=True) == ((plain, must), (plain, plain))
    assert segments([plain] * 5, 2, transactional=True) == ((plain, plain), (plain, plain), (plain,))
    assert segments([], None, transactional=True) == ()
    with pytest.raises(PlanError, match="room for 2"):
        segments([step(Statement("c", relations=3))], 2, transactional=True)


def test_a_plan_is_known_by_its_content_alone() -> None:
    one = make_plan("sqlite", "a", "b", [step(Statement("x"))])
    assert one.id == make_plan("sqlite", "a", "b", [step(Statement("x"))]).id
    others = [
        make_plan("postgres", "a", "b", [step(Statement("x"))]), make_plan("sqlite", "c", "b", [step(Statement("x"))]),
        make_plan("sqlite", "a", "c", [step(Statement("x"))]), make_plan("sqlite", "a", "b", [step(Statement("y"))]),
        make_plan("sqlite", "a", "b", [step(Statement("x", Transaction.COMMIT_AFTER))]),
    ]  # fmt: skip
    assert len({plan.id for plan in [one, *others]}) == 6
