"""Documents of assertions in, what they ask of the rows out; it knows no dialect."""

from __future__ import annotations

from reconciler.model.assertions import Assertion
from reconciler.model.ref import Ref
from reconciler.spec.context import Context
from reconciler.spec.durations import query_seconds
from reconciler.spec.nodes import Node
from reconciler.spec.overrides import Fields
from reconciler.spec.places import Read


def lower_assertion(context: Context, ref: Ref, name: Node, fields: Fields) -> None:
    """Take an assertion into the lowering."""
    if ref.schema:
        message = f"{name.value!r}: an assertion is in no schema"
        context.problem("SPEC017", message, name, hint="leave the dot out")
    given = {key: fields[key].value for key in ("severity", "sample") if key in fields}
    if "timeout" in fields:
        given["timeout"] = query_seconds(context, fields["timeout"])
    query = context.sql_text(fields["query"], "the query of", ref, query=True)
    found = Assertion(ref=ref, query=query, comment=context.text(fields.get("comment")), **given)
    context.assertions.append(found)
    context.places[ref] = Read(context.source, name, fields)
