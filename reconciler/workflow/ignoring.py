"""Addresses at which a database differs in, a line in the project file for each out: the policy leaves them be.

It is the project file of which a reviewer is asked, and nothing that only a database or a machine knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from reconciler.errors import Problem, SpecError, UsageError
from reconciler.model.ref import Ref
from reconciler.report.facts import Resolved, Settled
from reconciler.spec.amend import FileChange, save
from reconciler.spec.files import read_source
from reconciler.spec.project import Project
from reconciler.spec.shape import shape
from reconciler.spec.splice import Unfit, applied, composed, edits
from reconciler.workflow.accepting import compared, parsed, shown
from reconciler.workflow.opening import Request, open_request

_FAMILIAR = "`drift ignore` is noted in the project file, where a reviewer sees it"


def ignore(request: Request, addresses: Sequence[str], reason: str, *, dry_run: bool) -> Resolved:
    """Note addresses in the policy of an environment: differences there are told and left as they are.

    Args:
        request: which project, environment and database.
        addresses: of objects; one of a table stands for all that is in it.
        reason: why, for the reviewer; "" says no more than when.
        dry_run: nothing is written.

    Raises:
        UsageError: when an address is none, nothing is there, or there is no project file.
        SpecError: when the project file cannot be edited.
    """
    refs = parsed(addresses)
    opened = open_request(request, access="read")
    project, environment = opened.project, opened.environment
    if project.file is None or (environment not in project.environments and environment.position is None):
        raise UsageError("there is no project file with an environment to note it in",
                         hint=f"{_FAMILIAR}: write one, `reconcile init` does")  # fmt: skip
    found = compared(request, refs)
    differing = [ref for ref in refs if any(place.inside(ref) for place in found.places)]
    said = reason or f"noted on {date.today().isoformat()}"
    fresh = {str(ref): {"reason": said} for ref in differing if reason or ref not in opened.policy.ignored}
    changes = [_edited(project, environment.name, fresh)] if fresh else []
    if not dry_run:
        save(changes)
    settled = tuple(_settled(ref, said) for ref in differing)
    return Resolved(action="ignore", environment=environment.name, settled=settled, files=shown(changes),
                    saved=not dry_run)  # fmt: skip


def _settled(ref: Ref, reason: str) -> Settled:
    message = f"a difference there is told and left as it is: {reason}"
    return Settled(address=str(ref), finding="ignored", message=message)


def _edited(project: Project, environment: str, fresh: Mapping[str, Any]) -> FileChange:
    """Return the project file with these lines; everything else in it stays."""
    assert project.file is not None
    source = read_source(project.file)
    if isinstance(source, Problem):
        raise SpecError([source])
    text = source.text.replace("\r\n", "\n")
    after = {"environments": {environment: {"policy": {"ignore": dict(fresh)}}}}
    try:
        new = applied(text, edits(text, composed(text)[0], {}, after, shape("project"), ()))
    except Unfit:
        raise SpecError([source.problem(
            "SPEC019", "the project file is written in a way that cannot be edited", (1, 1, 0),
            hint=f"write it by hand: environments.{environment}.policy.ignore: {{ADDRESS: {{reason: …}}}}",
        )]) from None  # fmt: skip
    new = new.replace("\n", "\r\n") if "\r\n" in source.text else new
    return FileChange(project.file, source.text, new)
