"""What the driver raises in, an error as data out: its message names objects and never shows what rows hold."""

from __future__ import annotations

from typing import Any

from reconciler.dialects.base import DatabaseError

# SQLSTATEs after which the same statement may go through: lock_not_available, deadlock_detected, serialization_failure
# (manual, "PostgreSQL Error Codes"). Class 08 and 57P0x mean that the connection is gone.
RETRYABLE = frozenset({"55P03", "40P01", "40001"})
LOST = ("08", "57P0")

# Classes whose detail speaks of definitions alone: dependent objects, what is not supported, types and names.
_ABOUT_DEFINITIONS = ("2B", "0A", "42")
# "Data exception": the message quotes the value; invalid_parameter_value quotes settings and no rows.
_DATA, _SETTING = "22", "22023"

# Names that the server gives beside its words.
_NAMES = (("constraint_name", "constraint"), ("column_name", "column"), ("table_name", "table"))


def database_error(error: Any, *, closed: bool) -> DatabaseError:
    """Translate an error of psycopg's; `closed` says that the connection did not survive it."""
    code = getattr(error, "sqlstate", None) or ""
    said = getattr(error, "diag", None)
    primary = getattr(said, "message_primary", None) or str(error).strip()
    detail = getattr(said, "message_detail", None) or ""
    message = f"{primary}. {detail}" if detail and code.startswith(_ABOUT_DEFINITIONS) else primary
    if code.startswith(_DATA) and code != _SETTING:
        message, detail = _without_values(primary), ". ".join(filter(None, (primary, detail)))
    return DatabaseError(
        _with_names(message, said), detail=detail, code=code, retryable=code in RETRYABLE,
        lost=closed or code.startswith(LOST),
    )  # fmt: skip


def _without_values(message: str) -> str:
    """Leave out what stands between the first and the last quotation mark: a value may hold some itself."""
    head, first, rest = message.partition('"')
    return head + '"…"' + rest.rpartition('"')[2] if first else message


def _with_names(message: str, said: Any) -> str:
    """Add the names that the words leave out."""
    found = ((word, getattr(said, field, None)) for field, word in _NAMES)
    missing = [f"{word} {name}" for word, name in found if name and name not in message]
    return f"{message} ({', '.join(missing)})" if missing else message
