"""Statements with named values in, statements as D1 takes them out: numbers as words, texts by position."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from reconciler.dialects.sqlite.d1.limits import VALUE
from reconciler.dialects.sqlite.d1.wire import Statement
from reconciler.dialects.sqlite.lexer import tokens

# Bytes of rows that travel as one value: half of what a value may have, for what JSON adds.
_CHUNK = VALUE // 2


def positional(sql: str, parameters: Mapping[str, object] | None) -> Statement:
    """Return a statement with `:name` replaced: D1 knows no names, and takes every value for a text or a float."""
    if not parameters:
        return Statement(sql)
    pieces: list[str] = []
    values: list[str] = []
    places: dict[str, str] = {}
    at = 0
    for colon, word in pairwise(tokens(sql)):
        if colon.text != ":" or colon.end != word.start or word.text not in parameters:
            continue
        if word.text not in places:
            places[word.text] = _placed(parameters[word.text], values)
        pieces += [sql[at : colon.start], places[word.text]]
        at = word.end
    return Statement("".join((*pieces, sql[at:])), tuple(values))


def _placed(value: object, values: list[str]) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int | float):
        return repr(value if isinstance(value, float) else int(value))
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    values.append(str(value))
    return f"?{len(values)}"


def inserts(table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[Statement]:
    """Yield what adds rows: as many as fit into one value travel in it, as JSON, in which numbers stay numbers."""
    taken = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(columns)))
    sql = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {taken} FROM json_each(?1)"
    chunk: list[str] = []
    size = 0
    for text in (json.dumps(row, ensure_ascii=False) for row in map(list, rows)):
        length = len(text.encode())
        if chunk and size + length > _CHUNK:
            yield Statement(sql, (f"[{','.join(chunk)}]",))
            chunk, size = [], 0
        chunk.append(text)
        size += length + 1
    if chunk:
        yield Statement(sql, (f"[{','.join(chunk)}]",))
