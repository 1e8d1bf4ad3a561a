"""A routine or trigger and the fields that matter in, conditions over the catalogs out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.dialects.postgres.guards_columns import default_is
from reconciler.dialects.postgres.guards_words import Lookup, Test, names_array, relation, same, truth
from reconciler.dialects.postgres.normalize_programs import is_standard
from reconciler.dialects.postgres.routines import TAKEN, body_function, gives
from reconciler.dialects.postgres.routines_options import SETTING, USUAL_COST, USUAL_ROWS
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.model.programs import Function, Procedure, Routine, Trigger, routine_name
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Deferrable, Sql

_MODES: Mapping[str, str] = {"in": "i", "out": "o", "inout": "b", "variadic": "v", "table": "t"}
_BLANK = r"E' \n\t\r'"


def namespace(ref: Ref, schema: str) -> str:
    """Write how the oid of an object's schema is found, null when there is none."""
    return f"to_regnamespace({text_literal(double_quoted(ref.schema or schema))})"


def routine_is(obj: Routine, schema: str) -> str:
    """Write the condition on a row of pg_proc that it has an object's name and takes the same types."""
    taken = ", ".join(text_literal(argument.type.name) for argument in obj.arguments if argument.mode in TAKEN)
    return (
        f"p.pronamespace = {namespace(obj.ref, schema)} AND p.proname = {text_literal(routine_name(obj.ref))}"
        f" AND ARRAY(SELECT format_type(u.t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY u (t, n) ORDER BY n)"
        f" = ARRAY[{taken}]::text[]"
    )


def _rows(letter: str) -> Test:
    return lambda obj, schema: f"SELECT FROM pg_proc p WHERE {routine_is(obj, schema)} AND p.prokind = '{letter}'"


def _name_is_free(obj: Routine, schema: str) -> str:
    return f"NOT EXISTS (SELECT FROM pg_proc p WHERE {routine_is(obj, schema)})"


def _arguments(obj: Routine, schema: str) -> str:
    """Test names, modes, types and defaults; what has none of the first two is null in the catalog."""
    if not obj.arguments:
        return "p.pronargs = 0 AND p.proallargtypes IS NULL"
    number = len(obj.arguments)
    types = "(SELECT array_agg(format_type(u.t, NULL) ORDER BY u.n)"
    listed = "unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY u (t, n))"
    found = [
        f"{types} FROM {listed} = {_texts([argument.type.name for argument in obj.arguments])}",
        f"coalesce(p.proargnames, array_fill(''::text, ARRAY[{number}]))"
        f" = {_texts([argument.name for argument in obj.arguments])}",
        f"coalesce(p.proargmodes::text[], array_fill('i'::text, ARRAY[{number}]))"
        f" = {_texts([_MODES[argument.mode] for argument in obj.arguments])}",
        f"p.pronargdefaults = {sum(argument.default is not None for argument in obj.arguments)}",
    ]
    for at, argument in enumerate(obj.arguments, 1):
        if argument.default is not None:
            found.append(default_is(f"pg_get_function_arg_default(p.oid, {at})", argument.default))
    return " AND ".join(found)


def _texts(values: Sequence[str]) -> str:
    return f"ARRAY[{', '.join(map(text_literal, values))}]::text[]"


def _returns(obj: Function, schema: str) -> str:
    """Test the type; where the arguments say what is given, they are tested."""
    return "" if gives(obj) or obj.returns is None else same("format_type(p.prorettype, NULL)", obj.returns.name)


def _source(body: object) -> str:
    text = body.text if isinstance(body, Sql) else ""
    return f"btrim(p.prosrc, {_BLANK}) = btrim({text_literal(text)}, {_BLANK})"


def _body(obj: Routine, schema: str) -> str:
    if isinstance(obj.body, Sql) and is_standard(obj.language, obj.body.text):
        return same("pg_get_function_sqlbody(p.oid)", obj.body.text)
    return _source(obj.body)


def _options(obj: Routine, schema: str) -> str:
    """Test what a routine says of itself, and the settings that hold while it runs, by their names in lower case."""
    given = dict(obj.options)
    settings = sorted(
        f"{name.removeprefix(SETTING)}={value}" for name, value in obj.options if name.startswith(SETTING)
    )
    stored = "lower(split_part(c, '=', 1)) || substr(c, strpos(c, '='))"
    return " AND ".join((
        f"p.procost = {given.get('cost', USUAL_COST)}",
        f"p.prorows = {given['rows']}" if "rows" in given else f"p.prorows IN (0, {USUAL_ROWS})",
        f"p.proparallel = '{str(given.get('parallel', 'unsafe'))[0]}'",
        truth("p.proleakproof", bool(given.get("leakproof", False))),
        f'ARRAY(SELECT {stored} COLLATE "C" FROM unnest(p.proconfig) c ORDER BY 1) = {_texts(settings)}',
    ))  # fmt: skip


