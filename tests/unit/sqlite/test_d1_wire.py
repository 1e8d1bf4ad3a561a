"""A request to D1 that has a limit is given up when it is over, and is not sent again."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from reconciler.dialects.base import DatabaseError
from reconciler.dialects.sqlite.d1.wire import Place, Statement, Wire


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_a_limit_ends_a_request(silent: socket.socket) -> None:
    wire = Wire(Place("a", "d", f"http://127.0.0.1:{silent.getsockname()[1]}", "t"))
    begun = time.monotonic()
    with pytest.raises(DatabaseError, match="did not answer") as error, wire.limited(0.2):
        wire.tables([Statement("SELECT 1")])
    assert error.value.lost
    assert 0.2 <= time.monotonic() - begun < 5
    silent.settimeout(0.2)
    silent.accept()[0].close()
    with pytest.raises(TimeoutError):
        silent.accept()
    wire.close()
