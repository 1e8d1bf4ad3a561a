"""The commands that make backups and go back to what was, with their options: words in, what is to be run out."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli import backups, undoing
from reconciler.cli.commands import Order
from reconciler.cli.grammar import Invocation, command
from reconciler.cli.online_words import Allow, Approve, Expect, Keep, Patience, Rehearse
from reconciler.cli.options import PLAN, Format, Output, Where, seconds


@command
def backup(
    where: Where,
    output: Output,
    action: Annotated[str, typer.Argument(metavar="|".join(backups.ACTIONS), help="What to do.")],
    name: Annotated[
        str | None, typer.Argument(metavar="[BACKUP]", help="Its id, the beginning of it, its folder, or `latest`.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="DIR", help="The folder of backups, instead of the environment's.")
    ] = None,
    into: Annotated[
        str | None, typer.Option("--into", metavar="URL", help="restore: an empty database to read it back into.")
    ] = None,
    compress: Annotated[bool, typer.Option("--compress", help="create: gzip what the tool does not compress.")] = False,
    keep: Annotated[
        str | None, typer.Option("--keep", metavar="TIME", help="prune: what is older goes: 12h, 7d. The newest stays.")
    ] = None,
    no_backup: Annotated[
        bool, typer.Option("--no-backup", help="restore: do not keep what the database holds before it goes.")
    ] = False,
    auto_approve: Annotated[
        bool, typer.Option("--auto-approve", help="restore: answer the question with yes.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="prune: show what would go, and delete nothing.")] = False,
) -> Invocation:
    """Make backups by the database's own means, list them, try them, read them back, delete old ones."""
    if action not in backups.ACTIONS:
        raise typer.BadParameter(f"backup takes {', '.join(backups.ACTIONS)}, not {action!r}")
    asked = backups.Asked(
        where=where, word=name, to=Path(to) if to is not None else None, into=into, compress=compress,
        keep=_age(keep), spare=not no_backup, auto_approve=auto_approve, dry_run=dry_run,
    )  # fmt: skip
    return Invocation("backup", output, lambda desk: backups.backup(action, asked, desk))


def _age(text: str | None) -> float | None:
    from reconciler.spec.durations import duration

    found = duration(text) if text is not None else None
    if text is not None and found is None:
        raise typer.BadParameter(f"{text!r} is no duration; write 12h or 7d")
    return found


@command
def rollback(
    where: Where,
    output: Output,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="RUN", help="Back to what this run left: an id, its beginning. The last is undone."
        ),
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would be done, and do nothing.")] = False,
    auto_approve: Approve = False,
    allow: Allow = None,
    expect_id: Expect = None,
    backup: Keep = None,
    rehearse: Rehearse = None,
    lock_timeout: Patience = "30s",
) -> Invocation:
    """Plan back to what was there before the last run, or after an earlier one; ask, execute, and look again."""
    order = Order(
        where=replace(where, lock_timeout=seconds(lock_timeout)), allow=tuple(allow or ()), auto_approve=auto_approve,
        expect_id=expect_id, rehearse=rehearse, backup=backup,
    )  # fmt: skip
    if plan:
        return Invocation("rollback", output, partial(undoing.plan_back, order, to), PLAN)
    forms = (Format.TEXT, Format.JSON, Format.NDJSON)
    return Invocation("rollback", output, partial(undoing.rollback, order, to), forms)


@command
def reset(
    where: Where,
    output: Output,
    auto_approve: Annotated[bool, typer.Option("--auto-approve", help="Answer the question with yes.")] = False,
    lock_timeout: Patience = "30s",
) -> Invocation:
    """Throw everything in a database away and build it anew; only where its environment is `disposable: true`."""
    order = Order(where=replace(where, lock_timeout=seconds(lock_timeout)), auto_approve=auto_approve, words=("reset",))
    return Invocation("reset", output, partial(undoing.reset, order), (Format.TEXT, Format.JSON, Format.NDJSON))
