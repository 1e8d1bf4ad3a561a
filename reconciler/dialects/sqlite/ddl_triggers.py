"""A strict reader of SQLite's CREATE TRIGGER, and of a trigger's body (sqlite.org/lang_createtrigger.html)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from reconciler.dialects.sqlite.lexer import LexError, Token, tokens
from reconciler.dialects.sqlite.reader import Reader
from reconciler.frozen import frozen

# With what a statement of a body begins. None of them can close the body, or be a second command behind it.
_OPENERS = frozenset({"DELETE", "INSERT", "REPLACE", "SELECT", "UPDATE", "VALUES", "WITH"})


@frozen
class TriggerText:
    """A CREATE TRIGGER taken apart; `timing` is before, after or instead_of, `body` what stands in BEGIN … END."""

    timing: str
    event: str
    columns: tuple[str, ...]
    when: str | None
    body: str


@lru_cache(maxsize=65536)
def read_trigger(text: str) -> TriggerText:
    """Take a CREATE TRIGGER apart, as sqlite_schema has it. Raises LexError."""
    reader = Reader(text)
    reader.expect("CREATE", "TRIGGER")
    reader.name()
    timing = next((name for words, name in _TIMINGS if reader.take(*words)), "before")
    event = next((word.lower() for word in ("INSERT", "UPDATE", "DELETE") if reader.take(word)), "")
    if not event:
        raise LexError(f"expected INSERT, UPDATE or DELETE, found {reader.peek() or 'the end'}")
    columns = _listed(reader) if event == "update" and reader.take("OF") else ()
    reader.expect("ON")
    reader.name()
    if reader.take("."):  # behind the name of the schema, which is `main`
        reader.name()
    reader.take("FOR", "EACH", "ROW")
    when = _condition(reader) if reader.take("WHEN") else None
    reader.expect("BEGIN")
    opening, last = reader.tokens[reader.at - 1], reader.tokens[-1]
    if last.word != "END" or last is opening:
        raise LexError("END is missing")
    body = text[opening.end : last.start].strip()
    checked_body(body)
    return TriggerText(timing=timing, event=event, columns=columns, when=when, body=body)


_TIMINGS: Sequence[tuple[tuple[str, ...], str]] = (
    (("BEFORE",), "before"), (("AFTER",), "after"), (("INSTEAD", "OF"), "instead_of"),
)  # fmt: skip


def _listed(reader: Reader) -> tuple[str, ...]:
    found = [reader.name()]
    while reader.take(","):
        found.append(reader.name())
    return tuple(found)


def _condition(reader: Reader) -> str:
    """Go past a condition and return its text.

    BEGIN may be a column's name as well; where a statement follows, and no dot is before it, it is not.
    """
    start = reader.at
    while not (reader.peek() == "BEGIN" and reader.peek(1) in _OPENERS and reader.tokens[reader.at - 1].text != "."):
        reader.at = reader.closing(reader.at) + 1 if reader.peek() == "(" else reader.at + 1
        if reader.at >= len(reader.tokens):
            raise LexError("BEGIN is missing")
    if reader.at == start:
        raise LexError("the condition is missing")
    return reader.text[reader.tokens[start].start : reader.tokens[reader.at - 1].end]


@lru_cache(maxsize=65536)
def checked_body(text: str) -> str:
    """Return a body without its BEGIN and END, if it has them, and with a semicolon behind its last statement.

    Raises LexError when it is not statements of a trigger alone: whatever would close the body, and go on behind it,
    is none.
    """
    found = tokens(f"{text}\nEND")
    if not found or found[-1].start != len(text) + 1:
        raise LexError("a comment has no end")
    inner, start, end = _unframed(found[:-1], len(text))
    if not inner:
        raise LexError("it is empty")
    for statement in _statements(inner):
        if not statement:
            raise LexError("a statement is missing before a semicolon")
        if statement[0].word not in _OPENERS:
            begins = f"and none begins with {statement[0].text}"
            raise LexError(f"a statement of a trigger is an INSERT, UPDATE, DELETE or SELECT, {begins}")
    last = inner[-1].end
    semicolon = "" if inner[-1].text == ";" else ";"
    return f"{text[start:last]}{semicolon}{text[last:end]}".strip()


def _unframed(found: Sequence[Token], length: int) -> tuple[Sequence[Token], int, int]:
    """Return the tokens between BEGIN and END, and where the text between them begins and ends."""
    bare = found[:-1] if found and found[-1].text == ";" else found
    if len(bare) > 1 and bare[0].word == "BEGIN" and bare[-1].word == "END":
        return bare[1:-1], bare[0].end, bare[-1].start
    return found, 0, length


def _statements(found: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Yield the statements of a body; a semicolon inside of one would be no SQL."""
    begin = 0
    for at, token in enumerate(found):
        if token.text == ";":
            yield found[begin:at]
            begin = at + 1
    if begin < len(found):
        yield found[begin:]
