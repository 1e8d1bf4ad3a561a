"""Bodies in, their text for one family out, and what NEW and OLD say in them that is not there; no frame is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from reconciler.dialects.transpile import NotPortable, family, name_for, statement_for, text_for
from reconciler.model.model import Model
from reconciler.model.objects import Column
from reconciler.model.programs import Trigger
from reconciler.model.values import Body, Sql, Statements

# How a column of the new row is given a value before it is written; SQLite's triggers cannot
# (sqlite.org/lang_createtrigger.html).
_ASSIGNING: Mapping[str, str] = {"mysql": "SET NEW.{name} = {value}", "postgres": "NEW.{name} := {value}"}
# The rows that a trigger sees, by event (dev.mysql.com/doc/refman/9.7/en/trigger-syntax.html, and alike elsewhere).
_ROWS: Mapping[str, frozenset[str]] = {
    "insert": frozenset({"new"}),
    "update": frozenset({"new", "old"}),
    "delete": frozenset({"old"}),
    "truncate": frozenset(),
}


class Unfit(Exception):
    """A body that a dialect cannot have: `message` says why, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def body_text(body: Body, target: str, frame: Callable[[Sequence[str]], str]) -> str:
    """Return a body as one text of a family.

    Args:
        body: portable statements, or a text that is emitted as its author wrote it.
        target: `sqlite`, `postgres` or `mysql`.
        frame: puts statements, each without a semicolon at its end, into what the dialect wants around them.

    Raises:
        Unfit: when it is another family's, or says what is not known to mean the same.
    """
    if isinstance(body, Statements):
        return frame([_statement(sql, target) for sql in body.statements])
    if body.dialect and family(body.dialect) != target:
        hint = f"write one for each dialect, body: {{{target}: …}}, or a list of portable statements"
        raise Unfit(f"the body is written for {body.dialect}", hint)
    return body.text


def _statement(sql: Sql, target: str) -> str:
    try:
        return _special(sql, target) or statement_for(sql, target)
    except NotPortable as error:
        raise Unfit(f"{_shown(sql)}: {error.told(sql, target)[0]}", f"write the whole body: {{{target}: …}}") from None


def _shown(sql: Sql) -> str:
    line = " ".join(sql.text.split())
    return repr(line if len(line) <= 50 else line[:49] + "…")


def _special(sql: Sql, target: str) -> str:
    """Return the statement when it assigns to NEW or calls a procedure, which the parser of SQL has no nodes for."""
    found = _tokens(sql)
    words = [token.text.lower() for token in found]
    if words[:3] == ["set", "new", "."] and words[4:5] in (["="], [":="]):
        if target not in _ASSIGNING:
            raise NotPortable("an assignment to NEW")
        value = text_for(Sql(sql.text[found[4].end + 1 :].strip(), sql.dialect), target)
        return _ASSIGNING[target].format(name=name_for(found[3].text, target), value=value)
    return _call(sql, target) if sql.text[:5].lower() == "call " else ""


def _call(sql: Sql, target: str) -> str:
    """Call by the name as it is written; the arguments are expressions."""
    rest = replace(sql, text=sql.text[5:].strip())
    found = _tokens(rest)
    opening = next((token for token in found if token.text == "("), None)
    if opening is None or found[-1].text != ")":
        raise NotPortable("a CALL without parentheses")
    name, inner = rest.text[: opening.start].strip(), rest.text[opening.end + 1 : found[-1].start].strip()
    if not inner or family(sql.dialect) == target:
        return f"CALL {name}({inner})"
    row = text_for(Sql(f"({inner}, 0)", sql.dialect), target)  # a list is an expression when it is in parentheses
    return f"CALL {name}({row[1:].rpartition(',')[0]})"


def _tokens(sql: Sql) -> Sequence[Any]:
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        return sqlglot.tokenize(sql.text, read=family(sql.dialect) or None)
    except SqlglotError:
        return ()


def wrong_rows(
    trigger: Trigger, model: Model, words: Sequence[str], unlisted: frozenset[str] = frozenset()
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with each NEW.x and OLD.x, and what to do.

    Args:
        trigger: what the words are of.
        model: the declared one; of a view, and of a table that is not declared, the columns are not known.
        words: the tokens of the body or condition, in order, names without their quotes.
        unlisted: names in lower case that a row knows besides those of its columns.
    """
    rows = [_ROWS[event] for event in trigger.events] if trigger.each == "row" else []
    seen = frozenset[str]().union(*rows)
    columns = {column.ref.name.lower(): column.ref.name for column in model.children(trigger.ref.top, Column)}
    aliases = {word.lower() for before, word in pairwise(words) if before.lower() == "as"}
    told: set[tuple[str, str]] = set()
    for row, dot, name in zip(words, words[1:], words[2:], strict=False):
        said = row.lower(), name.lower()
        if dot != "." or said[0] not in ("new", "old") or said[0] in aliases or said in told:
            continue
        told.add(said)
        if said[0] not in seen:
            yield _no_row(trigger, said[0])
        elif columns and said[1] not in columns and said[1] not in unlisted:
            close = get_close_matches(said[1], columns, n=1)
            hint = f"did you mean {columns[close[0]]!r}?" if close else f"it has {', '.join(columns.values())}"
            yield f"{row}.{name}: {trigger.ref.top} has no column {name!r}", hint


def _no_row(trigger: Trigger, row: str) -> tuple[str, str]:
    if trigger.each != "row":
        return f"a trigger for each statement sees no {row.upper()} row", "write each: row"
    hint = "say OLD" if row == "new" else "say NEW"
    return f"{' and '.join(trigger.events)}: there is no {row.upper()} row", hint
