"""An expression beside a table's columns in, what is wrong with it where it names one that counts up, out."""

from __future__ import annotations

from reconciler.dialects.beyond import Add
from reconciler.dialects.mysql.lexer import Lexeme, LexError, tokens
from reconciler.model.model import Model
from reconciler.model.objects import Check, Column

# dev.mysql.com/doc/refman/9.7/en/create-table-check-constraints.html, …/en/create-table-generated-columns.html;
# MariaDB refuses such a check too, and computes with such a column.
_REFUSES = {"check": ("mysql", "mariadb"), "generated column": ("mysql",)}


def tell_counted(obj: Check | Column, flavor: str, model: Model, add: Add) -> None:
    """Tell of an AUTO_INCREMENT column in a check (error 3818, 1901) or in a generated column (3109)."""
    if isinstance(obj, Check):
        noun, part, text = "check", "expression", obj.expression.text
    elif obj.generated is not None:
        noun, part, text = "generated column", "generated", obj.generated.expression.text
    else:
        return
    named = _named(text) if flavor in _REFUSES[noun] else frozenset()
    for column in model.children(obj.ref.top, Column):
        if column.identity is not None and column.ref.name.lower() in named:
            message = f"{flavor} has no {noun} over {column.ref.name}, which counts up by itself"
            add(obj, part, message, f"leave it out here: dialect: {{{flavor}: {{omit: true}}}}")


def _named(text: str) -> frozenset[str]:
    try:
        return frozenset(one.value.lower() for one in tokens(text) if one.lexeme in (Lexeme.WORD, Lexeme.NAME))
    except LexError:
        return frozenset()
