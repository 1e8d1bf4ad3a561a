"""Triggers of specs in, in SQLite's normal form out, and the statements that make them; it asks no database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from reconciler.dialects.beyond import ON_MYSQL, ON_POSTGRES, Add, Beyond, without
from reconciler.dialects.bodies import Unfit, body_text, wrong_rows
from reconciler.dialects.sql import double_quoted, names
from reconciler.dialects.sqlite.ddl_triggers import checked_body, read_trigger
from reconciler.dialects.sqlite.lexer import Lexeme, LexError, canonical, tokens
from reconciler.dialects.sqlite.names import fold
from reconciler.dialects.sqlite.render import enclosed
from reconciler.dialects.sqlite.surroundings import has_option
from reconciler.model.fields import changed
from reconciler.model.model import Model
from reconciler.model.objects import Object, Unmodelled
from reconciler.model.programs import Trigger
from reconciler.model.ref import Ref
from reconciler.model.values import Body, Deferrable, Sql

_BEYOND = (
    Beyond("each", "row", "SQLite's triggers are for each row", ON_POSTGRES),
    Beyond("execute", None, "SQLite has no functions to execute", "give it a body: dialect: {sqlite: {body: …}}"),
    Beyond("arguments", (), "SQLite's triggers call no function with arguments", ON_POSTGRES),
    Beyond("constraint", False, "SQLite has no constraint triggers", ON_POSTGRES),
    Beyond("deferrable", Deferrable.NO, "SQLite's triggers cannot wait for the commit", ON_POSTGRES),
    Beyond("old_table", None, "SQLite's triggers have no names for changed rows", ON_POSTGRES),
    Beyond("new_table", None, "SQLite's triggers have no names for changed rows", ON_POSTGRES),
    Beyond("enabled", "origin", "SQLite's triggers cannot be switched off", ON_POSTGRES),
    Beyond("follows", None, "SQLite's triggers have no order", ON_MYSQL),
    Beyond("definer", None, "SQLite has no accounts", ON_MYSQL),
    Beyond("options", (), "SQLite's triggers have no options", ON_MYSQL),
)
# By these words a row's number is known where no column has taken them (sqlite.org/lang_createtable.html#rowid).
_ROWIDS = frozenset({"rowid", "_rowid_", "oid"})


def live_trigger(ref: Ref, sql: str) -> Trigger:
    """Return the trigger that a stored text makes. Raises LexError when it cannot be read."""
    read = read_trigger(sql)
    return Trigger(
        ref=ref,
        timing=read.timing,
        events=(read.event,),
        columns=read.columns,
        when=Sql(read.when, "sqlite", canonical(read.when)) if read.when else None,
        body=_spelled(read.body),
        definition=sql,
    )


@lru_cache(maxsize=65536)
def _spelled(body: str) -> Sql:
    """Return a body with its canonical spelling, in which a comment at its end does not count either."""
    found = tokens(body)
    return Sql(body, "sqlite", canonical(body[: found[-1].end] if found else body))


def normal_trigger(obj: Trigger, model: Model, add: Add) -> Iterator[Trigger]:
    """Bring a trigger of either side into normal form; its condition has SQLite's words by now."""
    _one_event(obj, add)
    if obj.definer == "":  # whoever makes it: there is nobody else
        obj = replace(obj, definer=None)
    obj = without(obj, _BEYOND, add)
    obj = changed(obj, comment=None, columns=tuple(sorted(obj.columns, key=fold)))
    body = _body(obj, obj.body, add) if obj.body is not None else None
    obj = obj if body == obj.body and type(body) is type(obj.body) else replace(obj, body=body)
    if not obj.definition:  # what the database has made it has taken
        _rows(obj, model, add)
    yield obj


def _rows(obj: Trigger, model: Model, add: Add) -> None:
    for part, sql in (("when", obj.when), ("body", obj.body)):
        if isinstance(sql, Sql):
            for message, hint in wrong_rows(obj, model, _words(sql.text), _unlisted(obj, model)):
                add(obj, part, message, hint)


