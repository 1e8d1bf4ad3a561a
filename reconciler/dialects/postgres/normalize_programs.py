"""Triggers and routines of either side in, the same in normal form out, with what PostgreSQL cannot have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple, TypeVar

from reconciler.dialects.beyond import Add
from reconciler.dialects.bodies import Unfit, body_text, wrong_rows
from reconciler.dialects.postgres import types
from reconciler.dialects.postgres.lexer import Unreadable, canonical, tokens
from reconciler.dialects.postgres.literals import settled
from reconciler.dialects.postgres.names import FAMILY, enum_of, type_name
from reconciler.dialects.postgres.routines import body_function, gives
from reconciler.dialects.postgres.routines_options import settled as settled_options
from reconciler.dialects.postgres.trigger_texts import framed, framed_for, is_block, words
from reconciler.model.fields import changed
from reconciler.model.model import Model
from reconciler.model.objects import Domain, Enum, Object
from reconciler.model.programs import Function, Procedure, Routine, Trigger
from reconciler.model.types import Type
from reconciler.model.values import Argument, Body, Deferrable, Sql, Statements

R = TypeVar("R", bound=Function | Procedure)
B = TypeVar("B", bound=Function | Procedure | Trigger)


# Languages whose text is read as the server's own is: blanks and letter case do not count in them.
READ = frozenset({"sql", "plpgsql"})


def is_standard(language: str, text: str) -> bool:
    """Say whether a body is SQL that the server reads when it is declared (manual, "CREATE FUNCTION", sql_body)."""
    try:
        found = tokens(text)[:2] if language == "sql" else ()
    except Unreadable:
        return False
    begun = [token.value for token in found]
    return begun[:1] == ["return"] or begun == ["begin", "atomic"]


def _is_whole(text: str) -> bool:
    """Say whether a body in standard SQL is one piece: what follows its END would be another command."""
    found = list(tokens(text.rstrip("; \n")))
    depth, inside = 0, 0
    for number, token in enumerate(found):
        depth += token.says("(") - token.says(")")
        inside += token.says("begin", "case") - token.says("end")
        ended = inside == 0 and number < len(found) - 1
        if depth < 0 or (ended and (token.says(";") or found[0].says("begin"))):
            return False
    return depth == 0 and inside == 0


def _with_body(obj: B, text: str, language: str) -> B:
    spelling = canonical(text) if language in READ else text.strip()
    body = Sql(text, FAMILY, spelling)
    known = obj.body
    if isinstance(known, Sql) and (known.text, known.dialect, known.canonical) == (text, FAMILY, spelling):
        return obj
    return replace(obj, body=body)


# --- routines ---------------------------------------------------------------------------------------------------------


def normal_routine(obj: R, own: Mapping[str, Enum | Domain], add: Add) -> R:
    """Bring a function or procedure into normal form.

    Args:
        obj: it.
        own: the declared types by name.
        add: takes what PostgreSQL cannot have.
    """
    if obj.definer:
        add(obj, "definer", "PostgreSQL's routines run as their owner", "say whose rights: security: definer")
    obj = changed(
        obj, definer=None, security=None if obj.security == "invoker" else obj.security, comment=obj.comment or None,
        options=settled_options(obj.options),
    )  # fmt: skip
    arguments = tuple(_argument(argument, own) for argument in obj.arguments)
    if any(new is not old for new, old in zip(arguments, obj.arguments, strict=True)):
        obj = replace(obj, arguments=arguments)
    if isinstance(obj, Function):
        obj = _returning(obj, add)  # type: ignore[assignment]
    text = _text(obj, add)
    if obj.language in READ and not _readable(text):
        add(obj, "body", "the body cannot be read: a quote or comment has no end", "end it")
    elif is_standard(obj.language, text) and not _is_whole(text):
        add(obj, "body", "the body is not one expression or one block", "write RETURN …, or BEGIN ATOMIC … END")
    return _with_body(obj, text, obj.language)


def _readable(text: str) -> bool:
    try:
        tokens(text)
    except Unreadable:
        return False
    return True


def _text(obj: Routine, add: Add) -> str:
    if isinstance(obj.body, Statements) and obj.language not in READ:
        hint = f"write the whole body as {obj.language} has it"
        add(obj, "body", f"a list of statements has no frame in {obj.language}", hint)
        return ""
    frame = framed if obj.language == "plpgsql" else lambda statements: "\n".join(f"{each};" for each in statements)
    return _own_text(obj, obj.body, frame, add)


def _own_text(obj: Object, body: Body, frame: Callable[..., str], add: Add) -> str:
    try:
        return body_text(body, FAMILY, frame)
    except Unfit as error:
        add(obj, "body", error.message, error.hint)
        return ""


def _argument(argument: Argument, own: Mapping[str, Enum | Domain]) -> Argument:
    """Give an argument the type that the server keeps, which is one without lengths, and its default one form."""
    type_ = kept_type(argument.type)
    default = settled(argument.default, type_.name, isinstance(own.get(type_.name.removesuffix("[]")), Enum))
    same = type_ is argument.type and default is argument.default
    return argument if same else replace(argument, type=type_, default=default)


def kept_type(written: Type) -> Type:
    """Return a type as routines have it: what stands in parentheses is thrown away (manual, "CREATE FUNCTION")."""
    found = types.native(written, lambda name: type_name(enum_of(name)))
    name = types.base(found.name)
    name = "character" if name == "bpchar" else name
    return found if name == found.name else Type(name, native=True)


def _returning(obj: Function, add: Add) -> Function:
    """Leave out what the arguments say anyway."""
    if obj.returns is None:
        return obj
    returns = kept_type(obj.returns)
    if not gives(obj):
        return obj if returns is obj.returns else replace(obj, returns=returns)
    given = [argument.type.name for argument in obj.arguments if argument.mode in ("out", "inout", "table")]
    if returns.name not in ("record", *given[: 1 if len(given) == 1 else 0]):
        add(obj, "returns", f"its arguments give {', '.join(given)}, and not {returns.name}", "leave returns out")
    return replace(obj, returns=None)


# --- triggers ---------------------------------------------------------------------------------------------------------


class _Wrong(NamedTuple):
    """A combination that PostgreSQL cannot have (manual, "CREATE TRIGGER"), its field and what to say."""

    found: Callable[[Trigger], bool]
    field: str
    message: str
    hint: str


def _each(obj: Trigger) -> bool:
    return obj.each == "row"


def _tables(obj: Trigger) -> bool:
    return obj.old_table is not None or obj.new_table is not None


_ON_MYSQL = "say it for mysql alone: dialect: {mysql: …}, or only: [mysql, mariadb]"
_WRONG = (
    _Wrong(lambda t: t.follows is not None, "follows",
           "PostgreSQL's triggers fire in the order of their names", _ON_MYSQL),
    _Wrong(lambda t: bool(t.definer), "definer", "PostgreSQL's triggers run as whoever fires them", _ON_MYSQL),
    _Wrong(lambda t: bool(t.options), "options", "PostgreSQL's triggers have no options", _ON_MYSQL),
    _Wrong(lambda t: "truncate" in t.events and _each(t), "events",
           "truncate fires once for the statement", "write each: statement"),
    _Wrong(lambda t: t.timing == "instead_of" and not _each(t), "each",
           "what fires instead fires for each row", "leave each out"),
    _Wrong(lambda t: t.timing == "instead_of" and t.when is not None, "when",
           "what fires instead has no condition", "put it into the body"),
    _Wrong(lambda t: t.timing == "instead_of" and bool(t.columns), "events",
           "what fires instead has no list of columns", "write update"),
    _Wrong(lambda t: t.ref.top.kind == "view" and t.enabled != "origin", "enabled",
           "triggers of views are always on", "leave enabled out"),
    _Wrong(lambda t: t.constraint and (t.timing != "after" or not _each(t)), "constraint",
           "a constraint trigger fires after each row", "write timing: after and each: row"),
    _Wrong(lambda t: t.deferrable is not Deferrable.NO and not t.constraint, "deferrable",
           "only a constraint trigger can wait for the commit", "write constraint: true"),
    _Wrong(lambda t: _tables(t) and t.timing != "after", "referencing",
           "only what fires afterwards sees the changed rows as a table", "write timing: after"),
    _Wrong(lambda t: _tables(t) and (len(t.events) > 1 or bool(t.columns) or t.constraint), "referencing",
           "tables of changed rows go with one event, without columns, and with no constraint trigger",
           "write one trigger for each event"),
    _Wrong(lambda t: bool(t.arguments) and t.execute is None, "arguments",
           "arguments are for a function", "write them into the body, or name a function: execute: …"),
)  # fmt: skip


def normal_trigger(obj: Trigger, model: Model, add: Add) -> Trigger:
    """Bring a trigger into normal form; its condition has PostgreSQL's words by now.

    Args:
        obj: it.
        model: what it stands in.
        add: takes what PostgreSQL cannot have.
    """
    for wrong in _WRONG:
        if wrong.found(obj):
            add(obj, wrong.field, wrong.message, wrong.hint)
    obj = changed(obj, columns=tuple(sorted(obj.columns)), comment=obj.comment or None, definer=None)
    if obj.body is not None:
        obj = _with_own_function(obj, obj.body, model, add)
    for field, message, hint in _wrong_rows(obj, model):
        add(obj, field, message, hint)
    return obj


def _with_own_function(obj: Trigger, body: Body, model: Model, add: Add) -> Trigger:
    text = _own_text(obj, body, lambda statements: framed_for(obj, statements), add)
    if text and not is_block(text):
        hint = "write DECLARE … BEGIN … RETURN …; END, or a list of statements"
        add(obj, "body", "the body is not a block of PL/pgSQL", hint)
    function = body_function(obj.ref)
    if function in model:
        hint = f"call it: execute: {function.name}; or give one of the two another name"
        add(obj, "body", f"its body becomes {function}, which is declared too", hint)
    return _with_body(obj, text, "plpgsql")


def _wrong_rows(obj: Trigger, model: Model) -> Iterator[tuple[str, str, str]]:
    named = {obj.old_table, obj.new_table} & {"old", "new"}
    for field, sql in (("when", obj.when), ("body", obj.body)):
        if isinstance(sql, Sql) and not named:
            for message, hint in wrong_rows(obj, model, words(sql.text)):
                yield field, message, hint
