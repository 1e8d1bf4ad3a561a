"""The commands that look at a database, with their options: words in, what is to be run out; nothing is run here."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli import checking, commands, deploying, drifting
from reconciler.cli.grammar import Invocation, command
from reconciler.cli.options import FINDINGS, PLAN, Format, Output, Where, seconds

if TYPE_CHECKING:
    from reconciler.workflow.adopting import Wanted

# The formats of what takes its time.
_EVENTS = (Format.TEXT, Format.JSON, Format.NDJSON)

Patience = Annotated[
    str, typer.Option("--lock-timeout", metavar="TIME", help="How long to wait for locks: 500ms, 30s, 5m.")
]
Allow = Annotated[
    list[str] | None,
    typer.Option(
        "--allow", metavar="CODE[:ADDRESS]",
        help="Consent to a hazard, everywhere or at one address; '*' is all that can be consented to. Repeatable.",
    ),
]  # fmt: skip

Approve = Annotated[
    bool, typer.Option("--auto-approve", help="Answer the question with yes; allows no hazard by itself.")
]
Expect = Annotated[str | None, typer.Option("--expect-id", metavar="ID", help="Go on only if the plan has this id.")]
Rehearse = Annotated[
    bool | None,
    typer.Option(
        "--rehearse/--no-rehearse",
        help="Try the plan on a copy of the schema without rows first. SQLite and D1 do by themselves, up to a size.",
    ),
]


Keep = Annotated[
    bool | None,
    typer.Option(
        "--backup/--no-backup", help="Make a backup before the first step; the environment's `backup:` says otherwise."
    ),
]


@command
def plan(
    where: Where,
    output: Output,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="Save the plan; `apply FILE` applies exactly that.")
    ] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 2 when there is something to do.")
    ] = False,
    allow: Allow = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select",
            metavar="EXPR",
            help="Only a part: an address or a glob (table.order*), kind:view, path:FOLDER; +EXPR takes in what it "
            "needs, EXPR+ what needs it. Repeatable.",
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="WHAT", help="Instead of the database: empty, snapshot:FILE or git:REF."),
    ] = None,
    rehearse: Rehearse = None,
    lock_timeout: Patience = "30s",
) -> Invocation:
    """Compare specs and database, and show what an apply would do."""
    pending, file = 2 if detailed_exitcode else 0, Path(out) if out is not None else None
    patient = replace(where, lock_timeout=seconds(lock_timeout))
    action = partial(commands.plan, patient, tuple(allow or ()), file, pending, against, rehearse, tuple(select or ()))
    return Invocation("plan", output, action, (*PLAN, Format.NDJSON, *FINDINGS))


@command
def apply(
    where: Where,
    output: Output,
    saved: Annotated[str | None, typer.Argument(metavar="PLAN", help="A plan file, from `plan --out`.")] = None,
    auto_approve: Approve = False,
    allow: Allow = None,
    expect_id: Expect = None,
    backup: Keep = None,
    rehearse: Rehearse = None,
    lock_timeout: Patience = "30s",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Stop before anything is executed.")] = False,
) -> Invocation:
    """Plan, ask, execute, and look again: nothing may differ."""
    order = commands.Order(
        where=replace(where, lock_timeout=seconds(lock_timeout)), allow=tuple(allow or ()),
        saved=Path(saved) if saved is not None else None, auto_approve=auto_approve, expect_id=expect_id,
        dry_run=dry_run, rehearse=rehearse, backup=backup,
    )  # fmt: skip
    return Invocation("apply", output, lambda desk: commands.apply(order, desk), _EVENTS)


@command
def check(
    where: Where,
    output: Output,
    fix: Annotated[
        bool, typer.Option("--fix", help="First mend what destroys nothing and keeps nobody waiting; nothing else.")
    ] = False,
    backup: Keep = None,
    stats: Annotated[
        bool, typer.Option("--stats", help="Tell sizes and growth of tables, idle indexes and slow statements too.")
    ] = False,
    lock_timeout: Patience = "30s",
) -> Invocation:
    """Look for drift and for what is not sound; exits with 2 when something is. Without --fix it changes nothing."""
    patient = replace(where, lock_timeout=seconds(lock_timeout))
    if backup is not None and not fix:
        raise typer.BadParameter("--backup and --no-backup go with --fix: a check alone changes nothing")
    asked = checking.Asked(where=patient, backup=backup, statistics=stats)
    action = partial(checking.fix if fix else checking.checked, asked)
    return Invocation("check", output, action, (*_EVENTS, Format.MARKDOWN, *FINDINGS))


@command
def deploy(
    where: Where,
    output: Output,
    auto_approve: Approve = False,
    allow: Allow = None,
    expect_id: Expect = None,
    backup: Keep = True,
    rehearse: Rehearse = True,
    lock_timeout: Patience = "30s",
) -> Invocation:
    """Check, apply with a backup and a rehearsal, check again; when it fails it tells the command that restores."""
    order = commands.Order(
        where=replace(where, lock_timeout=seconds(lock_timeout)), allow=tuple(allow or ()), auto_approve=auto_approve,
        expect_id=expect_id, rehearse=rehearse, backup=backup,
    )  # fmt: skip
    return Invocation("deploy", output, lambda desk: deploying.deploy(order, desk), _EVENTS)


@command
def drift(
    where: Where,
    output: Output,
    action: Annotated[
        str,
        typer.Argument(
            metavar="accept|revert|ignore",
            help="Write it into the specs; change the database back; or note in the project file that it stays.",
        ),
    ],
    addresses: Annotated[
        list[str], typer.Argument(metavar="ADDRESS...", help="What differs, as `check` names it: table.orders.index.x")
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="ignore: why, for the reviewer.")] = "",
    auto_approve: Annotated[
        bool, typer.Option("--auto-approve", help="revert: answer the question with yes; allows no hazard by itself.")
    ] = False,
    allow: Allow = None,
    expect_id: Annotated[
        str | None, typer.Option("--expect-id", metavar="ID", help="revert: go on only if the plan has this id.")
    ] = None,
    rehearse: Rehearse = None,
    lock_timeout: Patience = "30s",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")] = False,
) -> Invocation:
    """Settle drift: by the specs, by the database, or by a line that says that it stays."""
    if action not in drifting.ACTIONS:
        raise typer.BadParameter(f"drift takes accept, revert or ignore, not {action!r}")
    order = commands.Order(
        where=replace(where, lock_timeout=seconds(lock_timeout)), allow=tuple(allow or ()), auto_approve=auto_approve,
        expect_id=expect_id, dry_run=dry_run, only=tuple(addresses), rehearse=rehearse,
        words=("drift", "revert", *addresses),
    )  # fmt: skip
    asked = drifting.Drift(action=action, order=order, reason=reason)
    forms = _EVENTS if action == "revert" else (Format.TEXT, Format.JSON)
    return Invocation("drift", output, lambda desk: drifting.drift(asked, desk), forms)


@command
def diff(
    where: Where,
    output: Output,
    first: Annotated[str, typer.Argument(metavar="A", help="env:NAME, snapshot:FILE, git:REF, spec or empty.")],
    second: Annotated[str, typer.Argument(metavar="B", help="The same.")],
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 2 when they differ.")
    ] = False,
) -> Invocation:
    """Show the changes that make A into B; nothing is applied."""
    pending = 2 if detailed_exitcode else 0
    return Invocation("diff", output, lambda desk: commands.diff(where, first, second, pending), PLAN)


@command
def import_(
    where: Where,
    output: Output,
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="Where to write the specs.")],
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select",
            metavar="GLOB",
            help="Only what has such an address, as table.order*, with what that rests on. Repeatable.",
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="GLOB", help="Not what has such an address. Repeatable."),
    ] = None,
    from_sql: Annotated[
        list[str] | None,
        typer.Option(
            "--from-sql",
            metavar="PATH",
            help="Instead of a database: files or folders of SQL, in this order; more may follow. Repeatable.",
        ),
    ] = None,
    more: Annotated[list[str] | None, typer.Argument(metavar="PATH", help="More files for --from-sql.")] = None,
    dialect: Annotated[str | None, typer.Option("--dialect", metavar="D", help="The dialect of the files.")] = None,
    keep: Annotated[
        str | None,
        typer.Option("--keep", metavar="first|last|FILE", help="Which of several definitions of an object holds."),
    ] = None,
) -> Invocation:
    """Write what a live database, or files of SQL, hold as specs, one file per object."""
    if from_sql is not None:
        wanted = _wanted((*from_sql, *(more or ())), dialect, keep)
        sifted = replace(wanted, out=Path(out), select=tuple(select or ()), exclude=tuple(exclude or ()))
        return Invocation("import", output, lambda desk: commands.import_sql(where, sifted), _EVENTS)
    if more or dialect or keep:
        raise typer.BadParameter("paths, --dialect and --keep go with --from-sql")
    action = partial(commands.import_, where, Path(out), tuple(select or ()), tuple(exclude or ()))
    return Invocation("import", output, lambda desk: action(), _EVENTS)


def _wanted(paths: tuple[str, ...], dialect: str | None, keep: str | None) -> Wanted:
    from reconciler.workflow.adopting import Wanted

    if dialect is None:
        raise typer.BadParameter("--from-sql wants --dialect: files do not tell which one they are in")
    word = (keep or "").lower()
    kept = word if word in ("first", "last") else keep or ""
    return Wanted(paths=tuple(map(Path, paths)), dialect=dialect, out=Path(), keep=kept)


@command
def call(
    where: Where,
    output: Output,
    procedure: Annotated[str, typer.Argument(metavar="PROCEDURE", help="Its name, as declared.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="ARG", help=r"Its arguments, in order; \N is null.")
    ] = None,
) -> Invocation:
    """Run a procedure that the specs declare."""
    action = partial(commands.call, where, procedure, tuple(arguments or ()))
    return Invocation("call", output, lambda desk: action())
