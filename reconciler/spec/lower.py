"""Documents in, the model that they declare for one dialect out, as written; it knows dialects by their words alone.

Every problem is found before anything is raised: first each document for itself, then what they say about each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from reconciler.errors import SpecError
from reconciler.model.model import Desired
from reconciler.model.objects import Schema
from reconciler.model.ref import Kind, Ref
from reconciler.spec.assertions import lower_assertion
from reconciler.spec.collector import no_collecting
from reconciler.spec.context import Context, desired
from reconciler.spec.data_rows import check_rows, lower_rows
from reconciler.spec.load import Document, Documents
from reconciler.spec.names import split_name
from reconciler.spec.nodes import Node, shown
from reconciler.spec.outline import Outlines, outlines
from reconciler.spec.overrides import Fields, applied
from reconciler.spec.places import Read
from reconciler.spec.refer import check_references
from reconciler.spec.roots import (
    lower_domain,
    lower_enum,
    lower_extension,
    lower_schema,
    lower_sequence,
    lower_view,
)
from reconciler.spec.routines import lower_event, lower_function, lower_procedure, overloaded, routine_ref
from reconciler.spec.scalars import Scalar
from reconciler.spec.shares import Shares, words_of
from reconciler.spec.tables import lower_table
from reconciler.spec.triggers import lower_trigger, trigger_ref

_REMOVABLE = frozenset({
    Kind.EXTENSION, Kind.ENUM, Kind.DOMAIN, Kind.SEQUENCE, Kind.TABLE, Kind.VIEW, Kind.COLUMN, Kind.INDEX, Kind.UNIQUE,
    Kind.CHECK, Kind.EXCLUSION, Kind.FOREIGN_KEY, Kind.PRIMARY_KEY, Kind.TRIGGER, Kind.FUNCTION, Kind.PROCEDURE,
    Kind.EVENT,
})  # fmt: skip
# Those of them that no address begins with.
_INSIDE = _REMOVABLE & {
    Kind.COLUMN, Kind.INDEX, Kind.UNIQUE, Kind.CHECK, Kind.EXCLUSION, Kind.FOREIGN_KEY, Kind.PRIMARY_KEY, Kind.TRIGGER,
}  # fmt: skip
_MOST_DIFFERENCES = 10


def lower(
    documents: Documents,
    *,
    dialect: str,
    fallback: tuple[str, ...],
    sql: str,
    variables: Mapping[str, Scalar],
    default_schema: str = "",
) -> Desired:
    """Return what the documents declare for a dialect.

    Args:
        documents: loaded specs.
        dialect: the dialect's name, for messages.
        fallback: the dialect words whose keys apply, nearest first: ("mariadb", "mysql").
        sql: the dialect in which SQL is written where a document does not say.
        variables: the values of ${var.name}.
        default_schema: its name, which specs may write or leave out; "" where there are no schemas.

    Raises:
        SpecError: with every problem, references between documents included.
    """
    context = Context(dialect=dialect, chain=fallback, sql=sql, variables=variables, default_schema=default_schema)
    with no_collecting():
        shares = Shares(context, documents, _root, _lowered)
        _declarations(context, _roots(context, documents.documents, shares), shares)
        _removals(context, documents.documents, shares)
        check_references(context)
        check_rows(context)
    shares.keep()
    if context.problems:
        raise SpecError(sorted(context.problems, key=lambda problem: (problem.position is None, problem.position)))
    return desired(context)


def outlined(
    documents: Documents,
    *,
    dialect: str,
    fallback: tuple[str, ...],
    sql: str,
    variables: Mapping[str, Scalar],
    default_schema: str = "",
) -> Outlines | None:
    """Return what the documents declare in outline; None when only a whole lowering can tell. Arguments as `lower`."""
    context = Context(dialect=dialect, chain=fallback, sql=sql, variables=variables, default_schema=default_schema)
    shares = Shares(context, documents, _root, _lowered)
    if documents.shelf is None or len(shares.heads) * 2 < len(documents.documents):
        return None
    found = outlines(documents, shares.head, words_of(context))
    shares.keep()
    return found


def _root(share: Context, document: Document) -> Ref | None:
    fields = applied(document.fields, share.chain) if document.kind != "removed" else None
    if fields is None:
        return None
    if document.kind == Kind.TRIGGER:
        return trigger_ref(share, document.name, fields)
    if document.kind in _ROUTINES:
        return routine_ref(share, document.kind, document.name, fields)
    return share.root(document.kind, document.name)


_ROUTINES = frozenset({Kind.FUNCTION, Kind.PROCEDURE})


# A document with what it adds, where that was kept.
Found = tuple[Document, Context | None]


def _roots(context: Context, documents: Iterable[Document], shares: Shares) -> dict[Ref, Found]:
    """Return the root objects that exist for the dialect; one that is declared twice is a problem."""
    roots: dict[Ref, Found] = {}
    for document in documents:
        ref, share = shares.found(document) if document.kind != "removed" else (None, None)
        if ref is not None and ref in roots:
            _twice(context, ref, roots[ref][0], document)
        elif ref is not None:
            roots[ref] = document, share
    return roots


def _declarations(context: Context, roots: Mapping[Ref, Found], shares: Shares) -> None:
    for ref, (document, share) in roots.items():
        context.source = document.source
        home = _home(context, ref, document)
        if home is not None and home not in roots:
            _schema(context, home, document)
        context.take(share or shares.made(document, ref))


def _home(context: Context, ref: Ref, document: Document) -> Ref | None:
    """Return the schema that an object is in; that of an extension is one of its fields."""
    named = document.fields.get("schema") if ref.kind == Kind.EXTENSION else None
    if named is None:
        return ref.home
    return None if named.value == context.default_schema else Ref.root(Kind.SCHEMA, named.value)


def _removals(context: Context, documents: Iterable[Document], shares: Shares) -> None:
    for document in documents:
        if document.kind == "removed":
            context.take(shares.found(document)[1] or shares.made(document, None))


def _lowered(share: Context, document: Document, ref: Ref | None) -> None:
    """Fill the share of a document."""
    fields = applied(document.fields, share.chain)
    if fields is not None and ref is not None:
        _LOWER[document.kind](share, ref, document.name, fields)
        if "renamed_from" in fields:
            _rename(share, ref, fields)
    elif fields is not None and document.kind == "removed":
        _removed(share, document)


def _twice(context: Context, ref: Ref, first: Document, second: Document) -> None:
    differences = list(_differences(first.node, second.node, ""))
    place = first.source.position(first.name.at)
    if not differences:
        message, hint = f"{ref} is declared twice, with the same words (first in {place})", "remove one of the two"
    else:
        paths = ", ".join(path for path, _ in differences[:_MOST_DIFFERENCES])
        message = f"{ref} is declared twice (first in {place}), and the two differ in {paths}"
        lines = [f"{path}: {words}" for path, words in differences[:_MOST_DIFFERENCES]]
        more = len(differences) - len(lines)
        hint = "\n".join([*lines, *([f"and {more} more"] if more else []), "keep one of the two"])
    context.source = second.source
    context.problem("SPEC034", message, second.name, hint=hint, also=(place,))


def _differences(first: Node, second: Node, path: str) -> Iterator[tuple[str, str]]:
    if type(first.value) is dict and type(second.value) is dict:
        for key in (*first.value, *(key for key in second.value if key not in first.value)):
            inner = f"{path}.{key}" if path else key
            if key not in second.value:
                yield inner, "only in the first"
            elif key not in first.value:
                yield inner, "only in the second"
            else:
                yield from _differences(first.value[key], second.value[key], inner)
    elif _spelled(first) != _spelled(second):
        yield path, f"{_spelled(first)} in the first, {_spelled(second)} in the second"


def _spelled(node: Node) -> str:
    if type(node.value) is list:
        return "[" + ", ".join(map(_spelled, node.value)) + "]"
    return shown(node)


def _schema(context: Context, ref: Ref, document: Document) -> None:
    if ref not in context.places:
        context.add(Schema(ref=ref), document.name, {})


def _backfill(context: Context, ref: Ref, name: Node, fields: Fields) -> None:
    from reconciler.spec.backfills import lower_backfill

    lower_backfill(context, ref, name, fields)


_LOWER: Mapping[str, Callable[[Context, Ref, Node, Fields], None]] = {
    "schema": lower_schema,
    "extension": lower_extension,
    "enum": lower_enum,
    "domain": lower_domain,
    "sequence": lower_sequence,
    "table": lower_table,
    "view": lower_view,
    "trigger": lower_trigger,
    "function": lower_function,
    "procedure": lower_procedure,
    "event": lower_event,
    "assertion": lower_assertion,
    "backfill": _backfill,
    "data": lower_rows,
}


def _rename(context: Context, ref: Ref, fields: Fields) -> None:
    """Note an object's old name; without a schema it was in the same one as now."""
    node = fields["renamed_from"]
    if ref.parent is not None:
        context.rename(ref, ref.parent.child(ref.kind, node.value))
        return
    old = context.root(ref.kind, node)
    if old is not None:
        old = overloaded(context, old, fields) if ref.kind in _ROUTINES else old
        qualified = bool(split_name(node.value)[0])
        context.rename(ref, old if qualified else Ref(ref.schema, old.parts))


def _removed(share: Context, document: Document) -> None:
    node = document.name
    try:
        ref = Ref.parse(node.value)
    except ValueError as error:
        share.problem("SPEC017", str(error), node)
        return
    if ref.kind not in _REMOVABLE:
        share.problem("SPEC012", f"removing an object of the kind {ref.kind!r} is not built yet", node)
        return
    if ref.parent is None and ref.kind in _INSIDE:
        hint = f"write what it is inside of too: table.NAME.{ref}"
        share.problem(
            "SPEC017", f"{node.value!r}: a {ref.kind.replace('_', ' ')} is inside of something", node, hint=hint
        )
        return
    if ref.schema == share.default_schema:
        ref = Ref("", ref.parts)
    share.removed[ref] = document.fields["reason"].value
    share.removals[ref] = Read(share.source, node, document.fields)
