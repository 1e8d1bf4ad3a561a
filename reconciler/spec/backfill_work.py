"""What stands behind `do:` in, the work that it says out: an INSERT … SELECT, an UPDATE, a copy, or a statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from reconciler.model.backfills import (
    Assignment,
    Case,
    Classification,
    Copied,
    Copy,
    InsertSelect,
    Mapped,
    Merge,
    Script,
    Update,
)
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Literal, Sql
from reconciler.spec.context import Context
from reconciler.spec.nodes import Node
from reconciler.spec.overrides import Fields

# What sets a row aside instead of giving it a value.
_REJECT = "reject"


def read_work(context: Context, ref: Ref, fields: Fields) -> Mapping[str, Any] | None:
    """Return the one field of a backfill that holds its work; None when it cannot be told which that is."""
    said: Fields = fields["do"].value
    if len(said) != 1:
        keys = [node.key or node.at for node in said.values()]
        context.problem("SPEC016", f"{ref} is to do {len(said)} things at once: {', '.join(said)}", keys[1],
                        hint="write one backfill for each")  # fmt: skip
        return None
    ((key, node),) = said.items()
    field, read = _WORK[key]
    work = read(context, ref, node, fields)
    return None if work is None else {field: work}


def _insert_select(context: Context, ref: Ref, node: Node, fields: Fields) -> InsertSelect | None:
    said: Fields = node.value
    into = context.root(Kind.TABLE, said["into"])
    if into is None:
        return None
    classify = [
        _classification(context, ref, name, item)
        for name, item in (said["classify"].value.items() if "classify" in said else ())
    ]
    names = [one.name for one in classify]
    return InsertSelect(
        into=into,
        columns=tuple(_mapped(context, ref, column, item, names) for column, item in said["columns"].value.items()),
        classify=tuple(classify),
        group_by=tuple(
            _grouping(context, ref, item, names) for item in (said["group_by"].value if "group_by" in said else ())
        ),
        merge=_merge(context, ref, said["merge"].value) if "merge" in said else None,
    )


def _classification(context: Context, ref: Ref, name: str, node: Node) -> Classification:
    *cases, last = node.value
    for item in cases:
        if "otherwise" in item.value:
            context.problem("SPEC015", f"{name}: `otherwise` takes every row, so nothing can come after it",
                            item.value["otherwise"].key or item.at)  # fmt: skip
    if "otherwise" not in last.value:
        message = f"{name} is not exhaustive: it does not say what becomes of rows that meet no condition"
        hint = f"end it with {{otherwise: {_REJECT}}}, or with a value for all others"
        context.problem("SPEC014", message, node.key or node.at, hint=hint)
    otherwise = last.value["otherwise"].value if "otherwise" in last.value else _REJECT
    taken = [item for item in node.value if "when" in item.value]
    return Classification(
        name=name,
        cases=tuple(
            Case(
                when=context.sql_text(item.value["when"], f"a condition of {name} in", ref),
                then=_literal(context, item.value["then"]),
            )
            for item in taken
        ),
        otherwise=None if otherwise == _REJECT else _literal(context, last.value["otherwise"]),
    )


def _mapped(context: Context, ref: Ref, column: str, node: Node, names: list[str]) -> Mapped:
    """Return where the value of a column comes from."""
    value = node.value
    if type(value) is dict:
        if "const" in value:
            return Mapped(column=column, constant=_literal(context, value["const"]))
        sql = context.sql_text(value["of" if "agg" in value else "sql"], f"column {column} of", ref)
        return Mapped(column=column, expression=sql, aggregate=value["agg"].value if "agg" in value else "")
    if isinstance(value, bool | int | Decimal):
        return Mapped(column=column, constant=_literal(context, node))
    if value.startswith("$") and not value.startswith("${"):
        return Mapped(column=column, classification=_named(context, node, names))
    return Mapped(column=column, expression=context.sql_text(node, f"column {column} of", ref))


def _grouping(context: Context, ref: Ref, node: Node, names: list[str]) -> Sql:
    if node.value.startswith("$") and not node.value.startswith("${"):
        return Sql(f"${_named(context, node, names)}", context.sql)
    return context.sql_text(node, "the grouping of", ref)


def _named(context: Context, node: Node, names: list[str]) -> str:
    name: str = node.value[1:]
    if name not in names:
        known = f"there are {', '.join(names)}" if names else "there is none: write `classify:`"
        context.problem("SPEC030", f"there is no classification {name!r}", node, hint=known)
    return name


def _merge(context: Context, ref: Ref, said: Fields) -> Merge:
    return Merge(
        on=tuple(node.value for node in said["on"].value),
        assignments=_assignments(context, ref, said.get("set"), "the merge of"),
    )


def _assignments(context: Context, ref: Ref, node: Node | None, what: str) -> tuple[Assignment, ...]:
    return tuple(
        Assignment(column=column, value=context.sql_text(item, f"{column} in {what}", ref))
        for column, item in (node.value.items() if node is not None else ())
    )


def _update(context: Context, ref: Ref, node: Node, fields: Fields) -> Update:
    said: Fields = node.value
    where = context.sql_text(said["where"], "the where of", ref) if "where" in said else None
    return Update(assignments=_assignments(context, ref, said["set"], "the update of"), where=where)


def _copy(context: Context, ref: Ref, node: Node, fields: Fields) -> Copy | None:
    if "from" not in fields or "into" not in fields:
        hint = "from: {database: …, table: …, key: […]} and into: {table: …}"
        context.problem("SPEC014", f"{ref} is a copy, which says 'from' and 'into'", node.key or node.at, hint=hint)
        return None
    into = context.root(Kind.TABLE, fields["into"].value["table"])
    if into is None:
        return None
    return Copy(
        into=into,
        columns=tuple(_copied(context, column, item) for column, item in node.value["map"].value.items()),
    )


def _copied(context: Context, column: str, node: Node) -> Copied:
    if type(node.value) is not dict:
        return Copied(column=column, source=node.value)
    said: Fields = node.value
    if "const" in said:
        return Copied(column=column, constant=_literal(context, said["const"]))
    return Copied(
        column=column,
        source=said["from"].value,
        **{key: said[key].value for key in ("cast", "transform", "on_invalid") if key in said},
    )


def _script(context: Context, ref: Ref, node: Node, fields: Fields) -> Script:
    source = (fields.get("source") or fields["from"]).value if "source" in fields or "from" in fields else {}
    key = [item.value for item in source["key"].value] if "key" in source else []
    given = range_names(key)
    return Script(statement=context.sql_text(node, "the statement of", ref, query=True, given=given))


def range_names(key: Sequence[str]) -> frozenset[str]:
    """Return the parameters by which a range of keys is meant: :lo and :hi, or :lo_COLUMN and :hi_COLUMN."""
    return frozenset({"lo", "hi", *(f"{side}_{name}" for side in ("lo", "hi") for name in key)})


def _literal(context: Context, node: Node) -> Literal:
    return context.literal(node) or Literal("")


Reader = Callable[[Context, Ref, Node, Fields], object]
_WORK: Mapping[str, tuple[str, Reader]] = {
    "insert_select": ("insert_select", _insert_select),
    "update": ("update", _update),
    "copy": ("copy", _copy),
    "sql": ("script", _script),
}
