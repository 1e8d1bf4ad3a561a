"""A database in, specs of what it holds out; what specs cannot hold, and what was not looked at, is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reconciler import spec
from reconciler.dialects.base import Dialect, Session, Target
from reconciler.frozen import frozen
from reconciler.model.fields import live_only
from reconciler.model.model import Inspection, Model
from reconciler.model.objects import Column, Enum, Extension, ForeignKey, Object, Unmodelled, View
from reconciler.model.programs import Event, Function, Procedure, Trigger
from reconciler.model.ref import Kind
from reconciler.plan.foreign import foreign_tables
from reconciler.plan.understood import not_understood
from reconciler.report.facts import ForeignTool, Imported
from reconciler.spec.files import shown_path
from reconciler.spec.secrets import Secret
from reconciler.workflow.foreign import foreign_tools
from reconciler.workflow.looking import session_on, told
from reconciler.workflow.opening import Request, open_request
from reconciler.workflow.selecting import schemas_meant, selected


def import_(request: Request, out: Path, select: Sequence[str] = (), exclude: Sequence[str] = ()) -> Imported:
    """Write what a database holds as specs: of the default schema, and of those that specs there or globs name.

    Args:
        request: which database.
        out: the folder of the specs; what is there and not meant stays.
        select: globs over the addresses of what is meant, which brings along what it rests on; none is everything.
            One that names another schema (`*.billing.*`) has that looked into.
        exclude: globs over what is left out.

    Raises TargetError, also where there is no database, SpecError when specs that are already there are wrong, and
    UsageError for a glob that fits nothing.
    """
    opened = open_request(request, access="read")
    opened = replace(opened, target=replace(opened.target, missing="error"))
    dialect = opened.dialect
    default = opened.target.schema or dialect.default_schema
    named = spec.named_schemas(out, dialect=dialect.name, default_schema=default)
    with session_on(opened) as session, told(None):
        others = [name for name in dialect.other_schemas(session) if name not in (default, *named)]
        target = replace(opened.target, schemas=(*named, *schemas_meant(others, select)))
        inspection, looked = _inspected(dialect, session, target, others)
        opened = replace(opened, target=replace(target, schemas=looked))
        tools = foreign_tools(opened, session, inspection.model)
    found = Found(
        dialect=dialect, inspection=inspection, default_schema=default, url=request.url or opened.environment.url,
        other_schemas=tuple(name for name in others if name not in looked), foreign_tools=tools,
    )  # fmt: skip
    return write_down(found, out, select, exclude)


def _inspected(
    dialect: Dialect, session: Session, target: Target, others: Sequence[str]
) -> tuple[Inspection, tuple[str, ...]]:
    """Inspect, a second time where an extension names one of the other schemas: specs that name one are about it."""
    inspection = dialect.inspect(session, target)
    extensions = (obj for obj in inspection.model.values() if isinstance(obj, Extension))
    named = {obj.namespace for obj in extensions} & set(others) - set(target.schemas)
    looked = (*target.schemas, *sorted(filter(None, named)))
    if named:
        inspection = dialect.inspect(session, replace(target, schemas=looked))
    return inspection, looked


@frozen
class Found:
    """What was found in a database, or made of files on one: `url` goes into a project file that is written anew."""

    dialect: Dialect
    inspection: Inspection
    default_schema: str
    url: str | Secret
    other_schemas: tuple[str, ...] = ()
    foreign_tools: tuple[ForeignTool, ...] = ()


def write_down(found: Found, out: Path, select: Sequence[str] = (), exclude: Sequence[str] = ()) -> Imported:
    """Write what was found as specs; the arguments and errors are those of `import_`."""
    dialect, inspection = found.dialect, found.inspection
    strange = foreign_tables(inspection.model, inspection.model)
    live = dialect.normalize(inspection.model.only(lambda ref: ref.top not in strange)).model
    live = selected(live, select, exclude, dialect.resolve)
    dangling = {obj.ref: words for obj in live.values() if (words := _dangles(obj, live))}
    known = [obj for obj in live.values() if not isinstance(obj, Unmodelled) and obj.ref not in dangling]
    me = inspection.defaults.get("user")
    written = Model(of_anybody(dialect.portable(obj), me) for obj in known)
    paths = spec.write(
        written, out, dialect=dialect.name, project_name=out.absolute().name or "project", url=found.url,
        default_schema=found.default_schema, unnamed=inspection.unnamed,
        normalize=lambda model: dialect.normalize(model).model,
    )  # fmt: skip
    marked = not_understood(live)
    left = [dangling.get(obj.ref) or _left_out(written.get(obj.ref, obj)) for obj in live.values()]
    return Imported(
        directory=out, written=tuple(Path(shown_path(path)) for path in paths), objects=len(known),
        unmodelled=tuple(sorted(filter(None, left))),
        not_understood=marked, other_schemas=found.other_schemas, foreign_tools=found.foreign_tools,
    )  # fmt: skip


def of_anybody(obj: Object, me: str | None) -> Object:
    """Leave out whose rights a program has when it is whoever imports it: applied by another, it is that one's."""
    if isinstance(obj, Trigger | Function | Procedure | Event) and obj.definer == me:
        return replace(obj, definer=None)
    return obj


def _dangles(obj: Object, live: Model) -> str:
    """Say what a foreign key points at that is not here, "" for nothing: SQLite takes any, and specs take none."""
    if not isinstance(obj, ForeignKey):
        return ""
    columns = [obj.target.child(Kind.COLUMN, name) for name in obj.target_columns]
    missing = next((ref for ref in (obj.target, *columns) if ref not in live), None)
    return f"{obj.ref}: {missing} is not there, or in a schema that was not looked into" if missing else ""


def _left_out(obj: Object) -> str:
    """Say what of a live object specs cannot hold: all of it, or a part that the database alone knows; "" for none."""
    if isinstance(obj, Unmodelled):
        return str(obj.ref)
    names = (name for name in live_only(type(obj)) if name != "not_understood" and (type(obj), name) not in _REMADE)
    found = (getattr(obj, name) for name in names)
    words = [_words(value) for value in found if not isinstance(value, bool)]
    counts = isinstance(obj, Column) and (obj.identity is not None or obj.type.name.endswith("serial"))
    told = "; ".join(word for word in words if word and not counts)
    return f"{obj.ref}: {told}" if told else ""


def _words(value: object) -> str:
    """Spell what the database alone knows: pairs of an option and its value, statements, or a text."""
    if not isinstance(value, tuple):
        return str(value)
    return ", ".join(each if isinstance(each, str) else "=".join(each) for each in value)


# Live texts that are made again from the specs, or belong to whoever runs them.
_REMADE = frozenset({(View, "carried"), (Enum, "carried"), (Column, "carried")})
