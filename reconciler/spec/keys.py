"""Primary keys, unique constraints and foreign keys of a table document in, objects out; it knows no dialect.

What has no name gets PostgreSQL's implicit one. Two unnamed things whose implicit names are the same are both told
apart by a hash of what they say, so that neither name depends on the order in which they are written.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from reconciler.model.names import implicit_name, shortened
from reconciler.model.objects import ForeignKey, Object, PrimaryKey, Unique
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Action, Deferrable
from reconciler.spec.columns import Columns
from reconciler.spec.context import Context
from reconciler.spec.names import Reference, split_column_reference, split_reference
from reconciler.spec.nodes import Node
from reconciler.spec.overrides import Fields, applied

# An object, where it is declared, its fields, and, when it has no name of its own, what tells it from another.
Made = tuple[Object, Node, Fields, str | None]

_DEFERRABLE: Mapping[object, Deferrable] = {
    False: Deferrable.NO,
    True: Deferrable.IMMEDIATE,
    "deferred": Deferrable.DEFERRED,
}


def entries(
    context: Context, node: Node | None, table: Ref, kind: Kind, short: str
) -> Iterator[tuple[Ref | None, Node, Fields]]:
    """Yield each entry of a map by name, or of a list without names: its address or None, its node and its fields.

    Args:
        context: the lowering.
        node: the map or list.
        table: what holds the entries.
        kind: what they are; their renames are noted.
        short: the key that an entry written short gives.
    """
    if node is None:
        return
    named = type(node.value) is dict
    for name, child in node.value.items() if named else ((None, item) for item in node.value):
        whole = child.value if type(child.value) is dict else {short: child}
        fields = applied(whole, context.chain)
        if fields is None:
            continue
        ref = table.child(kind, name) if name is not None else None
        if "renamed_from" in fields:
            _rename(context, table, kind, ref, fields["renamed_from"])
        yield ref, child, fields


def _rename(context: Context, table: Ref, kind: Kind, ref: Ref | None, old: Node) -> None:
    if ref is None:
        context.problem("SPEC016", "what has no name cannot be renamed", old.key or old.at, hint="give it a name")
    else:
        context.rename(ref, table.child(kind, old.value))


def settle(context: Context, made: Sequence[Made]) -> None:
    """Take objects of one kind in, and find names for those that have none."""
    unnamed = any(content is not None for *_, content in made)
    taken = Counter(obj.ref for obj, *_ in made) if unnamed else Counter[Ref]()
    for obj, node, fields, content in made:
        if content is None:
            context.add(obj, node, fields)
            continue
        only = taken[obj.ref] == 1
        ref = obj.ref if only else _told_apart(obj.ref, content)
        context.unnamed.add(ref)
        context.add(obj if only else replace(obj, ref=ref), node, fields)


def _told_apart(ref: Ref, content: str) -> Ref:
    digest = hashlib.sha256(content.encode()).hexdigest()[:8]
    return Ref(ref.schema, (*ref.parts[:-1], shortened(f"{ref.name}_{digest}")))


def names(context: Context, fields: Fields, key: str, node: Node) -> tuple[str, ...]:
    """Return a list of columns; a missing one is a problem."""
    if key not in fields:
        context.problem("SPEC014", f"{key!r} is missing", node.key or node.at)
        return ()
    return _shared(tuple(item.value for item in fields[key].value))


@lru_cache(maxsize=4096)
def _shared(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the same names as one object for all keys that have them, which are the sooner known to be alike."""
    return names


def primary_key(context: Context, table: Ref, fields: Fields, columns: Columns) -> frozenset[str]:
    """Take the primary key in, wherever it is declared, and return its columns."""
    node = fields.get("primary_key")
    marked = [columns.fields[name] for name in columns.keys]
    if len(marked) + (node is not None) > 1:
        again = marked[-1][1]["primary_key"]
        hint = "write primary_key: [" + ", ".join(columns.keys) + "] below the columns for a key of several"
        context.problem("SPEC036", f"{table.name!r} has two primary keys", again.key or again.at, hint=hint)
    if node is None and not marked:
        return frozenset()
    name = None
    if node is None:
        place, key_fields = marked[0]
        listed: tuple[str, ...] = tuple(columns.keys)
        key_fields = {"columns": key_fields["primary_key"]}
    else:
        whole = node.value if type(node.value) is dict else {"columns": node}
        place, key_fields = node, applied(whole, context.chain) or whole
        listed = names(context, key_fields, "columns", node)
        name = key_fields["name"].value if "name" in key_fields else None
    key = PrimaryKey(
        ref=table.child(Kind.PRIMARY_KEY), columns=listed, name=name, deferrable=deferrable(key_fields),
        include=names(context, key_fields, "include", place) if "include" in key_fields else (),
        on_conflict=_on_conflict(key_fields), comment=context.text(key_fields.get("comment")),
    )  # fmt: skip
    if name is None:
        context.unnamed.add(key.ref)
    context.add(key, place, key_fields)
    context.keys[table] = listed
    return frozenset(listed)


