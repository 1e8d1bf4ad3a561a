"""One YAML text in, its documents as nodes with positions and every problem out; it knows no kind of object.

It reads the parser's events instead of composed nodes: nothing recurses, and an absurd file is given up where it
becomes absurd. What YAML has beyond plain documents (anchors, tags, merge keys, keys that are no text) is a problem.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Any

import yaml

from reconciler.errors import Problem
from reconciler.spec.commas import joined_items, joined_keys, opens
from reconciler.spec.nodes import At, Node, Source
from reconciler.spec.scalars import STARTS, WORDS, scalar

DEEPEST = 64
MOST_VALUES = 500_000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What libyaml says → what a person can do about it.
_HINTS: Mapping[str, str] = {
    "cannot start any token": "put the text in quotes, or after `|` on lines of its own",
    "mapping values are not allowed": "text with a colon is quoted, or stands after `|` on lines of its own",
    "expected ',' or": "text with commas, quotes or brackets inside { } or [ ] is quoted as a whole",
    "could not find expected ':'": "each key is followed by a colon and a space",
}
_SILENT = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)
_NO_SHARING = "write the value out: a reader of one change must see what it says"


class _GiveUp(Exception):
    """The rest of the file is not worth reading; the problem is noted."""


@dataclass(slots=True)
class _Frame:
    """A list or mapping that is being read; `key` waits for its value."""

    node: Node
    keys: list[str] | None
    values: list[Node]
    flow: bool
    key: str | None = None
    key_at: At | None = None
    suspicious: bool = False


@dataclass(slots=True)
class Parsed:
    """The documents of a file, with what is wrong. `sound` is false when the nodes do not say what the file says."""

    documents: list[Node] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    sound: bool = True


def parse(source: Source) -> Parsed:
    """Read every document of a file; never raises."""
    builder = _Builder(source)
    try:
        loader = _LOADER(source.text)
        next_event = loader.get_event
        handlers = builder.handlers()
        while (event := next_event()) is not None:
            handlers[type(event)](event)
    except _GiveUp:
        builder.parsed.sound = False
    except yaml.YAMLError as error:
        builder.parsed.sound = False
        builder.parsed.problems.append(_syntax(source, error))
    return builder.parsed


class _Builder:
    """What is made of the events of one file; `frame` is the innermost list or mapping, `outer` are those around it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.parsed = Parsed()
        self.frame: _Frame | None = None
        self.outer: list[_Frame | None] = []
        self.count = 0

    def handlers(self) -> dict[type, Callable[[Any], None]]:
        """Return what takes each sort of event. It is not kept here: with a circle nothing would be freed soon."""
        return {
            yaml.ScalarEvent: self.scalar,
            yaml.AliasEvent: self.alias,
            yaml.MappingStartEvent: self.mapping,
            yaml.SequenceStartEvent: self.sequence,
            yaml.MappingEndEvent: self.end,
            yaml.SequenceEndEvent: self.end,
            **dict.fromkeys(_SILENT, self.nothing),
        }

    def nothing(self, _event: Any) -> None:
        """Pass over an event that says nothing about the content."""

    def problem(self, code: str, message: str, at: At, **more: Any) -> None:
        self.parsed.problems.append(self.source.problem(code, message, at, **more))

    def give_up(self, code: str, message: str, at: At, **more: Any) -> None:
        self.problem(code, message, at, **more)
        raise _GiveUp

    def scalar(self, event: Any) -> None:
        """Take a key or a value; there are so many that `_at` is written out."""
        start, end = event.start_mark, event.end_mark
        line = start.line
        at = (line + 1, start.column + 1, end.column + 1 if end.line == line else 0)
        if event.anchor or event.tag:
            self.unwanted(event, at)
        frame, value, style = self.frame, event.value, event.style
        if frame is not None and frame.key is None and frame.keys is not None:
            if value == "<<" and not style:
                self.parsed.sound = False
                self.problem("SPEC007", "merge keys are not part of the format", at, hint=_NO_SHARING)
            # A few words are the keys of nearly everything, and are found sooner when they are the same objects.
            frame.key, frame.key_at = intern(value), at
            return
        self.attach(Node(value if style else self.plain(value, at), at, None, style or ""))

    def plain(self, text: str, at: At) -> Any:
        """Return the value of a text without quotes."""
        value: Any = WORDS.get(text, text)
        if value is text and text[0] in STARTS:
            try:
                value = scalar(text)
            except ValueError as error:
                self.problem("SPEC009", str(error), at)
        if "(" in text and self.frame is not None and self.frame.flow and opens(value):
            self.frame.suspicious = True
        return value

    def alias(self, event: Any) -> None:
        self.parsed.sound = False
        at = _at(event)
        self.problem("SPEC007", "aliases are not part of the format", at, hint=_NO_SHARING)
        self.as_value(at)
        self.attach(Node(None, at))

    def mapping(self, event: Any) -> None:
        self.open(event, {}, [])

    def sequence(self, event: Any) -> None:
        self.open(event, [], None)

    def open(self, event: Any, value: Any, keys: list[str] | None) -> None:
        at = _at(event)
        if event.anchor or event.tag:
            self.unwanted(event, at)
        self.as_value(at)
        if len(self.outer) >= DEEPEST:
            self.give_up("SPEC003", f"nested more than {DEEPEST} levels deep", at)
        node = Node(value, at)
        self.attach(node)
        self.outer.append(self.frame)
        self.frame = _Frame(node, keys, [], bool(event.flow_style))

    def as_value(self, at: At) -> None:
        """Make sure that what comes next is not a key."""
        if self.frame is not None and self.frame.keys is not None and self.frame.key is None:
            self.give_up("SPEC013", "a key must be text", at)

    def attach(self, node: Node) -> None:
        self.count += 1
        if self.count > MOST_VALUES:
            message = f"more than {MOST_VALUES} values in one file"
            self.give_up("SPEC003", message, node.at, hint="split it into several")
        frame = self.frame
        if frame is None:
            self.parsed.documents.append(node)
            return
        frame.values.append(node)
        if frame.keys is not None and frame.key is not None:
            node.key = frame.key_at
            frame.keys.append(frame.key)
            frame.key = None

    def end(self, _event: Any) -> None:
        frame, self.frame = self.frame, self.outer.pop()
        assert frame is not None
        if frame.suspicious:
            repair = joined_items if frame.keys is None else joined_keys
            self.parsed.problems += repair(self.source, frame.keys or [], frame.values)
        if frame.keys is None:
            frame.node.value = frame.values
            return
        frame.node.value = dict(zip(frame.keys, frame.values, strict=True))
        if len(frame.node.value) < len(frame.keys):
            frame.node.value = self.first_of_each(frame.keys, frame.values)

    def first_of_each(self, keys: list[str], values: list[Node]) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for key, node in zip(keys, values, strict=True):
            if key not in found:
                found[key] = node
                continue
            first = found[key].key or found[key].at
            self.problem(
                "SPEC006",
                f"duplicate key {key!r}, first used on line {first[0]}",
                node.key or node.at,
                also=(self.source.position(first),),
            )
        return found

    def unwanted(self, event: Any, at: At) -> None:
        self.parsed.sound = False
        if event.anchor:
            self.problem("SPEC007", f"anchors such as &{event.anchor} are not part of the format", at, hint=_NO_SHARING)
        if event.tag:
            self.problem("SPEC007", f"tags such as {event.tag} are not part of the format", at, hint="leave it out")


