"""What a dialect knows of backups: how a database is written to files by its own means, read back, and weighed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from reconciler.dialects.base import Target
from reconciler.dialects.refilling import Want
from reconciler.frozen import frozen
from reconciler.model.ref import Kind


@frozen
class Weight:
    """How many rows a table has, and a word that is another one as soon as one value of them is, in whatever order.

    `exact` is false where rows were written while they were counted, so that nobody knows what the files hold.
    """

    rows: int
    fingerprint: str
    exact: bool = True


@frozen
class Tool:
    """What writes and reads the files: its name and version, and the commands that run its programs."""

    name: str
    version: str
    dump: tuple[str, ...] = ()
    load: tuple[str, ...] = ()


@frozen
class Taken:
    """What was written: the names of the files, what is in them, and the database's own word for that moment."""

    files: tuple[str, ...]
    tables: Mapping[str, Weight]
    bookmark: str = ""


# Tells how far something is, as a clause: `41 MB of 120 MB`.
Told = Callable[[str], None]


@frozen
class Dump:
    """How backups are made on a dialect. Everything raises BackupError, in one sentence with a remedy.

    * `writer(target)`: the tool that writes what answers there; found, or missed, before anything is written.
    * `reader(target)`: the tool that reads it back there.
    * `take(target, tool, folder, told)`: writes the files; others may write to the database meanwhile, and what is
      written is the database at one moment.
    * `load(target, tool, folder, told)`: reads the files into a database that holds nothing.
    * `weigh(target)`: the tables and their rows as they are now, the bookkeeping of locks left out.
    * `holds(target)`: how many things there are in a database, whoever made them.
    * `clear(target)`: takes everything out of it that would be in the way of `load`.
    * `wipe(target)`: takes everything out of it; None where `clear` does.
    * `refill(copy, target, wants)`: copies rows from a database that a backup was read back into, as it came out of
      `scratch`, in one transaction; returns for each wish how many rows got something.
    * `scratch(target)`: context manager; an empty database that goes away, of the dialect that it names.
    * `trial(target, tool, folder, told)`: `load` into a scratch database, without what would begin to run there, which
      are the `left_out` kinds; None where that is the same.
    """

    writer: Callable[[Target], Tool]
    reader: Callable[[Target], Tool]
    take: Callable[[Target, Tool, Path, Told], Taken]
    load: Callable[[Target, Tool, Path, Told], None]
    weigh: Callable[[Target], Mapping[str, Weight]]
    holds: Callable[[Target], int]
    clear: Callable[[Target], None]
    scratch: Callable[[Target], AbstractContextManager[Target]]
    refill: Callable[[Target, Target, Sequence[Want]], Sequence[int]]
    trial: Callable[[Target, Tool, Path, Told], None] | None = None
    left_out: frozenset[Kind] = frozenset()
    wipe: Callable[[Target], None] | None = None


# Rows are told apart by so many bytes; their numbers are added, so that the order of rows does not count and a row
# that is there twice does.
_BYTES = 16
_MODULUS = 1 << (8 * _BYTES)


def weight_of(rows: Iterable[Sequence[object]]) -> Weight:
    """Weigh rows that are values of Python's, as SQLite has them."""
    count, total = 0, 0
    for row in rows:
        count += 1
        digest = hashlib.blake2b(repr(tuple(row)).encode("utf-8", "surrogatepass"), digest_size=_BYTES).digest()
        total += int.from_bytes(digest, "big")
    return Weight(rows=count, fingerprint=f"{total % _MODULUS:032x}")


def size_words(size: int) -> str:
    """Return a number of bytes as people say it: 41 kB, 1.2 MB."""
    value = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit in ("bytes", "kB") or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
