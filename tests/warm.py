"""A command line that is imported once: words in, a forked process that runs them out; it knows no command.

Each command is a process of its own with its own exit code, to be killed like any other. What is saved is the second in
which Python imports what a command needs. Variables that Python or the loader read when they start come too late here.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.process import ROOT, Result

# What the product imports where it is used: drivers by the names in a URL, the languages of SQL by those in a project.
_LATE = (
    "jsonschema", "rich.console", "sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.dialects.sqlite.pysqlite",
    "sqlglot.dialects.mysql", "sqlglot.dialects.postgres", "sqlglot.dialects.sqlite", "tenacity", "yaml",
)  # fmt: skip
_NUMBER = 8


@dataclass(frozen=True, slots=True)
class Running:
    """A command that was started. It writes into files, so that it never waits for somebody who reads."""

    pid: int
    _keeper: socket.socket
    _out: IO[str]
    _err: IO[str]

    def result(self, timeout: float | None = 120) -> Result:
        """Return how it ended, -9 for SIGKILL; raise TimeoutError after so many seconds."""
        self._keeper.settimeout(timeout)
        status = _number(self._keeper)
        self._keeper.close()
        return Result(os.waitstatus_to_exitcode(status), _text(self._out), _text(self._err))

    def kill(self) -> None:
        """Kill it as the system would; it may have ended already."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def start(words: Sequence[str], *, cwd: Path, environ: Mapping[str, str], stdin: str = "") -> Running:
    """Start `reconcile WORDS…` in a directory, with exactly these variables."""
    channel, _ = _server()
    files = [tempfile.TemporaryFile("w+", encoding="utf-8") for _ in range(3)]  # noqa: SIM115
    files[0].write(stdin)
    files[0].seek(0)
    ours, theirs = socket.socketpair()
    request = json.dumps({"words": [*words], "cwd": str(cwd), "environ": dict(environ)}).encode()
    with theirs, files[0]:
        socket.send_fds(channel, [len(request).to_bytes(_NUMBER)], [theirs.fileno(), *(one.fileno() for one in files)])
        channel.sendall(request)
    return Running(_number(ours), ours, files[1], files[2])


@functools.cache
def _server() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    ours, theirs = socket.socketpair()
    with theirs:
        # In a session of its own: a Ctrl-C for the tests is no Ctrl-C for the command.
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm", str(theirs.fileno())], cwd=ROOT, pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
            env=os.environ | {"PYTHONUTF8": "1"},
        )  # fmt: skip
    atexit.register(close)
    return ours, process


def close() -> None:
    """End the server, which ends when nobody can ask it any more."""
    if _server.cache_info().currsize:
        channel, process = _server()
        channel.close()
        process.wait()
        _server.cache_clear()


def _text(file: IO[str]) -> str:
    with file:
        file.seek(0)
        return file.read()


def _number(source: socket.socket) -> int:
    return int.from_bytes(_exactly(source, _NUMBER), signed=True)


def _exactly(source: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = source.recv(size - len(data))
        if not more:
            raise RuntimeError("the process that starts commands has ended")
        data += more
    return data


# --- the process that starts commands ---------------------------------------------------------------------------------


def _serve(channel: socket.socket) -> None:
    """Start what is asked for until nobody can ask any more; in a command's process, run it."""
    _import_everything()
    while True:
        size, handles, *_ = socket.recv_fds(channel, _NUMBER, 4)
        if not size:
            return
        request = json.loads(_exactly(channel, int.from_bytes(size)))
        if os.fork() == 0:
            channel.close()
            _keep(request, *handles)
            return
        for handle in handles:
            os.close(handle)
        # Nobody waits for a keeper; one that has ended is taken away here.
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _import_everything() -> None:
    import reconciler

    found = [each.name for each in pkgutil.walk_packages(reconciler.__path__, "reconciler.")]
    for name in (*_LATE, *(name for name in found if not name.endswith(".__main__"))):
        importlib.import_module(name)
    from reconciler.cli import parser
    from reconciler.spec import fragments

    # Tables that take long to make, and do not depend on what is asked.
    parser.commands()
    for family in fragments._FAMILIES:
        fragments._family(family)
    gc.freeze()


def _keep(request: dict[str, object], keeper: int, *streams: int) -> None:
    """Fork once more: the command, and the one who tells its process id and how it ended."""
    pid = os.fork()
    if pid == 0:
        os.close(keeper)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        _run(**request)  # type: ignore[arg-type]
        return
    for stream in streams:
        os.close(stream)
    os.write(keeper, pid.to_bytes(_NUMBER, signed=True))
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError):
        os.write(keeper, status.to_bytes(_NUMBER, signed=True))
    os._exit(0)


def _run(words: Sequence[str], cwd: str, environ: Mapping[str, str]) -> None:
    from reconciler.execute import failpoints

    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environ)
    # The one thing that the product reads from its surroundings while it is imported.
    failpoints._POINT = failpoints._armed()
    sys.argv = ["reconcile", *words]
    runpy.run_module("reconciler", run_name="__main__")


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
