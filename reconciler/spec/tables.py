"""A table document in, its table with columns, keys, indexes and constraints out; it knows no dialect."""

from __future__ import annotations

from reconciler.model.objects import Table
from reconciler.model.ref import Kind, Ref
from reconciler.spec.columns import add_columns, columns_of, settings_of
from reconciler.spec.context import Context
from reconciler.spec.deprecating import deprecated, with_dates
from reconciler.spec.indexes import checks, exclusions, indexes
from reconciler.spec.keys import foreign_keys, primary_key, uniques
from reconciler.spec.nodes import Node
from reconciler.spec.overrides import Fields
from reconciler.spec.places import Read
from reconciler.spec.triggers import triggers


def lower_table(context: Context, ref: Ref, name: Node, fields: Fields) -> None:
    """Take a table with everything in it into the lowering."""
    dates = deprecated(context, fields)
    table = Table(
        ref=ref,
        comment=with_dates(context.text(fields.get("comment")), dates),
        options=settings_of(context, fields.get("options")),
        protect=fields["protect"].value if "protect" in fields else None,
        deprecated=dates,
    )
    context.add(table, name, fields)
    columns = columns_of(context, fields)
    key = primary_key(context, ref, fields, columns)
    add_columns(context, ref, columns, key)
    uniques(context, ref, fields, columns)
    foreign_keys(context, ref, fields, columns)
    checks(context, ref, fields, columns)
    exclusions(context, ref, fields)
    indexes(context, ref, fields)
    triggers(context, ref, fields)
    _removed(context, ref, fields.get("removed"))


def _removed(context: Context, table: Ref, node: Node | None) -> None:
    for key, child in node.value.items() if node is not None else ():
        place = Read(context.source, child, child.value)
        if key == Kind.PRIMARY_KEY:
            ref = table.child(Kind.PRIMARY_KEY)
        else:
            try:
                read = Ref.parse(key)
            except ValueError as error:
                context.problem("SPEC017", str(error), place.at)
                continue
            if read.schema or len(read.parts) != 2:
                hint = "write kind.name, with double quotes around a name that has dots or spaces"
                context.problem("SPEC017", f"{key!r} does not name one thing of this table", place.at, hint=hint)
                continue
            ref = table.child(read.kind, read.name)
        context.removed[ref] = child.value["reason"].value
        context.removals[ref] = place
