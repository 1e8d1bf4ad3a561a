"""Events in the catalog and in specs in, in normal form out, and the statements that make, change and drop them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.dialects.beyond import Add
from reconciler.dialects.mysql.circumstances import aligned, definer_clause, spelled, stored_options, under
from reconciler.dialects.mysql.frames import framed_body
from reconciler.dialects.mysql.lexer import LexError, each_token, quoted, text_literal
from reconciler.dialects.mysql.names import of
from reconciler.dialects.mysql.session import Ask
from reconciler.dialects.sql import ours
from reconciler.model.fields import compared
from reconciler.model.model import Model
from reconciler.model.programs import Event
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Sql
from reconciler.plan.rules import Outcome, Rules, States, Way
from reconciler.plan.step import DataCheck, Statement

_EVENTS = """
SELECT event_name, definer, event_definition, interval_value, interval_field, execute_at, starts, ends, status,
    on_completion, event_comment, sql_mode, character_set_client, collation_connection, time_zone
FROM information_schema.events WHERE event_schema = database() ORDER BY event_name
"""

# dev.mysql.com/doc/refman/9.7/en/create-event.html
_UNITS = frozenset("year quarter month day hour minute week second".split())
# A unit of several parts → what stands between them, and how many of each part make one of the part before it.
_PAIRS: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "year_month": ("-", (12,)), "day_hour": (" ", (24,)), "day_minute": (" :", (24, 60)),
    "day_second": (" ::", (24, 60, 60)), "hour_minute": (":", (60,)), "hour_second": ("::", (60, 60)),
    "minute_second": (":", (60,)),
}  # fmt: skip
# A moment of an event, to the second.
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2})?))?(?:\.0+)?")


def inspect_events(ask: Ask, defaults: Mapping[str, str]) -> Iterator[Event]:
    """Yield every event that the user may see."""
    for row in ask(_EVENTS):
        if not ours(row[0]):
            yield _read(ask, row, defaults)


def _read(ask: Ask, row: Sequence[Any], defaults: Mapping[str, str]) -> Event:
    name, definer, text, value, unit, at, starts, ends, status, completion, comment, *under_what, zone = row
    if "'" in text or '"' in text:  # the catalog has lost the escapes of literals
        text = _stored_body(ask(f"SHOW CREATE EVENT {quoted(name)}")[0][3], text)
    mode, charset, collation = under_what
    return Event(
        ref=Ref.root(Kind.EVENT, name), every=f"{value} {unit}" if value is not None else None, at=_shown(at),
        starts=_shown(starts), ends=_shown(ends), body=spelled(text), enabled=status != "DISABLED",
        preserve=completion == "PRESERVE", definer=definer, comment=comment or None,
        options=stored_options(mode, charset, collation, defaults, zone),
    )  # fmt: skip


def _shown(moment: object) -> str | None:
    return None if moment is None else str(moment)


def _stored_body(statement: str, otherwise: str) -> str:
    """Return what stands behind DO."""
    try:
        for token in each_token(statement):
            if token.word == "DO":
                return statement[token.end :].lstrip()
    except LexError:
        pass
    return otherwise


# --- normal form ------------------------------------------------------------------------------------------------------


def normal_event(obj: Event, add: Add) -> Event:
    """Bring an event of either side into normal form."""
    every = obj.every
    if every is not None:
        every = _interval(every)
        if every is None:
            add(obj, "every", f"{obj.every!r} is no interval", "write 1 day, 90 minute, or '1:30' hour_minute")
    said = {name: getattr(obj, name) for name in ("at", "starts", "ends")}
    moments = {name: _moment(text) for name, text in said.items()}
    for name, text in said.items():
        if text is not None and moments[name] is None:
            add(obj, name, f"{text!r} is no moment", "write 2030-01-31 04:00:00, in the time zone of the event")
    if obj.at is not None and (obj.starts or obj.ends):
        part = "starts" if obj.starts else "ends"
        add(obj, part, "an event that happens once neither starts nor ends", "leave it out")
    at, starts, ends = (moments[name] for name in ("at", "starts", "ends"))
    body = framed_body(obj, add)
    return replace(obj, every=every, at=at, starts=starts, ends=ends, body=body, comment=obj.comment or None)


def _interval(text: str) -> str | None:
    """Return an interval as the catalog spells it: `1 day`, `'1:30' hour_minute`; None for what is none."""
    value, _, unit = text.strip().rpartition(" ")
    unit, value = unit.lower(), value.strip().strip("'\"").strip()
    if unit.endswith("s") and unit[:-1] in _UNITS:
        unit = unit[:-1]
    if unit in _UNITS:
        return f"{int(value)} {unit}" if value.isdecimal() and int(value) > 0 else None
    numbers = [int(number) for number in re.findall(r"\d+", value)]
    if unit not in _PAIRS or not re.fullmatch(r"\d+([ :-]\d+)*", value) or len(numbers) > len(_PAIRS[unit][1]) + 1:
        return None
    return f"'{_several(numbers, *_PAIRS[unit])}' {unit}"


def _several(numbers: list[int], between: str, sizes: Sequence[int]) -> str:
    """Spell an interval of several parts as the servers do: every part is there, and none is more than it can be."""
    parts = [0] * (len(sizes) + 1 - len(numbers)) + numbers
    for index in range(len(sizes), 0, -1):
        carry, parts[index] = divmod(parts[index], sizes[index - 1])
        parts[index - 1] += carry
    return "".join(f"{part}{sign}" for part, sign in zip(parts, (*between, ""), strict=True))


def _moment(text: str | None) -> str | None:
    found = _MOMENT.fullmatch(text.strip()) if text is not None else None
    if found is None:
        return None
    clock = found[2] or "00:00:00"
    return f"{found[1]} {clock if clock.count(':') == 2 else f'{clock}:00'}"


def aligned_event(obj: Event, live: Model, defaults: Mapping[str, str]) -> Event:
    """Return a declared event with what the live one has where the spec is silent; it starts when it started."""
    obj = aligned(obj, live, defaults)
    there = live.get(obj.ref)
    if obj.every is not None and obj.starts is None and isinstance(there, Event) and there.every is not None:
        return replace(obj, starts=there.starts)
    return obj


# --- statements -------------------------------------------------------------------------------------------------------


def _schedule(event: Event) -> str:
    if event.at is not None:
        return f"ON SCHEDULE AT {text_literal(event.at)}"
    starts = f" STARTS {text_literal(event.starts)}" if event.starts else ""
    ends = f" ENDS {text_literal(event.ends)}" if event.ends else ""
    return f"ON SCHEDULE EVERY {event.every}{starts}{ends}"


def _clauses(event: Event) -> list[tuple[frozenset[str], str]]:
    """Return the clauses of an event in the order of the grammar, each with the fields that it says."""
    assert isinstance(event.body, Sql), f"{event.ref} is not in normal form"
    kept = "" if event.preserve else "NOT "
    return [
        (frozenset({"every", "at", "starts", "ends"}), _schedule(event)),
        (frozenset({"preserve"}), f"ON COMPLETION {kept}PRESERVE"),
        (frozenset({"enabled"}), "ENABLE" if event.enabled else "DISABLE"),
        (frozenset({"comment"}), f"COMMENT {text_literal(event.comment or '')}"),
        (frozenset({"body", "options"}), f"DO\n{event.body.text}"),
    ]


def _create(new: Event, states: States) -> Outcome:
    clauses = " ".join(text for fields, text in _clauses(new) if "comment" not in fields or new.comment)
    return under(new, [Statement(f"CREATE {definer_clause(new)}EVENT {of(new.ref)} {clauses}")])


def _drop(old: Event, states: States) -> Outcome:
    return (Statement(f"DROP EVENT {of(old.ref)}"),)


def _change(old: Event, new: Event, states: States) -> Outcome:
    """Alter all that differs in one statement; it says whose rights the event has, or it would be ours.

    An end cannot be taken back (dev.mysql.com/doc/refman/9.7/en/alter-event.html).
    """
    if old.ends is not None and new.ends is None:
        return Way.REPLACE
    differ = {name for name in compared(Event) if getattr(old, name) != getattr(new, name)}
    clauses = [text for fields, text in _clauses(new) if fields & differ]
    if not clauses:  # the account alone
        clauses = [text for fields, text in _clauses(new) if "enabled" in fields]
    head = f"ALTER {definer_clause(new)}EVENT {of(new.ref)}"
    return under(new, [Statement(f"{head} {' '.join(clauses)}")])


def event_again(event: Event) -> tuple[Statement, ...]:
    """Write the body of an event anew."""
    assert isinstance(event.body, Sql), f"{event.ref} is not in normal form"
    return under(event, [Statement(f"ALTER {definer_clause(event)}EVENT {of(event.ref)} DO\n{event.body.text}")])


def _rename(old: Event, new: Event, states: States) -> Outcome:
    return under(new, [Statement(f"ALTER {definer_clause(new)}EVENT {of(old.ref)} RENAME TO {of(new.ref)}")])


def scheduler_check(event: Event) -> DataCheck:
    """Ask whether anything runs by the clock at all."""
    return DataCheck(
        code="MY150", ref=event.ref, count="SELECT @@global.event_scheduler <> 'ON'",
        message="event_scheduler is off, so it does not run; as an administrator: SET GLOBAL event_scheduler = ON",
    )  # fmt: skip


EVENT = Rules(
    create=_create, drop=_drop, rename=_rename, alter=dict.fromkeys(compared(Event), _change), weight=80,
    drop_weight=2, falls=False, looks_up=True,
)  # fmt: skip
