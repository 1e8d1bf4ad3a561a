"""A change of a table in, what it costs the server out: from nothing at all to a copy of all rows while writes wait.

The servers' own accounts are dev.mysql.com/doc/refman/9.7/en/innodb-online-ddl-operations.html and
mariadb.com/docs/server/server-usage/storage-engines/innodb/innodb-online-ddl; tests hold this one against real servers.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from reconciler.dialects.mysql import types
from reconciler.dialects.mysql.literals import written
from reconciler.model.model import Model
from reconciler.model.objects import Check, Column, Index, PrimaryKey, Table, Unique
from reconciler.model.types import Type


class Grade(IntEnum):
    """How much work a change is, from the least.

    INSTANT writes the definition alone, LAYOUT as well: older rows are read with what they lack. NOTED is no more work
    where a server does not call it instant. ASIDE leaves the rows as they are, and builds or drops indexes beside
    them. REBUILT writes all rows anew, ONLINE copies them; both while others write. LOCKED lets writes wait, COPIED
    lets them wait while all rows are copied.
    """

    INSTANT = 0
    LAYOUT = 1
    NOTED = 2
    ASIDE = 3
    REBUILT = 4
    ONLINE = 5
    LOCKED = 6
    COPIED = 7


class Cost(NamedTuple):
    """What a change is on MySQL, on a MariaDB that copies while others write (from 11.2 on), and on an older one."""

    mysql: Grade
    maria: Grade
    older: Grade

    def beside(self, other: Cost) -> Cost:
        """Return what both cost in one statement."""
        return Cost(max(self.mysql, other.mysql), max(self.maria, other.maria), max(self.older, other.older))


def _everywhere(grade: Grade) -> Cost:
    return Cost(grade, grade, grade)


DEFINITION = _everywhere(Grade.INSTANT)
LAYOUT = _everywhere(Grade.LAYOUT)
DICTIONARY = Cost(Grade.NOTED, Grade.INSTANT, Grade.INSTANT)
INDEX = _everywhere(Grade.ASIDE)
REBUILD = _everywhere(Grade.REBUILT)
LOCKED = Cost(Grade.LOCKED, Grade.ONLINE, Grade.LOCKED)
COPY = Cost(Grade.COPIED, Grade.ONLINE, Grade.COPIED)
# Rows get numbers.
NUMBERED = _everywhere(Grade.LOCKED)
RENUMBERED = _everywhere(Grade.COPIED)
# What MySQL asks of every row, and MariaDB of none.
ASKED = Cost(Grade.COPIED, Grade.INSTANT, Grade.INSTANT)
# Another order of what is in an index.
SORTED = Cost(Grade.COPIED, Grade.ASIDE, Grade.ASIDE)

# Bytes that a character may take, by the character set; where nothing is said it is the servers' default.
_BYTES = {
    "utf8mb4": 4, "utf8mb3": 3, "utf8": 3, "utf16": 4, "utf16le": 4, "utf32": 4, "ucs2": 2, "big5": 2, "gbk": 2,
    "gb2312": 2, "sjis": 2, "cp932": 2, "euckr": 2, "ujis": 3, "eucjpms": 3, "gb18030": 4,
}  # fmt: skip


def of_new_column(column: Column) -> Cost:
    """Return what adding a column costs."""
    if column.identity is not None:
        return NUMBERED
    if column.generated is not None:
        return COPY if column.generated.stored else LAYOUT
    default = "" if column.default is None else written(column.default, column.type.name)
    if not default.startswith("("):
        return LAYOUT
    return COPY if "uuid" in default.lower() else LAYOUT.beside(ASKED)


def of_column(old: Column, new: Column, model: Model) -> Cost:
    """Return what a MODIFY costs in the live model: as much as the dearest of its differences."""
    cost = DEFINITION
    if old.generated != new.generated:
        virtual = all(column.generated is not None and not column.generated.stored for column in (old, new))
        cost = cost.beside(ASKED if virtual else COPY)
    if old.identity != new.identity:
        cost = cost.beside(RENUMBERED if new.identity else ASKED)
    if old.not_null != new.not_null:
        cost = cost.beside(REBUILD)
    if old.type != new.type:
        cost = cost.beside(_of_type(old.type, new.type, _BYTES.get(charset_of(new, model), 1)))
    if old.collation != new.collation:
        cost = cost.beside(_of_collation(old, new, model))
    return cost


def _of_type(old: Type, new: Type, bytes_: int) -> Cost:
    base = types.base(old.name)
    if base != types.base(new.name):
        return COPY
    if base in ("enum", "set"):
        return DEFINITION if _appended(base, types.members(old.name), types.members(new.name)) else COPY
    if base not in ("varchar", "varbinary"):
        return COPY
    before, after = (types.arguments(one.name)[0] * (bytes_ if base == "varchar" else 1) for one in (old, new))
    if after < before:
        return COPY
    if (before > 255) == (after > 255):
        return DICTIONARY
    # One byte of length becomes two; MariaDB tells them apart where the first was at most 127.
    return ASKED if before < 128 else COPY


def _appended(base: str, old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Say whether members were only added at the end, and a value takes as many bytes as before."""
    size = _enum_bytes if base == "enum" else _set_bytes
    return new[: len(old)] == old and size(len(old)) == size(len(new))


def _enum_bytes(members: int) -> int:
    return 1 if members < 256 else 2


def _set_bytes(members: int) -> int:
    return (members + 7) // 8 if members <= 32 else 8


def charset_of(column: Column, model: Model) -> str:
    """Return the character set of a column, the servers' default where nothing says it."""
    table = model.get(column.ref.top)
    collation = column.collation or (dict(table.options).get("collation") if isinstance(table, Table) else None)
    return str(collation or "utf8mb4").partition("_")[0]


def _of_collation(old: Column, new: Column, model: Model) -> Cost:
    if charset_of(old, model) != charset_of(new, model):
        return COPY
    return SORTED if _sorted_by(old, model) else DICTIONARY


def _sorted_by(column: Column, model: Model) -> bool:
    table, name = column.ref.top, column.ref.name
    lists = [list(key.columns) for key in model.children(table, PrimaryKey)]
    lists += [list(key.columns) for key in model.children(table, Unique)]
    indexes = [index for index in model.children(table, Index) if index.method != "fulltext"]
    return any(name in columns for columns in lists) or any(p.column == name for index in indexes for p in index.parts)


def of_new_index(index: Index | Unique) -> Cost:
    """Return what adding an index costs."""
    if isinstance(index, Unique):
        return INDEX
    computed = any(part.expression for part in index.parts)
    return LOCKED if computed or index.method in ("fulltext", "spatial") else INDEX


def of_new_check(check: Check) -> Cost:
    """Return what adding a check costs: one that is enforced is asked of every row."""
    return COPY if check.enforced else DEFINITION
