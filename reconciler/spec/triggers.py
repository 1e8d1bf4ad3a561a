"""Triggers of a table's or view's document, or in one of their own, in, objects out; it knows no dialect."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.programs import Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.spec.columns import settings_of
from reconciler.spec.context import Context
from reconciler.spec.keys import deferrable, entries
from reconciler.spec.nodes import Node
from reconciler.spec.overrides import Fields
from reconciler.spec.validate import suggestion

# Events in the order in which they are compared and written.
EVENTS = ("insert", "update", "delete", "truncate")
_ENABLED: Mapping[object, str] = {True: "origin", False: "disabled"}
# What stands for the account of whoever makes an object; `keep` is as good as silence.
_NOBODY: Mapping[str, str | None] = {"strip": "", "keep": None}


def trigger_ref(context: Context, name: Node, fields: Fields) -> Ref | None:
    """Return the address of a trigger that has a document of its own: inside the table or view that it is on."""
    holders = [key for key in (Kind.TABLE, Kind.VIEW) if key in fields]
    if len(holders) != 1:
        message = "a trigger has 'table' or 'view', one of the two"
        context.problem("SPEC014" if not holders else "SPEC016", message, name)
        return None
    holder = context.root(_holder_kind(holders[0], fields), fields[holders[0]])
    return holder.child(Kind.TRIGGER, name.value) if holder else None


def _holder_kind(key: Kind, fields: Fields) -> Kind:
    """Only a view has triggers that fire instead of what was asked for."""
    return Kind.VIEW if "timing" in fields and fields["timing"].value == "instead_of" else key


def lower_trigger(context: Context, ref: Ref, name: Node, fields: Fields) -> None:
    """Take a trigger into the lowering."""
    events, columns = _events(context, fields)
    if ("body" in fields) == ("execute" in fields):
        message = "a trigger has 'body' or 'execute', one of the two"
        context.problem("SPEC014" if "body" not in fields else "SPEC016", message, name.key or name.at)
    rows = fields["referencing"].value if "referencing" in fields else {}
    trigger = Trigger(
        ref=ref,
        timing=fields["timing"].value,
        events=events,
        columns=columns,
        each=fields["each"].value if "each" in fields else "row",
        when=context.sql_text(fields["when"], "the condition of", ref) if "when" in fields else None,
        body=context.body(fields["body"], "the body of", ref) if "body" in fields else None,
        execute=context.root(Kind.FUNCTION, fields["execute"]) if "execute" in fields else None,
        arguments=tuple(item.value for item in fields["arguments"].value) if "arguments" in fields else (),
        follows=fields["follows"].value if "follows" in fields else None,
        constraint=context.flag(fields, "constraint"),
        deferrable=deferrable(fields),
        old_table=rows["old_table"].value if "old_table" in rows else None,
        new_table=rows["new_table"].value if "new_table" in rows else None,
        enabled=_ENABLED.get(fields["enabled"].value, fields["enabled"].value) if "enabled" in fields else "origin",
        definer=definer(fields),
        options=settings_of(context, fields.get("options")),
        comment=context.text(fields.get("comment")),
    )
    context.add(trigger, name, fields)


def triggers(context: Context, holder: Ref, fields: Fields) -> None:
    """Take in the triggers that stand in the document of what they are on."""
    for ref, node, own in entries(context, fields.get("triggers"), holder, Kind.TRIGGER, "body"):
        if ref is not None and (own["timing"].value == "instead_of") != (holder.kind == Kind.VIEW):
            whose = "a view" if holder.kind == Kind.TABLE else "a table"
            message = f"only the triggers of {whose} have the timing {own['timing'].value!r}"
            context.problem("SPEC016", message, own["timing"])
        elif ref is not None:
            lower_trigger(context, ref, node, own)


def _events(context: Context, fields: Fields) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the events in their usual order, and the columns of `update of`."""
    found: list[str] = []
    columns: tuple[str, ...] = ()
    for item in fields["events"].value:
        word = item.value
        if type(word) is dict:
            columns = tuple(column.value for column in word["update"].value)
            word = "update"
        if word in found:
            context.problem("SPEC015", f"{word} is listed twice (events)", item)
        found.append(word)
    return tuple(event for event in EVENTS if event in found), columns


def definer(fields: Fields) -> str | None:
    """Return whose rights an object runs with: an account, "" for whoever makes it, None for the one that it has."""
    said: str = fields["definer"].value if "definer" in fields else "keep"
    return _NOBODY.get(said, said)


def check_trigger(context: Context, trigger: Trigger) -> None:
    """Note a trigger on what is not declared, and one that follows a trigger that is not there."""
    holder, place = trigger.ref.top, context.place(trigger.ref)
    if holder not in context.places:
        names = [ref.name for ref in context.places if ref.kind == holder.kind]
        where = place.fields[key].at if (key := str(holder.kind)) in place.fields else place.at
        hint = suggestion(holder.name, names)
        context.problem("SPEC030", f"there is no {holder.kind} {holder.name!r}", where, hint=hint)
    if trigger.follows is not None and holder.child(Kind.TRIGGER, trigger.follows) not in context.places:
        message = f"{holder} has no trigger {trigger.follows!r} that is declared"
        context.problem("SPEC031", message, place.fields["follows"].at)
