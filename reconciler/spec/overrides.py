"""What a document says for one dialect: `dialect:`, `only:` and `omit:` resolved; it knows no kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.spec.nodes import Node

Fields = Mapping[str, Node]

# Two ways to say the same thing: an override by the one takes the other away.
_INSTEAD: Mapping[str, str] = {"native": "type", "type": "native"}


def applied(fields: Fields, chain: Sequence[str]) -> Fields | None:
    """Return the fields that hold for a dialect, or None when the object is left out there.

    Args:
        fields: as written.
        chain: the dialect words that apply, nearest first; a nearer one is merged over a farther one.
    """
    only, overrides = fields.get("only"), fields.get("dialect")
    if only is not None and not any(word.value in chain for word in only.value):
        return None
    merged: Fields = fields
    for word in reversed(chain) if overrides is not None else ():
        if overrides is not None and word in overrides.value:
            merged = _merged(merged, overrides.value[word].value)
    # An override of the table may have left out what is inside it.
    return None if "omit" in merged and merged["omit"].value is True else merged


def chosen(node: Node, chain: Sequence[str]) -> tuple[str, Node] | None:
    """Return the entry of a map by dialect that applies, with its word."""
    return next(((word, node.value[word]) for word in chain if word in node.value), None)


def _merged(base: Fields, over: Fields) -> Fields:
    result = dict(base)
    for key, node in over.items():
        result.pop(_INSTEAD.get(key, ""), None)
        old = result.get(key)
        if node.value is None:  # what is null is not said at all
            result.pop(key, None)
        elif old is not None and type(old.value) is dict and type(node.value) is dict:
            result[key] = Node(_merged(old.value, node.value), node.at, node.key)
        else:
            result[key] = node
    return result
