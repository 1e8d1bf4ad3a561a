"""How each field of each kind is changed on MySQL and MariaDB: a statement is all that the server takes back."""

from __future__ import annotations

from typing import Any

from reconciler.dialects.mysql import programs, render
from reconciler.dialects.mysql import rules_columns as columns
from reconciler.dialects.mysql import rules_keys as keys
from reconciler.dialects.mysql.elsewhere import ABSENT
from reconciler.dialects.mysql.names import of
from reconciler.dialects.mysql.renames import rename_column, rename_relation
from reconciler.dialects.mysql.restating import restated
from reconciler.dialects.mysql.sequences import SEQUENCE
from reconciler.model.fields import compared
from reconciler.model.kinds import KINDS
from reconciler.model.objects import Check, Column, ForeignKey, Index, Object, PrimaryKey, Unique, View
from reconciler.model.ref import Kind
from reconciler.plan.rules import Outcome, Rules, RuleTable, States, Way
from reconciler.plan.step import Statement


def _one(sql: str) -> tuple[Statement, ...]:
    return (Statement(sql),)


# --- views ------------------------------------------------------------------------------------------------------------


def _create_view(new: View, states: States) -> Outcome:
    return _one(render.view_text(new, "CREATE"))


def _change_view(old: View, new: View, states: States) -> Outcome:
    return _one(render.view_text(new, "CREATE OR REPLACE"))


def _drop_view(old: View, states: States) -> Outcome:
    return _one(f"DROP VIEW {of(old.ref)}")


# --- the table --------------------------------------------------------------------------------------------------------


def _every(cls: type[Object], way: Any) -> dict[str, Any]:
    return dict.fromkeys(compared(cls), way)


def _absent(cls: type[Object]) -> Rules:
    return Rules(
        create=Way.UNSUPPORTED, drop=Way.UNSUPPORTED, alter=_every(cls, Way.UNSUPPORTED),
        hint="MySQL and MariaDB have no such objects",
    )  # fmt: skip


RULES: RuleTable = {
    **{Kind(kind): _absent(KINDS[Kind(kind)]) for kind in (*ABSENT, Kind.ENUM)},
    Kind.TABLE: Rules(
        create=columns.create_table, drop=columns.drop_table, rename=rename_relation, weight=10, drop_weight=50,
        restates=restated,
        alter={"comment": columns.comment_table, "options": columns.table_options}, late_bound=True,
        steady=True, disturbed=columns.keys_over_converted,
    ),
    Kind.COLUMN: Rules(
        create=columns.create_column, drop=columns.drop_column, rename=rename_column, inline=True, weight=20,
        drop_weight=40,
        restates=restated,
        alter=_every(Column, columns.modify_column)
        | {"generated": columns.generate, "type": columns.retype, "on_conflict": Way.UNSUPPORTED},
        disturbs=frozenset({"type", "collation"}), disturbed=keys.without_lengths, late_bound=True,
    ),
    Kind.PRIMARY_KEY: Rules(
        create=keys.create_primary_key, drop=keys.drop_primary_key, rename=keys.same_name, inline=True, weight=36,
        drop_weight=35,
        restates=restated,
        alter=_every(PrimaryKey, Way.UNSUPPORTED)
        | {"columns": keys.change_primary_key, "comment": keys.change_primary_key, "name": keys.same_name},
    ),
    Kind.UNIQUE: Rules(
        create=keys.create_unique, drop=keys.drop_index, rename=keys.rename_index, inline=True, weight=32,
        drop_weight=34,
        restates=restated,
        alter=_every(Unique, keys.change_index),
    ),
    Kind.CHECK: Rules(
        create=keys.create_check, drop=keys.drop_check, rename=Way.REPLACE, inline=True, weight=34,
        restates=restated,
        alter=_every(Check, Way.REPLACE) | {"enforced": keys.enforce_check},
    ),
    Kind.FOREIGN_KEY: Rules(
        create=keys.create_foreign_key, drop=keys.drop_foreign_key, rename=Way.REPLACE, weight=45, drop_weight=5,
        alter=_every(ForeignKey, Way.REPLACE), adapts=False,
    ),
    Kind.INDEX: Rules(
        create=keys.create_index, drop=keys.drop_index, rename=keys.rename_index, inline=True, weight=40,
        drop_weight=30,
        restates=restated,
        alter=_every(Index, keys.change_index) | {"options": keys.index_options},
    ),
    **programs.RULES,
    Kind.SEQUENCE: SEQUENCE,
    Kind.VIEW: Rules(
        create=_create_view, drop=_drop_view, rename=rename_relation, weight=70, drop_weight=10, late_bound=True,
        alter=_every(View, _change_view) | {"materialized": Way.UNSUPPORTED},
    ),
}  # fmt: skip
