"""A session on a SQLite file in, the signs of the file, the library and settings out; it changes nothing."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence

from reconciler.dialects.base import Session, Target
from reconciler.dialects.health import Sign, ok, problem, warn
from reconciler.dialects.sqlite.session import path_of

_KEYS = "SELECT count(*) FROM sqlite_schema t, pragma_foreign_key_list(t.name) WHERE t.type = 'table'"


def examine(session: Session, target: Target) -> Sequence[Sign]:
    """Return what is to be known of a file: whether it is there and can be written, and settings that matter."""
    return [
        ok("server", f"SQLite {sqlite3.sqlite_version}, in this process, supported"),
        *_file(target),
        *_settings(session),
    ]


def _file(target: Target) -> Iterator[Sign]:
    path = path_of(target.url)
    if path is None:
        yield warn("file", "the database is in memory: it goes with the process", "name a file in the URL")
        return
    if not path.exists():
        yield warn("file", f"{path} is not there yet; apply makes it")
    places = [place for place in (path, path.absolute().parent) if place.exists()]
    closed = [place for place in places if not os.access(place, os.W_OK)]
    for place in closed:
        yield problem("privileges", f"{place} cannot be written", f"chmod u+w {place}, or run as its owner")
    if not closed:
        yield ok("privileges", "the file and its folder can be written")


def _settings(session: Session) -> Iterator[Sign]:
    """SQLite looks at foreign keys where a connection says so (sqlite.org/foreignkeys.html#fk_enable)."""
    mode = str(session.query("PRAGMA journal_mode")[0][0])
    keys = int(session.query(_KEYS)[0][0])
    words = f"journal_mode is {mode}"
    if not keys:
        yield ok("settings", words)
        return
    orphans = len(session.query("SELECT 1 FROM pragma_foreign_key_check LIMIT 1"))
    if orphans:
        yield warn("settings", f"{words}; there are rows whose foreign key refers to nothing",
                   "PRAGMA foreign_key_check lists them")  # fmt: skip
    else:
        yield ok("settings", f"{words}; foreign keys hold only on connections that say PRAGMA foreign_keys = ON")
