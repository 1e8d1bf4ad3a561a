"""Indexes, checks and exclusion constraints of a table document in, objects out; it knows no dialect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from reconciler.model.names import implicit_name
from reconciler.model.objects import Check, Exclusion, Index, Options
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import IndexPart, Sql
from reconciler.spec.columns import Columns, parameters, settings
from reconciler.spec.context import Context
from reconciler.spec.forms import Form
from reconciler.spec.fragments import words
from reconciler.spec.keys import Made, deferrable, entries, names, settle
from reconciler.spec.names import split_part
from reconciler.spec.nodes import Node
from reconciler.spec.overrides import Fields


def indexes(context: Context, table: Ref, fields: Fields) -> None:
    """Take the indexes in."""
    made: list[Made] = []
    for ref, node, own in entries(context, fields.get("indexes"), table, Kind.INDEX, "columns"):
        if "columns" not in own:
            context.problem("SPEC014", "'columns' is missing", node.key or node.at)
            continue
        parts = _parts(context, own["columns"].value, ref or table)
        where = context.sql_text(own["where"], "the condition of", ref or table) if "where" in own else None
        index = Index(
            ref=ref or table.child(Kind.INDEX, implicit_name(table.name, [p.column or "expr" for p in parts], "idx")),
            parts=parts,
            unique=context.flag(own, "unique"),
            method=_own_words(context, own, Form.METHOD, ref or table),
            where=where,
            include=names(context, own, "include", node) if "include" in own else (),
            nulls_not_distinct=context.flag(own, "nulls_not_distinct"),
            options=_options(own),
            comment=context.text(own.get("comment")),
        )
        made.append((index, node, own, None if ref else _content(parts, where)))
    settle(context, made)


# What an index has of its own beside storage parameters.
SETTINGS = ("invisible", "parser")


def _options(own: Fields) -> Options:
    given = dict(parameters(own["with"])) if "with" in own else {}
    return tuple(sorted((given | dict(settings(own, SETTINGS))).items()))


def exclusions(context: Context, table: Ref, fields: Fields) -> None:
    """Take the exclusion constraints in."""
    made: list[Made] = []
    for ref, node, own in entries(context, fields.get("exclusions"), table, Kind.EXCLUSION, "elements"):
        if "elements" not in own:
            context.problem("SPEC014", "'elements' is missing", node.key or node.at)
            continue
        parts = tuple(_element(context, item, ref or table) for item in own["elements"].value)
        where = context.sql_text(own["where"], "the condition of", ref or table) if "where" in own else None
        name = implicit_name(table.name, [p.column or "expr" for p in parts], "excl")
        exclusion = Exclusion(
            ref=ref or table.child(Kind.EXCLUSION, name),
            parts=parts,
            method=_own_words(context, own, Form.METHOD, ref or table),
            where=where,
            include=names(context, own, "include", node) if "include" in own else (),
            deferrable=deferrable(own),
            comment=context.text(own.get("comment")),
        )
        made.append((exclusion, node, own, None if ref else _content(parts, where)))
    settle(context, made)


def _element(context: Context, node: Node, subject: Ref) -> IndexPart:
    part = _part(context, node, subject)
    return replace(part, operator=context.own_words(node.value["with"], Form.OPERATOR, subject))


def _content(parts: tuple[IndexPart, ...], where: Sql | None) -> str:
    spelled = [(p.column, p.expression.text if p.expression else "", p.descending, p.nulls_first) for p in parts]
    return repr((spelled, where.text if where else ""))


def _parts(context: Context, items: Sequence[Node], subject: Ref) -> tuple[IndexPart, ...]:
    """Return the parts of an index; indexes that are written short and alike share theirs."""
    written = tuple(item.value for item in items)
    if all(type(text) is str for text in written):
        return _short_parts(written)
    return tuple(_part(context, item, subject) for item in items)


@lru_cache(maxsize=4096)
def _short_parts(texts: tuple[str, ...]) -> tuple[IndexPart, ...]:
    return tuple(map(_short_part, texts))


def _short_part(text: str) -> IndexPart:
    short = split_part(text)
    return IndexPart(column=short.column, descending=short.descending, nulls_first=short.nulls_first)


def _part(context: Context, node: Node, subject: Ref) -> IndexPart:
    if type(node.value) is not dict:
        return _short_part(node.value)
    fields: Fields = node.value
    if ("column" in fields) == ("sql" in fields):
        context.problem("SPEC016", "a part of an index has 'column' or 'sql', one of the two", node)
    nulls = fields["nulls"].value == "first" if "nulls" in fields else None
    return IndexPart(
        column=fields["column"].value if "column" in fields else None,
        expression=context.sql_text(fields["sql"], "an expression of", subject) if "sql" in fields else None,
        length=fields["length"].value if "length" in fields else None,
        descending=context.flag(fields, "desc"),
        nulls_first=nulls,
        opclass=_own_words(context, fields, Form.OPCLASS, subject),
        collation=_own_words(context, fields, Form.COLLATION, subject),
    )


def _own_words(context: Context, fields: Fields, form: Form, subject: Ref) -> str | None:
    return context.own_words(fields[form], form, subject) if form in fields else None


def checks(context: Context, table: Ref, fields: Fields, columns: Columns) -> None:
    """Take the check constraints in."""
    made: list[Made] = []
    for ref, node, own in entries(context, fields.get("checks"), table, Kind.CHECK, "sql"):
        if "sql" not in own:
            context.problem("SPEC014", "'sql' is missing", node.key or node.at)
            continue
        expression = context.sql_text(own["sql"], "the condition of", ref or table)
        check = Check(
            ref=ref or table.child(Kind.CHECK, _implicit(table, expression, columns)),
            expression=expression,
            no_inherit=context.flag(own, "no_inherit"),
            not_valid=context.flag(own, "not_valid"),
            enforced="enforced" not in own or context.flag(own, "enforced"),
            comment=context.text(own.get("comment")),
        )
        made.append((check, node, own, None if ref else expression.text))
    settle(context, made)


def _implicit(table: Ref, expression: Sql, columns: Columns) -> str:
    """Return the name of an unnamed check: as PostgreSQL does, after the columns that it mentions."""
    mentioned = words(expression.text)
    return implicit_name(table.name, [name for name in columns.fields if name in mentioned], "check")
