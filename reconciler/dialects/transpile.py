"""The bridge to sqlglot: a fragment with the dialect it was written in, in; its text for another family, out."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from reconciler.model.values import Sql

if TYPE_CHECKING:
    from sqlglot import exp

# spec word → sqlglot's name; the families share their SQL
FAMILIES = {"sqlite": "sqlite", "d1": "sqlite", "postgres": "postgres", "mysql": "mysql", "mariadb": "mysql"}

# Nodes that mean the same in every family, each proven on the real engines (tests/conformance/test_transpile.py).
# Left out on purpose: division (integers), LIKE (case), casts (types), date arithmetic, string functions on bytes.
_PORTABLE = """
    Column Identifier Literal Boolean Null Paren And Or Not EQ NEQ GT GTE LT LTE Is In Between Neg Add Sub Mul Mod
    DPipe Coalesce Nullif Case If Lower Upper Length Trim Abs CurrentTimestamp
    Select From Join Where Group Having Order Ordered Limit Offset Alias Table TableAlias Star Count Sum Min Max
    Subquery Exists With CTE Union Distinct Tuple
""".split()


class NotPortable(Exception):
    """A fragment uses something whose meaning in the other family is not proven; `what` names it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def family(dialect: str) -> str:
    """Return the family of a dialect word, which is sqlglot's name for it."""
    return FAMILIES.get(dialect, dialect)


def text_for(sql: Sql, target: str) -> str:
    """Return the fragment's text for a family: the author's own where it was written for it, else transpiled.

    Raises NotPortable when it says something that is not known to mean the same there, or cannot be read.
    """
    if not sql.dialect or family(sql.dialect) == target:
        return sql.text
    tree = parsed(sql.text, family(sql.dialect))
    for node in tree.walk():
        if type(node).__name__ not in _PORTABLE:
            raise NotPortable(_named(node))
    return tree.sql(dialect=target, identify=False)


def _named(node: exp.Expr) -> str:
    from sqlglot import exp

    if isinstance(node, exp.Anonymous):
        return f"{node.name}()"
    if isinstance(node, exp.Func):
        return f"{node.sql_name().lower()}()"
    return type(node).__name__.lower()


@cache
def parsed(text: str, dialect: str) -> exp.Expr:
    """Return the syntax tree of an expression or query. Raises NotPortable when sqlglot cannot read it."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        return sqlglot.parse_one(text, read=dialect)
    except (SqlglotError, RecursionError) as error:
        first = str(error).splitlines()[0] if str(error) else "it cannot be read"
        raise NotPortable(first) from None


def output_columns(text: str, dialect: str) -> tuple[str, ...] | None:
    """Return the names of a query's columns, or None when only the database can say (a star, an unnamed expression)."""
    try:
        found = tuple(parsed(text, dialect).named_selects)  # type: ignore[attr-defined]
    except (NotPortable, AttributeError):
        return None
    return None if not found or "*" in found or "" in found else found


def renamed_words(text: str, words: dict[str, str], dialect: str) -> str:
    """Rename identifiers in a text, token by token; everything else stays to the letter."""
    import sqlglot
    from sqlglot import TokenType

    pieces: list[str] = []
    end = 0
    for token in sqlglot.tokenize(text, read=dialect):
        if token.token_type in (TokenType.VAR, TokenType.IDENTIFIER) and token.text in words:
            pieces += [text[end : token.start], _quoted(words[token.text], dialect)]
            end = token.end + 1
    return "".join((*pieces, text[end:]))


def _quoted(name: str, dialect: str) -> str:
    from sqlglot import exp

    plain = name.isidentifier() and name == name.lower()
    return name if plain else exp.to_identifier(name, quoted=True).sql(dialect=dialect)
