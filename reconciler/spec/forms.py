"""A type or name in a database's own words in, what keeps it from being just that out; it knows no list of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from reconciler.spec.fragments import Flaw, flaw


class Form(StrEnum):
    """What is written in a database's own words, by the key under which it stands."""

    NATIVE = "native"
    COLLATION = "collation"
    OPCLASS = "opclass"
    METHOD = "method"
    OPERATOR = "with"


_NAME = r"(?:[^\W\d][\w$]*+|\"[^\"\0]++\")"
_FORMS: Mapping[Form, re.Pattern[str]] = {
    Form.NATIVE: re.compile(
        r"""(?:[^\W\d][\w$]*+|\d[\w.]*+|[+-](?=\d)|[\s.,()\[\]]|'[^'\\\0]*+'|"[^"\\\0]*+"|`[^`\\\0]*+`)*+"""
    ),
    Form.COLLATION: re.compile(r"\w[\w.@ -]*+"),
    Form.OPCLASS: re.compile(rf"{_NAME}(?:\.{_NAME})?(?:\s*\([\w\s=,.'-]*+\))?"),
    Form.METHOD: re.compile(r"[^\W\d]\w*+"),
    Form.OPERATOR: re.compile(rf"[-+*/<>=~!@#%^&|`?]++|OPERATOR\s*\((?:{_NAME}\.)?[-+*/<>=~!@#%^&|`?]++\)"),
}
NOUNS: Mapping[Form, str] = {
    Form.NATIVE: "native type", Form.COLLATION: "collation", Form.OPCLASS: "operator class", Form.METHOD: "method",
    Form.OPERATOR: "operator",
}  # fmt: skip
_HINTS: Mapping[Form, str] = {
    Form.NATIVE: "a type is words, numbers, parentheses and closed quotes",
    Form.COLLATION: "a collation is a name without quotes: und-x-icu, en_US.utf8, nocase",
    Form.OPCLASS: "an operator class is a name, perhaps with parameters: text_pattern_ops, gist_trgm_ops(siglen=32)",
    Form.METHOD: "a method is one word: btree, hash, gin",
    Form.OPERATOR: "an operator is signs alone: =, &&, <>",
}


@lru_cache(maxsize=4096)
def misfit(text: str, form: Form, family: str) -> Flaw | None:
    """Return what is wrong with a text that has to be of a form, None for a good one."""
    found = _FORMS[form].match(text)
    end = found.end() if found else 0
    if end < len(text):
        return Flaw("SPEC027", f"has a sign that no {NOUNS[form]} has", end, _HINTS[form])
    wrong = flaw(text, family)
    return wrong and Flaw("SPEC027" if wrong.code == "SPEC025" else wrong.code, wrong.message, wrong.offset, wrong.hint)
