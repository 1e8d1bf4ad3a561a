"""Documents of all that is no table in, their objects out; it knows no dialect."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.objects import Domain, Enum, Extension, NumberSequence, OwnedBy, Schema, View
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.spec.columns import Columns, collation_of, default_of, type_of
from reconciler.spec.context import Context
from reconciler.spec.indexes import checks, indexes
from reconciler.spec.keys import names
from reconciler.spec.names import split_column_reference
from reconciler.spec.nodes import Node
from reconciler.spec.overrides import Fields
from reconciler.spec.triggers import triggers
from reconciler.spec.validate import suggestion

# Keys of a view → whether they are about one that is materialized.
_OF_MATERIALIZED: Mapping[str, bool] = {
    "indexes": True, "storage": True, "security_invoker": False, "security_barrier": False, "check_option": False,
}  # fmt: skip


def lower_schema(context: Context, ref: Ref, name: Node, fields: Fields) -> None:
    """Take a schema into the lowering; the default one is no object."""
    if ref.name == context.default_schema:
        hint = "leave it out: what has no schema in its name is in this one"
        context.problem("SPEC043", f"{ref.name!r} is the default schema, which is not declared", name, hint=hint)
        return
    _unqualified(context, ref, name)
    context.add(Schema(ref=ref, comment=context.text(fields.get("comment"))), name, fields)


def _unqualified(context: Context, ref: Ref, name: Node) -> None:
    if ref.schema:
        context.problem(
            "SPEC017", f"{name.value!r}: what is named here is in no schema", name, hint="leave the dot out"
        )


def lower_extension(context: Context, ref: Ref, name: Node, fields: Fields) -> None:
    """Take an extension into the lowering."""
    namespace = fields["schema"].value if "schema" in fields else None
    if namespace == context.default_schema:
        namespace = ""
    extension = Extension(
        ref=ref,
        namespace=namespace,
        version=fields["version"].value if "version" in fields else None,
        comment=context.text(fields.get("comment")),
    )
    _unqualified(context, ref, name)
    context.add(extension, name, fields)


def lower_enum(context: Context, ref: Ref, name: Node, fields: Fields) -> None:
    """Take an enum into the lowering."""
    values = tuple(item.value for item in fields["values"].value)
    enum = Enum(
        ref=ref,
        values=values,
        comment=context.text(fields.get("comment")),
        renamed_values=_pairs(context, fields, "renamed_values", values),
        removed_values=_pairs(context, fields, "removed_values", values),
    )
    context.add(enum, name, fields)


def _pairs(context: Context, fields: Fields, key: str, values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return what becomes of old values; each old one is not declared any more, each new one is."""
    found: list[tuple[str, str]] = []
    for old, node in fields[key].value.items() if key in fields else ():
        if old in values:
            context.problem("SPEC040", f"{key}: {old!r} is still one of the values", node.key or node.at)
        if node.value not in values:
            hint = suggestion(node.value, values) or "name one of `values`"
            context.problem("SPEC044", f"{key}: {node.value!r} is not one of the values", node, hint=hint)
        found.append((old, node.value))
    twice = [new for number, (_, new) in enumerate(found) if new in (other for _, other in found[:number])]
    if key == "renamed_values" and twice:
        message = f"{key}: two values are renamed to {twice[0]!r}"
        context.problem("SPEC039", message, fields[key], hint="only one of them can have been it")
    return tuple(found)


def lower_domain(context: Context, ref: Ref, name: Node, fields: Fields) -> None:
    """Take a domain with its checks into the lowering."""
    if "type" in fields and "native" in fields:
        context.problem("SPEC016", "a domain has 'type' or 'native', not both", fields["native"].key or name)
    domain = Domain(
        ref=ref,
        type=type_of(context, ref, name, fields),
        not_null=context.flag(fields, "not_null"),
        default=default_of(context, ref, fields.get("default")),
        collation=collation_of(context, ref, fields.get("collation")),
        comment=context.text(fields.get("comment")),
    )
    context.add(domain, name, fields)
    checks(context, ref, fields, Columns())


def lower_sequence(context: Context, ref: Ref, name: Node, fields: Fields) -> None:
    """Take a sequence into the lowering, and the column that it goes with."""
    given = {key: node.value for key, node in fields.items()}
    sequence = NumberSequence(
        ref=ref,
        type=Type(given.get("type", "bigint")),
        start=given.get("start"),
        increment=given.get("increment", 1),
        minimum=given.get("min"),
        maximum=given.get("max"),
        cache=given.get("cache", 1),
        cycle=context.flag(fields, "cycle"),
        comment=context.text(fields.get("comment")),
    )
    if sequence.increment == 0:
        context.problem("SPEC015", "a sequence cannot grow by 0", fields["increment"])
    context.add(sequence, name, fields)
    if "owned_by" in fields:
        _owned_by(context, ref, fields["owned_by"])


def _owned_by(context: Context, ref: Ref, node: Node) -> None:
    try:
        found = split_column_reference(node.value)
    except ValueError as error:
        context.problem("SPEC017", str(error), node)
        return
    schema = "" if found.schema == context.default_schema else found.schema
    column = Ref.root(Kind.TABLE, found.table, schema).child(Kind.COLUMN, found.columns[0])
    context.add(OwnedBy(ref=ref.child(Kind.OWNED_BY), column=column), node, {"owned_by": node})


def lower_view(context: Context, ref: Ref, name: Node, fields: Fields) -> None:
    """Take a view, and the indexes of one that is materialized, into the lowering."""
    view = View(
        ref=ref,
        query=context.sql_text(fields["query"], "the query of", ref, query=True),
        materialized=context.flag(fields, "materialized"),
        comment=context.text(fields.get("comment")),
        options=_options(fields.get("options")),
        columns=names(context, fields, "columns", name) if "columns" in fields else None,
    )
    given = {**fields, **(fields["options"].value if "options" in fields else {})}
    for key, materialized in _OF_MATERIALIZED.items():
        if key in given and materialized != view.materialized:
            whose = "a materialized view" if materialized else "a view that is not materialized"
            context.problem("SPEC016", f"only {whose} has {key!r}", given[key].key or given[key].at)
    context.add(view, name, fields)
    indexes(context, ref, fields)
    triggers(context, ref, fields)


def _options(node: Node | None) -> tuple[tuple[str, str | int | bool], ...]:
    """Return the options, sorted; one that is false is as good as left out."""
    if node is None:
        return ()
    plain = {key: child.value for key, child in node.value.items() if key != "storage" and child.value is not False}
    storage = node.value["storage"].value if "storage" in node.value else {}
    return tuple(sorted((plain | {f"storage.{key}": child.value for key, child in storage.items()}).items()))
