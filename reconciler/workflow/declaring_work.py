"""Declared backfills and a model in normal form in; those that a dialect has to do, in its words, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from reconciler.dialects.base import Dialect
from reconciler.dialects.transpile import family
from reconciler.errors import Problem
from reconciler.model.backfills import Backfill
from reconciler.model.model import Desired, Model
from reconciler.model.objects import Column
from reconciler.model.ref import Kind
from reconciler.model.types import Type
from reconciler.spec.project import Project

# Problems with the field of the document that each is about.
Parts = dict[Problem, str]


def backfills(
    desired: Desired, model: Model, dialect: Dialect, project: Project
) -> tuple[tuple[Backfill, ...], Mapping[Problem, str]]:
    """Return the backfills that this dialect's databases need, and every problem with the path of its place.

    Args:
        desired: what is declared, as written.
        model: the same in normal form.
        dialect: whose words the texts are to be in.
        project: knows the environments that backfills name.
    """
    from reconciler.dialects.backfill_checks import proofread
    from reconciler.dialects.backfills import fitted

    model = _with_removed(desired, model)
    words = {one.name: family(one.dialect) if one.dialect else "" for one in project.environments}
    problems: Parts = {}
    found: list[Backfill] = []
    for backfill in desired.backfills:
        if wrong := dict(_environments(backfill, words)):
            problems |= wrong
            continue
        if words.get(backfill.only_in, dialect.family) != dialect.family:
            continue
        own, unsaid = fitted(backfill, dialect.family, words.__getitem__)
        problems |= dict(unsaid)
        if not unsaid:
            found.append(own)
            problems |= dict(proofread(own, model, dialect.family))
            problems |= _throttles(own, dialect)
    return tuple(found), problems


def _with_removed(desired: Desired, model: Model) -> Model:
    """Return the model with the columns that go once the work is done: it may read them."""
    gone = [ref for ref in desired.removed if ref.kind == Kind.COLUMN and ref.parent in model]
    return model.updated(Column(ref=ref, type=Type("text")) for ref in gone) if gone else model


def _throttles(backfill: Backfill, dialect: Dialect) -> Parts:
    """Return what the dialect cannot wait for."""
    from reconciler.backfill.throttles import refused

    found: Parts = {}
    for number, throttle in enumerate(backfill.throttle):
        if words := refused(dialect, throttle):
            hint = "leave it out, or limit the backfill with `only:`"
            problem = Problem(code="SPEC200", message=f"{backfill.ref}: {words}", hint=hint, address=str(backfill.ref))
            found[problem] = f"throttle.{number}"
    return found


def _environments(backfill: Backfill, words: Mapping[str, str]) -> list[tuple[Problem, str]]:
    """Return what is wrong with the names of databases: no environment is called so, or nobody knows its dialect."""
    source = backfill.source.database
    named = [(source, "from.database"), (backfill.only_in, "into.database")]
    named += [(one.database, f"throttle.{number}") for number, one in enumerate(backfill.throttle)]
    for number, one in enumerate(backfill.verify):
        named += [(one.left_in, f"verify.{number}"), (one.right_in, f"verify.{number}")]
    problems = []
    for name, path in named:
        if name and not words.get(name):
            said = "is no environment of the project" if name not in words else "does not say its dialect"
            close = get_close_matches(name, words, n=1)
            hint = "add dialect: … to it" if name in words else f"did you mean {close[0]!r}?" if close else \
                f"there are {', '.join(words) or 'none'}"  # fmt: skip
            code = "SPEC052" if name in words else "SPEC051"
            problem = Problem(code=code, message=f"{name!r} {said}", hint=hint, address=str(backfill.ref))
            problems.append((problem, path))
    return problems
