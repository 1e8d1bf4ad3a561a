"""Triggers in the catalog and in specs in, in normal form out, and the statements that make, replace and drop them.

The order in which those of one time and event fire is the server's; a spec that is silent of it leaves it alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.dialects.base import Session
from reconciler.dialects.beyond import ON_POSTGRES, Add, Beyond, without
from reconciler.dialects.bodies import wrong_rows
from reconciler.dialects.mysql.circumstances import definer_clause, spelled, stored_options, under
from reconciler.dialects.mysql.frames import framed_body
from reconciler.dialects.mysql.lexer import LexError, each_token, quoted, tokens
from reconciler.dialects.mysql.names import of, table
from reconciler.dialects.mysql.session import queried
from reconciler.dialects.sql import captures, ours
from reconciler.model.fields import compared
from reconciler.model.model import Model
from reconciler.model.names import helper_name
from reconciler.model.programs import Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Deferrable, Sql
from reconciler.plan.rules import Outcome, Rules, States
from reconciler.plan.step import Statement

_TRIGGERS = """
SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_statement, definer, sql_mode,
    character_set_client, collation_connection
FROM information_schema.triggers WHERE trigger_schema = database()
ORDER BY event_object_table, action_timing, event_manipulation, action_order
"""


def trigger_rows(session: Session) -> Sequence[tuple[Any, ...]]:
    """Return a row for every trigger that the user may see: its name, its table, when it fires, its body and more."""
    rows = [row for row in session.query(_TRIGGERS) if not (ours(row[1]) or captures(row[0]))]
    # The catalog has lost the escapes and character sets of literals; only the statement itself still has them. MariaDB
    # has no text at all for whoever lacks the right to it, and refuses the statement in words.
    lost = [row[0] for row in rows if row[4] is None or "'" in row[4] or '"' in row[4]]
    made = dict(zip(lost, queried(session, [f"SHOW CREATE TRIGGER {quoted(name)}" for name in lost]), strict=True))
    return [(*row[:4], _stored_body(made[row[0]][0][2], row[4]), *row[5:]) if row[0] in made else row for row in rows]


def triggers_of(rows: Sequence[tuple[Any, ...]], defaults: Mapping[str, str]) -> Iterator[Trigger]:
    """Yield the triggers of some tables, each with its neighbour in the order in which they fire."""
    found = [_read(row, defaults) for row in rows]
    for index, trigger in enumerate(found):
        before, after = found[index - 1] if index else None, found[index + 1] if index + 1 < len(found) else None
        if before is not None and _together(before, trigger):
            yield replace(trigger, follows=before.ref.name, clauses=f"FOLLOWS {of(before.ref)}")
        elif after is not None and _together(trigger, after):
            yield replace(trigger, clauses=f"PRECEDES {of(after.ref)}")
        else:
            yield trigger


def _together(one: Trigger, other: Trigger) -> bool:
    return (one.ref.top, one.timing, one.events) == (other.ref.top, other.timing, other.events)


def _read(row: Sequence[Any], defaults: Mapping[str, str]) -> Trigger:
    name, holder, timing, event, text, definer, mode, charset, collation = row
    options = stored_options(mode, charset, collation, defaults)
    return Trigger(
        ref=Ref.root(Kind.TABLE, holder).child(Kind.TRIGGER, name), timing=timing.lower(), events=(event.lower(),),
        body=spelled(text), definer=definer, options=options,
    )  # fmt: skip


def _stored_body(statement: str, otherwise: str) -> str:
    """Return what stands behind FOR EACH ROW, and behind the words of the order."""
    words: list[str] = []
    skipped = 0
    try:
        for token in each_token(statement):
            if words[-3:] != ["FOR", "EACH", "ROW"]:
                words.append(token.word)
            elif token.word in ("FOLLOWS", "PRECEDES") and not skipped:
                skipped = 1
            elif skipped != 1:
                return statement[token.start :]
            else:
                skipped = 2
    except LexError:
        pass
    return otherwise


# --- normal form ------------------------------------------------------------------------------------------------------


_BEYOND = (
    Beyond("each", "row", "the triggers here are for each row", ON_POSTGRES),
    Beyond("columns", (), "an update trigger here fires whatever column changes",
               "compare the values: when: not (old.a <=> new.a)"),
    Beyond("execute", None, "the triggers here call no function", "give it a body: dialect: {mysql: {body: …}}"),
    Beyond("arguments", (), "the triggers here call no function with arguments", ON_POSTGRES),
    Beyond("constraint", False, "there are no constraint triggers here", ON_POSTGRES),
    Beyond("deferrable", Deferrable.NO, "the triggers here cannot wait for the commit", ON_POSTGRES),
    Beyond("old_table", None, "the triggers here have no names for changed rows", ON_POSTGRES),
    Beyond("new_table", None, "the triggers here have no names for changed rows", ON_POSTGRES),
    Beyond("enabled", "origin", "the triggers here cannot be switched off", "remove it, or say it elsewhere alone"),
)  # fmt: skip


def normal_trigger(obj: Trigger, model: Model, add: Add) -> Trigger | None:
    """Bring a trigger of either side into normal form; its condition has MySQL's words by now."""
    if obj.ref.top.kind == Kind.VIEW or obj.timing == "instead_of":
        add(obj, "timing", "the views here have no triggers", "limit it: only: [postgres, sqlite, d1]")
        return None
    if obj.events == ("truncate",) or "truncate" in obj.events:
        add(obj, "events", "there is no trigger here for TRUNCATE", ON_POSTGRES)
    elif len(obj.events) > 1:
        add(obj, "events", "a trigger here has one event", f"write one trigger for each: {', '.join(obj.events)}")
    obj = without(obj, _BEYOND, add)
    if obj.body is None:
        return replace(obj, body=Sql("BEGIN END", "mysql"))
    normal = replace(obj, body=framed_body(obj, add, obj.when), when=None, comment=None)
    for message, hint in wrong_rows(normal, model, _words(normal)):
        add(obj, "body", message, hint)
    return normal


