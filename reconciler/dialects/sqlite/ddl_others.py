"""Strict readers of SQLite's CREATE INDEX and CREATE VIEW (sqlite.org/lang_createindex.html, lang_createview.html)."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.dialects.sqlite.lexer import Lexeme, LexError
from reconciler.dialects.sqlite.reader import Reader


@dataclass(slots=True)
class KeyPart:
    """One part of an index key: its words without COLLATE and order; `name` when it is no more than an identifier."""

    text: str
    name: str | None
    collation: str | None = None
    descending: bool = False


@dataclass(slots=True)
class IndexText:
    """A CREATE INDEX taken apart."""

    unique: bool
    parts: list[KeyPart]
    where: str | None


def read_index(text: str) -> IndexText:
    """Take a CREATE INDEX apart. Raises LexError."""
    reader = Reader(text)
    reader.expect("CREATE")
    unique = reader.take("UNIQUE")
    reader.expect("INDEX")
    reader.name()
    reader.expect("ON")
    reader.name()
    opening = reader.at
    reader.expect("(")
    end = reader.closing(opening)
    parts = []
    while reader.at < end:
        parts.append(_key_part(reader, end))
        if reader.at < end:
            reader.expect(",")
    reader.expect(")")
    where = reader.text[reader.tokens[reader.at - 1].end :].strip() if reader.take("WHERE") else None
    if where is None and reader.at < len(reader.tokens):
        raise LexError(f"did not expect {reader.peek()}")
    return IndexText(unique, parts, where)


def _key_part(reader: Reader, end: int) -> KeyPart:
    start, depth = reader.at, 0
    while reader.at < end and not (depth == 0 and reader.peek() in (",", "ASC", "DESC")):
        depth += {"(": 1, ")": -1}.get(reader.peek(), 0)
        reader.at += 1
    words = reader.tokens[start : reader.at]
    collation = None
    if len(words) > 2 and words[-2].word == "COLLATE":
        collation, words = words[-1].value, words[:-2]
    text = reader.text[words[0].start : words[-1].end]
    name = words[0].value if len(words) == 1 and words[0].lexeme in (Lexeme.WORD, Lexeme.NAME) else None
    descending = reader.take("DESC")
    reader.take("ASC")
    return KeyPart(text, name, collation, descending)


def read_view(text: str) -> str | None:
    """Return a view's query, or None when the view names its columns in a list of its own. Raises LexError."""
    reader = Reader(text)
    reader.expect("CREATE", "VIEW")
    reader.name()
    if reader.peek() == "(":
        return None
    reader.expect("AS")
    return reader.text[reader.tokens[reader.at].start :].strip().rstrip(";").strip()
