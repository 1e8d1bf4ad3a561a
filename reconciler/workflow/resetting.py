"""A request in; everything in a disposable database thrown away and built anew from the specs, out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reconciler.errors import Refused
from reconciler.execute.batches import Progress
from reconciler.report.facts import Applied
from reconciler.workflow.acting import Confirm, Terms, apply_aim, whole_aim
from reconciler.workflow.looking import told
from reconciler.workflow.opening import Opened, Request

# Asks a person whether everything in an environment, so many objects, may go; raises when the answer is no.
Asked = Callable[[str, int], None]


def reset(
    request: Request, terms: Terms, *, asked: Asked, seen: Confirm, confirm: Confirm, progress: Progress
) -> Applied:
    """Throw a database's contents away and build what the specs declare.

    The specs are read first: where they are wrong, nothing is thrown away. `confirm` is not called: `asked` was.

    Raises:
        Refused: where the environment does not say that it is disposable, or the command line names another database.
        BackupError: when the database cannot be emptied.
        LockTaken, and what `apply` raises.
    """
    aim = whole_aim(request, None)
    _disposable(request, aim.opened)
    target, dump = replace(aim.opened.target, access="write"), aim.opened.dialect.dump()
    with told(aim.desired):
        asked(aim.opened.environment.name, dump.holds(target))
        with aim.opened.dialect.lock(target, target.patience, progress.waiting) as lock:
            (dump.wipe or dump.clear)(replace(target, fence=lock.fence))
    return apply_aim(aim, replace(terms, backup=False), seen=seen, confirm=lambda review: None, progress=progress,
                     command="reset")  # fmt: skip


def _disposable(request: Request, opened: Opened) -> None:
    name = opened.environment.name
    if request.url is not None:
        raise Refused("reset takes no --url: only what an environment itself names can be disposable",
                      hint="name the environment with -e")  # fmt: skip
    if not opened.environment.disposable:
        hint = f"where its rows may go, say so in reconcile.yaml: {name}: {{disposable: true}}"
        raise Refused(f"the environment {name} is not disposable: nothing was thrown away", hint=hint)
