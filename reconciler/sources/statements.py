"""A file of SQL and a dialect's grammar in, its statements with their places out; none is run here."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from reconciler.dialects.pieces import Grammar, Piece, Word, divide
from reconciler.errors import Position
from reconciler.frozen import frozen
from reconciler.sources.files import Section, Source


@frozen
class Statement:
    """One statement of a file: its text without the end mark, its words with places in that text, and where it is.

    `client` and `unreadable` as in a piece.
    """

    text: str
    words: tuple[Word, ...]
    position: Position
    line: str
    source: Source
    client: str = ""
    unreadable: bool = False

    def says(self, *words: str) -> bool:
        """Say whether the statement begins with these keywords."""
        return tuple(word.word for word in self.words[: len(words)]) == words


@dataclass(frozen=True)
class _Lines:
    """Where the lines of a text begin."""

    text: str

    @cached_property
    def starts(self) -> list[int]:
        starts, at = [0], self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def place(self, at: int) -> tuple[int, int, str]:
        """Return line and column, from 1, and the text of the line."""
        number = max(1, bisect_right(self.starts, at))
        start = self.starts[number - 1]
        end = self.text.find("\n", start)
        return number, at - start + 1, self.text[start : len(self.text) if end < 0 else end]


def statements(source: Source, grammar: Grammar) -> Iterator[Statement]:
    """Yield what a file holds, statement by statement."""
    lines = _Lines(source.text)
    for section in source.sections:
        # Blanks stand for what is before: every place stays what it is.
        for piece in _pieces(source.text, section, grammar):
            yield _statement(source, piece, lines)


def _pieces(text: str, section: Section, grammar: Grammar) -> Iterator[Piece]:
    for piece in divide(grammar, text[section.start : section.end]):
        yield _moved(piece, section.start)


def _moved(piece: Piece, by: int) -> Piece:
    words = tuple(Word(word.word, word.name, word.start + by, word.end + by) for word in piece.words)
    unreadable = None if piece.unreadable is None else piece.unreadable + by
    return Piece(
        start=piece.start + by, end=piece.end + by, words=words, client=piece.client, unreadable=unreadable
    )  # fmt: skip


def _statement(source: Source, piece: Piece, lines: _Lines) -> Statement:
    at = piece.start if piece.unreadable is None else piece.unreadable
    line, column, text = lines.place(at)
    end = min(len(text), column + 39) if piece.unreadable is not None else min(len(text), column - 1 + piece.end - at)
    words = tuple(Word(word.word, word.name, word.start - piece.start, word.end - piece.start) for word in piece.words)
    return Statement(
        text=source.text[piece.start : piece.end], words=words,
        position=Position(source.shown, line, column, end + 1), line=text, source=source, client=piece.client,
        unreadable=piece.unreadable is not None,
    )  # fmt: skip
