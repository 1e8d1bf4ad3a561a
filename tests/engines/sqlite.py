"""The SQLite libraries that tests run on: Python's own, and a newer one that the wheel of apsw brings along."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import files

# Put before the library that Python's sqlite3 was linked with, so that the module itself runs on it.
_PRELOAD = "LD_PRELOAD"


def environments() -> Mapping[str, Mapping[str, str]]:
    """Return, by a name for each library, the variables under which a process runs on it.

    RECONCILE_TEST_SQLITE_LIBRARY names another one than apsw's.
    """
    given = os.environ.get("RECONCILE_TEST_SQLITE_LIBRARY")
    newer = given or str(files("apsw").joinpath("sqlite_extra_binaries", "libsqlite3_tool.so"))
    return {"own": {}, "newer": {_PRELOAD: newer}}
