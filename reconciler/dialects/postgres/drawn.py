"""Texts in, the sequences that they name in string constants out, as `nextval('app.invoice_no')` does; and renamed."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.dialects.postgres.lexer import Sort, Unreadable, tokens
from reconciler.dialects.postgres.names import type_name
from reconciler.model.model import Model
from reconciler.model.ref import Kind, Ref

# Words after which a constant is the name of a relation (manual, "Sequence Manipulation Functions").
_WORDS = frozenset({"nextval", "currval", "setval", "regclass"})


def drawn(text: str, model: Model) -> frozenset[Ref]:
    """Return the sequences of the model that a text names."""
    try:
        found = tokens(text)
    except Unreadable:
        return frozenset()
    if not any(token.sort is Sort.WORD and token.value in _WORDS for token in found):
        return frozenset()
    refs = (_sequence(token.value, model) for token in found if token.sort is Sort.STRING)
    return frozenset(ref for ref in refs if ref is not None)


def draws_alone(text: str) -> bool:
    """Say whether a text is a call of nextval with a constant and nothing else."""
    try:
        found = tokens(text)
    except Unreadable:
        return False
    words = [token.value for token in found if token.sort is Sort.WORD]
    strings = [token for token in found if token.sort is Sort.STRING]
    return bool(found) and found[0].says("nextval") and len(strings) == 1 and set(words) <= {"nextval", "regclass"}


def _sequence(name: str, model: Model) -> Ref | None:
    parts = _parts(name)
    if not 1 <= len(parts) <= 2:
        return None
    schema = parts[0] if len(parts) == 2 else ""
    ref = Ref.root(Kind.SEQUENCE, parts[-1], schema)
    if ref in model:
        return ref
    # A text may say the name of the default schema, which no address has.
    plain = Ref.root(Kind.SEQUENCE, parts[-1])
    return plain if plain in model and Ref.root(Kind.SCHEMA, schema) not in model else None


def _parts(name: str) -> list[str]:
    try:
        found = tokens(name)
    except Unreadable:
        return []
    names = [token.value for token in found if token.sort in (Sort.WORD, Sort.QUOTED)]
    dots = sum(token.says(".") for token in found)
    return names if len(names) + dots == len(found) and dots == len(names) - 1 else []


def redrawn(text: str, renames: Mapping[Ref, Ref], model: Model) -> str:
    """Return the text with the new names of sequences, in the server's spelling; all else stays to the letter."""
    import sqlglot
    from sqlglot import TokenType

    pieces: list[str] = []
    end = 0
    for token in sqlglot.tokenize(text, read="postgres"):
        old = _sequence(token.text, model) if token.token_type is TokenType.STRING else None
        if old is not None and old in renames:
            pieces += [text[end : token.start], "'" + type_name(renames[old]).replace("'", "''") + "'"]
            end = token.end + 1
    return "".join((*pieces, text[end:]))
