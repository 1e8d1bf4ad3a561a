"""Nothing is silently unguarded: a PostgreSQL script can ask the catalogs about every field that may change."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reconciler.dialects.postgres.guards import LOOKUPS
from reconciler.dialects.postgres.rules import RULES
from reconciler.model.fields import compared
from reconciler.model.kinds import KINDS
from reconciler.model.ref import Kind
from reconciler.plan.rules import Way

# What no script asks about, and why.
EXCEPTIONS: Mapping[tuple[Kind, str], str] = {
    (Kind.COLUMN, "on_conflict"): "SQLite's alone: a change of it is refused here",
    (Kind.PRIMARY_KEY, "on_conflict"): "SQLite's alone: a change of it is refused here",
    (Kind.UNIQUE, "on_conflict"): "SQLite's alone: a change of it is refused here",
    **dict.fromkeys(
        (
            (Kind.FUNCTION, "definer"),
            (Kind.PROCEDURE, "definer"),
            (Kind.TRIGGER, "definer"),
            (Kind.TRIGGER, "follows"),
            (Kind.TRIGGER, "options"),
        ),
        "MySQL's and MariaDB's alone: what is given is refused while validating",
    ),
}


_NEVER = {kind for kind, rules in RULES.items() if rules.create is Way.UNSUPPORTED}


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - _NEVER))
def test_every_field_of_a_kind_has_a_lookup(kind: Kind) -> None:
    assert kind in LOOKUPS, f"a script cannot tell whether {kind} is there"
    exempt = {name for other, name in EXCEPTIONS if other == kind}
    assert set(LOOKUPS[kind].tests) == set(compared(KINDS[kind])) - exempt


@pytest.mark.parametrize(("kind", "name"), EXCEPTIONS)
def test_an_exception_is_a_field_that_never_changes(kind: Kind, name: str) -> None:
    assert RULES[kind].alter[name] is Way.UNSUPPORTED
