"""A scenario, a database and a death in; what must be true afterwards held; which deaths there are is known elsewhere.

A stage is a database with the first schema and rows in it. Each death gets a copy of it, so that none costs more than
the one before, and each is held against what a run that nobody disturbed made of such a copy.
"""

from __future__ import annotations

import os
import re
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.dialects.base import DatabaseError, Session
from reconciler.errors import ReconcileError
from reconciler.execute import batches, failpoints
from reconciler.execute.climb import Allowed, Ran, carried_out
from reconciler.plan.policy import Allowance
from reconciler.plan.step import Statement
from reconciler.workflow.looking import session_on
from reconciler.workflow.opening import open_request
from tests.conformance.driver import Project
from tests.copies import Copy, copier
from tests.crash.scenarios import Scenario
from tests.target import Row, Target

EVERYTHING = workflow.Terms(given=(Allowance("*"),))
HELPER = re.compile("__rc_[0-9a-f]{8}_")
# Where every table is large, what can be done outside of a transaction is.
LARGE = "policy: {approve: never, small_table_rows: 0}"


@dataclass(frozen=True, slots=True)
class Death:
    """A point, at which time of passing it, and how."""

    point: str
    hit: int
    action: str

    def __str__(self) -> str:
        return f"{self.point}:hit={self.hit}:{self.action}"


@dataclass(frozen=True, slots=True)
class End:
    """What is there when all is done: the rows, and the schema in the engine's own words."""

    rows: Sequence[Row]
    schema: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A database before a scenario's change; `goal` is what the change makes of it, `passes` how often its run passes
    each point.
    """

    scenario: Scenario
    copy: Copy
    folder: Path
    large: bool
    goal: End
    passes: Counter[str]


def numbered(text: str) -> str:
    """Return a scenario's text with names in it."""
    return text.replace("@", "1")


@contextmanager
def staged(scenario: Scenario, target: Target, folder: Path, *, large: bool = False) -> Iterator[Stage]:
    """Prepare a scenario on an empty database, and see what a run makes of it that nobody disturbs."""
    project = _project(folder / "stage", target, large=large)
    project.apply(numbered(scenario.before))
    for sql in scenario.rows:
        target.execute(numbered(sql))
    with copier(target, folder) as copy:
        passes = _Passes()
        with copy() as copied:
            own = _project(folder / "undisturbed", copied, large=large)
            declare(own, scenario.after)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(batches, "carried_out", one_at_a_time)
                patch.setattr(failpoints, "_POINT", failpoints._Armed(passes, "", 0))
                workflow.apply(own.request, EVERYTHING)
            goal = ended(own, scenario)
        yield Stage(scenario=scenario, copy=copy, folder=folder, large=large, goal=goal, passes=passes.counted)


# Before each statement. Those that share a wait for their answers have points before all of them and behind them only.
BETWEEN = "between_statements"


def one_at_a_time(session: Session, statements: Sequence[Statement], allowed: Allowed) -> list[Ran]:
    """Run statements as an apply does, with a point before each."""
    done: list[Ran] = []
    for statement in statements:
        failpoints.reach(BETWEEN, session)
        try:
            done += carried_out(session, [statement], allowed)
        except DatabaseError as error:
            error.before = len(done)
            raise
    return done


class _Passes(str):
    """The name of no point, which counts with what it is compared."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()

    def __ne__(self, other: object) -> bool:
        self.counted[str(other)] += 1
        return True

    __hash__ = str.__hash__


def _project(folder: Path, target: Target, *, large: bool) -> Project:
    folder.mkdir()
    project = Project(folder, target)
    if large:
        file = project.folder / "reconcile.yaml"
        file.write_text(file.read_text().replace("policy: {approve: never}", LARGE))
    return project


@contextmanager
def played(stage: Stage, name: str) -> Iterator[Project]:
    """Give a project on a copy of the stage whose specs ask for the scenario's change."""
    with stage.copy() as copied:
        project = _project(stage.folder / name, copied, large=stage.large)
        declare(project, stage.scenario.after)
        yield project


def declare(project: Project, text: str) -> None:
    """Have the project's specs ask for something."""
    (project.folder / "spec.yaml").write_text(numbered(text))


