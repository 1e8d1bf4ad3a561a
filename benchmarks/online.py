"""`python -m benchmarks.online`: a large table is changed while clients read and write; what they notice of it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer

from tests.conformance.driver import Project
from tests.target import Target, fresh, mysql_connection

# Milliseconds that 99 of 100 requests may take while something is changed.
BOUND = 100.0
CLIENTS = 4
# Seconds of the load alone, before and after.
_CALM = 5.0

_COLUMNS = "columns: {id: {type: bigint, not_null: true}, a: {type: int}, b: {type: varchar(60)}, p: {type: bigint}}\n"
BEFORE = f"table: p\ncolumns: {{id: {{type: bigint, not_null: true}}}}\nprimary_key: [id]\n---\ntable: t\n{_COLUMNS}"
BEFORE += "primary_key: [id]\n"
# What is asked for, one after the other: the words in the table of figures, and more of the document.
CHANGES: Mapping[str, tuple[str, ...]] = {
    "index": ("indexes: {t_a_idx: [a]}\n",),
    "unique constraint": ("unique: {t_a_id_key: [a, id]}\n",),
    "check": ("checks: {t_a_check: a >= 0}\n",),
    "foreign key": ("foreign_keys: {t_p_fkey: {columns: [p], references: p.id}}\n",),
    "not null": ("a: {type: int", "a: {type: int, not_null: true"),
    "another value in each row": ("b: {", "u: {type: uuid, not_null: true, default: {sql: gen_random_uuid()}}, b: {"),
    "another type": ("a: {type: int", "a: {type: bigint"),
    "column with a default": ("b: {", "c: {type: int, not_null: true, default: 7}, b: {"),
}
# MySQL copies the table for these, and lets writes wait: it wants consent, and is not done online.
OFFLINE = {
    "mysql": {"check", "another value in each row"},
    "mariadb": {"another value in each row"},
}
_COUNTED = (
    "INSERT INTO p WITH RECURSIVE c (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 9) SELECT n FROM c;"
    "INSERT INTO t WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {rows})"
    " SELECT n, n % 100, sha2(n, 224), n % 10 FROM c; ANALYZE TABLE t"
)
_FILLED = {
    "postgres": "INSERT INTO p SELECT n FROM generate_series(0, 9) n;"
    "INSERT INTO t SELECT n, n % 100, md5(n::text), n % 10 FROM generate_series(1, {rows}) n; ANALYZE t",
    "mysql": f"SET SESSION cte_max_recursion_depth = 100000000; {_COUNTED}",
    "mariadb": f"SET SESSION max_recursive_iterations = 100000000; {_COUNTED}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What clients saw while one thing was changed: requests, failures, milliseconds at the median, at 99 of 100, and
    at the most; `calm` are those at 99 of 100 when nothing was changed. `seconds` is how long the change took.
    """

    dialect: str
    change: str
    seconds: float
    requests: int
    failures: int
    median: float
    p99: float
    longest: float
    calm: float

    @property
    def met(self) -> bool:
        """Whether what is promised holds."""
        return not self.failures and self.p99 <= BOUND


class Load:
    """Clients that read, change and add rows until they are stopped; each request is one transaction."""

    def __init__(self, target: Target, rows: int) -> None:
        self.took: list[float] = []
        self.failures: list[str] = []
        self._stopped = threading.Event()
        self._clients = [threading.Thread(target=self._run, args=(target, rows, n)) for n in range(CLIENTS)]

    def __enter__(self) -> Load:
        for client in self._clients:
            client.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for client in self._clients:
            client.join()

    def _run(self, target: Target, rows: int, number: int) -> None:
        some = random.Random(number)
        with connected(target) as connection:
            added = rows * (number + 2)
            while not self._stopped.is_set():
                key, added = some.randint(1, rows), added + 1
                for sql in (f"SELECT b FROM t WHERE id = {key}", f"UPDATE t SET a = a + 1 WHERE id = {key}",
                            f"INSERT INTO t (id, a, b, p) VALUES ({added}, 1, 'new', 1)"):  # fmt: skip
                    self._one(connection, sql)

    def _one(self, connection: Any, sql: str) -> None:
        begun = time.perf_counter()
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
        except Exception as error:
            self.failures.append(str(error))
        self.took.append((time.perf_counter() - begun) * 1000)


@contextmanager
def connected(target: Target) -> Iterator[Any]:
    """Give a client's connection, on which each statement is committed by itself."""
    if target.dialect == "postgres":
        with psycopg.connect(target.url, autocommit=True) as connection:
            yield connection
        return
    made = mysql_connection(target.url)
    made.autocommit(True)
    try:
        yield made
    finally:
        made.close()


def share(took: list[float], part: float) -> float:
    """Return how many milliseconds this part of the requests took at the most."""
    return sorted(took)[min(int(len(took) * part), len(took) - 1)] if took else 0.0


def measure(dialect: str, rows: int) -> Iterator[Figures]:
    """Change a table of so many rows in one way after the other."""
    with tempfile.TemporaryDirectory(prefix="reconcile-benchmark-") as folder, fresh(dialect, Path(folder)) as target:
        project = Project(Path(folder), target)
        document = BEFORE
        project.apply(document)
        target.execute(_FILLED[dialect].format(rows=rows))
        for change, words in CHANGES.items():
            if change in OFFLINE.get(dialect, ()):
                continue
            document = document.replace(*words, 1) if len(words) == 2 else document + words[0]
            yield _changed(project, document, change, rows)


def _changed(project: Project, document: str, change: str, rows: int) -> Figures:
    (project.folder / "spec.yaml").write_text(document)
    target = project.target
    target.execute(f"DELETE FROM t WHERE id > {rows}")
    with Load(target, rows) as calm:
        time.sleep(_CALM)
    target.execute(f"DELETE FROM t WHERE id > {rows}")
    with Load(target, rows) as load:
        time.sleep(0.5)
        load.took.clear()
        begun = time.perf_counter()
        command = [sys.executable, "-m", "reconciler", "apply", "--auto-approve", "-C", str(project.folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - begun
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return Figures(
        dialect=target.dialect, change=change, seconds=seconds, requests=len(load.took), failures=len(load.failures),
        median=share(load.took, 0.5), p99=share(load.took, 0.99), longest=max(load.took), calm=share(calm.took, 0.99),
    )  # fmt: skip


def main(
    rows: Annotated[int, typer.Option(help="How many rows there are.")] = 1_000_000,
    dialect: Annotated[list[str] | None, typer.Option(help="postgres, mysql, mariadb; all of them by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Measure what clients notice while a large table is changed."""
    found: list[Figures] = []
    for name in dialect or ("postgres", "mysql", "mariadb"):
        for one in measure(name, rows):
            found.append(one)
            if not as_json:
                typer.echo(
                    f"{one.dialect}, {one.change}: {one.seconds:.1f} s; {one.requests:,} requests,"
                    f" {one.failures} failed; median {one.median:.1f} ms, p99 {one.p99:.1f} ms ({one.calm:.1f} calm),"
                    f" longest {one.longest:.0f} ms: {'ok' if one.met else 'missed'}"
                )
    if as_json:
        typer.echo(json.dumps([asdict(one) | {"met": one.met} for one in found], indent=2))


if __name__ == "__main__":
    typer.run(main)
