"""The words of a statement in, read from left to right; what a part of it says is its author's text, to the letter."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from reconciler.dialects.pieces import Word


class NotRead(Exception):
    """Something in a statement that only a server reads; the message says what, in the author's words."""


@dataclass
class Cursor:
    """Words of one statement, and how far they have been read."""

    text: str
    words: Sequence[Word]
    at: int = 0

    @property
    def done(self) -> bool:
        """Whether all words have been read."""
        return self.at >= len(self.words)

    @property
    def word(self) -> str:
        """The keyword or sign that comes next, "" for none."""
        return "" if self.done else self.words[self.at].word

    def says(self, *said: str) -> bool:
        """Say whether these keywords come next."""
        return tuple(word.word for word in self.words[self.at : self.at + len(said)]) == said

    def took(self, *said: str) -> bool:
        """Read these keywords if they come next, and say whether they did."""
        found = self.says(*said)
        self.at += len(said) if found else 0
        return found

    def name(self) -> str:
        """Read a name. Raises NotRead where there is none."""
        if self.done or self.word in _SIGNS:
            raise self.unread()
        self.at += 1
        return self.words[self.at - 1].name

    def path(self) -> tuple[str, str]:
        """Read a name that may have a schema before it."""
        found = ["", self.name()]
        while self.took("."):
            found.append(self.name())
        return found[-2], found[-1]

    def group(self) -> Cursor:
        """Read what stands between parentheses. Raises NotRead where none opens."""
        if self.word != "(":
            raise self.unread()
        start, depth = self.at + 1, 0
        for index in range(self.at, len(self.words)):
            depth += (self.words[index].word == "(") - (self.words[index].word == ")")
            if depth == 0:
                self.at = index + 1
                return Cursor(self.text, self.words[start:index])
        raise self.unread()

    def parts(self) -> Iterator[Cursor]:
        """Yield what is left, divided at its commas."""
        start, depth = self.at, 0
        for index in range(self.at, len(self.words)):
            depth += (self.words[index].word == "(") - (self.words[index].word == ")")
            if self.words[index].word == "," and depth == 0:
                yield Cursor(self.text, self.words[start:index])
                start = index + 1
        yield Cursor(self.text, self.words[start:])
        self.at = len(self.words)

    def until(self, ends: Collection[str]) -> str:
        """Read at least one word, and on until one of these keywords outside parentheses; return the text."""
        start, depth = self.at, 0
        while not self.done:
            if self.at > start and depth == 0 and self.word in ends:
                break
            depth += (self.word == "(") - (self.word == ")")
            self.at += 1
        if self.at == start:
            raise self.unread()
        return self.slice(start, self.at)

    def slice(self, start: int, end: int) -> str:
        """Return the author's text from one word up to another."""
        return self.text[self.words[start].start : self.words[end - 1].end] if end > start else ""

    @property
    def whole(self) -> str:
        """All of the author's text."""
        return self.slice(0, len(self.words))

    def names(self) -> tuple[str, ...]:
        """Read a list of names between parentheses. Raises NotRead where something else is in it."""
        found = []
        for part in self.group().parts():
            found.append(part.name())
            part.end()
        return tuple(found)

    def end(self) -> None:
        """Raise NotRead when words are left."""
        if not self.done:
            raise self.unread()

    def unread(self) -> NotRead:
        """Return what to raise where nothing that we know stands next."""
        words = " ".join(self.slice(self.at, min(len(self.words), self.at + 6)).split())
        return NotRead(words or f"the end of {' '.join(self.whole.split())[:40]}")


_SIGNS = frozenset({"(", ")", ",", "=", ".", ";"})
