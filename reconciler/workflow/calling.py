"""The name of a declared procedure and its arguments in; it is run on the database, and what it gave back comes out."""

from __future__ import annotations

import time
from collections.abc import Sequence

from reconciler.compare.compare import compare
from reconciler.errors import ReconcileError, UsageError
from reconciler.model.model import Model
from reconciler.model.programs import Procedure, routine_name
from reconciler.model.ref import Kind, Ref
from reconciler.report.facts import Called
from reconciler.report.words import shown
from reconciler.spec.names import split_name
from reconciler.workflow.applying import owned
from reconciler.workflow.declaring import declare, load
from reconciler.workflow.looking import seeing_schemas, session_on, told
from reconciler.workflow.opening import Opened, Request, open_request


def call(request: Request, name: str, values: Sequence[str | None]) -> Called:
    """Run a procedure that the specs declare, when the database has it as they say.

    Args:
        request: which specs and which database; among several environments none is guessed.
        name: as in its document, or with the types that it takes: `cleanup(timestamp)`.
        values: one for each argument that it takes, in order; those with defaults may be left out at the end.

    Raises:
        UsageError: when no such procedure is declared, or the number of values is wrong.
        SpecError, TargetError, LockTaken: as elsewhere; TargetError also when the procedure fails.
        ReconcileError: when the database has it otherwise, or not at all.
    """
    opened = open_request(request, access="write")
    run = opened.dialect.call
    if run is None:
        raise UsageError(f"{opened.dialect.name} has no procedures", hint="see `only:` in the procedure's document")
    desired, _ = declare(opened.project, load(opened.project), opened.dialect, opened.target, request.variables)
    procedure = _chosen(desired.model, name, opened)
    _fitting(procedure, values)
    opened = seeing_schemas(opened, desired.model)
    with session_on(opened) as session, told(desired):
        differing = compare(opened.dialect, session, opened.target, desired, owned(opened, session)).changes
        if any(change.ref == procedure.ref for change in differing):
            message = f"{procedure.ref} is not in the database as the specs declare it"
            raise ReconcileError(message, hint="look at `reconcile plan`, and apply it first", code="RUN044")
        begun = time.monotonic()
        found = run(session, procedure, values)
    return Called(
        ref=procedure.ref, environment=opened.environment.name, label=opened.target.label, results=tuple(found),
        seconds=time.monotonic() - begun,
    )  # fmt: skip


def _chosen(model: Model, name: str, opened: Opened) -> Procedure:
    declared = [obj for obj in model.values() if isinstance(obj, Procedure)]
    found = [obj for obj in declared if _means(obj.ref, name, opened)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"{name!r} is the name of several procedures: {_listed(found)}", hint="name one with its types"
        )
    hint = f"declared are {_listed(declared)}" if declared else "the specs declare none"
    raise UsageError(f"no procedure {name!r} is declared", hint=hint)


def _means(ref: Ref, name: str, opened: Opened) -> bool:
    bare, parenthesis, types = name.partition("(")
    try:
        schema, own = split_name(bare)
    except ValueError:
        schema, own = "", bare
    default = opened.target.schema or opened.dialect.default_schema
    written = own + parenthesis + types.replace(" ", "")
    return ("" if schema == default else schema) == ref.schema and written in (ref.name, routine_name(ref))


def _listed(found: Sequence[Procedure]) -> str:
    return ", ".join(sorted(str(obj.ref).removeprefix(f"{Kind.PROCEDURE}.") for obj in found))


def _fitting(procedure: Procedure, values: Sequence[str | None]) -> None:
    """Raise UsageError when there are too few values, or too many."""
    taken = [argument for argument in procedure.arguments if argument.mode != "out"]
    least = sum(argument.default is None and argument.mode != "variadic" for argument in taken)
    most = None if any(argument.mode == "variadic" for argument in taken) else len(taken)
    if len(values) < least or (most is not None and len(values) > most):
        wanted = ", ".join(map(shown, taken)) or "nothing"
        raise UsageError(f"{procedure.ref} takes {wanted}; {len(values)} given", hint="\\N stands for null")
