"""`python -m benchmarks.backfill`: a million rows by a backfill, and by plain batches of the same size beside it."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from reconciler.backfill.run import carry_out
from reconciler.backfill.work import Watch, Work
from reconciler.dialects.base import Session
from reconciler.model.backfills import Backfill, Idempotency, InsertSelect, Mapped, Source, Standing
from reconciler.model.values import Sql
from tests.conformance.backfill.at_work import ref, table, work_on
from tests.target import Target, fresh

# The share of plain throughput that is promised, and megabytes at the most.
SHARE, MEMORY = 0.8, 150.0
# How often each is measured.
TURNS = 3

_COPY = "INSERT INTO facts (id, user_id, body) SELECT id, user_id, body FROM events"
_MADE = {
    "postgres": "INSERT INTO events SELECT n, n % 1000, md5(CAST(n AS text)) FROM generate_series(1, {rows}) AS n",
    "sqlite": "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {rows})"
    " INSERT INTO events SELECT n, n % 1000, lower(hex(n * 7919)) FROM c",
    "mysql": "INSERT INTO events WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {rows})"
    " SELECT n, n % 1000, lower(hex(n * 7919)) FROM c",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was measured: rows, seconds of the backfill and of plain batches, portions, the sizes that they grew to,
    and megabytes at the peak.
    """

    dialect: str
    rows: int
    seconds: float
    plain: float
    portions: int
    sizes: tuple[int, ...]
    peak: float

    @property
    def share(self) -> float:
        """The share of the throughput of plain batches."""
        return self.plain / self.seconds

    @property
    def met(self) -> bool:
        """Whether what is promised holds."""
        return self.share >= SHARE and self.peak <= MEMORY


def measure(dialect: str, rows: int) -> Figures:
    """Measure one database: the backfill and plain batches in turns, and of each the quickest: a server has moods."""
    with tempfile.TemporaryDirectory(prefix="reconcile-benchmark-") as folder, _filled(dialect, folder, rows) as target:
        sizes: list[int] = []
        watch = Watch(advanced=lambda standing: _note(standing, sizes))
        with work_on(target, _work(), watch=watch) as work:
            seconds, plain = [], []
            for turn in range(TURNS):
                _emptied(work)
                sizes.clear()
                begun = time.perf_counter()
                standing = carry_out(replace(work, digest=str(turn))).standing
                seconds.append(time.perf_counter() - begun)
                if (standing.state, standing.written) != ("done", rows):
                    raise RuntimeError(f"{standing.state}: {standing.reason}")
                plain.append(_plain(work, rows, max(rows // standing.batches, 1)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    return Figures(
        dialect=dialect, rows=rows, seconds=min(seconds), plain=min(plain), portions=standing.batches, peak=peak,
        sizes=tuple(sizes[:: max(len(sizes) // 8, 1)]),
    )  # fmt: skip


def _emptied(work: Work) -> None:
    verb = "DELETE FROM" if work.target.dialect.name == "sqlite" else "TRUNCATE TABLE"
    work.target.session.execute(f"{verb} facts")
    if work.target.dialect.name == "postgres":
        work.target.session.execute("CHECKPOINT")


def _note(standing: Standing, sizes: list[int]) -> None:
    if standing.state == "running":
        sizes.append(standing.batch_size)


def _work() -> Backfill:
    columns = tuple(Mapped(column=name, expression=Sql(name)) for name in ("id", "user_id", "body"))
    return Backfill(
        ref=ref("a_million"), source=Source(table=table("events"), key=("id",), live_writes="frozen"),
        idempotency=Idempotency(strategy="target_key", key=("id",)),
        insert_select=InsertSelect(into=table("facts"), columns=columns),
    )  # fmt: skip


@contextmanager
def _filled(dialect: str, folder: str, rows: int) -> Iterator[Target]:
    key = "INTEGER" if dialect == "sqlite" else "BIGINT"
    columns = f"(id {key} PRIMARY KEY, user_id BIGINT NOT NULL, body VARCHAR(40) NOT NULL)"
    with fresh(dialect, Path(folder)) as target:
        target.execute(f"CREATE TABLE events {columns}; CREATE TABLE facts {columns};")
        deep = "SET SESSION cte_max_recursion_depth = 100000000; " if dialect == "mysql" else ""
        target.execute(deep + _MADE[dialect].format(rows=rows) + ";")
        if dialect == "postgres":  # whoever reads rows first after they were written marks them
            target.execute("VACUUM ANALYZE events")
        yield target


def _plain(work: Work, rows: int, size: int) -> float:
    """Copy the rows in batches of this size, with nothing beside it."""
    session: Session = work.target.session
    _emptied(work)
    begun = time.perf_counter()
    for low in range(0, rows, size):
        session.begin()
        session.execute(f"{_COPY} WHERE id > {low} AND id <= {low + size}")
        session.commit()
    return time.perf_counter() - begun


def main(
    rows: Annotated[int, typer.Option(help="How many rows there are.")] = 1_000_000,
    dialect: Annotated[list[str] | None, typer.Option(help="postgres, mysql, sqlite; all of them by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Measure backfills beside plain batches."""
    found = [measure(name, rows) for name in dialect or sorted(_MADE)]
    if as_json:
        typer.echo(json.dumps([asdict(one) | {"share": one.share, "met": one.met} for one in found], indent=2))
        return
    for one in found:
        typer.echo(
            f"{one.dialect}: {one.rows / one.seconds:,.0f} rows/s, plain {one.rows / one.plain:,.0f} rows/s,"
            f" {one.share:.0%}; {one.portions} portions, sizes {', '.join(map(str, one.sizes))};"
            f" peak {one.peak:.0f} MB: {'ok' if one.met else 'missed'}"
        )


if __name__ == "__main__":
    typer.run(main)
