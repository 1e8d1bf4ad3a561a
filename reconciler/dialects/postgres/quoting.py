"""Texts in, the same between dollar signs out; nothing in them can end the quotation."""

from __future__ import annotations


def dollar_quoted(text: str, word: str = "sql") -> str:
    """Quote a text so that it reads as it is (manual, "Dollar-Quoted String Constants")."""
    tag = free_tag(text, word)
    return f"{tag}{text}{tag}"


def free_tag(text: str, word: str) -> str:
    """Return a tag that a text does not end: neither by itself nor with the beginning of the tag behind it."""
    number = 0
    while True:
        tag = f"${word}{number or ''}$"
        if (text + tag).find(tag) == len(text):
            return tag
        number += 1