def _at(event: Any) -> At:
    start, end = event.start_mark, event.end_mark
    line, column = start.line, start.column
    return line + 1, column + 1, (end.column + 1 if end.line == line else 0)


def _syntax(source: Source, error: yaml.YAMLError) -> Problem:
    if isinstance(error, yaml.reader.ReaderError):
        character = error.character if isinstance(error.character, int) else ord(error.character[:1] or "\0")
        message = f"the character U+{character:04X} is not allowed in YAML"
        return source.problem("SPEC004", message, _find(source, character))
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = getattr(error, "problem", None) or str(error)
    at = (mark.line + 1, mark.column + 1, 0) if mark else (1, 1, 0)
    hint = next((hint for words, hint in _HINTS.items() if words in what), "")
    if source.line(at[0], at[1])[at[1] - 1 : at[1]] == "\t":
        hint = "indent with spaces, not with tabs"
    opened = _opened(error)
    if opened and not source.line(at[0]).strip():  # nothing is there to point at: what was opened is never closed
        at, opened = opened, at
    also = (source.position(opened),) if opened else ()
    return source.problem("SPEC004", f"not valid YAML: {what}", at, hint=hint, also=also)


def _opened(error: Any) -> At | None:
    """Return where the thing that YAML did not understand begins, when that is another place."""
    context, mark = getattr(error, "context_mark", None), getattr(error, "problem_mark", None)
    if context is None or mark is None or context.line == mark.line:
        return None
    return context.line + 1, context.column + 1, context.column + 2


def _find(source: Source, character: int) -> At:
    for number, line in enumerate(source.lines, start=1):
        column = line.find(chr(character))
        if column >= 0:
            return number, column + 1, column + 2
    return 1, 1, 0
