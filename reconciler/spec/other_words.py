"""A key as databases and other tools have it in, what says the same in a spec out; it knows no schema."""

from __future__ import annotations

from collections.abc import Mapping

_NULL = "a column takes NULL unless it says `not_null: true`"
_IDENTITY = "write `identity: true`"
_IN_TYPE = "write it with the type: `type: varchar(40)`, `type: decimal(12,2)`"
_CHARACTERS = "write `collation: NAME`, which tells the character set"
_DEFAULT = "write `default: VALUE`, or `default: {sql: …}` for an expression"
_PRIMARY = "write `primary_key: [COLUMN, …]` in the table"
_FOREIGN = "write `references: TABLE.COLUMN` in the column, or `foreign_keys` in the table"
_INDEXES = "write `indexes` in the table"
_TEXT = "write `query` in a view, `body` in a routine or trigger"
_RENAMED = "write `renamed_from: NAME`"

SAID_HERE: Mapping[str, str] = {
    "nullable": _NULL, "null": _NULL, "optional": _NULL, "required": "write `not_null: true`",
    "auto_increment": _IDENTITY, "autoincrement": _IDENTITY, "serial": _IDENTITY,
    "unsigned": "write it with the type: `native: bigint unsigned`",
    "length": _IN_TYPE, "size": _IN_TYPE, "precision": _IN_TYPE, "scale": _IN_TYPE,
    "charset": _CHARACTERS, "character_set": _CHARACTERS, "encoding": _CHARACTERS,
    "default_value": _DEFAULT, "default_sql": _DEFAULT, "default_expression": _DEFAULT,
    "primary": _PRIMARY, "pk": _PRIMARY, "foreign_key": _FOREIGN, "fk": _FOREIGN,
    "index": _INDEXES, "indices": _INDEXES, "keys": _INDEXES,
    "check": "write `checks` in the table",
    "constraints": "write `checks`, `unique`, `foreign_keys` or `exclusions` in the table",
    "definition": _TEXT, "select": _TEXT, "sql": _TEXT, "as": _TEXT,
    "old_name": _RENAMED, "previous_name": _RENAMED, "description": "write `comment`",
}  # fmt: skip
