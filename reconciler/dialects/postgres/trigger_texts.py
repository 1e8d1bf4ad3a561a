"""A trigger's definition, condition or body as text in, its parts and its frame out; it asks no database."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.dialects.postgres.lexer import Sort, Unreadable, placed, tokens
from reconciler.model.programs import Trigger


def condition(definition: str) -> str:
    """Return what stands in the parentheses behind WHEN in a definition as pg_get_triggerdef writes it."""
    found = list(placed(definition))
    begin = next(number for number, (_, token) in enumerate(found) if token.says("when")) + 1
    depth = 0
    for at, token in found[begin:]:
        depth += token.says("(") - token.says(")")
        if depth == 0:
            return definition[found[begin][0] + 1 : at]
    return ""


def is_block(text: str) -> bool:
    """Say whether a text is a whole block of PL/pgSQL (manual, "Structure of PL/pgSQL")."""
    try:
        found = tokens(text)
    except Unreadable:
        return False
    first = next((token for token in found if not token.says(";")), None)
    return first is not None and (first.says("begin", "declare", "<", "#") or first.text.startswith("<<"))


def framed(statements: Sequence[str]) -> str:
    """Return statements as a block."""
    return "\n".join(("BEGIN", *(f"    {statement};" for statement in statements), "END"))


def framed_for(trigger: Trigger, statements: Sequence[str]) -> str:
    """Return statements as the block of a trigger, with what it has to give back.

    What fires before or instead gives back the row, and the deleted one is in OLD; elsewhere nobody looks at it
    (manual, "Trigger Procedures").
    """
    return framed((*statements, *_returned(trigger)))


def _returned(trigger: Trigger) -> Sequence[str]:
    if trigger.each != "row" or trigger.timing == "after":
        return ("RETURN NULL",)
    if "delete" not in trigger.events:
        return ("RETURN NEW",)
    if trigger.events == ("delete",):
        return ("RETURN OLD",)
    return ("IF TG_OP = 'DELETE' THEN RETURN OLD; END IF", "RETURN NEW")


def words(text: str) -> list[str]:
    """Return the tokens of a text, names without their quotes; none of one that cannot be read."""
    try:
        found = tokens(text)
    except Unreadable:
        return []
    return [token.value if token.sort in (Sort.WORD, Sort.QUOTED) else token.text for token in found]
