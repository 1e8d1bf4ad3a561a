"""A declared model and a dialect in, every finding of every rule out, in the order of the specs' addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from reconciler.lint import columns, deprecation, keys, names, programs
from reconciler.lint.kinds import LINTS, Finding
from reconciler.model.model import Desired, Model

Rule = Callable[[Model, str], Iterator[Finding]]

# Each rule by its code; those of naming are one, which wants the project's patterns.
RULES: Mapping[str, Rule] = {
    "AR110": columns.wasted_room,
    "DP101": deprecation.uses,
    "DP102": deprecation.overdue,
    "IX101": keys.superfluous_indexes,
    "IX102": keys.keys_without_index,
    "IX103": keys.wide_indexes,
    "IX104": keys.unlike_targets,
    "IX105": keys.nullable_uniques,
    "MY141": keys.without_primary_key,
    "MY142": names.mysql_oddities,
    "NM107": names.reserved_words,
    "NM109": names.alike_but_for_case,
    "PG315": columns.constrained_domains,
    "PG317": columns.json_columns,
    "SA101": programs.joined_sql,
    "TY101": columns.small_counters,
    "TY102": columns.outdone_types,
    "TY104": columns.floating_money,
}


def findings(desired: Desired, dialect: str, naming: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return what the rules find in a declared model.

    Args:
        desired: the declared model in the dialect's normal form.
        dialect: its name.
        naming: the project's patterns, by the word for what they are about.
    """
    found = [
        one for code, rule in RULES.items() if dialect in LINTS[code].dialects for one in rule(desired.model, dialect)
    ]
    found += names.against_naming(desired.model, naming, desired.unnamed)
    return tuple(sorted(found, key=lambda one: (one.ref, one.code, one.message)))
