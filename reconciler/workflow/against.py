"""Plans without a database: specs and an empty one, a snapshot or a commit in; a review out. Rows cannot be asked."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from reconciler import spec
from reconciler.compare.compare import Owned
from reconciler.compare.planning import NOTHING_DUE, Planned, prepare
from reconciler.dialects.base import Dialect, Server, Unanswered
from reconciler.errors import SnapshotError, UsageError
from reconciler.execute import ledger
from reconciler.frozen import frozen_in_order
from reconciler.model.backfills import Backfill
from reconciler.model.model import Desired, Inspection, Model
from reconciler.plan.policy import Allowance
from reconciler.report.facts import Review, Snapshot
from reconciler.report.snapshot_file import read_snapshot
from reconciler.workflow.applying import owned
from reconciler.workflow.committed import specs_at
from reconciler.workflow.declaring import declare, spec_version
from reconciler.workflow.filling import agenda_without_ledger
from reconciler.workflow.looking import review_of, seeing_schemas, session_on, told
from reconciler.workflow.opening import Opened, Request, open_request, open_without_target

EMPTY = "empty"
_SNAPSHOT = "snapshot:"
_GIT = "git:"


@frozen_in_order
class Source:
    """What stands for the database; `done` are the backfills that are taken to be done there."""

    label: str
    inspection: Inspection
    server: Server
    owned: Owned
    done: tuple[Backfill, ...] = ()


def snapshot(request: Request) -> Snapshot:
    """Look at a database and keep what it holds, in the schemas that the specs name and the default one.

    Raises SpecError, UsageError, TargetError.
    """
    opened = open_request(request, access="read")
    documents = spec.load(opened.project)
    desired, _ = declare(opened.project, documents, opened.dialect, opened.target, request.variables)
    opened = seeing_schemas(opened, desired.model)
    opened = replace(opened, target=replace(opened.target, missing="error"))
    with session_on(opened) as session, told(None):
        return Snapshot(
            project=opened.project.name, environment=opened.environment.name, dialect=opened.dialect.name,
            schema=opened.target.schema or opened.dialect.default_schema, schemas=opened.target.schemas,
            created_at=ledger.now(), server=opened.dialect.server(session), owned=owned(opened, session),
            inspection=opened.dialect.inspect(session, opened.target),
        )  # fmt: skip


def plan_against(request: Request, word: str, given: Sequence[Allowance]) -> Review:
    """Compare the specs with an empty database, a snapshot, or what the specs declared at a commit.

    Args:
        request: the words of the command line.
        word: `empty`, `snapshot:FILE` or `git:REF`.
        given: the allowances of the command line.

    Raises:
        UsageError: when it is neither, or nothing says which dialect is meant.
        SnapshotError: when the file is no snapshot, or one of something else.
        SpecError, PlanError: as for `plan`.
    """
    begun = time.monotonic()
    if word != EMPTY and not word.startswith((_SNAPSHOT, _GIT)):
        raise UsageError(f"--against takes empty, snapshot:FILE or git:REF, not {word!r}")
    found = read_snapshot(Path(word.removeprefix(_SNAPSHOT))) if word.startswith(_SNAPSHOT) else None
    opened = open_without_target(request, found.dialect if found else "")
    documents = spec.load(opened.project)
    desired, warnings = declare(opened.project, documents, opened.dialect, opened.target, request.variables)
    opened = seeing_schemas(opened, desired.model)
    source = _of_snapshot(found, opened, word) if found else _of_commit(request, opened, word)
    opened = replace(opened, target=replace(opened.target, label=source.label))
    with told(desired):
        planned = prepare(
            standing_in(opened.dialect, source), Nobody(), opened.target, desired, source.owned, opened.policy, given,
            # A snapshot does not tell how far backfills are.
            agenda=NOTHING_DUE if found else agenda_without_ledger(opened, desired.backfills, source.done),
        )  # fmt: skip
    version = spec_version(opened.project, documents)
    return review_of(opened, planned, desired, version, warnings, time.monotonic() - begun)


def change_since(opened: Opened, before: Desired, desired: Desired) -> Planned:
    """Return the plan from what specs declared once to what they declare now; no database is asked.

    Args:
        opened: the project, a dialect of it, and the policy.
        before: what was declared, and is taken to have been applied.
        desired: what is declared now.

    Raises PlanError.
    """
    opened = seeing_schemas(opened, desired.model)
    source = _of_declared("", opened.dialect, before)
    with told(desired):
        return prepare(
            standing_in(opened.dialect, source), Nobody(), opened.target, desired, source.owned, opened.policy,
            agenda=agenda_without_ledger(opened, desired.backfills, source.done),
        )  # fmt: skip


def _of_commit(request: Request, opened: Opened, word: str) -> Source:
    """Return what would be there had the specs of a commit been applied, and were ours; an empty one for no commit."""
    if word == EMPTY:
        return _of_nothing(opened.dialect)
    return _of_declared(word, opened.dialect, specs_at(request, opened, word.removeprefix(_GIT)).desired)


def _of_declared(label: str, dialect: Dialect, found: Desired) -> Source:
    dates = {ref: said.remove_after for ref, obj in found.model.items() if (said := getattr(obj, "deprecated", None))}
    known = Owned(known=True, objects=frozenset(found.model), deprecated=dates)
    inspection = Inspection(model=found.model, unnamed=found.unnamed)
    return Source(label, inspection, dialect.assumed(), known, found.backfills)


def _of_nothing(dialect: Dialect) -> Source:
    return Source("an empty database", Inspection(model=Model()), dialect.assumed(), Owned())


def _of_snapshot(found: Snapshot, opened: Opened, word: str) -> Source:
    """Hold the snapshot against what is asked of it: the same dialect, project and schemas."""
    schema = opened.target.schema or opened.dialect.default_schema
    pairs = (("dialect", found.dialect, opened.dialect.name), ("project", found.project, opened.project.name),
             ("default schema", found.schema, schema))  # fmt: skip
    for what, theirs, ours in pairs:
        if theirs != ours:
            raise SnapshotError(f"{word} is of the {what} {theirs}, and the plan is for {ours}",
                                hint="take a snapshot of the database that is meant")  # fmt: skip
    if missing := sorted(set(opened.target.schemas) - set(found.schemas)):
        raise SnapshotError(f"{word} does not show the schema {', '.join(missing)}, which the specs name",
                            hint="take a snapshot with these specs")  # fmt: skip
    server = replace(found.server, elaborates=opened.dialect.assumed().elaborates)
    return Source(f"{word} of {found.created_at}", found.inspection, server, found.owned)


def standing_in(dialect: Dialect, source: Source) -> Dialect:
    """Return the dialect as it is where nobody answers: what was there is known, and nothing else can be asked."""
    return replace(
        dialect,
        inspect=lambda session, target: source.inspection,
        server=lambda session: source.server,
        preflight=lambda session, plan, actual: (),
        groundwork=lambda session, target: (),
        reading=lambda session: nullcontext(),
    )


class Nobody:
    """A session without a database: every question is answered with an error."""

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Say that there is nobody to ask."""
        raise Unanswered("there is no database behind this plan")

    def execute(self, sql: str, parameters: Mapping[str, object] | None = None) -> int:
        """Say that there is nobody to tell."""
        raise Unanswered("there is no database behind this plan")

    def execute_each(self, statements: Sequence[str]) -> Sequence[int]:
        """Say that there is nobody to tell."""
        raise Unanswered("there is no database behind this plan")

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Say that there is nobody to tell."""
        raise Unanswered("there is no database behind this plan")

    def in_transaction(self) -> bool:
        """Say that none was begun."""
        return False

    def begin(self) -> None:
        """Begin nothing."""

    def commit(self) -> None:
        """Keep nothing."""

    def rollback(self) -> None:
        """Forget nothing."""

    def close(self) -> None:
        """Close nothing."""

    def abandon(self) -> None:
        """Leave nothing."""
