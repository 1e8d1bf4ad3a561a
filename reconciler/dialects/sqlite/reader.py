"""A position in SQLite's tokens: the moves that the readers of CREATE statements are made of; it knows no statement."""

from __future__ import annotations

from reconciler.dialects.sqlite.lexer import Lexeme, LexError, Token, closing, tokens


class Reader:
    """A position in a list of tokens."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        # Nothing stands at the end, and after it.
        self._words = (*(token.word or token.text for token in self.tokens), "", "")

    def peek(self, ahead: int = 0) -> str:
        """The keyword or sign that comes next; `ahead` is 1 for the one behind it."""
        return self._words[self.at + ahead]

    def take(self, *words: str) -> bool:
        """Go past these words when they are what comes next."""
        after = self.at + len(words)
        if self._words[self.at : after] != words:
            return False
        self.at = after
        return True

    def expect(self, *words: str) -> None:
        if not self.take(*words):
            raise LexError(f"expected {' '.join(words)}, found {self.peek() or 'the end'}")

    def next(self) -> Token:
        if self.at >= len(self.tokens):
            raise LexError("the text ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def name(self) -> str:
        token = self.next()
        if token.lexeme not in (Lexeme.WORD, Lexeme.NAME, Lexeme.STRING):
            raise LexError(f"expected a name, found {token.text!r}")
        return token.value

    def inside(self) -> str:
        """The text between the next parenthesis and the one that closes it."""
        self.expect("(")
        end = closing(self.tokens, self.at - 1)
        text = self.text[self.tokens[self.at - 1].end : self.tokens[end].start].strip()
        self.at = end + 1
        return text

    def names(self) -> list[str]:
        """A parenthesised list of names."""
        self.expect("(")
        found = [self.name()]
        while self.take(","):
            found.append(self.name())
        self.expect(")")
        return found

    def closing(self, opening: int) -> int:
        """The index of the parenthesis that closes the one at `opening`."""
        return closing(self.tokens, opening)
