"""How each field of each kind is changed on SQLite: in place where that is legal, else by rebuilding the table.

What is legal: sqlite.org/lang_altertable.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.dialects.sql import double_quoted
from reconciler.dialects.sqlite import render
from reconciler.dialects.sqlite.lexer import Lexeme, tokens
from reconciler.dialects.sqlite.names import fold
from reconciler.dialects.sqlite.rebuild import rebuild
from reconciler.dialects.sqlite.resolve import dangling
from reconciler.dialects.sqlite.triggers import drop_trigger, trigger_again
from reconciler.model.fields import compared
from reconciler.model.kinds import KINDS
from reconciler.model.model import Model
from reconciler.model.objects import Check, Column, ForeignKey, Index, Object, PrimaryKey, Table, Unique, View
from reconciler.model.programs import Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Literal
from reconciler.plan.rules import Outcome, Rules, RuleTable, States, Way
from reconciler.plan.step import Statement


def _one(sql: str) -> Sequence[Statement]:
    return (Statement(sql),)


def _create_table(new: Table, states: States) -> Outcome:
    return _one(render.create_table(new, states.new, new.ref.name))


def _drop_table(old: Table, states: States) -> Outcome:
    return _one(f"DROP TABLE {double_quoted(old.ref.name)}")


def _rename_table(old: Table, new: Table, states: States) -> Outcome:
    return _one(f"ALTER TABLE {double_quoted(old.ref.name)} RENAME TO {double_quoted(new.ref.name)}")


def _add_column(new: Column, states: States) -> Outcome:
    """Add in place what ALTER TABLE ADD COLUMN accepts; what it does not needs a rebuild."""
    if not _addable(new, states):
        return Way.VIA_PARENT
    clauses = [render.column_clause(new, (), sole_key=None)]
    clauses += [_riding_clause(obj) for obj in _riders(new.ref, states)]
    return _one(f"ALTER TABLE {double_quoted(new.ref.top.name)} ADD COLUMN {' '.join(clauses)}")


def _addable(new: Column, states: States) -> bool:
    if new.ref.top not in states.old or new.identity is not None:
        return False
    if new.generated is not None:
        return not new.generated.stored
    constant = new.default is None or isinstance(new.default, Literal)
    key = any(new.ref.name in key.columns for key in states.new.children(new.ref.top, PrimaryKey))
    return constant and not key and not (new.not_null and new.default is None)


def _riders(column: Ref, states: States) -> list[Object]:
    """Return the new constraints that can be written with a new column because they are about it alone.

    A foreign key can only when the column starts out null.
    """
    new = states.new.get_as(column, Column)
    found: list[Object] = []
    for key in states.new.children(column.top, ForeignKey):
        if key.ref not in states.old and key.columns == (column.name,) and new.default is None:
            found.append(key)
    for check in states.new.children(column.top, Check):
        if check.ref not in states.old and check.uses == {column}:
            found.append(check)
    return sorted(found, key=lambda obj: obj.ref)


def _riding_clause(obj: Object) -> str:
    if isinstance(obj, ForeignKey):
        return f"CONSTRAINT {double_quoted(obj.ref.name)} {render.references_clause(obj)}"
    return render.constraint_clause(obj, obj.ref.name)


def _create_foreign_key(new: ForeignKey, states: States) -> Outcome:
    return _with_column(new, (new.ref.top.child(Kind.COLUMN, name) for name in new.columns), states)


def _create_check(new: Check, states: States) -> Outcome:
    """Make a check with the column that it is about, or in place where this library can."""
    riding = _with_column(new, new.uses, states)
    if riding is not Way.VIA_PARENT or "add_check" not in states.features or new.ref.top not in states.old:
        return riding
    return _one(f"ALTER TABLE {double_quoted(new.ref.top.name)} ADD {render.constraint_clause(new, new.ref.name)}")


def _drop_check(old: Check, states: States) -> Outcome:
    return _drop_constraint(old, "drop_check", states)


def _drop_foreign_key(old: ForeignKey, states: States) -> Outcome:
    return _drop_constraint(old, "drop_foreign_key", states)


def _drop_constraint(old: Check | ForeignKey, feature: str, states: States) -> Outcome:
    """Drop in place what has a name that nothing else in the table has."""
    children: list[Object] = [*states.old.children(old.ref.top, Check), *states.old.children(old.ref.top, ForeignKey)]
    children += states.old.children(old.ref.top, Unique)
    keys = [key.name or "" for key in states.old.children(old.ref.top, PrimaryKey)]
    alike = sum(fold(name) == fold(old.ref.name) for name in (*(child.ref.name for child in children), *keys))
    if feature not in states.features or old.nameless or alike > 1 or old.ref.top not in states.new:
        return Way.VIA_PARENT
    return _one(f"ALTER TABLE {double_quoted(old.ref.top.name)} DROP CONSTRAINT {double_quoted(old.ref.name)}")


def _alter_check(old: Check, new: Check, states: States) -> Outcome:
    """Drop a check and make it again where both go in place."""
    gone = _drop_check(old, states)
    return Way.VIA_PARENT if isinstance(gone, Way) or "add_check" not in states.features else Way.REPLACE


def _alter_null(old: Column, new: Column, states: States) -> Outcome:
    """Say in place whether a column may be null, and what happens to a null (sqlite.org/lang_altertable.html)."""
    if "alter_null" not in states.features or new.identity is not None or new.ref not in states.old:
        return Way.VIA_PARENT
    return _one(f"ALTER TABLE {double_quoted(new.ref.top.name)} ALTER COLUMN {render.null_change(new)}")


def _with_column(new: Object, columns: object, states: States) -> Outcome:
    """A constraint comes with the new column that it is about, or else by a rebuild."""
    named = sorted(columns)  # type: ignore[call-overload]
    if len(named) == 1 and named[0] in states.new and named[0] not in states.old:
        column = states.new.get_as(named[0], Column)
        if _addable(column, states) and new in _riders(column.ref, states):
            return ()
    return Way.VIA_PARENT


def _drop_column(old: Column, states: States) -> Outcome:
    """Drop in place what nothing else in the table's definition speaks of.

    A trigger that does refuses the plan before, and a view is dropped before or refuses it too (plan/settle.py). SQLite
    refuses it as well as long as any view or trigger of the whole file reads what is not there, those that come too.
    """
    if "drop_column" not in states.features or _mentioned(old.ref, states.old):
        return Way.VIA_PARENT
    if dangling(states.old) or dangling(states.new):
        return Way.VIA_PARENT
    return _one(f"ALTER TABLE {double_quoted(old.ref.top.name)} DROP COLUMN {double_quoted(old.ref.name)}")


def _mentioned(column: Ref, model: Model) -> bool:
    keys: list[PrimaryKey | Unique | ForeignKey] = [*model.children(column.top, PrimaryKey)]
    keys += [*model.children(column.top, Unique), *model.children(column.top, ForeignKey)]
    if any(column.name in key.columns for key in keys):
        return True
    texts = [check.expression.text for check in model.children(column.top, Check)]
    texts += [other.generated.expression.text for other in model.children(column.top, Column) if other.generated]
    return any(fold(column.name) in _words(text) for text in texts)


def _words(text: str) -> frozenset[str]:
    return frozenset(fold(t.value) for t in tokens(text) if t.lexeme in (Lexeme.WORD, Lexeme.NAME))


def _rename_column(old: Column, new: Column, states: States) -> Outcome:
    table = double_quoted(new.ref.top.name)
    return _one(f"ALTER TABLE {table} RENAME COLUMN {double_quoted(old.ref.name)} TO {double_quoted(new.ref.name)}")


def _create_unique(new: Unique, states: States) -> Outcome:
    return Way.VIA_PARENT if new.on_conflict else _one(render.create_unique_index(new))


def _create_index(new: Index, states: States) -> Outcome:
    return _one(render.create_index(new, new.ref.top.name))


def _drop_index(old: Index, states: States) -> Outcome:
    return _one(f"DROP INDEX {double_quoted(old.ref.name)}")


def _create_view(new: View, states: States) -> Outcome:
    """Make a view, and with it those of its triggers that are not modelled: they went with the one before."""
    return [Statement(text) for text in (render.create_view(new), *new.carried)]


def _drop_view(old: View, states: States) -> Outcome:
    return _one(f"DROP VIEW {double_quoted(old.ref.name)}")


def _create_trigger(new: Trigger, states: States) -> Outcome:
    return _one(trigger_again(new, states.old))


def _drop_trigger(old: Trigger, states: States) -> Outcome:
    return _one(drop_trigger(old.ref.name))


def _every(cls: type[Object], way: Way) -> dict[str, Way]:
    return dict.fromkeys(compared(cls), way)


def _constraint(cls: type[Object], create: object = Way.VIA_PARENT) -> Rules:
    return Rules(
        create=create,  # type: ignore[arg-type]
        drop=Way.VIA_PARENT,
        alter=_every(cls, Way.VIA_PARENT),
        rename=Way.VIA_PARENT,
        inline=True,
        # The other table of a foreign key need not exist when the key is created (sqlite.org/foreignkeys.html,
        # section 2).
        late=frozenset({"target", "target_columns", "uses"}) if cls is ForeignKey else frozenset(),
    )


def _absent(cls: type[Object]) -> Rules:
    return Rules(
        create=Way.UNSUPPORTED, drop=Way.UNSUPPORTED, alter=_every(cls, Way.UNSUPPORTED),
        hint="SQLite has no such objects",
    )  # fmt: skip


_ABSENT = (
    Kind.SCHEMA,
    Kind.EXTENSION,
    Kind.ENUM,
    Kind.DOMAIN,
    Kind.SEQUENCE,
    Kind.OWNED_BY,
    Kind.EXCLUSION,
    Kind.FUNCTION,
    Kind.PROCEDURE,
    Kind.EVENT,
)

_NO_VIEW_OPTIONS = dict.fromkeys(("materialized", "options"), Way.UNSUPPORTED)

# What SQLite's triggers have; the rest is refused before.
_TRIGGER_FIELDS = ("timing", "events", "columns", "when", "body")

RULES: RuleTable = {
    **{kind: _absent(KINDS[kind]) for kind in _ABSENT},
    Kind.TABLE: Rules(
        create=_create_table, drop=_drop_table, rename=_rename_table, rebuild=rebuild,
        alter={"options": Way.VIA_PARENT, "comment": Way.UNSUPPORTED}, weight=40, drop_weight=90, late_bound=True,
    ),
    Kind.COLUMN: Rules(
        create=_add_column, drop=_drop_column, rename=_rename_column, inline=True, weight=45, drop_weight=80,
        alter={**_every(Column, Way.VIA_PARENT), "not_null": _alter_null, "on_conflict": _alter_null}, late_bound=True,
    ),
    Kind.PRIMARY_KEY: _constraint(PrimaryKey),
    Kind.UNIQUE: _constraint(Unique, _create_unique),
    Kind.CHECK: replace(
        _constraint(Check, _create_check), drop=_drop_check,
        alter={**_every(Check, Way.VIA_PARENT), "expression": _alter_check},
    ),
    Kind.FOREIGN_KEY: replace(_constraint(ForeignKey, _create_foreign_key), drop=_drop_foreign_key),
    Kind.INDEX: Rules(create=_create_index, drop=_drop_index, rename=Way.REPLACE, alter=_every(Index, Way.REPLACE),
                      weight=60),
    Kind.VIEW: Rules(create=_create_view, drop=_drop_view, rename=Way.REPLACE, weight=70, drop_weight=10,
                     late_bound=True, alter=_every(View, Way.REPLACE) | _NO_VIEW_OPTIONS),
    Kind.TRIGGER: Rules(
        create=_create_trigger, drop=_drop_trigger, rename=Way.REPLACE, falls=False,
        alter=_every(Trigger, Way.UNSUPPORTED) | dict.fromkeys(_TRIGGER_FIELDS, Way.REPLACE),
        # What it names is looked up when it fires.
        late=frozenset({"uses"}), weight=75, drop_weight=5,
    ),
}  # fmt: skip
