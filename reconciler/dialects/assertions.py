"""An assertion and the declared model in, what is wrong with its query out, without any database being asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from reconciler.dialects.transpile import NotPortable, parsed, text_for
from reconciler.errors import Problem
from reconciler.model.assertions import Assertion
from reconciler.model.model import Model
from reconciler.model.objects import Column, Table
from reconciler.model.ref import Ref
from reconciler.model.values import Sql

if TYPE_CHECKING:
    from sqlglot import exp

# Columns that every table has and nobody declares: of PostgreSQL ("System Columns"), of SQLite
# (sqlite.org/lang_createtable.html#rowid).
_ALWAYS = frozenset({
    "ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "oid", "rowid", "_rowid_",
})  # fmt: skip
# Where text in double quotes may be a constant, a quoted name proves nothing.
_LOOSE_QUOTES = frozenset({"sqlite"})


def fitted(assertion: Assertion, family: str) -> Assertion:
    """Return an assertion with its query in a family's words. Raises NotPortable."""
    text = text_for(assertion.query, family)
    return replace(assertion, query=Sql(text, family))


def proofread(assertion: Assertion, model: Model, family: str) -> Iterator[Problem]:
    """Yield what is wrong with a query that is in the family's words: no single SELECT, or columns that are not there.

    A relation that the specs do not declare may be there all the same, so only columns of declared tables are looked
    up, and only where it is plain which table is meant.
    """
    try:
        tree = parsed(assertion.query.text, family)
    except NotPortable as error:
        message = f"the query of {assertion.ref} cannot be read as SQL of {family}{error.near}"
        hint = "mend it; what is right and yet not read can stand in a view"
        yield Problem(code="SPEC200", message=message, hint=hint, address=str(assertion.ref))
        return
    if not is_question(tree):
        message = f"the query of {assertion.ref} is not one single SELECT"
        hint = "write a query that returns the rows that offend, and nothing when all is well"
        yield Problem(code="SPEC200", message=message, hint=hint, address=str(assertion.ref))
        return
    for table, column, known in dict.fromkeys(missing_columns(tree, model, family)):
        close = get_close_matches(column, known, n=1)
        message = f"the query of {assertion.ref} names a column {column!r}, which {table!r} has not"
        hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(known)}"
        yield Problem(code="SPEC031", message=message, hint=hint, address=str(assertion.ref))


def is_question(tree: exp.Expr) -> bool:
    """Say whether a statement asks and does nothing: some databases let a SELECT hold an INSERT, or make a table."""
    from sqlglot import exp

    doing = tree.find(exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Into, exp.Command)
    return isinstance(tree, exp.Query) and doing is None


def missing_columns(tree: exp.Expr, model: Model, family: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield each column that a declared table is said to have and has not, with those that it has."""
    from sqlglot import exp

    tables = _tables(tree, model)
    alone = next(iter(tables)) if _is_flat(tree) and len(tables) == 1 else ""
    given = {alias.alias.lower() for alias in tree.find_all(exp.Alias)}
    for column in tree.find_all(exp.Column):
        name, word = column.name, column.table.lower() or alone
        table = tables.get(word)
        own = isinstance(column.this, exp.Identifier) and not (column.this.quoted and family in _LOOSE_QUOTES)
        if table is None or not own or name.lower() in _ALWAYS or (not column.table and name.lower() in given | {word}):
            continue
        known = tuple(one.ref.name for one in model.children(table, Column))
        if name.lower() not in {one.lower() for one in known}:
            yield table.name, name, known


def _is_flat(tree: exp.Expr) -> bool:
    """Say whether there is one FROM with one relation, so that a bare name can mean nothing else."""
    from sqlglot import exp

    return len(list(tree.find_all(exp.Select))) == 1 and tree.find(exp.Join, exp.Lateral, exp.Subquery) is None


def _tables(tree: exp.Expr, model: Model) -> Mapping[str, Ref]:
    """Return the declared tables by the words that stand for them, without those that stand for several relations."""
    from sqlglot import exp

    own = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    others = {alias.name.lower() for alias in tree.find_all(exp.TableAlias) if not isinstance(alias.parent, exp.Table)}
    found: dict[str, Ref] = {}
    for relation in tree.find_all(exp.Table):
        word = relation.alias_or_name.lower()
        meant = [obj.ref for obj in model.values() if isinstance(obj, Table) and _is_named(obj.ref, relation)]
        ref = meant[0] if len(meant) == 1 and relation.name.lower() not in own else None
        if ref is None or found.setdefault(word, ref) != ref or _renames(relation):
            others.add(word)
    return {word: ref for word, ref in found.items() if word not in others}


def _is_named(ref: Ref, relation: exp.Table) -> bool:
    return ref.name.lower() == relation.name.lower() and (not relation.db or relation.db.lower() == ref.schema.lower())


def _renames(relation: exp.Table) -> bool:
    alias = relation.args.get("alias")
    return bool(alias is not None and alias.columns)
