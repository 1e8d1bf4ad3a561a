"""A condition that is nothing but names held against constants in; its spelling and its names out, without a parser.

Most checks and conditions of indexes are such, and a project has thousands of them. They read the same in every family,
so that this form is recognised by a few patterns; whatever else a text says, `plain` knows nothing of it. What comes
out is to the letter what sqlglot would write (tests/unit/dialects/test_plain.py).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

_WORD = r"[A-Za-z_][A-Za-z0-9_]*+"
_NAME = rf"(?!(?:and|or|in|between|is|null)(?![A-Za-z0-9_])){_WORD}"
# Characters that no family escapes; a number is not followed by a letter or a second point.
_CONSTANT = r"(?:-?[0-9]++(?:\.[0-9]++)?(?![A-Za-z0-9_.$])|'[ -&(-\[\]-~]*+'(?!'))"
_VALUE = rf"(?:{_NAME}|{_CONSTANT})"
_COMPARED = rf"{_NAME}\s*+(?:=|<>|!=|<=|>=|<|>)\s*+{_VALUE}"
_LISTED = rf"{_NAME}\s++in\s*+\(\s*+{_CONSTANT}(?:\s*+,\s*+{_CONSTANT})*+\s*+\)"
_RANGED = rf"{_NAME}\s++between\s++{_CONSTANT}\s++and\s++{_CONSTANT}"
_TERM = rf"(?:{_LISTED}|{_RANGED}|{_NAME}\s++is\s++null(?![A-Za-z0-9_$])|{_COMPARED})"
_CONDITION = re.compile(rf"{_TERM}(?:\s++(?:and|or)\s++{_TERM})*+", re.IGNORECASE | re.ASCII)
_TOKEN = re.compile(rf"({_WORD})|{_CONSTANT}|[<>!=]++|[(),]", re.ASCII)

_OURS = frozenset({"AND", "OR", "IN", "BETWEEN", "IS", "NULL"})
# What stands between two tokens, unless one of these says otherwise.
_TIGHT_BEFORE, _TIGHT_AFTER = frozenset(",)"), frozenset("(")


class Plain(NamedTuple):
    """A plain condition: its text as every family writes it, and the names in it."""

    text: str
    names: frozenset[str]


@lru_cache(maxsize=65536)
def plain(text: str, family: str) -> Plain | None:
    """Return what a condition says, or None when only a parser can tell; `family` is sqlglot's name for its dialect."""
    if not _CONDITION.fullmatch(text):
        return None
    pieces: list[str] = []
    names: set[str] = set()
    before = "("
    for found in _TOKEN.finditer(text):
        token = found.group()
        if found.group(1):
            word = token.upper()
            if word in _OURS:
                token = word
            elif word in _words(family):
                return None
            else:
                names.add(token)
        elif token == "!=":
            token = "<>"
        if before not in _TIGHT_AFTER and token not in _TIGHT_BEFORE:
            pieces.append(" ")
        pieces.append(token)
        before = token
    return Plain("".join(pieces), frozenset(names))


@cache
def _words(family: str) -> frozenset[str]:
    """Return the words that may be more than a name to sqlglot, in capitals."""
    from sqlglot.dialects.dialect import Dialect

    found = Dialect.get_or_raise(family)
    parser, tokenizer = found.parser_class, found.tokenizer_class
    known = (tokenizer.KEYWORDS, parser.FUNCTIONS, parser.FUNCTION_PARSERS, parser.NO_PAREN_FUNCTION_PARSERS)
    return frozenset(word for words in known for keyword in words for word in keyword.upper().split())
