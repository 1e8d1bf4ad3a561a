"""A query and its result's columns in, which of them may hold what is sensitive out; in doubt, each may."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import TYPE_CHECKING

from reconciler.dialects.sql import ours
from reconciler.dialects.transpile import NotPortable, family, parsed
from reconciler.model.model import Model
from reconciler.model.objects import Column, Object, Table, View

if TYPE_CHECKING:
    from sqlglot import exp


class _Doubt(Exception):
    """Nobody can say where the columns of a query come from."""


def masks(query: str, columns: Sequence[str], model: Model, words: str) -> tuple[bool, ...]:
    """Say of each column of a result whether its values are not to be shown.

    What a sensitive column flows into is followed by name: through aliases, subqueries, common table expressions and
    declared views. A star brings names along, so they are held against the result's own. A relation that is neither
    declared nor this tool's own, a function that is not known and an expression without a name leave everything in
    doubt.

    Args:
        query: in the family's words.
        columns: what the database calls the columns of the result.
        model: the declared one.
        words: the family.
    """
    if not any(isinstance(obj, Column) and obj.sensitive for obj in model.values()):
        return (False,) * len(columns)
    try:
        names = _Search(model, frozenset()).names(parsed(query, words))
    except (NotPortable, _Doubt, RecursionError):
        return (True,) * len(columns)
    # SQLite tells columns of one name in a subquery apart by a number behind a colon.
    return tuple(column.lower().partition(":")[0] in names for column in columns)


class _Search:
    """One query: the names under which it holds what is sensitive; `inside` are the views that lead to it."""

    def __init__(self, model: Model, inside: frozenset[str]) -> None:
        self.model, self.inside = model, inside
        self.found: set[str] = set()

    def names(self, tree: exp.Expr) -> set[str]:
        """Return the names, of columns and of whole rows alike. Raises _Doubt."""
        from sqlglot import exp

        own = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
        for table in tree.find_all(exp.Table):
            self._relation(table, own)
        before = -1
        while before < len(self.found):
            before = len(self.found)
            self._aliases(tree)
            self._relations(tree)
            self._unions(tree)
            self._makes_rows(tree)
        for select in filter(_is_relation, tree.find_all(exp.Select)):
            if any(not one.output_name and not one.is_star and self._holds(one) for one in select.expressions):
                raise _Doubt
        return self.found

    def _relation(self, table: exp.Table, own: Set[str]) -> None:
        meant = [obj for obj in self.model.values() if obj.ref.parent is None and _is_called(obj, table.name)]
        if not meant and table.name.lower() not in own and not ours(table.name):
            raise _Doubt
        names = {name for obj in meant for name in self._names_of(obj)}
        self.found |= names | ({table.alias_or_name.lower(), table.name.lower()} if names else set())

    def _names_of(self, obj: Object) -> Iterator[str]:
        if isinstance(obj, View) and obj.ref.name not in self.inside:
            tree = parsed(obj.query.text, family(obj.query.dialect))
            yield from _Search(self.model, self.inside | {obj.ref.name}).names(tree)
        yield from (column.ref.name.lower() for column in self.model.children(obj.ref, Column) if column.sensitive)

    def _aliases(self, tree: exp.Expr) -> None:
        from sqlglot import exp

        self.found |= {alias.alias.lower() for alias in tree.find_all(exp.Alias) if self._holds(alias.this)}

    def _relations(self, tree: exp.Expr) -> None:
        """A subquery that holds anything is held by its own name, and by each name that it gives to its columns."""
        from sqlglot import exp

        for given in tree.find_all(exp.TableAlias):
            whole = given.parent
            if whole is not None and self._selects(whole):
                self.found |= {given.name.lower(), *(column.name.lower() for column in given.columns)}

    def _selects(self, whole: exp.Expr) -> bool:
        from sqlglot import exp

        if isinstance(whole, exp.Table):
            return whole.name.lower() in self.found
        return any(self._holds(one) for select in whole.find_all(exp.Select) for one in select.expressions)

    def _makes_rows(self, tree: exp.Expr) -> None:
        """What a relation of a function's making calls its columns is not looked at closer."""
        from sqlglot import exp

        if any(self._holds(one) for one in tree.find_all(exp.UDTF)):
            raise _Doubt

    def _unions(self, tree: exp.Expr) -> None:
        """The first of several queries names the columns of all; what the others put there is not looked at closer."""
        from sqlglot import exp

        for union in tree.find_all(exp.SetOperation):
            if self._selects(union.expression):
                names = union.this.named_selects
                if not names or "*" in names or "" in names:
                    raise _Doubt
                self.found |= {name.lower() for name in names}

    def _holds(self, part: exp.Expr) -> bool:
        from sqlglot import exp

        for node in part.walk():
            if isinstance(node, exp.Anonymous):
                return True
            if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count) and self.found:
                return True
            if isinstance(node, exp.Column) and node.name.lower() in self.found:
                return True
        return False


def _is_relation(select: exp.Select) -> bool:
    """Say whether the columns of a query have names for somebody: one inside an expression is a value."""
    from sqlglot import exp

    at = select.parent
    while isinstance(at, exp.SetOperation | exp.Subquery):
        at = at.parent
    return not isinstance(at, exp.Alias | exp.Condition | exp.Where | exp.Having | exp.Select)


def _is_called(obj: Object, name: str) -> bool:
    return isinstance(obj, Table | View) and obj.ref.name.lower() == name.lower()
