"""An unreliable way to a D1 server: faults in, the same answers out, but late, lost or refused; it reads no SQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class Fault(Enum):
    """What becomes of a request: refused before it gets there, or done and its answer lost."""

    BUSY = 429
    DOWN = 503
    LOST = 0
    LATE = 500


Decide = Callable[[bytes], Fault | None]


class _Line(BaseHTTPRequestHandler):
    """One request on its way."""

    protocol_version = "HTTP/1.1"

    def __init__(self, base: str, decide: Decide, *arguments: Any) -> None:
        self._base, self._decide = urlsplit(base), decide
        super().__init__(*arguments)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        fault = self._decide(body)
        if fault in (Fault.BUSY, Fault.DOWN):
            self._say(fault.value, b"")
            return
        status, data = self._upstream(body)
        if fault is Fault.LOST:
            self.close_connection = True
        elif fault is Fault.LATE:
            self._say(fault.value, b"<html>")
        else:
            self._say(status, data)

    def do_GET(self) -> None:
        self._say(404, b"{}")

    def _upstream(self, body: bytes) -> tuple[int, bytes]:
        connection = HTTPConnection(str(self._base.hostname), self._base.port)
        # A proxy is told the whole address, a server what comes behind its name.
        connection.request("POST", urlsplit(self.path).path, body, {"authorization": self.headers["authorization"]})
        answer = connection.getresponse()
        try:
            return answer.status, answer.read()
        finally:
            connection.close()

    def _say(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def between(base: str, decide: Decide) -> Iterator[str]:
    """Stand before a server; `decide` is asked about each request's body, and answers with a fault or None."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Line, base, decide))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
