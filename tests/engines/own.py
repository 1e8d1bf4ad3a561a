"""A server of a test's own, to be killed: a dialect's name in; its URL, and what kills and starts it, out.

What it has committed survives the death of its processes, which the servers that tests share do not care for.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.engines.daemon import Daemon
from tests.engines.debian import unpacked
from tests.engines.mysql import _FLAVORS, _Engine, _start
from tests.engines.places import server_user
from tests.engines.postgres import _Cluster, _embedded, _initialize, _readable_by, _run_server


@dataclass(frozen=True, slots=True)
class OwnServer:
    """A running server: `kill` ends all of its processes without a word, `start` starts it on what they left."""

    url: str
    start: Callable[[], None]
    kill: Callable[[], None]


@contextmanager
def own_server(name: str) -> Iterator[OwnServer]:
    """Give a new server of this dialect, and take it away with its data afterwards."""
    # A socket's path has to be short, and PostgreSQL's user has to get there.
    home = Path(tempfile.mkdtemp(prefix="rc-own-", dir="/tmp"))
    server = _postgres(home) if name == "postgres" else _mysql(name, home)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(home, ignore_errors=True)


def _postgres(home: Path) -> OwnServer:
    user = server_user()
    if user:
        shutil.chown(home, user)
    cluster = _Cluster(_readable_by(user, _embedded()), home / "data", home, user)
    _initialize(cluster)

    def kill() -> None:
        file = cluster.data / "postmaster.pid"
        if file.exists():
            _kill_all(int(file.read_text().split()[0]))
            # Where nobody takes away what has died, its number looks like that of a living server.
            for lock in (file, *home.glob(".s.PGSQL.*")):
                lock.unlink()

    return OwnServer(
        f"postgresql://postgres@/postgres?host={quote(str(home), safe='')}",
        lambda: _run_server(cluster, home / "log", {"synchronous_commit": "on", "full_page_writes": "on"}),
        kill,
    )


# As few as it needs: a commit reaches the system, which lives on.
_OPTIONS = (
    "--skip-networking", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=64M",
    "--default-time-zone=+00:00", "--character-set-server=utf8mb4", "--innodb-flush-method=nosync",
    "--secure-file-priv=",
)  # fmt: skip


def _mysql(name: str, home: Path) -> OwnServer:
    flavor = _FLAVORS[name]
    engine = _Engine(flavor, unpacked(name, flavor.packages, flavor.url_variable), home)
    command = engine.command(engine.data, *_OPTIONS, f"--socket={engine.socket}")
    daemon = Daemon(home, command, sign=f"--datadir={engine.data}")

    def kill() -> None:
        if daemon.running():
            _kill_all(int((home / "pid").read_text()))
            for lock in home.glob("socket*"):
                lock.unlink()

    url = f"{name}://root@localhost/?unix_socket={quote(str(engine.socket), safe='')}"
    return OwnServer(url, lambda: _start(engine, daemon), kill)


def _kill_all(parent: int) -> None:
    """Kill a process and those that it started, and wait until they are gone."""
    told = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False)
    every = [parent, *map(int, told.stdout.split())]
    for process in every:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    while any(_lives(process) for process in every):
        time.sleep(0.01)


def _lives(process: int) -> bool:
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return bool(told.stdout.strip()) and not told.stdout.startswith("Z")