# How the process of an apply ends: done, as `raise` has it, with an error of ours, with one that nobody foresaw.
DONE, INJECTED, OURS, UNFORESEEN = 0, 3, 4, 5
# How it may end, by how it dies. A cut connection is no matter where nothing is asked of it any more.
ENDS = {"kill": (-signal.SIGKILL,), "raise": (INJECTED,), "drop_conn": (OURS, DONE)}


def died(project: Project, death: Death) -> None:
    """Apply in a process of its own, which dies."""
    code = os.waitstatus_to_exitcode(os.waitpid(started(project, death), 0)[1])
    assert code in ENDS[death.action], (str(death), code)


def started(project: Project, death: Death | None = None, prepare: Callable[[], object] = lambda: None) -> int:
    """Start an apply in a process of its own, in which something is done first; return its process id."""
    child = os.fork()
    if child:
        return child
    code = UNFORESEEN
    try:
        setattr(batches, "carried_out", one_at_a_time)  # noqa: B010  # it is not that module's to give away
        if death:
            failpoints._POINT = failpoints._Armed(death.point, death.action, death.hit)
        prepare()
        workflow.apply(project.request, EVERYTHING)
        code = DONE
    except failpoints.Injected:
        code = INJECTED
    except ReconcileError:
        code = OURS
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)


def survived(stage: Stage, project: Project) -> None:
    """Apply without anybody's hand, and hold that all is as without a death."""
    workflow.apply(project.request, EVERYTHING)
    assert ended(project, stage.scenario) == stage.goal


def ended(project: Project, scenario: Scenario) -> End:
    """Hold that nothing is left to do and nothing left over, and return what is there."""
    settled(project)
    rows = project.target.query(numbered(scenario.look))
    return End(rows, schema(project.target))


def settled(project: Project) -> None:
    """Hold that nothing is to be planned, that another apply does nothing, and that nothing is left of any run."""
    third = workflow.apply(project.request, EVERYTHING)
    steps = third.review.planned.plan.steps
    assert third.review.planned.plan.empty, [str(step.subject) for step in steps]
    assert third.outcome is None
    nothing_left(project)


def nothing_left(project: Project) -> None:
    """Hold that there is no helper, nothing half made, no lock, and no run that seems to go on."""
    target = project.target
    leftovers = [line for line in schema(target) if HELPER.search(line)]
    assert leftovers == []
    if target.dialect == "postgres":
        assert target.query("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid OR NOT indisready") == []
        assert target.query("SELECT conname FROM pg_constraint WHERE NOT convalidated") == []
    assert target.query("SELECT run_id FROM _reconcile_run WHERE state = 'running'") == []
    opened = open_request(project.request, access="read")
    with session_on(opened) as session:
        assert not opened.dialect.holders(session, opened.target)


# What pg_dump would tell, for a hundredth of what that costs: a line for each column, constraint, index, …
_POSTGRES = """
SELECT concat_ws(' ', c.relkind, c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                 a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind <> 'i'
UNION ALL SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT concat_ws(' ', pg_get_triggerdef(oid), tgenabled) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT concat_ws(' ', viewname, definition) FROM pg_views WHERE schemaname = 'public'
UNION ALL SELECT concat_ws(' ', matviewname, definition) FROM pg_matviews WHERE schemaname = 'public'
UNION ALL SELECT concat_ws(' ', p.oid::regprocedure, prosrc, proconfig) FROM pg_proc p
 WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT concat_ws(' ', t.typname, e.enumlabel) FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
UNION ALL SELECT concat_ws(' ', sequencename, data_type, start_value, increment_by, cycle) FROM pg_sequences
UNION ALL SELECT obj_description(oid, 'pg_class') FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""
# Counters go on where a run began anew, and the layout of a row is nobody's concern.
_COUNTER = re.compile(r" AUTO_INCREMENT=\d+|,$")


def schema(target: Target) -> Sequence[str]:
    """Return the schema in the engine's own words, in lines, the ledger left out."""
    if target.dialect == "postgres":
        lines = [str(line) for (line,) in target.query(_POSTGRES) if line]
    else:
        lines = [_COUNTER.sub("", line) for line in target.observe().splitlines()]
    return sorted(line for line in lines if "_reconcile_" not in line)