def _words(obj: Trigger) -> list[str]:
    assert isinstance(obj.body, Sql), f"{obj.ref} is not in normal form"
    try:
        return [token.value for token in tokens(obj.body.text)]
    except LexError:
        return []


def foretold(live: Trigger, declared: Trigger | None, all_live: Model) -> Trigger:
    """Return a live trigger with as much of its place in the order as the spec speaks of.

    A trigger that is to follow another one does so wherever that one fires before it.
    """
    wanted = declared.follows if declared is not None else None
    if wanted is None or wanted in _before(live, all_live):
        return replace(live, follows=wanted)
    return live


def _before(trigger: Trigger, model: Model) -> Iterator[str]:
    """Yield the names of the triggers that fire before one, the nearest first."""
    seen = {trigger.ref.name}
    name = trigger.follows
    while name is not None and name not in seen:
        yield name
        seen.add(name)
        found = model.get(trigger.ref.top.child(Kind.TRIGGER, name))
        name = found.follows if isinstance(found, Trigger) else None


# --- statements -------------------------------------------------------------------------------------------------------


def _text(trigger: Trigger, place: str, verb: str = "CREATE", name: str = "", holder: str = "") -> str:
    assert isinstance(trigger.body, Sql), f"{trigger.ref} is not in normal form"
    head = f"{verb} {definer_clause(trigger)}TRIGGER {name or of(trigger.ref)} {trigger.timing.upper()}"
    on = f"{trigger.events[0].upper()} ON {holder or table(trigger.ref)} FOR EACH ROW"
    return f"{head} {on}{f' {place}' if place else ''}\n{trigger.body.text}"


def _create(new: Trigger, states: States) -> Outcome:
    place = f"FOLLOWS {quoted(new.follows)}" if new.follows is not None else ""
    return under(new, [Statement(_text(new, place))])


def _drop(old: Trigger, states: States) -> Outcome:
    return (Statement(f"DROP TRIGGER {of(old.ref)}"),)


def _change(old: Trigger, new: Trigger, states: States) -> Outcome:
    """Replace a trigger so that no row is written without it.

    On MySQL it has to be dropped first (dev.mysql.com/doc/refman/9.7/en/create-trigger.html), so another one is made on
    an empty table before: what the server does not take is found while the old one is still there.
    """
    if "replace_program" in states.features and old.ref.name == new.ref.name:
        return under(new, [Statement(_text(new, _place(old, new, states), "CREATE OR REPLACE"))])
    trial = quoted(helper_name(str(new.ref), "trial"))
    trying = (
        Statement(f"DROP TABLE IF EXISTS {trial}"),
        Statement(f"CREATE TABLE {trial} LIKE {table(new.ref)}"),
        *under(new, [Statement(_text(new, "", name=trial, holder=trial))]),
        Statement(f"DROP TABLE IF EXISTS {trial}"),
    )
    return (*trying, *locked(new.ref, trigger_again(old, new, states)))


def locked(ref: Ref, statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Run statements while nobody else can write to a table."""
    return (Statement(f"LOCK TABLES {table(ref)} WRITE"), *statements, Statement("UNLOCK TABLES"))


def trigger_again(old: Trigger, new: Trigger, states: States) -> tuple[Statement, ...]:
    """Drop a trigger and make it anew in its place; for whoever holds the lock of its table."""
    made = Statement(_text(new, _place(old, new, states)))
    return under(new, [Statement(f"DROP TRIGGER {of(old.ref)}"), made])


def _place(old: Trigger, new: Trigger, states: States) -> str:
    """Write where a trigger goes: behind the one that it is to follow, else where it was."""
    if new.follows is not None and new.follows != old.follows:
        return f"FOLLOWS {quoted(new.follows)}"
    words = old.clauses if (old.timing, old.events) == (new.timing, new.events) else ""
    seen: set[str] = set()
    while words and words not in seen:
        seen.add(words)
        neighbour = new.ref.top.child(Kind.TRIGGER, tokens(words)[1].value)
        if neighbour in states.new:
            return words
        gone = states.old.get(neighbour)
        words = gone.clauses if isinstance(gone, Trigger) else ""
    return ""


def _rename(old: Trigger, new: Trigger, states: States) -> Outcome:
    return locked(new.ref, trigger_again(old, new, states))


TRIGGER = Rules(
    # As early as what it names allows: one that a run that died has left away is made before all else. Names are the
    # whole database's, so one is dropped before that.
    create=_create, drop=_drop, rename=_rename, alter=dict.fromkeys(compared(Trigger), _change), weight=2,
    drop_weight=1, falls=False, looks_up=True,
)  # fmt: skip
