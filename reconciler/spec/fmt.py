"""The text of a spec file in, the same in its canonical form out: key order, quotes, lines; every comment is kept.

What is written is read again before anybody gets it: it says the same, with the same comments, or it is an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.errors import SpecError
from reconciler.spec import validate
from reconciler.spec.concrete import Piece, concrete
from reconciler.spec.emit import Block, Lines, Remarked, Written, document
from reconciler.spec.load import load_text
from reconciler.spec.nodes import Node, Source
from reconciler.spec.parse import parse
from reconciler.spec.shape import Shape, shape


def formatted(source: Source) -> str:
    """Return the canonical text of a file of specs. Raises SpecError with everything that is wrong with it."""
    documents = load_text(source.text, source.file).documents
    return _formatted(source, [shape(found.kind) for found in documents], [found.node for found in documents])


def formatted_project(source: Source) -> str:
    """Return the canonical text of a project file. Raises SpecError with everything that is wrong with its form."""
    parsed = parse(source)
    problems = list(parsed.problems)
    if parsed.sound:
        problems += [problem for node in parsed.documents for problem in validate.problems("project", node, source)]
    if problems:
        raise SpecError(problems)
    return _formatted(source, [shape("project")] * len(parsed.documents), parsed.documents)


def _formatted(source: Source, shapes: Sequence[Shape], nodes: Sequence[Node]) -> str:
    text = source.text.replace("\r\n", "\n").replace("\r", "\n")
    before = concrete(text)
    found = "---\n".join(document(_root(piece, at)) for piece, at in zip(before.documents, shapes, strict=True))
    again = parse(Source(source.file, found))
    kept = not again.problems and len(again.documents) == len(nodes)
    kept = kept and all(_same(old, new, at) for old, new, at in zip(nodes, again.documents, shapes, strict=True))
    if not kept or sorted(before.comments) != sorted(concrete(found).comments):
        message = "the canonical form would not say the same: the file is left as it is"
        raise SpecError([source.problem("SPEC018", message, (1, 1, 0), hint="this is a bug; please report the file")])
    return found if "\r\n" not in source.text.partition("\n")[0] + "\n" else found.replace("\n", "\r\n")


def _same(old: Node, new: Node, at: Shape) -> bool:
    """Say whether two values mean the same: order counts where an author chose the names, white space but in SQL."""
    if isinstance(old.value, dict) and isinstance(new.value, dict):
        keys = at.ordered(old.value)
        pairs = ((old.value[key], new.value[key], at.below(key)) for key in keys if key in new.value)
        return keys == at.ordered(new.value) and all(_same(*pair) for pair in pairs)
    if isinstance(old.value, list) and isinstance(new.value, list):
        same = len(old.value) == len(new.value)
        return same and all(_same(one, two, at.item) for one, two in zip(old.value, new.value, strict=True))
    if isinstance(old.value, str) and isinstance(new.value, str) and at.sql:
        return old.value.strip() == new.value.strip()
    return type(old.value) is type(new.value) and bool(old.value == new.value)


# --- from pieces to what is written -----------------------------------------------------------------------------------


def _root(piece: Piece, at: Shape) -> Remarked:
    """Return a document. What is said before its first key is said of the whole: it stays at the top."""
    value = _value(piece, at)
    head = [*piece.before, *([piece.beside] if piece.beside else [])]
    if head and piece.apart:
        head.append("")
    return Remarked(value, before=_spaced(head), below=tuple(piece.below))


def _noted(piece: Piece, at: Shape, first: bool) -> Any:
    before = (*piece.before, *([""] if piece.apart else []))
    before = _spaced(before) if first else _single(before)
    value = _value(piece, at)
    if not (before or piece.beside or piece.below):
        return value
    return Remarked(value, before=before, beside=piece.beside, below=_single(piece.below))


def _spaced(lines: Sequence[str]) -> tuple[str, ...]:
    """Return lines without empty ones at their beginning."""
    start = next((number for number, line in enumerate(lines) if line), len(lines))
    return _single(lines[start:])


def _single(lines: Sequence[str]) -> tuple[str, ...]:
    """Return lines with no two empty ones in a row."""
    return tuple(line for number, line in enumerate(lines) if line or not number or lines[number - 1])


def _value(piece: Piece, at: Shape) -> Any:
    if isinstance(piece.value, dict):
        keys = at.ordered(piece.value)
        entries = {key: _noted(piece.value[key], at.below(key), key == keys[0]) for key in keys}
        return Lines(entries) if at.apart else entries
    if isinstance(piece.value, list):
        return [_noted(child, at.item, number == 0) for number, child in enumerate(piece.value)]
    if isinstance(piece.value, str):
        return _text(piece, at)
    return piece.value if piece.value is None or isinstance(piece.value, bool) else Written(piece.raw)


def _text(piece: Piece, at: Shape) -> Any:
    """Return a text as it is to be written; one that its author folded keeps its lines."""
    if piece.style == ">":
        folded = _folded(piece)
        if folded is not None:
            return folded
    stripped = piece.value.strip()
    return Block(stripped) if at.sql and stripped else piece.value


def _folded(piece: Piece) -> Written | None:
    head, *lines = piece.raw.rstrip().split("\n")
    sign = head.partition("#")[0].strip()
    filled = [line for line in lines if line.strip()]
    if sign not in (">", ">-") or not filled:
        return None
    indent = min(len(line) - len(line.lstrip(" ")) for line in filled)
    inner = [line[indent:] if line.strip() else "" for line in lines]
    return None if not inner[0] or inner[0].startswith((" ", "\t")) else Written(sign, tuple(inner))
