"""How domains come, go and change: rules in place; another base type is another domain."""

from __future__ import annotations

from reconciler.dialects.postgres.literals import written
from reconciler.dialects.postgres.names import of
from reconciler.dialects.postgres.rules.keys import check_clause, constraint_name
from reconciler.dialects.postgres.rules.statements import comment, comments, one, parenthesized
from reconciler.dialects.postgres.rules.tables import renamed
from reconciler.dialects.sql import double_quoted
from reconciler.model.objects import Check, Domain
from reconciler.model.values import Sql
from reconciler.plan.rules import Outcome, Rules, States, Way
from reconciler.plan.step import Statement


def domain_text(new: Domain, name: str) -> str:
    """Write a domain without its checks, under a name."""
    words = [f"CREATE DOMAIN {name} AS {new.type}"]
    if new.collation:
        words.append(f"COLLATE {double_quoted(new.collation)}")
    if new.default is not None:
        words.append(f"DEFAULT {_default(new)}")
    if new.not_null:
        words.append("NOT NULL")
    return " ".join(words)


def _default(domain: Domain) -> str:
    if domain.default is None:
        return ""
    return parenthesized(domain.default) if isinstance(domain.default, Sql) else written(domain.default)


def _create(new: Domain, states: States) -> Outcome:
    checks = sorted(states.new.children(new.ref, Check), key=lambda check: check.ref)
    text = " ".join((domain_text(new, of(new.ref)), *map(check_clause, checks)))
    told = (said for check in checks for said in comments(constraint_name(check), check.comment))
    return (Statement(text), *comments(f"DOMAIN {of(new.ref)}", new.comment), *told)


def _drop(old: Domain, states: States) -> Outcome:
    return one(f"DROP DOMAIN {of(old.ref)}")


def _rename(old: Domain, new: Domain, states: States) -> Outcome:
    return renamed("DOMAIN", old, new)


def _comment(old: Domain, new: Domain, states: States) -> Outcome:
    return (comment(f"DOMAIN {of(new.ref)}", new.comment),)


def _not_null(old: Domain, new: Domain, states: States) -> Outcome:
    return one(f"ALTER DOMAIN {of(new.ref)} {'SET' if new.not_null else 'DROP'} NOT NULL")


def _set_default(old: Domain, new: Domain, states: States) -> Outcome:
    words = "DROP DEFAULT" if new.default is None else f"SET DEFAULT {_default(new)}"
    return one(f"ALTER DOMAIN {of(new.ref)} {words}")


# Type and collation cannot be altered (manual, "ALTER DOMAIN"). To make the domain anew would rewrite every table that
# has a column of it at once; declared as a second domain, each column is converted by itself, and its values are asked.
DOMAIN = Rules(
    create=_create, drop=_drop, rename=_rename, weight=8, drop_weight=57,
    alter={
        "type": Way.UNSUPPORTED, "collation": Way.UNSUPPORTED, "not_null": _not_null, "default": _set_default,
        "comment": _comment,
    },
    hint="declare another domain with it, give the columns that one as their type, then remove this one",
)  # fmt: skip