_ROUTINE: Mapping[str, Test] = {
    "arguments": _arguments,
    "language": lambda obj, _: (
        f"(SELECT l.lanname FROM pg_language l WHERE l.oid = p.prolang) = {text_literal(obj.language)}"
    ),
    "body": _body,
    "security": lambda obj, _: truth("p.prosecdef", obj.security == "definer"),
    "options": _options,
    "comment": lambda obj, _: same("obj_description(p.oid, 'pg_proc')", obj.comment),
}


# --- triggers ---------------------------------------------------------------------------------------------------------


def _trigger_rows(obj: Trigger, schema: str) -> str:
    return (
        "SELECT FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid"
        f" WHERE g.tgrelid = {relation(obj.ref.top, schema)} AND g.tgname = {text_literal(obj.ref.name)}"
        " AND NOT g.tgisinternal"
    )


# Bits of pg_trigger.tgtype (src/include/catalog/pg_trigger.h).
_TIMINGS: Mapping[str, int] = {"after": 0, "before": 2, "instead_of": 64}
_EVENTS: Mapping[str, int] = {"insert": 4, "delete": 8, "update": 16, "truncate": 32}
_ENABLED: Mapping[str, str] = {"origin": "O", "always": "A", "replica": "R", "disabled": "D"}


def _columns(obj: Trigger, schema: str) -> str:
    own = "SELECT a.attname FROM pg_attribute a WHERE a.attrelid = g.tgrelid AND a.attnum = ANY (g.tgattr)"
    return f'ARRAY({own} ORDER BY a.attname COLLATE "C") = {names_array(sorted(obj.columns))}'


def _when(obj: Trigger, schema: str) -> str:
    if obj.when is None:
        return "g.tgqual IS NULL"
    return f"strpos(pg_get_triggerdef(g.oid), {text_literal(f'WHEN ({obj.when.text})')}) > 0"


def _function(ref: Ref, schema: str) -> str:
    return f"p.proname = {text_literal(routine_name(ref))} AND p.pronamespace = {namespace(ref, schema)}"


def _execute(obj: Trigger, schema: str) -> str:
    """Test the function by its name; one without a schema may be the server's own."""
    if obj.execute is None:
        return ""
    own = f"p.pronamespace IN ({namespace(obj.execute, schema)}, 'pg_catalog'::regnamespace)"
    return f"p.proname = {text_literal(routine_name(obj.execute))} AND {own}"


def _trigger_body(obj: Trigger, schema: str) -> str:
    if obj.body is None:
        return ""
    return f"{_function(body_function(obj.ref), schema)} AND {_source(obj.body)}"


def _given(obj: Trigger, schema: str) -> str:
    text = "".join(f"{argument}\0" for argument in obj.arguments)
    return f"encode(g.tgargs, 'hex') = '{text.encode().hex()}'"


def _deferrable(obj: Trigger, schema: str) -> str:
    later = truth("g.tginitdeferred", obj.deferrable is Deferrable.DEFERRED)
    return f"{truth('g.tgdeferrable', obj.deferrable is not Deferrable.NO)} AND {later}"


_TRIGGER: Mapping[str, Test] = {
    "timing": lambda obj, _: f"g.tgtype & 66 = {_TIMINGS[obj.timing]}",
    "events": lambda obj, _: f"g.tgtype & 60 = {sum(_EVENTS[event] for event in obj.events)}",
    "columns": _columns,
    "each": lambda obj, _: f"g.tgtype & 1 = {int(obj.each == 'row')}",
    "when": _when,
    "body": _trigger_body,
    "execute": _execute,
    "arguments": _given,
    "constraint": lambda obj, _: f"g.tgconstraint {'<>' if obj.constraint else '='} 0",
    "deferrable": _deferrable,
    "old_table": lambda obj, _: same("g.tgoldtable", obj.old_table),
    "new_table": lambda obj, _: same("g.tgnewtable", obj.new_table),
    "enabled": lambda obj, _: f"g.tgenabled = '{_ENABLED[obj.enabled]}'",
    "comment": lambda obj, _: same("obj_description(g.oid, 'pg_trigger')", obj.comment),
}

_FUNCTION: Mapping[str, Test] = {
    **_ROUTINE,
    "returns": _returns,
    "returns_set": lambda obj, _: truth("p.proretset", obj.returns_set),
    "volatility": lambda obj, _: f"p.provolatile = '{obj.volatility[0]}'",
    "strict": lambda obj, _: truth("p.proisstrict", obj.strict),
}

PROGRAMS: Mapping[Kind, Lookup] = {
    Kind.FUNCTION: Lookup(_rows("f"), _FUNCTION, _name_is_free),
    Kind.PROCEDURE: Lookup(_rows("p"), _ROUTINE, _name_is_free),
    Kind.TRIGGER: Lookup(_trigger_rows, _TRIGGER),
}


def spelled_by_server(obj: Any) -> bool:
    """Say whether the server writes a body in its own words; every other text it keeps to the letter."""
    return (
        isinstance(obj, Function | Procedure) and isinstance(obj.body, Sql) and is_standard(obj.language, obj.body.text)
    )
