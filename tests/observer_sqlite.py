"""A SQLite file in, what its own PRAGMAs and stored texts say about it out, to be compared; nothing of ours is asked.

What the product reads with its lexer is read here in another way, so that the two do not share a blind spot: keys,
uniqueness, collations and orders come from PRAGMAs, defaults are evaluated, checks are cut out of the text by hand.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

Facts = Mapping[str, object]

_WORD = re.compile(
    r"""--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[\w.$]+|\|\||->>|->|[<>=!]=|<>|\S""",
    re.DOTALL,
)
_CONFLICTS = {"rollback", "abort", "fail", "ignore", "replace"}


def facts(path: Path) -> Facts:
    """Return what can be said of a file's schema, by a name for each thing; the ledger and SQLite's own left out."""
    with closing(sqlite3.connect(path)) as connection:
        return dict(_facts(connection))


def differences(first: Facts, second: Facts) -> list[str]:
    """Return a line for everything in which the two disagree."""
    return [
        f"{name}: {first.get(name, 'missing')!r} is not {second.get(name, 'missing')!r}"
        for name in sorted({*first, *second})
        if first.get(name) != second.get(name)
    ]


def _facts(connection: sqlite3.Connection) -> Iterator[tuple[str, object]]:
    rows = connection.execute("select type, name, tbl_name, sql from sqlite_schema order by name").fetchall()
    kinds = {name: rest for name, *rest in connection.execute("select name, type, wr, strict from pragma_table_list")}
    for type_, name, table, sql in rows:
        if table.lower().startswith(("sqlite_", "_reconcile_")):
            continue
        if type_ == "table" and kinds[name][0] == "table":
            yield f"table {name.lower()}", kinds[name]
            yield from _table(connection, name, sql)
        elif type_ == "view":
            yield f"view {name.lower()}", _plain(_words(sql)[_words(sql).index("as") :])
        elif type_ == "trigger":
            yield f"trigger {name.lower()}", (table.lower(), _trigger(_words(sql)[3:]))
        elif type_ == "index" and sql is not None:
            yield f"index {name.lower()}", (table.lower(), _beyond_columns(connection, name, _words(sql)))


def _trigger(words: list[str]) -> str:
    """Return what a trigger says behind its name, in one way where there are several; its table is told elsewhere."""
    on = words.index("on")
    event = sorted({word for word in words[:on] if word != ","} - {"before"})
    rest = words[on + (3 if words[on + 1] == "main." else 2) :]
    return " ".join((*event, _plain(rest).replace("for each row ", "", 1)))


def _beyond_columns(connection: sqlite3.Connection, index: str, words: list[str]) -> str:
    """Return what an index says beyond the columns that PRAGMAs tell of: its condition, all of it with expressions."""
    rows = connection.execute("select name from pragma_index_xinfo(?) where key", [index]).fetchall()
    told = "where" if all(name is not None for (name,) in rows) else "on"
    return _plain(words[words.index(told) :]) if told in words else ""


def _table(connection: sqlite3.Connection, name: str, sql: str) -> Iterator[tuple[str, object]]:
    rows = connection.execute("select * from pragma_table_xinfo(?)", [name]).fetchall()
    keys = sum(row[5] > 0 for row in rows)
    for cid, column, type_, not_null, default, key, hidden in rows:
        words = (
            re.sub(r"\s*([(),])\s*", r"\1", " ".join(type_.upper().split())).removesuffix("GENERATED ALWAYS").strip()
        )
        # A rowid is never null and has no default, whatever its column says (sqlite.org/lang_createtable.html#rowid).
        rowid = keys == 1 and key and words == "INTEGER"
        value = None if rowid else _value(words, default)
        yield f"column {name.lower()}.{column.lower()}", (cid, words, not_null or rowid, value, key, hidden)
    yield f"keys {name.lower()}", sorted(_keys(connection, name))
    yield f"foreign keys {name.lower()}", sorted(_foreign_keys(connection, name))
    yield f"text {name.lower()}", sorted(_clauses(_words(sql)))


def _value(type_: str, default: str | None) -> object:
    """Return what a column of this type holds when nothing is given, or the words where that changes by itself."""
    if default is None or "current_" in default.lower() or "(" in default[1:]:
        return (None, "null") if default is None else _plain(_words(default))
    with closing(sqlite3.connect(":memory:")) as scratch:
        try:
            scratch.execute(f"create table t (c {type_} default {default})")
        except sqlite3.Error:
            scratch.execute(f"create table t (c {type_} default ({default}))")
        scratch.execute("insert into t default values")
        return scratch.execute("select c, typeof(c) from t").fetchone()


def _keys(connection: sqlite3.Connection, table: str) -> Iterator[tuple[object, ...]]:
    """Yield every index with its uniqueness, origin and key; one of a constraint has no name of its own."""
    for index, unique, origin, partial in connection.execute(
        'select name, "unique", origin, partial from pragma_index_list(?)', [table]
    ):
        parts = connection.execute(
            'select lower(coalesce(name, "?")), "desc", lower(coll) from pragma_index_xinfo(?) where key', [index]
        ).fetchall()
        yield (index.lower() if origin == "c" else "", unique, origin, partial, repr(parts))


def _foreign_keys(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    found: dict[int, list[object]] = {}
    for number, _, target, here, there, update, delete, _ in connection.execute(
        "select * from pragma_foreign_key_list(?)", [table]
    ):
        primary = connection.execute("select name from pragma_table_info(?) where pk order by pk", [target]).fetchall()
        columns = found.setdefault(number, [target.lower(), update, delete])
        to = there if there is not None else primary[(len(columns) - 3) % len(primary)][0] if primary else "?"
        columns.append((here.lower(), to.lower()))
    yield from map(repr, found.values())


def _words(text: str) -> list[str]:
    """Return words in lower case, without quotes and comments; strings keep theirs."""
    found = [word for word in _WORD.findall(text) if not word.startswith(("--", "/*"))]
    return [word if word[0] == "'" else _unquoted(word).lower() for word in found]


def _unquoted(word: str) -> str:
    return word[1:-1] if len(word) > 1 and word[0] in '"`[' else word


def _plain(words: list[str]) -> str:
    """Return words as one text in which parentheses and two spellings of one sign do not count."""
    same = {"==": "=", "<>": "!="}
    return " ".join(same.get(word, word) for word in words if word not in "();")


def _clauses(words: list[str]) -> Iterator[str]:
    """Yield what no PRAGMA tells: checks, conflicts, deferrals, collations, AUTOINCREMENT, generated expressions."""
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else ""
        if word == "check" or (word == "as" and following == "("):
            yield f"{word} {_plain(_inside(words, index + 1))}"
        elif word == "conflict" and following in _CONFLICTS:
            yield f"on conflict {following}"
        elif word == "collate" and following != "binary":
            yield f"collate {following}"
        elif word == "initially" and following == "deferred":
            yield "initially deferred"
        elif word == "autoincrement":
            yield word


def _inside(words: list[str], opening: int) -> list[str]:
    depth = 0
    for index in range(opening, len(words)):
        depth += {"(": 1, ")": -1}.get(words[index], 0)
        if depth == 0:
            return words[opening + 1 : index]
    return []
