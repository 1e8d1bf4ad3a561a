"""What `serve` was asked in, a server that runs until it is told to end out."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

from reconciler.cli.commands import Order, apply_command, request
from reconciler.cli.options import Where
from reconciler.cli.report import Report
from reconciler.errors import TargetError, UsageError

if TYPE_CHECKING:
    from reconciler.cli.desk import Desk

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
# Seconds after which another thread may go on: while the database is looked at, whoever asks is answered from memory
# within some thousandths of a second (docs.python.org/3/library/sys.html#sys.setswitchinterval).
_TURN = 0.0005


def serve(where: Where, host: str, port: int, desk: Desk) -> Report:
    """Serve the health of a database until Ctrl-C or SIGTERM.

    Raises UsageError where the settings would show or let do too much, TargetError where nobody can listen.
    """
    try:
        import uvicorn

        from reconciler.serve.app import application
    except ImportError as error:
        raise UsageError(f"serve needs a library that is not installed: {error.name}",
                         hint="pip install 'reconciler[serve]'") from None  # fmt: skip
    from reconciler.serve.service import invited, service

    served = service(request(where), lambda environment: apply_command(Order(where=where), environment))
    if host not in _LOOPBACK and not served.read_token:
        raise UsageError(f"{host} can be reached by others, and nothing keeps them from reading",
                         hint="health: {read_token: {env: RECONCILE_READ_TOKEN}} in the project file, with TLS in"
                         " front, and allowed_hosts")  # fmt: skip
    listening = _listening(host, port)
    sys.setswitchinterval(_TURN)
    shown = f"[{host}]" if ":" in host else host
    desk.note(
        f" {served.project.name}, {served.environment}:  http://{shown}:{listening.getsockname()[1]}/{invited(served)}\n"
    )
    config = uvicorn.Config(application(served), log_level="warning", access_log=False, server_header=False)
    with listening:
        uvicorn.Server(config).run(sockets=[listening])
    return Report()


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises TargetError when it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        hint = "another one is there already: choose a --port, or end it"
        raise TargetError(f"nobody can listen on {host}, port {port}: {error.strerror or error}", hint=hint) from None
    # What connects takes this over; an answer in two packets would wait 40 ms for the first one to be acknowledged.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
