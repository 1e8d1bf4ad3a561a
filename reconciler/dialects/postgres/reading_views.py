"""Catalog rows in, views out, each with the statements that give it back what it has beyond its query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.dialects.postgres import catalog
from reconciler.dialects.postgres.names import of
from reconciler.dialects.postgres.reading import Row, Rows
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.model.objects import View
from reconciler.model.ref import Ref
from reconciler.model.values import Sql

_KINDS = frozenset({"v", "m"})


def views(rows: Rows) -> Iterator[View]:
    """Yield every view; its `uses` go down to the columns that it reads."""
    relations = {row[0]: row for row in rows.relations}
    columns: dict[int, list[Row]] = {}
    grants: dict[int, list[Row]] = {}
    for row in rows.columns:
        columns.setdefault(row[0], []).append(row)
    for row in rows.grants:
        grants.setdefault(row[0], []).append(row)
    attached = _attached(rows)
    for row in rows.views:
        oid, relation = row[0], relations.get(row[0])
        if relation is not None and relation[3] in _KINDS:
            yield _view(row, relation, columns.get(oid, []), [*grants.get(oid, ())], attached.get(oid, ()), rows)


def _view(
    row: Row, relation: Row, columns: Sequence[Row], grants: Sequence[Row], attached: Iterable[str], rows: Rows
) -> View:
    oid, query, owner, is_own, rule = row
    ref = rows.address[catalog.PG_CLASS, oid, 0]
    return View(
        ref=ref,
        query=Sql(query.strip().rstrip(";"), "postgres"),
        materialized=relation[3] == "m",
        comment=relation[10],
        columns=tuple(column[2] for column in columns),
        options=tuple(sorted(_option(text, relation[3]) for text in relation[8] or ())),
        carried=(
            *_column_words(ref, columns),
            *(_grant(ref, grant) for grant in grants),
            *attached,
            # Last: it is the end of our right to do the rest.
            *([] if is_own else [f"ALTER TABLE {of(ref)} OWNER TO {double_quoted(owner)}"]),
        ),
        uses=rows.uses((catalog.PG_REWRITE, rule, 0), own=ref),
    )


def _option(text: str, kind: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return (f"storage.{name}" if kind == "m" else name), value


def _column_words(ref: Ref, columns: Iterable[Row]) -> Iterator[str]:
    for row in columns:
        name, default, comment = double_quoted(row[2]), row[7], row[9]
        if default is not None:
            yield f"ALTER VIEW {of(ref)} ALTER COLUMN {name} SET DEFAULT {default}"
        if comment is not None:
            yield f"COMMENT ON COLUMN {of(ref)}.{name} IS {text_literal(comment)}"


def _grant(ref: Ref, row: Row) -> str:
    _, column, privilege, grantee, grantable = row
    what = f"{privilege} ({double_quoted(column)})" if column else privilege
    whom = "PUBLIC" if grantee is None else double_quoted(grantee)
    return f"GRANT {what} ON {of(ref)} TO {whom}{' WITH GRANT OPTION' if grantable else ''}"


def _attached(rows: Rows) -> Mapping[int, list[str]]:
    """Return the definitions of rules and statistics by the view that they stand on."""
    found: dict[int, list[str]] = {}
    for cls, _, _, relation, _, _, definition in rows.leftovers:
        if relation and cls in (catalog.PG_REWRITE, catalog.PG_STATISTIC):
            found.setdefault(relation, []).append(definition.rstrip(";"))
    return found
