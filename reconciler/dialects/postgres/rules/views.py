"""How views come, go and change: in place where the server allows it, else anew with all that belonged to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from reconciler.dialects.postgres.lexer import Sort, tokens
from reconciler.dialects.postgres.names import FAMILY, of
from reconciler.dialects.postgres.parameters import changes as parameter_changes
from reconciler.dialects.postgres.parameters import parameters
from reconciler.dialects.postgres.rules.statements import comment, comments, one
from reconciler.dialects.postgres.rules.tables import renamed, with_functions
from reconciler.dialects.postgres.rules.triggers import fallen_functions
from reconciler.dialects.transpile import NotPortable, output_columns, parsed
from reconciler.model.objects import Options, View
from reconciler.model.programs import Trigger
from reconciler.plan.rules import Outcome, Rules, States, Way
from reconciler.plan.step import Statement

if TYPE_CHECKING:
    from sqlglot import exp


def _word(view: View) -> str:
    return "MATERIALIZED VIEW" if view.materialized else "VIEW"


def _text(new: View, verb: str) -> str:
    """CREATE OR REPLACE sets the options anew too, so they are always written."""
    options = f" WITH ({parameters(_parameters(new.options))})" if new.options else ""
    return f"{verb} {_word(new)} {of(new.ref)}{options} AS {new.query.text}"


def _parameters(options: Options) -> Options:
    """Return options under the names that the server knows."""
    return tuple((name.removeprefix("storage."), value) for name, value in options)


def _create(new: View, states: States) -> Outcome:
    created = Statement(_text(new, "CREATE"))
    return (created, *comments(f"{_word(new)} {of(new.ref)}", new.comment), *map(Statement, _still_true(new)))


def _still_true(new: View) -> Iterator[str]:
    """Yield what a rebuilt view gets back; words about a column that it has no more are left out."""
    names = output_columns(new.query.text, FAMILY) or new.columns
    for text in new.carried:
        column = column_in(text)
        if column is None or names is None or column in names:
            yield text


def column_in(statement: str) -> str | None:
    """Return the column that a carried statement is about, None when it is about the view."""
    found = tokens(statement)
    words = [token.value for token in found]
    if words[:3] == ["comment", "on", "column"]:
        return [token.value for token in found if token.sort is Sort.QUOTED][-1]
    if words[:2] == ["alter", "view"] and "column" in words:
        return words[words.index("column") + 1]
    if words[:1] == ["grant"] and words[2:3] == ["("]:
        return words[3]
    return None


def _drop(old: View, states: States) -> Outcome:
    dropped = one(f"DROP {_word(old)} {of(old.ref)}")
    return (*dropped, *fallen_functions(states.old.children(old.ref, Trigger)))


def _rename(old: View, new: View, states: States) -> Outcome:
    return with_functions(renamed(_word(old), old, new), old, new, states)


def _comment(old: View, new: View, states: States) -> Outcome:
    return (comment(f"{_word(new)} {of(new.ref)}", new.comment),)


def _options(old: View, new: View, states: States) -> Outcome:
    words = parameter_changes(_parameters(old.options), _parameters(new.options))
    return tuple(Statement(f"ALTER {_word(new)} {of(new.ref)} {said}") for said in words)


def _query(old: View, new: View, states: States) -> Outcome:
    """The server replaces a view in place only when its columns stay, by name and type (manual, "CREATE VIEW"), and

    never one that is materialized.
    """
    in_place = not new.materialized and extends(old.query.canonical, new.query.canonical)
    return one(_text(new, "CREATE OR REPLACE")) if in_place else Way.REPLACE


def extends(old: str, new: str) -> bool:
    """Say whether a query has the columns of another one, with the same names and types, and maybe more behind them.

    Both are the server's own spelling. Two columns have one type when the same words name them and the same tables
    stand behind; whatever is more complicated than plain tables is not decided here, and the answer is no.
    """
    from sqlglot import exp

    try:
        before, after = parsed(old, FAMILY), parsed(new, FAMILY)
    except NotPortable:
        return False
    if not isinstance(before, exp.Select) or not isinstance(after, exp.Select) or _has_stars([before, after]):
        return False
    first, second = _sources(before), _sources(after)
    if first is None or second is None or not first <= second:
        return False
    mine, theirs = ([column.sql(FAMILY) for column in query.selects] for query in (before, after))
    return theirs[: len(mine)] == mine


def _has_stars(queries: Iterable[exp.Select]) -> bool:
    return any(query.is_star for query in queries)


def _sources(query: exp.Select) -> frozenset[tuple[str, str, str]] | None:
    """Return (schema, table, alias) of each table that a query reads; None when there is anything else."""
    from sqlglot import exp

    if query.find(exp.Subquery, exp.CTE, exp.Lateral, exp.Unnest):
        return None
    return frozenset((table.db, table.name, table.alias) for table in query.find_all(exp.Table))


VIEW = Rules(
    create=_create, drop=_drop, rename=_rename, adapts=False, weight=60, drop_weight=1,
    alter={"query": _query, "materialized": Way.REPLACE, "comment": _comment, "options": _options},
)  # fmt: skip
