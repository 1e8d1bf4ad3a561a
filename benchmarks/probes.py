"""`python -m benchmarks.probes`: how long a probe waits for its answer while the database is being looked at."""

from __future__ import annotations

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import project
from tests.target import fresh

# Milliseconds that are promised, and seconds for which probes are sent, one each hundredth of a second.
PROMISED = 20.0
_SECONDS, _BETWEEN = 30.0, 0.01
_HEALTH = "health: {refresh: 1s}\n"


@contextmanager
def _serving(folder: Path) -> Iterator[int]:
    """Serve a project, and give the port."""
    words = [sys.executable, "-m", "reconciler", "serve", "--port", "0", "-C", str(folder)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "200"}) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                found = re.search(r"http://[^/]+:(\d+)/", line)
                if found:
                    yield int(found[1])
                    return
            raise AssertionError("it tells no address")
        finally:
            process.kill()


def _answer(connection: http.client.HTTPConnection) -> tuple[float, str]:
    """Return how many milliseconds a probe took, and what it said."""
    begun = time.perf_counter()
    connection.request("GET", "/health")
    body = connection.getresponse().read()
    return (time.perf_counter() - begun) * 1000, str(json.loads(body)["timestamp"])


def measure(folder: Path) -> tuple[list[float], int]:
    """Return the milliseconds of every probe, and how many looks ended meanwhile."""
    with _serving(folder) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while "the database was not looked at yet" in _issues(connection):
            time.sleep(0.2)
        waited, looks = [], set()
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            milliseconds, at = _answer(connection)
            waited.append(milliseconds)
            looks.add(at)
            time.sleep(_BETWEEN)
    return waited, len(looks) - 1


def _issues(connection: http.client.HTTPConnection) -> list[str]:
    connection.request("GET", "/health")
    return list(json.loads(connection.getresponse().read())["issues"])


def main(
    tables: Annotated[int, typer.Option(help="How many tables are looked at.")] = 300,
    server: Annotated[str, typer.Option(help="sqlite or postgres.")] = "sqlite",
) -> None:
    """Send probes while one look follows the other, and tell how long they waited."""
    with tempfile.TemporaryDirectory() as name, fresh(server, Path(name)) as target:
        folder = Path(name) / "specs"
        project.write(folder, tables, target.dialect, target.url)
        with (folder / "reconcile.yaml").open("a") as file:
            file.write(_HEALTH)
        words = [sys.executable, "-m", "reconciler", "apply", "--auto-approve", "-q", "-C", str(folder)]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        waited, looks = measure(folder)
    cuts = statistics.quantiles(waited, n=1000)
    typer.echo(f"{server}, {tables:,} tables: {len(waited):,} probes during {looks} looks")
    typer.echo(
        f"  half {cuts[499]:.1f} ms, 99 % {cuts[989]:.1f} ms, 99.9 % {cuts[998]:.1f} ms, longest {max(waited):.1f} ms"
    )
    typer.echo(f"  more than {PROMISED:g} ms: {sum(one > PROMISED for one in waited)}")


if __name__ == "__main__":
    typer.run(main)
