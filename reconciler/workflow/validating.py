"""A request in, that its specs are right for every dialect of the project out; no database is asked."""

from __future__ import annotations

from reconciler import dialects
from reconciler.dialects.base import Target
from reconciler.errors import Problem, SpecError
from reconciler.model.model import Desired
from reconciler.report.facts import Validated
from reconciler.spec.load import Documents
from reconciler.spec.project import Project
from reconciler.workflow.declaring import declare, load
from reconciler.workflow.opening import Request, open_project


def validate(request: Request) -> Validated:
    """Check the specs alone, for every dialect of the project. Raises SpecError with every problem."""
    project = open_project(request)
    documents = load(project)
    problems: dict[Problem, None] = {}
    warnings: dict[Problem, None] = {}
    objects = 0
    for name in project.dialects:
        try:
            desired, lost = _declared_for(project, documents, name, request)
        except SpecError as error:
            problems |= dict.fromkeys(error.problems())
            continue
        objects = max(objects, len(desired.model))
        warnings |= dict.fromkeys(lost)
    if problems:
        raise SpecError(list(problems))
    return Validated(
        project=project.name, files=len(documents.files), objects=objects, dialects=project.dialects,
        warnings=tuple(warnings),
    )  # fmt: skip


def _declared_for(
    project: Project, documents: Documents, name: str, request: Request
) -> tuple[Desired, tuple[Problem, ...]]:
    """Compile the specs for one dialect of the project."""
    target = Target(dialect=name, url="", label="")
    return declare(project, documents, dialects.dialect(name), target, request.variables)
