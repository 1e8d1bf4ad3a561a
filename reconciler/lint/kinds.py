"""What a rule finds, as data: one table of codes with how grave each is and on which dialects it looks."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from reconciler.frozen import frozen, frozen_in_order
from reconciler.model.ref import Ref


class Severity(StrEnum):
    """How grave a finding is, from the gravest; OFF is said by a policy that does not want to hear of a code."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    OFF = "off"


_EVERYWHERE = ("sqlite", "d1", "postgres", "mysql", "mariadb")
_POSTGRES = ("postgres",)
_MYSQL = ("mysql", "mariadb")


@frozen_in_order
class LintKind:
    """One code: its title, how grave it is unless the policy says otherwise, and the dialects on which it is asked."""

    title: str
    severity: Severity
    dialects: tuple[str, ...] = _EVERYWHERE


LINTS: Mapping[str, LintKind] = {
    "AR110": LintKind("columns in an order that wastes room", Severity.INFO, _POSTGRES),
    "DP101": LintKind("uses what is deprecated", Severity.WARNING),
    "DP102": LintKind("deprecated, and its day has come", Severity.INFO),
    "IX101": LintKind("an index that another one makes superfluous", Severity.WARNING),
    "IX102": LintKind("a foreign key without an index", Severity.WARNING, ("sqlite", "d1", "postgres")),
    "IX103": LintKind("an index over many columns", Severity.INFO),
    "IX104": LintKind("a foreign key of another type than its target", Severity.ERROR),
    "IX105": LintKind("a unique key that lets many nulls in", Severity.INFO),
    "MY141": LintKind("a table without a primary key", Severity.WARNING),
    "MY142": LintKind("what a server of MySQL takes in its own way", Severity.WARNING, _MYSQL),
    "NM101": LintKind("a schema's name against the naming", Severity.WARNING),
    "NM102": LintKind("a table's name against the naming", Severity.WARNING),
    "NM103": LintKind("a column's name against the naming", Severity.WARNING),
    "NM104": LintKind("an index's name against the naming", Severity.WARNING),
    "NM105": LintKind("a foreign key's name against the naming", Severity.WARNING),
    "NM106": LintKind("a check's name against the naming", Severity.WARNING),
    "NM107": LintKind("a reserved word as a name", Severity.WARNING),
    "NM109": LintKind("names that differ only in upper and lower case", Severity.WARNING),
    "PG315": LintKind("a domain with a constraint", Severity.WARNING, _POSTGRES),
    "PG317": LintKind("a column of the type json", Severity.WARNING, _POSTGRES),
    "SA101": LintKind("SQL that a routine puts together", Severity.INFO, ("postgres", "mysql", "mariadb")),
    "TY101": LintKind("a counter that can run out", Severity.WARNING, ("postgres", "mysql", "mariadb")),
    "TY102": LintKind("a type with a better one beside it", Severity.INFO, _POSTGRES),
    "TY104": LintKind("money in a floating-point type", Severity.WARNING),
}

# Findings about what the project itself says; they are of no rule and no dialect.
SUPPRESSIONS: Mapping[str, LintKind] = {
    "SU101": LintKind("an allowance that allows nothing", Severity.WARNING, ()),
    "SU102": LintKind("an allowance that has expired", Severity.WARNING, ()),
}


@frozen
class Finding:
    """One thing that a rule found: where, in one sentence, and what to do. `part` is the field that it is about."""

    code: str
    ref: Ref
    message: str
    hint: str = ""
    part: str = ""
