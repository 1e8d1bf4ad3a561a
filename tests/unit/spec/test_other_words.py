"""Keys as other tools have them: each is an unknown key, with what says the same here."""

from __future__ import annotations

import json
import re

import pytest

from reconciler.errors import SpecError
from reconciler.spec import load_text
from reconciler.spec.other_words import SAID_HERE
from reconciler.spec.validate import schema

_KEY = re.compile(r"`(\w+)")
_FORMAT = "".join(json.dumps(schema(kind)) for kind in ("table", "view", "function"))


@pytest.mark.parametrize("word", SAID_HERE)
def test_it_is_told_what_to_write(word: str) -> None:
    for text in (f"table: t\ncolumns: {{a: {{type: int, {word}: x}}}}\n", f"view: v\nquery: select 1\n{word}: x\n"):
        with pytest.raises(SpecError) as error:
            load_text(text)
        (problem,) = error.value.problems()
        assert (problem.code, problem.hint) == ("SPEC011", SAID_HERE[word])


@pytest.mark.parametrize("hint", sorted(set(SAID_HERE.values())))
def test_what_is_told_is_part_of_the_format(hint: str) -> None:
    assert _KEY.findall(hint)
    assert all(f'"{key}":' in _FORMAT for key in _KEY.findall(hint))