def uniques(context: Context, table: Ref, fields: Fields, columns: Columns) -> None:
    """Take the unique constraints in, those of single columns too."""
    made: list[Made] = []
    for ref, node, own in entries(context, fields.get("unique"), table, Kind.UNIQUE, "columns"):
        listed = names(context, own, "columns", node)
        unique = Unique(
            ref=ref or table.child(Kind.UNIQUE, implicit_name(table.name, listed, "key")),
            columns=listed,
            nulls_not_distinct=context.flag(own, "nulls_not_distinct"),
            include=names(context, own, "include", node) if "include" in own else (),
            deferrable=deferrable(own),
            on_conflict=_on_conflict(own),
            comment=context.text(own.get("comment")),
        )
        made.append((unique, node, own, None if ref else repr((listed, str(unique.deferrable)))))
    for name, (_, own) in columns.fields.items():
        if context.flag(own, "unique"):
            implicit = table.child(Kind.UNIQUE, implicit_name(table.name, (name,), "key"))
            made.append((Unique(ref=implicit, columns=(name,)), own["unique"], {}, repr(((name,), "no"))))
    settle(context, made)


def foreign_keys(context: Context, table: Ref, fields: Fields, columns: Columns) -> None:
    """Take the foreign keys in, those of single columns too."""
    made: list[Made] = []
    for ref, node, own in entries(context, fields.get("foreign_keys"), table, Kind.FOREIGN_KEY, "columns"):
        listed = names(context, own, "columns", node)
        if "references" not in own:
            context.problem("SPEC014", "'references' is missing", node.key or node.at)
            continue
        key = _foreign_key(context, table, ref, listed, own, split_reference)
        if key is not None:
            made.append((key, node, own, None if ref else own["references"].value))
    for name, (_, own) in columns.fields.items():
        if "references" in own:
            parts = {k: own[k] for k in ("references", "on_delete", "on_update") if k in own}
            key = _foreign_key(context, table, None, (name,), parts, split_column_reference)
            if key is not None:
                made.append((key, own["references"], parts, own["references"].value))
    settle(context, made)


def _foreign_key(
    context: Context,
    table: Ref,
    ref: Ref | None,
    columns: tuple[str, ...],
    fields: Fields,
    split: Callable[[str], Reference],
) -> ForeignKey | None:
    node = fields["references"]
    try:
        reference = split(node.value)
    except ValueError as error:
        context.problem("SPEC017", str(error), node)
        return None
    schema = "" if reference.schema == context.default_schema else reference.schema
    return ForeignKey(
        ref=ref or table.child(Kind.FOREIGN_KEY, implicit_name(table.name, columns, "fkey")),
        columns=columns,
        target=Ref.root(Kind.TABLE, reference.table, schema),
        target_columns=reference.columns,
        on_delete=_action(fields, "on_delete"),
        on_delete_columns=names(context, fields, "on_delete_columns", node) if "on_delete_columns" in fields else (),
        on_update=_action(fields, "on_update"),
        match_full="match" in fields and fields["match"].value == "full",
        deferrable=deferrable(fields),
        not_valid=context.flag(fields, "not_valid"),
        enforced="enforced" not in fields or context.flag(fields, "enforced"),
        comment=context.text(fields.get("comment")),
    )


def _action(fields: Fields, key: str) -> Action:
    return Action(fields[key].value) if key in fields else Action.NO_ACTION


def _on_conflict(fields: Fields) -> str:
    return fields["on_conflict"].value if "on_conflict" in fields else ""


def deferrable(fields: Fields) -> Deferrable:
    """Return when a constraint is checked."""
    return _DEFERRABLE[fields["deferrable"].value] if "deferrable" in fields else Deferrable.NO
