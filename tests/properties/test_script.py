"""What holds of the script of any plan, on real databases: it does what apply does, and a second time nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from reconciler import workflow
from reconciler.dialects import NAMES
from reconciler.errors import PlanError
from reconciler.model.model import Model
from reconciler.plan.hazards import Effect
from reconciler.plan.policy import Allowance
from reconciler.report.facts import Review
from reconciler.report.sql import plan_sql
from tests.examples import examples
from tests.properties.test_converge import EVERYTHING, EXAMPLES, assert_converged, contents, converge, fill, project
from tests.scripting import run_script
from tests.strategies import for_server, models_with_triggers
from tests.target import fresh

# Each example starts two programs and makes two databases.
FEW = settings(EXAMPLES, max_examples=examples(8))


@pytest.mark.parametrize("server", NAMES)
@FEW
@given(before=models_with_triggers(), after=models_with_triggers())
def test_a_script_does_what_an_apply_does_and_then_nothing(
    server: str, before: Model, after: Model, tmp_path: Path
) -> None:
    before, after = for_server(before, server), for_server(after, server)
    with fresh(server, tmp_path) as ours, fresh(server, tmp_path) as theirs:
        for target in (ours, theirs):
            converge(project(tmp_path, before, target.url))
            fill(target, before)
        request, other = project(tmp_path, after, ours.url), project(tmp_path, after, theirs.url)
        review = workflow.plan(request, given=[Allowance("*")])
        if any(hazard.effect is Effect.BLOCK for hazard in review.planned.hazards):
            held, script = contents(ours, before), script_of(review)
            assert not script or run_script(ours, script).code != 0
            assert contents(ours, before) == held
            return
        script = script_of(review)
        if not script:
            return
        done = run_script(ours, script)
        assert done.code == 0, f"{done.err}\n{script}"
        assert "the database matches" in done.out or review.planned.plan.empty, done.out
        workflow.apply(other, EVERYTHING)
        if server == "postgres":
            assert sorted(ours.observe().splitlines()) == sorted(theirs.observe().splitlines())
        there = Model(obj for ref, obj in after.items() if ref in before)  # a new column may hold the time
        assert contents(ours, there) == contents(theirs, there)
        schema, held = ours.observe(), contents(ours, after)
        again = run_script(ours, script)
        assert again.code == 0, f"{again.err}\n{script}"
        assert (ours.observe(), contents(ours, after)) == (schema, held)
        assert_converged(request)


def script_of(review: Review) -> str:
    """Return the script, "" where there is a change that no script can make twice."""
    try:
        return plan_sql(review)
    except PlanError as error:
        codes = {problem.code for problem in error.problems()}
    assert codes == {"RUN042"}
    return ""
