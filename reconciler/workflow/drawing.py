"""A request in, what its specs declare as a picture out; no database is asked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from reconciler import dialects, spec
from reconciler.dialects.base import Dialect, Target
from reconciler.errors import UsageError
from reconciler.report.declared import Declared
from reconciler.report.graph.drawing import Graph, around
from reconciler.report.graph.needs import deps
from reconciler.report.graph.tables import erd
from reconciler.spec.project import Project
from reconciler.spec.urls import url_dialect
from reconciler.workflow.declaring import as_written, declare, load
from reconciler.workflow.opening import Request, open_project


def drawing(request: Request, sort: str, select: Sequence[str] = ()) -> Graph:
    """Return a picture of what the specs declare.

    Args:
        request: which specs; where the project has several dialects and no environment says which, its first counts.
        sort: erd for tables and their foreign keys, deps for what needs what.
        select: globs over addresses: `table.order*`. What these point to, and what points to them, is drawn beside
            them; everything is drawn when there are none.

    Raises:
        UsageError: when a glob fits nothing, or there is no project.
        SpecError: when the specs are wrong.
    """
    project = open_project(request)
    dialect, target = _seen_by(project, request)
    desired, _ = declare(project, load(project), dialect, target, request.variables)
    if sort == "erd":
        graph = erd(desired.model, project.name)
    else:
        model = desired.model.updated(dialect.resolve(list(desired.model.values()), desired.model))
        graph = deps(model, desired.backfills, project.name)
    return _selected(graph, select)


def declared(request: Request, select: Sequence[str] = ()) -> Declared:
    """Return all that the specs declare, or what is chosen, with both pictures; the rest is as for `drawing`."""
    project = open_project(request)
    dialect, target = _seen_by(project, request)
    documents = load(project)
    desired, _ = declare(project, documents, dialect, target, request.variables)
    written = as_written(project, documents, dialect, target, request.variables).model
    model = desired.model.updated(dialect.resolve(list(desired.model.values()), desired.model))
    needs = _selected(deps(model, desired.backfills, project.name), select)
    tables, known = erd(desired.model, project.name), {box.id for box in needs.boxes if not box.outside}
    return Declared(
        project=project.name, dialect=dialect.name, desired=desired, needs=needs,
        tables=around(tables, known) if select else tables,
        comments={ref: text for ref, obj in written.items() if (text := getattr(obj, "comment", None))},
    )  # fmt: skip


def _seen_by(project: Project, request: Request) -> tuple[Dialect, Target]:
    """Return as whom to read the specs: an environment's dialect, or the first; no secret is asked for."""
    environment = spec.named_environment(project, request.environment, os.environ) or spec.default_environment(project)
    known = url_dialect(request.url) if request.url else environment.dialect if environment else None
    dialect = dialects.dialect(known or project.dialects[0])
    schema = environment.schema if environment else ""
    return dialect, Target(dialect=dialect.name, url="", label="", schema=schema, access="read")


def _selected(graph: Graph, select: Sequence[str]) -> Graph:
    if not select:
        return graph
    for glob in select:
        if not any(fnmatchcase(box.id, glob) for box in graph.boxes):
            raise UsageError(f"no object of this picture fits {glob!r}", hint="globs are over addresses: table.order*")
    chosen = {box.id for box in graph.boxes if any(fnmatchcase(box.id, glob) for glob in select)}
    return replace(around(graph, chosen), title=f"{graph.title}: {', '.join(select)}")
