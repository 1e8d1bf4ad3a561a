"""A part of an index or exclusion constraint in, the same in PostgreSQL's normal form out; it knows no index."""

from __future__ import annotations

from functools import lru_cache
from operator import attrgetter

from reconciler.dialects.postgres.lexer import Sort, Unreadable, tokens, unwrapped
from reconciler.model.fields import changed
from reconciler.model.values import IndexPart

# What most parts of indexes have none of.
_settings_of = attrgetter("collation", "nulls_first", "opclass", "operator")
_NO_SETTINGS = (None, None, None, None)


def normal_part(part: IndexPart) -> IndexPart:
    """Leave out what goes without saying; an expression that is nothing but a column is that column."""
    if part.expression is None and _settings_of(part) == _NO_SETTINGS:
        return part
    column = _single_column(part.expression.canonical) if part.expression else part.column
    expression = None if column else part.expression
    return changed(
        part, column=column, expression=expression, collation=None if part.collation == "default" else part.collation,
        nulls_first=None if part.nulls_first == part.descending else part.nulls_first,
        opclass=part.opclass and _opclass(part.opclass), operator=part.operator and _operator(part.operator),
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _opclass(text: str) -> str:
    """Return an operator class with its parameters in one spelling: `gist_trgm_ops(siglen=32)`."""
    try:
        found = tokens(text)
    except Unreadable:
        return text
    return "".join(token.value if token.sort is Sort.STRING else token.text for token in found).replace(",", ", ")


def _operator(text: str) -> str:
    """Return an operator without the schema that it is found in anyway."""
    head, _, rest = text.partition("(")
    name = rest.rstrip(") ").strip() if head.strip().upper() == "OPERATOR" else text.strip()
    plain = name.removeprefix("pg_catalog.")
    return f"OPERATOR({name})" if plain == name and rest else plain


def _single_column(text: str) -> str | None:
    """Return the column's name when an expression is nothing but one."""
    try:
        found = unwrapped(tokens(text))
    except Unreadable:
        return None
    is_name = len(found) == 1 and found[0].sort in (Sort.WORD, Sort.QUOTED)
    return found[0].value if is_name else None
