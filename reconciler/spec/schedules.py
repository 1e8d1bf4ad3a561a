"""`schedules:` and `notify:` of a project file in, what runs when and who hears of it out; it runs nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime, time

from reconciler.errors import Position, Problem
from reconciler.frozen import frozen
from reconciler.spec import validate
from reconciler.spec.durations import duration
from reconciler.spec.nodes import Node, Source, plain
from reconciler.spec.secrets import Secret

# Seconds: nothing runs more often, and so long one does not hear of the same again unless somebody says otherwise.
OFTEN, REPEAT = 1.0, 86_400.0

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"(?:([A-Za-z]{3}(?:,[A-Za-z]{3})*)\s+)?(\d{1,2}:\d\d)-(\d{1,2}:\d\d)(?:\s+(\S+))?")

Fields = Mapping[str, Node]


@frozen
class Window:
    """Hours of a day in which something may begin; `days` are 0 for Monday to 6, all of them where it is empty.

    `end` before `begin` is on the next day. `zone` is a name of the IANA database, "" for the machine's own.
    """

    begin: time
    end: time
    days: frozenset[int] = frozenset()
    zone: str = ""


@frozen
class Schedule:
    """What is to run on a database, and when: `every` in seconds (0 for never), `cron`, or as the watcher begins.

    `environment` is "" for the default one, `notify` None for every channel.
    """

    name: str
    run: str
    environment: str = ""
    every: float = 0.0
    cron: str = ""
    at_start: bool = False
    window: Window | None = None
    on_drift: str = "notify"
    procedure: str = ""
    arguments: tuple[str | None, ...] = ()
    notify: tuple[str, ...] | None = None
    position: Position | None = field(default=None, compare=False)


@frozen
class Channel:
    """Who is told: by a webhook or by an address of Apprise; of which events, () for all; `repeat_after` in seconds."""

    name: str
    webhook: Secret | None = field(default=None, repr=False)
    apprise: Secret | None = field(default=None, repr=False)
    events: tuple[str, ...] = ()
    repeat_after: float = REPEAT


def schedules_of(fields: Fields, source: Source) -> tuple[Schedule, ...]:
    """Return the schedules of a project file in which nothing is wrong."""
    return tuple(_schedule(name, node, source) for name, node in _items(fields, "schedules"))


def channels_of(fields: Fields, secret: Callable[[Mapping[str, str]], Secret]) -> tuple[Channel, ...]:
    """Return the channels of a project file in which nothing is wrong; `secret` reads where one comes from."""
    return tuple(_channel(name, plain(node), secret) for name, node in _items(fields, "notify"))


def schedule_problems(fields: Fields, source: Source) -> list[Problem]:
    """Return what the JSON Schema cannot say of both."""
    found = [problem for name, node in _items(fields, "schedules") for problem in _wrong(name, node, fields, source)]
    for name, node in _items(fields, "notify"):
        said: Fields = node.value
        if ("webhook" in said) == ("apprise" in said):
            code = "SPEC016" if "webhook" in said else "SPEC014"
            found.append(source.problem(code, f"{name} has to have one of webhook and apprise", node.key or node.at))
        found += _duration_problems(said, "repeat_after", 0.0, source)
    return found


def window_of(text: str) -> Window | None:
    """Read `02:00-04:00`, `Sun 02:00-04:00 UTC` or `Mon,Tue 22:00-02:00 Europe/Berlin`; None if it is none of them."""
    found = _WINDOW.fullmatch(text.strip())
    days = [day.lower() for day in found[1].split(",")] if found and found[1] else []
    zone = found[4] or "" if found else ""
    if not found or not set(days) <= set(_DAYS) or not _is_zone(zone):
        return None
    try:
        begin, end = (time.fromisoformat(text.rjust(5, "0")) for text in (found[2], found[3]))
    except ValueError:
        return None
    return Window(begin=begin, end=end, days=frozenset(map(_DAYS.index, days)), zone=zone)


def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return not name or bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _items(fields: Fields, key: str) -> Iterator[tuple[str, Node]]:
    node = fields.get(key)
    for name, item in node.value.items() if node is not None and isinstance(node.value, dict) else ():
        if isinstance(item.value, dict):
            yield name, item


def _wrong(name: str, node: Node, fields: Fields, source: Source) -> Iterator[Problem]:
    said: Fields = node.value
    at = node.key or node.at
    if not {"every", "cron", "at_start"} & set(said):
        hint = 'add every: 10m, cron: "0 3 * * *" or at_start: true'
        yield source.problem("SPEC014", f"{name} does not say when it runs", at, hint=hint)
    if {"every", "cron"} <= set(said):
        yield source.problem("SPEC016", f"{name} says both every and cron", said["cron"].at)
    yield from _duration_problems(said, "every", OFTEN, source)
    yield from _cron_problems(said, source)
    yield from _window_problems(said, source)
    yield from _known(said.get("environment"), "environment", fields.get("environments"), source)
    for item in said["notify"].value if _is_list(said.get("notify")) else ():
        yield from _known(item, "channel", fields.get("notify"), source)
    run = said["run"].value if "run" in said else ""
    if (run == "call") != ("procedure" in said):
        message = f"{name} calls no procedure" if run == "call" else f"procedure goes with run: call, not run: {run}"
        place = said["procedure"].at if "procedure" in said else at
        yield source.problem("SPEC014" if run == "call" else "SPEC016", message, place)
    if "on_drift" in said and run != "check":
        yield source.problem("SPEC016", f"on_drift goes with run: check, not run: {run}", said["on_drift"].at)


def _is_list(node: Node | None) -> bool:
    return node is not None and isinstance(node.value, list)


def _text(node: Node | None) -> str | None:
    return node.value if node is not None and isinstance(node.value, str) else None


def _duration_problems(said: Fields, key: str, least: float, source: Source) -> Iterator[Problem]:
    text = _text(said.get(key))
    found = duration(text) if text is not None else least
    if found is None or found < least:
        message = f"{text!r} is no duration" if found is None else f"{text!r} is too short"
        yield source.problem("SPEC015", message, said[key].at, hint="write 30s, 10m, 1h or 7d")


def _cron_problems(said: Fields, source: Source) -> Iterator[Problem]:
    text = _text(said.get("cron"))
    if text is None:
        return
    from cronsim import CronSim, CronSimError

    try:
        CronSim(text, datetime.now(UTC))
    except CronSimError as error:
        hint = 'minute, hour, day, month, day of the week: "0 3 * * *"'
        yield source.problem("SPEC015", f"{text!r} is no cron expression: {error}", said["cron"].at, hint=hint)


def _window_problems(said: Fields, source: Source) -> Iterator[Problem]:
    text = _text(said.get("window"))
    if text is not None and window_of(text) is None:
        hint = "write 02:00-04:00, Sun 02:00-04:00 UTC or Mon,Tue 22:00-02:00 Europe/Berlin"
        yield source.problem("SPEC015", f"{text!r} is no window", said["window"].at, hint=hint)


def _known(node: Node | None, what: str, among: Node | None, source: Source) -> Iterator[Problem]:
    name = _text(node)
    names: Sequence[str] = list(among.value) if among is not None and isinstance(among.value, dict) else ()
    if node is not None and name is not None and name not in names:
        hint = validate.suggestion(name, names) or f"known: {', '.join(names) or 'none'}"
        yield source.problem("SPEC051", f"there is no {what} {name!r}", node.at, hint=hint)


def _schedule(name: str, node: Node, source: Source) -> Schedule:
    said = plain(node)
    return Schedule(
        name=name,
        run=said["run"],
        environment=said.get("environment", ""),
        every=duration(said["every"]) or 0.0 if "every" in said else 0.0,
        cron=said.get("cron", ""),
        at_start=said.get("at_start", False),
        window=window_of(said["window"]) if "window" in said else None,
        on_drift=said.get("on_drift", "notify"),
        procedure=said.get("procedure", ""),
        arguments=tuple(None if item is None else str(item) for item in said.get("arguments", ())),
        notify=tuple(said["notify"]) if "notify" in said else None,
        position=source.position(node.key or node.at),
    )


def _channel(name: str, said: Mapping[str, object], secret: Callable[[Mapping[str, str]], Secret]) -> Channel:
    found: dict[str, object] = {key: secret(said[key]) for key in ("webhook", "apprise") if key in said}  # type: ignore[arg-type]
    if "repeat_after" in said:
        found["repeat_after"] = duration(str(said["repeat_after"])) or 0.0
    return Channel(name=name, events=tuple(said.get("events", ())), **found)  # type: ignore[arg-type]
