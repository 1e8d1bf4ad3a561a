"""SQL in, the same as markup out, its words in classes; every character stays what and where it was."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup, escape
from pygments.lexer import Lexer
from pygments.lexers.sql import MySqlLexer, PostgresLexer, SqlLexer
from pygments.token import Comment, Keyword, Literal, Name, Number, String, _TokenType

from reconciler.report.layout import source_text

_LEXERS: Mapping[str, type[Lexer]] = {"postgres": PostgresLexer, "mysql": MySqlLexer, "mariadb": MySqlLexer}
# The first that a token is a sort of gives its class.
_CLASSES: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "c"), (Keyword, "k"), (Name.Builtin, "k"), (Number, "n"), (String.Symbol, ""), (String.Name, ""),
    (String, "s"), (Literal, "s"),
)  # fmt: skip
# Characters of one text that are coloured; what is longer is shown as it is.
_LONGEST = 20_000


def highlighted(sql: str, dialect: str) -> Markup:
    """Return SQL as markup for a `pre` element; control characters become visible, tabs and ends of lines stay."""
    text = "\n".join(source_text(sql)).encode("utf-8", "replace").decode()
    if len(text) > _LONGEST:
        return escape(text)
    lexer = _LEXERS.get(dialect, SqlLexer)(stripnl=False, ensurenl=False)
    pieces = [_piece(token, value) for token, value in lexer.get_tokens(text)]
    return Markup("").join(pieces)


def _piece(token: _TokenType, value: str) -> Markup:
    name = next((name for sort, name in _CLASSES if token[: len(sort)] == sort), "")
    return Markup('<span class="{}">{}</span>').format(name, value) if name else escape(value)
