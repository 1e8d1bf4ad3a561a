"""A file of SQL in, its statements with their places out; which words there are is a dialect's own business."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from reconciler.frozen import frozen


class Word(NamedTuple):
    """One token: `word` is the upper-case keyword or sign that it may be, "" in quotes; `name` what it names."""

    word: str
    name: str
    start: int
    end: int


class Endless(Exception):
    """A quote or comment that has no end, or a sign that the dialect does not know, at a place of the text."""

    def __init__(self, at: int) -> None:
        super().__init__(f"unreadable at {at}")
        self.at = at


@frozen
class Piece:
    """One statement of a text: from where to where, without its end mark, and its words.

    `client` says, instead, what a line is that a dialect's own program reads and no server. `unreadable` is
    the place behind which the text cannot be read.
    """

    start: int
    end: int
    words: tuple[Word, ...] = ()
    client: str = ""
    unreadable: int | None = None


@frozen
class Grammar:
    """What of a dialect matters where statements end.

    * `step(text, at)`: the word that begins there, None for blanks and comments, and where it ends. Raises Endless.
    * `begins(text, at)`: whether a comment there is code of a server, so that a statement begins with it.
    * `nesting(words)`: which words of a statement open (+1) and close (-1) something in which no mark ends it.
    * `command(text, at)`: what the line is that begins there and that only a program reads, "" for none.
    * `block(text, words, at)`: where the block of lines ends that follows a statement and is none, `at` without any.
    """

    step: Callable[[str, int], tuple[Word | None, int]]
    nesting: Callable[[Sequence[Word]], Mapping[str, int]]
    begins: Callable[[str, int], bool] = lambda text, at: False
    command: Callable[[str, int], str] = lambda text, at: ""
    block: Callable[[str, Sequence[Word], int], int] = lambda text, words, at: at


# So many words are kept of a statement of rows: nobody asks for more.
_KEPT = 500
# Keywords by which a word that would close something does not: END IF closes what no mark counts.
_NOT_CLOSING = frozenset({"IF", "LOOP", "REPEAT", "WHILE", "FOR"})


def divide(grammar: Grammar, text: str) -> Iterator[Piece]:
    """Yield the statements of a text in order, and what stands between them and is none."""
    at, mark = 0, ";"
    while at < len(text):
        command = grammar.command(text, at) if _begins_line(text, at) else ""
        if command:
            end = _line_end(text, at)
            mark = _delimiter(text[at:end]) or mark
            yield Piece(start=at, end=end, client=command)
            at = end
            continue
        try:
            word, end = grammar.step(text, at)
            if text.startswith(mark, at) or (word is None and not grammar.begins(text, at)):
                at = end if word is None else at + len(mark)
                continue
            piece, at = _statement(grammar, text, at, mark)
        except Endless as error:
            yield Piece(start=at, end=len(text), unreadable=error.at)
            return
        yield piece
        at = grammar.block(text, piece.words, at)


def _statement(grammar: Grammar, text: str, start: int, mark: str) -> tuple[Piece, int]:
    """Return the statement that begins at a place, and the place behind its end mark."""
    words: list[Word] = []
    depth, at, nesting = 0, start, grammar.nesting(())
    while at < len(text):
        at = _behind_plain(text, at, words, mark)
        if (depth <= 0 or mark != ";") and text.startswith(mark, at):
            return _piece(text, start, at, words), at + len(mark)
        word, end = grammar.step(text, at)
        if word is None:
            at = end
            continue
        cut = text.find(mark, word.start, word.end) if word.word not in ("", mark) and len(mark) > 1 else -1
        if cut >= 0:
            # A mark of letters, $$ say, may stand at a word's end.
            words.append(Word(text[at:cut].upper(), text[at:cut], at, cut))
            return _piece(text, start, cut, words), cut + len(mark)
        depth += _opened(words, word, nesting)
        words.append(word)
        if len(words) > _KEPT and words[0].word in _OF_ROWS:
            words.pop()
        if len(words) <= _HEAD:
            nesting = grammar.nesting(words)
        at = end
    return _piece(text, start, at, words), at


# So many words say what a statement is.
_HEAD = 16

# Of these statements most is values, and nobody asks for their words: what begins no quote, comment or mark is stepped
# over at once.
_OF_ROWS = frozenset({"INSERT", "REPLACE"})
_PLAIN = re.compile(r"""[^;'"`\-/\#$\[\\]+""")


def _behind_plain(text: str, at: int, words: Sequence[Word], mark: str) -> int:
    """Return where the next quote, comment or mark may begin; an E before a quote belongs to it (PostgreSQL)."""
    if len(words) < _HEAD or mark != ";" or words[0].word not in _OF_ROWS:
        return at
    match = _PLAIN.match(text, at)
    end = match.end() if match else at
    if end == len(text):
        return at
    escaped = end > at and text[end : end + 1] == "'" and text[end - 1] in "eE"
    return end - 1 if escaped else end


def _opened(words: Sequence[Word], word: Word, nesting: Mapping[str, int]) -> int:
    """Say what a word does to the depth: the second word of END CASE opens nothing, that of END IF closes nothing."""
    after_end = bool(words) and words[-1].word == "END" and "END" in nesting
    if after_end and word.word in _NOT_CLOSING:
        return 1
    return 0 if after_end and word.word == "CASE" else nesting.get(word.word, 0)


def _piece(text: str, start: int, end: int, words: Sequence[Word]) -> Piece:
    return Piece(start=start, end=start + len(text[start:end].rstrip()), words=tuple(words))


def _begins_line(text: str, at: int) -> bool:
    return at == 0 or not text[text.rfind("\n", 0, at) + 1 : at].strip()


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _delimiter(line: str) -> str:
    """Return the mark that a line of MySQL's program sets, "" for another line."""
    words = line.split()
    return words[1] if len(words) > 1 and words[0].upper() == "DELIMITER" else ""


def first_words(words: Sequence[Word], most: int = _HEAD) -> tuple[str, ...]:
    """Return the keywords that a statement begins with; what is in quotes is ""."""
    return tuple(word.word for word in words[:most])
