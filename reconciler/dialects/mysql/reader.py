"""A position in MySQL's tokens: the moves that the reader of SHOW CREATE is made of; it knows no statement."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.dialects.mysql.lexer import Lexeme, LexError, Token, closing, tokens


class Reader:
    """A position in a list of tokens."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.words = tuple([token.word for token in self.tokens])
        self.at = 0

    def peek(self, ahead: int = 0) -> str:
        """The keyword or sign that comes next."""
        index = self.at + ahead
        return self.words[index] if index < len(self.words) else ""

    def done(self) -> bool:
        """Say whether nothing is left."""
        return self.at >= len(self.tokens)

    def take(self, *words: str) -> bool:
        """Go past these words when they are what comes next."""
        end = self.at + len(words)
        if self.words[self.at : end] != words:
            return False
        self.at = end
        return True

    def expect(self, *words: str) -> None:
        """Go past these words. Raises LexError when something else comes."""
        if not self.take(*words):
            raise LexError(f"expected {' '.join(words)}, found {self.rest()[:20]!r}")

    def next(self) -> Token:
        """Go past one token. Raises LexError at the end."""
        if self.done():
            raise LexError("the text ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def rest(self) -> str:
        """What is left, as written."""
        return "" if self.done() else self.text[self.tokens[self.at].start :]

    def name(self) -> str:
        """Go past an identifier."""
        token = self.next()
        if token.lexeme not in (Lexeme.WORD, Lexeme.NAME):
            raise LexError(f"expected a name, found {token.text!r}")
        return token.value

    def inside(self) -> str:
        """The text between the next parenthesis and the one that closes it."""
        self.expect("(")
        end = closing(self.tokens, self.at - 1)
        text = self.text[self.tokens[self.at - 1].end : self.tokens[end].start].strip()
        self.at = end + 1
        return text

    def tokens_inside(self) -> Sequence[Token]:
        """The tokens between the next parenthesis and the one that closes it."""
        start = self.at
        self.inside()
        return self.tokens[start + 1 : self.at - 1]

    def since(self, start: int) -> str:
        """The text from a position up to here."""
        return self.text[self.tokens[start].start : self.tokens[self.at - 1].end]
