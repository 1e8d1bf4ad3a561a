"""Documents of assertions in, what they ask of the rows out; it knows no dialect."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reconciler.model.assertions import Assertion
from reconciler.model.ref import Ref
from reconciler.spec.context import Context
from reconciler.spec.nodes import Node
from reconciler.spec.overrides import Fields
from reconciler.spec.places import Read

_TIME = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m)")
_SECONDS: Mapping[str, float] = {"ms": 0.001, "s": 1.0, "m": 60.0}
# MySQL's limit is a number of milliseconds in 32 bits, PostgreSQL's one in 31; a day is beyond any patience.
_LONGEST = 86_400.0


def lower_assertion(context: Context, ref: Ref, name: Node, fields: Fields) -> None:
    """Take an assertion into the lowering."""
    if ref.schema:
        message = f"{name.value!r}: an assertion is in no schema"
        context.problem("SPEC017", message, name, hint="leave the dot out")
    given = {key: fields[key].value for key in ("severity", "sample") if key in fields}
    if "timeout" in fields:
        given["timeout"] = _seconds(context, fields["timeout"])
    query = context.sql_text(fields["query"], "the query of", ref, query=True)
    found = Assertion(ref=ref, query=query, comment=context.text(fields.get("comment")), **given)
    context.assertions.append(found)
    context.places[ref] = Read(context.source, name, fields)


def _seconds(context: Context, node: Node) -> float:
    """Return a time in seconds; one that cannot be read is a problem."""
    found = _TIME.fullmatch(node.value)
    seconds = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if not 0.001 <= seconds <= _LONGEST:
        message = f"{node.value!r} is no time that a query may take"
        context.problem("SPEC015", message, node, hint="write 500ms, 30s or 5m; a day at the most")
        return 1.0
    return seconds
