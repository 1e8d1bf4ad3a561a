"""What stands behind `verify:` in, the questions that prove data work out."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from reconciler.model.backfills import Verification
from reconciler.model.ref import Ref
from reconciler.model.values import Sql
from reconciler.spec.context import Context
from reconciler.spec.durations import query_seconds
from reconciler.spec.nodes import Node
from reconciler.spec.overrides import Fields

_KINDS = ("zero_rows", "equal", "at_least", "checksum", "sample")


def read_verifications(
    context: Context, ref: Ref, node: Node | None, given: AbstractSet[str]
) -> tuple[Verification, ...]:
    """Return the questions that are for this dialect; `given` are the parameters that they may have."""
    found: list[Verification] = []
    for item in node.value if node is not None else ():
        one = _read(context, ref, item, given)
        if one is None:
            continue
        if any(one.name == other.name for other in found):
            context.problem("SPEC034", f"two verifications of {ref} are called {one.name!r}", item.value["name"])
        found.append(one)
    return tuple(found)


def _read(context: Context, ref: Ref, node: Node, given: AbstractSet[str]) -> Verification | None:
    said: Fields = node.value
    kinds = [kind for kind in _KINDS if kind in said]
    if len(kinds) != 1:
        code, message = ("SPEC016", f"asks {', '.join(kinds)}") if kinds else ("SPEC014", "asks nothing")
        context.problem(code, f"verification {said['name'].value!r} {message}", said["name"].key or node.at,
                        hint=f"write one of {', '.join(_KINDS)}")  # fmt: skip
        return None
    if "dialects" in said and not {item.value for item in said["dialects"].value} & set(context.chain):
        return None
    times = [item.value["every_batches"].value for item in _when(said) if type(item.value) is dict]
    asked: dict[str, Any] = {**_asked(context, ref, kinds[0], said[kinds[0]], given)}
    if "timeout" in said:
        asked["timeout"] = query_seconds(context, said["timeout"])
    return Verification(name=said["name"].value, kind=kinds[0], every=times[0] if times else 0, **asked)


def _when(said: Fields) -> list[Node]:
    return said["when"].value if "when" in said else []


def _asked(context: Context, ref: Ref, kind: str, node: Node, given: AbstractSet[str]) -> Mapping[str, Any]:
    if kind == "zero_rows":
        return {"left": context.sql_text(node, "a verification of", ref, query=True, given=given)}
    said: Fields = node.value
    if kind in ("equal", "at_least"):
        left, left_in = _side(context, ref, said["left"], given)
        right, right_in = _side(context, ref, said["right"], given)
        return {"left": left, "left_in": left_in, "right": right, "right_in": right_in}
    columns = tuple(item.value for item in said["columns"].value) if "columns" in said else ()
    size = said["chunk" if kind == "checksum" else "rows"].value if kind == "sample" or "chunk" in said else 10_000
    return {"columns": columns, "size": size}


def _side(context: Context, ref: Ref, node: Node, given: AbstractSet[str]) -> tuple[Sql, str]:
    """Return a query, and the environment that is asked, "" for the database that is written."""
    what = "a verification of"
    if type(node.value) is dict and "database" in node.value:
        return context.sql_elsewhere(node.value["sql"], what, ref, given=given), node.value["database"].value
    return context.sql_text(node, what, ref, query=True, given=given), ""
