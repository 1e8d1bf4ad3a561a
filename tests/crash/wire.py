"""A way to a server that can be cut: its socket's path in, a port on 127.0.0.1 out; it reads nothing of what passes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum


class Side(Enum):
    """Which message is the first that does not arrive."""

    REQUEST = "request"
    ANSWER = "answer"


class Wire:
    """Counts what is asked; at the message of a number all connections are cut, and no more are made."""

    def __init__(self, server: str, number: int, side: Side) -> None:
        self.asked = 0
        self._server, self._number, self._side = server, number, side
        self._guard, self._cut = threading.Lock(), threading.Event()
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                self._ends += [client, server]
                threading.Thread(target=self._requests, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answers, args=(server, client), daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(1 << 16):
                with self._guard:
                    self.asked += 1
                    last = self.asked == self._number
                if last and self._side is Side.REQUEST:
                    break
                if last:
                    self._cut.set()
                server.sendall(data)
        if self._cut.is_set():
            return
        self._over(client, server)

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(1 << 16):
                if self._cut.is_set():
                    break
                client.sendall(data)
        self._over(client, server)

    def _over(self, *ends: socket.socket) -> None:
        """End a connection, or all where it is the one that is cut."""
        reached = bool(self._number) and self.asked >= self._number
        for end in [*self._ends, self._listener] if reached else ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close everything."""
        for end in [*self._ends, self._listener]:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def wired(server: str, number: int = 0, side: Side = Side.REQUEST) -> Iterator[Wire]:
    """Stand before the socket of a server until a message of this number; 0 is none."""
    wire = Wire(server, number, side)
    try:
        yield wire
    finally:
        wire.close()
