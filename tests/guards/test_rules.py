"""Nothing is silently ignored: every dialect has a word on every field of every kind, and none on fields long gone."""

from __future__ import annotations

from dataclasses import fields
from itertools import product

import pytest

from reconciler.dialects import NAMES, dialect
from reconciler.model.fields import compared
from reconciler.model.kinds import KINDS
from reconciler.model.ref import Kind

PAIRS = [pytest.param(name, kind, id=f"{name}-{kind}") for name, kind in product(NAMES, KINDS)]


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_every_compared_field_has_a_rule(name: str, kind: Kind) -> None:
    rules = dialect(name).rules()
    assert kind in rules, f"{name} neither manages nor refuses {kind}"
    assert set(rules[kind].alter) == set(compared(KINDS[kind]))


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_rules_name_fields_that_exist(name: str, kind: Kind) -> None:
    """Kinds may share `late`, so a name has to be a field of some kind; `disturbs` is about this one."""
    rules = dialect(name).rules()[kind]
    known = {field.name for cls in KINDS.values() for field in fields(cls)}
    assert rules.late <= known
    assert rules.disturbs <= set(compared(KINDS[kind]))


def test_every_kind_has_a_dataclass() -> None:
    assert set(KINDS) == set(Kind)
