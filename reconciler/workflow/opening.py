"""A request in; the project, the environment and the target that it means out; nothing is connected to yet."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler import dialects, spec
from reconciler.dialects.base import Dialect, Target
from reconciler.errors import UsageError
from reconciler.frozen import frozen
from reconciler.model.ref import Ref
from reconciler.spec.project import Environment, Project
from reconciler.spec.urls import url_dialect

if TYPE_CHECKING:
    from reconciler.plan.policy import Policy


@frozen
class Request:
    """Which specs and which database are meant, as the command line says; `lock_timeout` is in seconds."""

    directory: Path = field(default_factory=Path.cwd)
    environment: str | None = None
    url: str | None = None
    specs: tuple[Path, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    lock_timeout: float = 30.0


@frozen
class Opened:
    """A request with everything looked up that does not need a database.

    `other` opens another environment of the same project, to be read. Raises what `open_request` raises.
    """

    project: Project
    environment: Environment
    dialect: Dialect
    target: Target
    policy: Policy
    other: Callable[[str], Opened]


def open_project(request: Request) -> Project:
    """Return the project of a directory, or one made up around `--url` and `--specs`. Raises SpecError, UsageError."""
    file = spec.find_project(request.directory)
    if file is not None:
        project = spec.read_project(file)
        return replace(project, specs=tuple(p.absolute() for p in request.specs)) if request.specs else project
    if request.url is None:
        raise UsageError(
            f"there is no reconcile.yaml in {request.directory} or above it",
            hint="name a database with --url, or change to the directory of a project with -C",
        )
    return spec.bare_project(request.directory, url=request.url, specs=request.specs)


def open_request(request: Request, *, access: str) -> Opened:
    """Return what a request means.

    Args:
        request: the words of the command line.
        access: `read` or `write`; for writing no environment is guessed among several.

    Raises:
        UsageError: when no environment, or no dialect of ours, is named.
        SpecError: when the project file is wrong.
        TargetError: when a secret cannot be had.
    """
    project = open_project(request)
    environment = _environment(project, request, access)
    url = request.url or spec.resolve(environment.url, project.root)
    if request.url is None:
        url = spec.anchored(url, project.root)
    environment = spec.with_url(environment, url, environment.dialect if request.url is None else None)
    dialect = dialects.dialect(environment.dialect or "")
    target = Target(
        dialect=dialect.name,
        url=url,
        label=spec.without_password(url),
        schema=environment.schema,
        access=access,
        patience=request.lock_timeout,
    )
    return Opened(
        project=project, environment=environment, dialect=dialect, target=target, policy=_policy(environment),
        other=others(request),
    )  # fmt: skip


def others(request: Request) -> Callable[[str], Opened]:
    """Return what opens another environment of the same project, to be read."""

    def other(name: str) -> Opened:
        found = open_request(replace(request, environment=name, url=None), access="read")
        return replace(found, target=replace(found.target, missing="error"))

    return other


def open_without_target(request: Request, dialect: str) -> Opened:
    """Return what a request means for a plan without a database: no secret is resolved, nothing will be connected to.

    Args:
        request: the words of the command line.
        dialect: the one to take where neither environment nor project names one, "" for none.

    Raises UsageError when no dialect of ours is named, SpecError when the project file is wrong.
    """
    project = open_project(request)
    environment = _environment(project, request, "read")
    url = request.url or (environment.url if isinstance(environment.url, str) else "")
    known = [environment.dialect if request.url is None else None, url_dialect(url), dialect]
    known += project.dialects if len(project.dialects) == 1 else []
    name = next((word for word in known if word), "")
    if not name:
        raise UsageError(f"nothing says which dialect the environment {environment.name} has",
                         hint="write `dialect:` beside its `url:`")  # fmt: skip
    found = dialects.dialect(name)
    target = Target(dialect=found.name, url="", label="", schema=environment.schema, access="read")
    environment = replace(environment, dialect=found.name)
    return Opened(
        project=project, environment=environment, dialect=found, target=target, policy=_policy(environment),
        other=others(request),
    )  # fmt: skip


def _environment(project: Project, request: Request, access: str) -> Environment:
    found = spec.named_environment(project, request.environment, os.environ)
    if found is None and access == "read":
        found = spec.default_environment(project)
    if found is None and request.url is not None and not project.environments:
        found = Environment(name="default", url=request.url)
    if found is not None:
        return found
    if not project.environments:
        raise UsageError(
            "the project names no environment", hint="add one to reconcile.yaml, or name a database with --url"
        )
    names = ", ".join(environment.name for environment in project.environments)
    raise UsageError(f"several environments, and none is named: {names}", hint="choose one with -e NAME")


def _policy(environment: Environment) -> Policy:
    from reconciler.plan.policy import Approve, Policy
    from reconciler.plan.rules import SMALL_TABLE_ROWS
    from reconciler.plan.scope import Undeclared
    from reconciler.workflow.allowing import holding

    said = environment.policy
    rows = said.small_table_rows
    return Policy(
        allow=holding(said.allow),
        undeclared=Undeclared(said.undeclared),
        approve=Approve(said.approve),
        ignored={Ref.parse(address): reason for address, reason in said.ignore},
        small_table_rows=SMALL_TABLE_ROWS if rows is None else rows,
    )
