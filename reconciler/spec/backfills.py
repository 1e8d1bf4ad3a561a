"""Documents of backfills in, the data work that they declare out; it knows dialects by their words alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from reconciler.model.backfills import Backfill, Cadence, Chunk, Held, Idempotency, OnError, Rejects, Source
from reconciler.model.ref import KIND_WORDS, Kind, Ref
from reconciler.model.values import Sql
from reconciler.spec.backfill_work import range_names, read_work
from reconciler.spec.context import Context
from reconciler.spec.durations import seconds
from reconciler.spec.nodes import Node
from reconciler.spec.overrides import Fields
from reconciler.spec.places import Read
from reconciler.spec.throttles import read_throttle
from reconciler.spec.verifications import read_verifications

# What may stand behind an address in `blocks:`, and means that only this waits.
_PARTS = ("drop", "not_null")


def lower_backfill(context: Context, ref: Ref, name: Node, fields: Fields) -> None:
    """Take a backfill into the lowering."""
    if ref.schema:
        context.problem("SPEC017", f"{name.value!r}: a backfill is in no schema", name, hint="leave the dot out")
    fields = dict(fields)
    source = _source(context, ref, name, fields)
    work = read_work(context, ref, fields)
    into = fields["into"].value if "into" in fields else {}
    found = None
    if source is not None and work is not None:
        found = Backfill(
            ref=ref, source=source, **work, idempotency=_idempotency(fields["idempotency"].value),
            requires=tuple(_addresses(context, fields.get("requires"))),
            holds=tuple(_held(context, fields.get("blocks"))),
            throttle=tuple(
                read_throttle(context, ref, node)
                for node in (fields["throttle"].value if "throttle" in fields else ())
            ),
            verify=read_verifications(context, ref, fields.get("verify"), range_names(source.key)),
            only_in=into["database"].value if "database" in into else "",
            comment=context.text(fields.get("comment")),
            **_limits(context, fields),
        )  # fmt: skip
        context.backfills.append(found)
    context.places[ref] = Read(context.source, name, {**fields, **dict(_flattened(fields))})


def _flattened(fields: Fields, before: str = "") -> Iterator[tuple[str, Node]]:
    """Yield every node of a document by the path that leads to it: do.update.set.total, verify.0.zero_rows."""
    for key, node in fields.items():
        inner = node.value
        if type(inner) is list:
            inner = {str(number): item for number, item in enumerate(inner)}
        if before:
            yield f"{before}{key}", node
        if type(inner) is dict:
            yield from _flattened(inner, f"{before}{key}.")


def _source(context: Context, ref: Ref, name: Node, fields: dict[str, Node]) -> Source | None:
    """Return what is read: `source` of the database that is written, or `from` another one."""
    given = [key for key in ("source", "from") if key in fields]
    if len(given) != 1:
        code, message = ("SPEC016", "has both") if given else ("SPEC014", "has neither")
        hint = "source: {table, key} of this database, or from: {database, table, key} of another one"
        context.problem(code, f"{ref} {message} 'source' and 'from'", name.key or name.at, hint=hint)
        return None
    said: Fields = fields[given[0]].value
    table = context.root(Kind.TABLE, said["table"])
    if table is None:
        return None
    bound, upper = _bound(context, ref, said)
    return Source(
        table=table,
        key=tuple(node.value for node in said["key"].value),
        where=context.sql_text(said["where"], "the where of", ref) if "where" in said else None,
        live_writes=said["live_writes"].value if "live_writes" in said else "",
        bound=bound,
        upper=upper,
        database=said["database"].value if "database" in said else "",
    )


def _bound(context: Context, ref: Ref, said: Fields) -> tuple[str, Sql | None]:
    """Return where the work ends, with the query that tells, where one does."""
    hi = said["bounds"].value["hi"] if "bounds" in said else None
    if hi is None or type(hi.value) is str:
        return (hi.value if hi is not None else "at_start"), None
    return "sql", context.sql_text(hi.value["sql"], "the upper bound of", ref, query=True)


def _idempotency(said: Fields) -> Idempotency:
    return Idempotency(
        strategy=said["strategy"].value,
        key=tuple(node.value for node in said["key"].value) if "key" in said else (),
        on_conflict=said["on_conflict"].value if "on_conflict" in said else "ignore",
        mark=said["mark"].value if "mark" in said else "",
        confirmed=said["confirm"].value if "confirm" in said else "",
    )


def _limits(context: Context, fields: Fields) -> Mapping[str, Any]:
    """Return how often, how much at once and how patiently the work is done."""
    found: dict[str, Any] = {key: fields[key].value for key in ("generation", "workers") if key in fields}
    if "cadence" in fields:
        found["cadence"] = _cadence(context, fields["cadence"])
    if "chunk" in fields:
        found["chunk"] = _chunk(context, fields["chunk"])
    if "on_error" in fields:
        names = {"retries": "retries", "split_on_timeout": "split", "poison": "poison", "max_poison": "most"}
        found["on_error"] = OnError(**_named(fields["on_error"].value, names))
    if "rejects" in fields:
        found["rejects"] = Rejects(**_named(fields["rejects"].value, {"max": "most", "on_exceed": "on_exceed"}))
    return found | _of_others(context, fields)


def _of_others(context: Context, fields: Fields) -> dict[str, Any]:
    """Return what is said of those who write meanwhile, and of rows that go."""
    found: dict[str, Any] = {"deletes": fields["deletes"].value} if "deletes" in fields else {}
    if "late_commits" in fields:
        found["settle"] = seconds(context, fields["late_commits"].value["settle"])
    if "capture" in fields:
        found["capture"] = fields["capture"].value["trigger"].value
    if "destructive" in fields:
        said = fields["destructive"].value
        found |= {"destroys": said["max_rows"].value, "destroys_for": said["reason"].value}
    return found


def _named(said: Fields, names: Mapping[str, str]) -> Mapping[str, Any]:
    return {name: said[key].value for key, name in names.items() if key in said}


def _chunk(context: Context, node: Node) -> Chunk:
    said: Fields = node.value
    found = dict(_named(said, {"by": "by", "size": "size", "min": "minimum", "max": "maximum"}))
    if "target_time" in said:
        found["target_time"] = seconds(context, said["target_time"])
    size = found.get("size", Chunk().size)
    least = found.setdefault("minimum", min(Chunk().minimum, size))
    most = found.setdefault("maximum", max(Chunk().maximum, size))
    found["size"] = min(max(size, least), most)
    if "size" in said and size != found["size"]:
        context.problem("SPEC015", f"a size of {size} is not between {least} and {most}", said["size"])
    return Chunk(**found)


def _cadence(context: Context, node: Node) -> Cadence:
    if type(node.value) is not dict:
        return Cadence(kind=node.value)
    if "every" in node.value:
        return Cadence(kind="every", seconds=seconds(context, node.value["every"]))
    cron = node.value["cron"]
    from cronsim import CronSim, CronSimError

    try:
        CronSim(cron.value, datetime.now(UTC))
    except CronSimError as error:
        hint = 'minute, hour, day, month, day of the week: "0 3 * * *"'
        context.problem("SPEC015", f"{cron.value!r} is no cron expression: {error}", cron, hint=hint)
    return Cadence(kind="cron", cron=cron.value)


def _addresses(context: Context, node: Node | None) -> Iterator[Ref]:
    for item in node.value if node is not None else ():
        ref = _address(context, item, item.value)
        if ref is not None:
            yield ref


def _held(context: Context, node: Node | None) -> Iterator[Held]:
    for item in node.value if node is not None else ():
        text, _, last = item.value.rpartition(".")
        part = last if last in _PARTS and text else ""
        ref = _address(context, item, text if part else item.value)
        if ref is not None:
            yield Held(ref=ref, part=part)


def _address(context: Context, node: Node, text: str) -> Ref | None:
    """Return an address; KIND.TABLE.NAME is understood as table.TABLE.KIND.NAME."""
    words = text.split(".")
    if len(words) == 3 and words[0] in _INSIDE and not set(words[1:]) & KIND_WORDS:
        text = f"table.{words[1]}.{words[0]}.{words[2]}"
    try:
        ref = Ref.parse(text)
    except ValueError as error:
        context.problem("SPEC017", str(error), node)
        return None
    return Ref("", ref.parts) if ref.schema == context.default_schema else ref


_INSIDE = frozenset({
    Kind.COLUMN, Kind.INDEX, Kind.UNIQUE, Kind.CHECK, Kind.EXCLUSION, Kind.FOREIGN_KEY, Kind.TRIGGER,
})  # fmt: skip
