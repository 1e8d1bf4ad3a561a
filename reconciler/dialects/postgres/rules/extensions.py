"""How extensions come, go and change; what belongs to one comes and goes with it, and nothing is ever cascaded."""

from __future__ import annotations

from reconciler.dialects.postgres.rules.statements import comment, comments, nothing, one
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.model.objects import Extension
from reconciler.plan.rules import Outcome, Rules, States, Way
from reconciler.plan.step import Statement


def _create(new: Extension, states: States) -> Outcome:
    words = [f"CREATE EXTENSION {double_quoted(new.ref.name)}"]
    if new.namespace:
        words.append(f"SCHEMA {double_quoted(new.namespace)}")
    if new.version is not None:
        words.append(f"VERSION {text_literal(new.version)}")
    return (Statement(" ".join(words)), *comments(_named(new), new.comment))


def _named(extension: Extension) -> str:
    return f"EXTENSION {double_quoted(extension.ref.name)}"


def _drop(old: Extension, states: States) -> Outcome:
    return one(f"DROP {_named(old)}")


def _version(old: Extension, new: Extension, states: States) -> Outcome:
    if new.version is None:
        return nothing(old, new, states)
    return one(f"ALTER {_named(new)} UPDATE TO {text_literal(new.version)}")


def _namespace(old: Extension, new: Extension, states: States) -> Outcome:
    if not new.namespace:  # rules do not know what the default schema is called
        return Way.UNSUPPORTED
    return one(f"ALTER {_named(new)} SET SCHEMA {double_quoted(new.namespace)}")


def _comment(old: Extension, new: Extension, states: States) -> Outcome:
    return (comment(_named(new), new.comment),)


# Which types and functions an extension brings is known only once it is there, so its weight lets it come before
# whatever might use them, and go after it; all that it needs itself is its schema.
EXTENSION = Rules(
    create=_create, drop=_drop, weight=1, drop_weight=90,
    alter={"version": _version, "namespace": _namespace, "comment": _comment},
    hint="by hand: ALTER EXTENSION … SET SCHEMA moves one to the default schema; its name is given",
)  # fmt: skip
