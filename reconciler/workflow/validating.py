"""A request in, that its specs are right for every dialect of the project out; no database is asked."""

from __future__ import annotations

from reconciler import dialects
from reconciler.dialects.base import Target
from reconciler.errors import Problem, SpecError
from reconciler.report.validated import Validated
from reconciler.spec.load import Documents
from reconciler.spec.outline import Outlines
from reconciler.spec.project import Project
from reconciler.workflow.declaring import load
from reconciler.workflow.opening import Request, open_project
from reconciler.workflow.outlining import Declared, Sources, declared


def validate(request: Request) -> Validated:
    """Check the specs alone, for every dialect of the project. Raises SpecError with every problem."""
    project = open_project(request)
    documents = load(project)
    problems: dict[Problem, None] = {}
    warnings: dict[Problem, None] = {}
    objects = 0
    for name in project.dialects:
        try:
            found = _declared_for(project, documents, name, request)
        except SpecError as error:
            problems |= dict.fromkeys(error.problems())
            continue
        objects = max(objects, found.count)
        warnings |= dict.fromkeys(found.warnings)
    if problems:
        raise SpecError(list(problems))
    return Validated(
        project=project.name, files=len(documents.files), objects=objects, dialects=project.dialects,
        warnings=tuple(warnings),
    )  # fmt: skip


def _declared_for(project: Project, documents: Documents, name: str, request: Request) -> Declared:
    """Compile the specs for one dialect of the project, as far as they are not known to be in order."""
    target = Target(dialect=name, url="", label="")
    sources = Sources(
        project=project, documents=documents, dialect=dialects.dialect(name), target=target, given=request.variables
    )  # fmt: skip
    return declared(sources, Outlines.unsettled)