def _one_event(obj: Trigger, add: Add) -> None:
    if "truncate" in obj.events:
        add(obj, "events", "SQLite has no TRUNCATE", ON_POSTGRES)
    elif len(obj.events) > 1:
        add(obj, "events", "a trigger of SQLite has one event", f"write one trigger for each: {', '.join(obj.events)}")


def _body(obj: Trigger, body: Body, add: Add) -> Sql:
    try:
        text = body_text(body, "sqlite", _joined)
    except Unfit as error:
        add(obj, "body", error.message, error.hint)
        return _NONE
    try:
        return _spelled(checked_body(text))
    except LexError as error:
        add(obj, "body", f"the body cannot be read: {error}", "write statements, each with a semicolon behind it")
        return _NONE


# What stands for a body that has been refused.
_NONE = Sql("")


def _joined(statements: Sequence[str]) -> str:
    return "\n".join(f"{statement.rstrip().rstrip(';')};" for statement in statements)


@lru_cache(maxsize=65536)
def _words(text: str) -> Sequence[str]:
    try:
        found = tokens(text)
    except LexError:
        return ()
    return tuple(token.value if token.lexeme is Lexeme.NAME else token.text for token in found)


def _unlisted(obj: Trigger, model: Model) -> frozenset[str]:
    """Return the names that rows know besides their columns."""
    return frozenset() if has_option(obj.ref.top, model, "without_rowid") else _ROWIDS


# --- statements -------------------------------------------------------------------------------------------------------


def create_trigger(trigger: Trigger) -> str:
    """Write CREATE TRIGGER."""
    assert isinstance(trigger.body, Sql), f"{trigger.ref} is not in normal form"
    timing, event = trigger.timing.replace("_", " ").upper(), trigger.events[0].upper()
    of = f" OF {names(double_quoted, trigger.columns)}" if trigger.columns else ""
    when = "" if trigger.when is None else trigger.when.text
    condition = f"\nWHEN {when if enclosed(when) else f'({when})'}" if when else ""
    head = f"CREATE TRIGGER {double_quoted(trigger.ref.name)} {timing} {event}{of} ON "
    return f"{head}{double_quoted(trigger.ref.top.name)}\nFOR EACH ROW{condition}\nBEGIN\n{trigger.body.text}\nEND"


def trigger_again(trigger: Trigger, old: Model) -> str:
    """Recreate a trigger; one that did not change in its own stored words."""
    before = old.get(trigger.ref)
    if isinstance(before, Trigger) and before == trigger and before.definition:
        return before.definition
    return create_trigger(trigger)


def drop_trigger(name: str) -> str:
    """Write DROP TRIGGER."""
    return f"DROP TRIGGER {double_quoted(name)}"


def triggers_again(holder: Ref, new: Model, old: Model) -> list[str]:
    """Write every trigger of a table anew, and what else was made for it.

    They come in the order in which they were made: SQLite promises none, and fires them by it all the same.
    """
    turns = {obj.ref: turn for turn, obj in enumerate(old.subtree(holder))}
    triggers = [(obj.ref, trigger_again(obj, old)) for obj in new.children(holder, Trigger)]
    others = [(obj.ref, obj.definition) for obj in new.children(holder, Unmodelled) if obj.definition]
    found = sorted((*triggers, *others), key=lambda pair: (turns.get(pair[0], len(turns)), pair[0]))
    return [text for _, text in found]


def trigger_names(holder: Ref, model: Model) -> list[Ref]:
    """Return the triggers of a table or view, also of those that are not modelled."""
    found: list[Object] = [*model.children(holder, Trigger)]
    found += (obj for obj in model.children(holder, Unmodelled) if obj.ref.kind == "trigger")
    return sorted(obj.ref for obj in found)
