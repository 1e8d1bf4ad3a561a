"""Whoever applies lacks a right to what a routine or trigger needs: said before anything runs, with the remedy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.conformance.postgres.specs import Specs
from tests.target import Target

FUNCTION = "function: f\nreturns: int\nbody: select 1\n"
TABLE = "table: t\ncolumns: {id: {type: int}}\nprimary_key: [id]\n"
TOUCH = "function: touch\nreturns: trigger\nlanguage: plpgsql\nbody: begin return new; end\n---\n"
TRIGGER = "triggers: {t_touch: {timing: before, events: [insert], execute: touch}}\n"


@pytest.fixture
def role(pg: Target) -> Iterator[str]:
    """A role that may make things, and owns nothing."""
    name = f"rc_maker_{os.getpid()}"
    pg.execute(f"create role {name} login; grant create, usage on schema public to {name}")
    yield name
    pg.execute(f"reassign owned by {name} to current_user; drop owned by {name}; drop role {name}")


def as_role(pg: Target, role: str, folder: Path) -> Specs:
    return Specs(folder, make_url(pg.url).set(username=role).render_as_string(hide_password=False))


def told(specs: Specs, text: str) -> list[tuple[str, str, str]]:
    problems = specs.plan(text).planned.obstacles
    return [(problem.address or "", problem.message, problem.hint or "") for problem in problems]


def test_somebody_else_s_function_is_named_with_its_owner(pg: Target, role: str, tmp_path: Path) -> None:
    Specs(tmp_path / "owner", pg.url).apply(FUNCTION)
    pg.execute(f"grant all on all tables in schema public to {role}")
    found = told(as_role(pg, role, tmp_path / "other"), FUNCTION.replace("select 1", "select 2"))
    assert ("function.f", f'ALTER FUNCTION "f"() OWNER TO "{role}"') in [(ref, hint) for ref, _, hint in found]
    pg.execute(f'alter function f() owner to "{role}"')
    assert told(as_role(pg, role, tmp_path / "other"), FUNCTION.replace("select 1", "select 2")) == []


def test_a_trigger_on_somebody_else_s_table_wants_a_right_to_it(pg: Target, role: str, tmp_path: Path) -> None:
    Specs(tmp_path / "owner", pg.url).apply(TOUCH + TABLE)
    pg.execute(f"grant all on _reconcile_run, _reconcile_step, _reconcile_object to {role}")
    specs = as_role(pg, role, tmp_path / "other")
    (problem,) = told(specs, TOUCH + TABLE + TRIGGER)
    assert problem[0] == "table.t"
    assert problem[2] == f'GRANT TRIGGER ON "t" TO "{role}"'
    pg.execute(problem[2])
    assert told(specs, TOUCH + TABLE + TRIGGER) == []
    specs.apply(TOUCH + TABLE + TRIGGER)
    commented = TRIGGER.replace("execute: touch", "comment: fires, execute: touch")
    (problem,) = told(specs, TOUCH + TABLE + commented)
    assert "belongs to" in problem[1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("function: f\nreturns: int\nlanguage: plvb\nbody: x", "there is no language plvb"),
        (FUNCTION + "options: {postgres: {leakproof: true}}", "only a superuser makes a function leakproof"),
        ("function: f\nreturns: int\nlanguage: plpgsql\nbody: begin return 1; end", "may not write in the language"),
    ],
)
def test_what_a_function_needs_is_said_before(pg: Target, role: str, tmp_path: Path, text: str, words: str) -> None:
    pg.execute("revoke usage on language plpgsql from public")
    (problem,) = told(as_role(pg, role, tmp_path / "other"), text)
    assert problem[0] == "function.f"
    assert words in problem[1]
