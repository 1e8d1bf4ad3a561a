"""A request in; how a database is, with the figures that it keeps of its use, and how they grew, out; read only."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.statistics import NotKept, Statement
from reconciler.frozen import frozen
from reconciler.model.objects import Index, Object, PrimaryKey, Unique
from reconciler.model.ref import Ref
from reconciler.model.values import IndexPart, Sql
from reconciler.report.facts import Before, Measured, Review
from reconciler.workflow.acting import besides, check
from reconciler.workflow.conditions import PATIENCE
from reconciler.workflow.narrowing import Result
from reconciler.workflow.opening import Opened, Request

T = TypeVar("T")

# Statements that are told.
SLOWEST = 5


def measured(request: Request) -> Review:
    """Check, and ask for the figures that the database keeps. Raises what `check` raises."""
    return check(request, asking)


def grown(request: Request, environ: Mapping[str, str] = os.environ) -> Review:
    """Do the same, and tell how the tables grew since this was asked last on this machine; that is kept in a file."""
    review = measured(request)
    if review.statistics is None:
        return review
    path = _file(review, environ)
    found = replace(review.statistics, before=_before(path))
    rows = {ref: state.rows for ref, state in review.condition.tables.items()} if review.condition else {}
    _keep(path, review.created_at, {str(ref): [rows.get(ref), size] for ref, size in found.sizes.items()})
    return replace(review, statistics=found)


def asking(opened: Opened, session: Session, result: Result, review: Review) -> Review:
    """Add to what a check finds the figures of a database, and which indexes others stand in for."""
    review = besides(opened, session, result, review)
    asked, unknown = opened.dialect.upkeep().statistics, []

    def ask(what: str, question: Callable[[], T], nothing: T) -> T:
        try:
            with opened.dialect.reading(session), opened.dialect.limited(session, PATIENCE):
                return question()
        except NotKept as error:
            unknown.append(str(error))
        except DatabaseError as error:
            if error.lost:
                raise
            unknown.append(f"{what}: {error.message.splitlines()[0]}")
        return nothing

    target, nobody = opened.target, tuple[Statement, ...]()
    compared = result.planned.comparison
    mine = {ref.top for ref in compared.desired} | compared.aside.keys()
    sizes: Mapping[Ref, int] = ask("sizes of tables", lambda: asked.sizes(session, target), {})
    unused: Sequence[Ref] = ask("unused indexes", lambda: asked.unused(session, target), ())
    slow: Sequence[Statement] = ask("slow statements", lambda: asked.slow(session, target, SLOWEST), nobody)
    found = Measured(
        sizes={ref: size for ref, size in sorted(sizes.items()) if ref in mine},
        unused=tuple(ref for ref in unused if ref.top in mine), slow=tuple(slow),
        redundant=tuple(redundant({**compared.live, **review.whole().desired.model}.values())), unknown=tuple(unknown),
    )  # fmt: skip
    return replace(review, statistics=found)


@frozen
class _Sorted:
    """How an index keeps rows: the parts of its key, which rows, by which method, and whether each only once."""

    ref: Ref
    parts: tuple[IndexPart, ...]
    where: Sql | None = None
    method: str = "btree"
    include: tuple[str, ...] = ()
    once: bool = False


def redundant(objects: Iterable[Object]) -> Iterator[tuple[Ref, Ref]]:
    """Yield each index that finds nothing which another one of its table does not find as well, with that one.

    It is not unique, and the other one, or a key, begins with the same columns in the same order, for the same rows.
    """
    by_table: dict[Ref, list[_Sorted]] = {}
    for obj in objects:
        match obj:
            case Index():
                one = _Sorted(ref=obj.ref, parts=obj.parts, where=obj.where, method=obj.method or "btree",
                              include=obj.include, once=obj.unique)  # fmt: skip
            case PrimaryKey() | Unique():
                one = _Sorted(ref=obj.ref, parts=tuple(IndexPart(column=name) for name in obj.columns), once=True)
            case _:
                continue
        by_table.setdefault(obj.ref.top, []).append(one)
    for indexes in by_table.values():
        for one in sorted(indexes, key=lambda index: str(index.ref)):
            other = next((other for other in indexes if _stands_in(other, one)), None)
            if other is not None:
                yield one.ref, other.ref


def _stands_in(other: _Sorted, one: _Sorted) -> bool:
    if other is one or one.once or one.method != "btree" or (other.method, other.where) != (one.method, one.where):
        return False
    held = {*other.include, *(part.column for part in other.parts)}
    if other.parts[: len(one.parts)] != one.parts or not held.issuperset(one.include):
        return False
    # Of two that are alike the one that comes first by name stays, or the one that keeps rows apart.
    return other.once or len(other.parts) > len(one.parts) or str(other.ref) < str(one.ref)


# --- the last look ----------------------------------------------------------------------------------------------------


def _file(review: Review, environ: Mapping[str, str]) -> Path:
    from platformdirs import user_state_path

    named = environ.get("RECONCILE_STATE")
    folder = Path(named) if named else user_state_path("reconciler", appauthor=False)
    words = "\0".join((review.project, review.environment, review.label))
    return folder / "statistics" / f"{hashlib.sha256(words.encode()).hexdigest()[:24]}.json"


def _before(path: Path) -> Before | None:
    """Return what was seen last; a file that cannot be read is none."""
    try:
        said = json.loads(path.read_text("utf-8"))
        tables = {Ref.parse(address): (rows, size) for address, (rows, size) in said["tables"].items()}
        return Before(at=str(said["at"]), tables=tables)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _keep(path: Path, at: str, tables: Mapping[str, Any]) -> None:
    """Keep what was seen; where nothing can be written, the next look has nothing to compare with."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_text(json.dumps({"at": at, "tables": tables}), "utf-8")
        beside.replace(path)
