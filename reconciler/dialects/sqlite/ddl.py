"""A strict reader of SQLite's CREATE TABLE: stored text in, columns and constraints in their own words out.

Every token has to be accounted for: what the grammar here does not know is an error, never passed over
(sqlite.org/lang_createtable.html).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from reconciler.dialects.sql import double_quoted
from reconciler.dialects.sqlite.lexer import Lexeme, LexError
from reconciler.dialects.sqlite.reader import Reader


@dataclass(slots=True)
class Constraint:
    """One constraint as written. `kind` is its first keyword; `conflict` its ON CONFLICT word.

    `words` are the columns of a key where they say more than names: a collation, an order. `plain` is false for what no
    clause of ours says.
    """

    kind: str
    name: str | None = None
    columns: list[str] = field(default_factory=list)
    words: str = ""
    text: str = ""
    conflict: str = ""
    target: str = ""
    target_columns: list[str] = field(default_factory=list)
    actions: dict[str, str] = field(default_factory=dict)
    deferred: str = ""
    plain: bool = True


@dataclass(slots=True)
class ColumnText:
    """One column as written, its constraints apart."""

    name: str
    type: str = ""
    not_null: bool = False
    conflict: str = ""
    default: str | None = None
    not_null_name: str | None = None
    collation: str | None = None
    generated: str | None = None
    stored: bool = False


@dataclass(slots=True)
class TableText:
    """A CREATE TABLE taken apart."""

    columns: list[ColumnText] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)
    without_rowid: bool = False
    strict: bool = False
    autoincrement: bool = False


def read_table(text: str) -> TableText:
    """Take a CREATE TABLE apart. Raises LexError with what was not understood."""
    reader, table = Reader(text), TableText()
    reader.expect("CREATE", "TABLE")
    reader.name()
    reader.expect("(")
    while True:
        if _starts_constraint(reader):
            _table_constraint(reader, table)
        else:
            _column(reader, table)
        # The comma between table constraints may be missing (parse.y: conslist, tconscomma).
        if not reader.take(",") and not _starts_constraint(reader):
            break
    reader.expect(")")
    _options(reader, table)
    if reader.at < len(reader.tokens):
        raise LexError(f"did not expect {reader.peek()}")
    return table


_CONSTRAINT_STARTS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})


def _starts_constraint(reader: Reader) -> bool:
    return reader.peek() in _CONSTRAINT_STARTS


def _options(reader: Reader, table: TableText) -> None:
    while reader.at < len(reader.tokens):
        if reader.take("WITHOUT", "ROWID"):
            table.without_rowid = True
        elif reader.take("STRICT"):
            table.strict = True
        else:
            return
        reader.take(",")


def _conflict(reader: Reader) -> str:
    return reader.next().word if reader.take("ON", "CONFLICT") else ""


_ENDS_TYPE = frozenset(
    {"CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS",
     "DEFERRABLE", ",", ")", ""}
)  # fmt: skip


def _column(reader: Reader, table: TableText) -> None:
    column = ColumnText(reader.name())
    column.type = _type(reader)
    table.columns.append(column)
    while reader.peek() not in (",", ")", ""):
        name = _constraint_name(reader)
        if name is not None and reader.peek() in (",", ")"):
            break  # a name that names nothing (parse.y: ccons ::= CONSTRAINT nm)
        read = _COLUMN_CLAUSES.get(reader.peek())
        if read is None:
            raise LexError(f"did not expect {reader.peek() or 'the end'} in column {column.name}")
        read(reader, table, column, name)


def _constraint_name(reader: Reader) -> str | None:
    """Read CONSTRAINT and a name, of several the last."""
    name = None
    while reader.take("CONSTRAINT"):
        name = reader.name()
    return name


def _type(reader: Reader) -> str:
    start = reader.at
    while reader.peek() not in _ENDS_TYPE:
        if reader.peek() == "(":
            reader.inside()
            break
        if reader.tokens[reader.at].lexeme not in (Lexeme.WORD, Lexeme.NAME, Lexeme.STRING):
            raise LexError(f"did not expect {reader.peek()} in a type")
        reader.at += 1
    if reader.at == start:
        return ""
    words = reader.tokens[start].value
    if reader.at == start + 1 and words.replace(" ", "").isidentifier():
        return words  # SQLite takes quotes away from a type that is nothing else
    return reader.text[reader.tokens[start].start : reader.tokens[reader.at - 1].end]


def _primary(reader: Reader, table: TableText, column: ColumnText, name: str | None) -> None:
    reader.expect("PRIMARY", "KEY")
    key = Constraint("PRIMARY", name, [column.name])
    if reader.take("DESC"):
        # Of INTEGER it makes a key that is no rowid, as no other form does (sqlite.org/lang_createtable.html#rowid).
        key.plain = column.type.upper() != "INTEGER"
        key.words = f"{double_quoted(column.name)} DESC"
    reader.take("ASC")
    key.conflict = _conflict(reader)
    table.autoincrement = reader.take("AUTOINCREMENT") or table.autoincrement
    table.constraints.append(key)


def _not_null(reader: Reader, table: TableText, column: ColumnText, name: str | None) -> None:
    if reader.peek(1) == "DEFERRABLE":
        return _deferrable(reader, table, column, name)
    reader.expect("NOT", "NULL")
    column.not_null, column.not_null_name, column.conflict = True, name, _conflict(reader)
    return None


def _null(reader: Reader, table: TableText, column: ColumnText, name: str | None) -> None:
    reader.expect("NULL")
    _conflict(reader)


def _unique(reader: Reader, table: TableText, column: ColumnText, name: str | None) -> None:
    reader.expect("UNIQUE")
    table.constraints.append(Constraint("UNIQUE", name, [column.name], conflict=_conflict(reader)))


def _check(reader: Reader, table: TableText, column: ColumnText, name: str | None) -> None:
    reader.expect("CHECK")
    table.constraints.append(Constraint("CHECK", name, [column.name], text=reader.inside()))


def _default(reader: Reader, table: TableText, column: ColumnText, name: str | None) -> None:
    reader.expect("DEFAULT")
    if reader.peek() == "(":
        column.default = f"({reader.inside()})"
        return
    sign = reader.next().text if reader.peek() in ("+", "-") else ""
    column.default = sign + reader.next().text


def _collate(reader: Reader, table: TableText, column: ColumnText, name: str | None) -> None:
    reader.expect("COLLATE")
    column.collation = reader.name()


def _references(reader: Reader, table: TableText, column: ColumnText, name: str | None) -> None:
    table.constraints.append(_foreign_key(reader, Constraint("FOREIGN", name, [column.name])))


def _deferrable(reader: Reader, table: TableText, column: ColumnText, name: str | None) -> None:
    keys = [key for key in table.constraints if key.kind == "FOREIGN" and key.columns == [column.name]]
    if not keys:
        raise LexError(f"did not expect {reader.peek()} in column {column.name}")
    keys[-1].deferred = _deferral(reader)


def _generated(reader: Reader, table: TableText, column: ColumnText, name: str | None) -> None:
    reader.take("GENERATED", "ALWAYS")
    reader.expect("AS")
    column.generated = reader.inside()
    column.stored = reader.take("STORED")
    reader.take("VIRTUAL")


_Clause = Callable[[Reader, TableText, ColumnText, "str | None"], None]
_COLUMN_CLAUSES: dict[str, _Clause] = {
    "PRIMARY": _primary, "NOT": _not_null, "NULL": _null, "UNIQUE": _unique, "CHECK": _check, "DEFAULT": _default,
    "COLLATE": _collate, "REFERENCES": _references, "DEFERRABLE": _deferrable, "GENERATED": _generated,
    "AS": _generated,
}  # fmt: skip


def _deferral(reader: Reader) -> str:
    """Read [NOT] DEFERRABLE [INITIALLY …]; return "", "immediate" or "deferred"."""
    negated = reader.take("NOT")
    reader.expect("DEFERRABLE")
    initially = reader.next().word if reader.take("INITIALLY") else "IMMEDIATE"
    return "" if negated else initially.lower()


def _foreign_key(reader: Reader, key: Constraint) -> Constraint:
    reader.expect("REFERENCES")
    key.target = reader.name()
    key.target_columns = reader.names() if reader.peek() == "(" else []
    while reader.peek() in ("ON", "MATCH"):
        # Every MATCH is read and counts as SIMPLE (sqlite.org/foreignkeys.html, section 6).
        if reader.take("MATCH"):
            reader.next()
            continue
        reader.expect("ON")
        event = reader.next().word
        action = reader.next().word
        key.actions[event] = f"{action} {reader.next().word}" if action in ("SET", "NO") else action
    if reader.peek() == "DEFERRABLE" or (reader.peek() == "NOT" and reader.peek(1) == "DEFERRABLE"):
        key.deferred = _deferral(reader)
    return key


def _table_constraint(reader: Reader, table: TableText) -> None:
    key = Constraint("", _constraint_name(reader))
    if reader.take("CHECK"):
        key.kind, key.text = "CHECK", reader.inside()
        key.conflict = _conflict(reader)
    elif reader.take("FOREIGN", "KEY"):
        key.kind, key.columns = "FOREIGN", reader.names()
        _foreign_key(reader, key)
    elif reader.take("PRIMARY", "KEY"):
        key.kind = "PRIMARY"
        _key_columns(reader, table, key)
    elif reader.take("UNIQUE"):
        key.kind = "UNIQUE"
        _key_columns(reader, table, key)
    else:
        raise LexError(f"did not expect {reader.peek() or 'the end'} after CONSTRAINT {key.name}")
    table.constraints.append(key)


def _key_columns(reader: Reader, table: TableText, key: Constraint) -> None:
    reader.expect("(")
    words: list[str] = []
    while True:
        key.columns.append(reader.name())
        words.append(double_quoted(key.columns[-1]))
        if reader.take("COLLATE"):
            words[-1] += f" COLLATE {double_quoted(reader.name())}"
        words[-1] += " DESC" if reader.take("DESC") else ""
        reader.take("ASC")
        table.autoincrement = reader.take("AUTOINCREMENT") or table.autoincrement
        if not reader.take(","):
            break
    reader.expect(")")
    said_more = words != [double_quoted(name) for name in key.columns]
    key.words = ", ".join(words) if said_more else ""
    key.conflict = _conflict(reader)
