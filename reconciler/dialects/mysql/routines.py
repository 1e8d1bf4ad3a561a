"""Functions and procedures of specs in, in normal form out, and the statements that make, change and drop them.

Of a name there is one routine; none can be replaced on MySQL (dev.mysql.com/doc/refman/9.7/en/create-procedure.html).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import Any, TypeVar

from reconciler.dialects.beyond import ON_POSTGRES, Add, Beyond, without
from reconciler.dialects.mysql import types
from reconciler.dialects.mysql.circumstances import aligned, definer_clause, under
from reconciler.dialects.mysql.frames import framed_body
from reconciler.dialects.mysql.lexer import quoted, text_literal
from reconciler.dialects.mysql.mentions import Names, mentions
from reconciler.dialects.mysql.names import of
from reconciler.model.fields import compared
from reconciler.model.model import Model
from reconciler.model.names import helper_name
from reconciler.model.objects import Object
from reconciler.model.programs import Function, Procedure, Routine
from reconciler.model.ref import Kind
from reconciler.model.types import Type
from reconciler.model.values import Argument, Sql, Statements
from reconciler.plan.rules import Outcome, Rules, States
from reconciler.plan.step import DataCheck, Statement

R = TypeVar("R", bound=Routine)
ReadType = Callable[[Object, Type], Type]

# What is written where nothing is said: without one of two promises a binary log takes no function (error 1418,
# dev.mysql.com/doc/refman/9.7/en/stored-programs-logging.html).
_USUAL_ACCESS: Mapping[Kind, str] = {Kind.FUNCTION: "reads sql data", Kind.PROCEDURE: "contains sql"}
_ACCESS = "data_access"


_BEYOND = (
    Beyond("language", "sql", "the routines here are written in SQL", ON_POSTGRES),
    Beyond("strict", False, "a function here is called with null too", "return null by an IF, or say it elsewhere"),
    Beyond("returns_set", False, "a function here returns one value", "write a procedure, or a view"),
)
_MODES: Mapping[str, str] = {
    "variadic": "the routines here take no list of arguments", "table": "a function here returns no table",
}  # fmt: skip


def normal_routine(obj: R, model: Model, add: Add, read_type: ReadType) -> R:
    """Bring a routine of either side into normal form.

    Args:
        obj: as written or as inspected.
        model: the whole.
        add: takes what is wrong.
        read_type: brings a type into the server's words.
    """
    obj = without(obj, _BEYOND, add)
    for argument in obj.arguments:
        _check_argument(obj, argument, add)
    arguments = tuple(replace(each, type=read_type(obj, each.type), default=None) for each in obj.arguments)
    normal = replace(obj, arguments=arguments, comment=obj.comment or None, body=framed_body(obj, add))
    if isinstance(obj.body, Statements):
        for message, hint in _ambiguous(normal, model):
            add(obj, "arguments", message, hint)
    if isinstance(normal, Function):
        if normal.returns is None:
            add(obj, "returns", "a function here returns one value", "say returns: …, or write a procedure")
        volatility = "immutable" if normal.volatility == "immutable" else "volatile"
        returns = read_type(obj, normal.returns) if normal.returns is not None else None
        return replace(normal, volatility=volatility, returns=returns)
    return normal


def _check_argument(obj: Routine, argument: Argument, add: Add) -> None:
    if argument.mode in _MODES:
        add(obj, "arguments", _MODES[argument.mode], ON_POSTGRES)
    if argument.default is not None:
        add(obj, "arguments", f"the argument {argument.name!r} can have no default here", "let its callers give it")
    if not argument.name:
        add(obj, "arguments", "an argument here needs a name", "give it one")


def _ambiguous(obj: Routine, model: Model) -> Iterator[tuple[str, str]]:
    """Yield what a portable body means by a word that is an argument and a column: one thing here, another elsewhere
    (dev.mysql.com/doc/refman/9.7/en/local-variable-scope.html).
    """
    names = {argument.name.lower(): argument.name for argument in obj.arguments}
    for mention in mentions(replace(obj, arguments=()), Names(model)):
        argument = names.pop(mention.token.value.lower(), None)
        if argument is not None:
            column = mention.refs[0]
            message = f"the argument {argument!r} has the name of {column}, and a body means the one here and the other"
            yield f"{message} elsewhere", f"call it p_{argument}"


def aligned_routine(obj: R, live: Model, defaults: Mapping[str, str]) -> R:
    """Return a declared routine with what the live one has where the spec is silent, and else what is usual."""
    obj = aligned(obj, live, defaults)
    found = live.get(obj.ref)
    there = found if isinstance(found, Function | Procedure) else None
    options = tuple(sorted({_ACCESS: _USUAL_ACCESS[obj.kind], **dict(obj.options)}.items()))
    held = [each.type for each in there.arguments] if there is not None else []
    types_ = zip_longest((each.type for each in obj.arguments), held)
    arguments = tuple(
        replace(each, type=_in_charset(declared or each.type, stored))
        for each, (declared, stored) in zip(obj.arguments, types_, strict=False)
    )
    security = obj.security or (there.security if there is not None else "definer")
    obj = replace(obj, options=options, arguments=arguments, security=security)
    if isinstance(obj, Function) and obj.returns is not None:
        stored = there.returns if isinstance(there, Function) else None
        return replace(obj, returns=_in_charset(obj.returns, stored))
    return obj


def _in_charset(declared: Type, live: Type | None) -> Type:
    """Return a type with the character set that it has, where the spec is silent of it."""
    bare, _, words = live.name.partition(" charset ") if live is not None else ("", "", "")
    return Type(f"{declared.name} charset {words}", native=True) if words and declared.name == bare else declared


def routine_type(type_: Type, flavor: str) -> Type:
    """Return the type of an argument in the server's words, its character set apart. Raises KeyError for none."""
    bare, _, words = _split_charset(type_.name) if type_.native else (type_.name, "", "")
    native = types.native(replace(type_, name=bare), flavor)
    if flavor == "mariadb" and native.name == "longtext" and words == "utf8mb4 collate utf8mb4_bin":
        return Type("json", native=True)  # which is what it is there
    return Type(f"{native.name} charset {words}", native=True) if words else native


def _split_charset(text: str) -> tuple[str, str, str]:
    lowered = " ".join(text.split())
    for word in (" charset ", " character set "):
        at = lowered.lower().find(word)
        if at >= 0 and ")" not in lowered[at:]:
            return lowered[:at], word, lowered[at + len(word) :].lower()
    return text, "", ""


def portable_routine(obj: R) -> R:
    """Return a live routine in the spec's words."""
    options = tuple(pair for pair in obj.options if pair != (_ACCESS, _USUAL_ACCESS[obj.kind]))
    arguments = tuple(replace(each, type=types.portable(each.type)) for each in obj.arguments)
    security = None if obj.security == "definer" else obj.security
    obj = replace(obj, options=options, arguments=arguments, security=security)
    if isinstance(obj, Function) and obj.returns is not None:
        return replace(obj, returns=types.portable(obj.returns))
    return obj


# --- statements -------------------------------------------------------------------------------------------------------


def _characteristics(obj: Routine, *, altering: bool) -> str:
    words = []
    if isinstance(obj, Function) and not altering:
        words.append("DETERMINISTIC" if obj.volatility == "immutable" else "NOT DETERMINISTIC")
    words += [str(dict(obj.options)[_ACCESS]).upper(), f"SQL SECURITY {str(obj.security).upper()}"]
    if obj.comment or altering:
        words.append(f"COMMENT {text_literal(obj.comment or '')}")
    return " ".join(words)


def _text(obj: Routine, verb: str = "CREATE", name: str = "") -> str:
    assert isinstance(obj.body, Sql), f"{obj.ref} is not in normal form"
    returns = f" RETURNS {obj.returns}" if isinstance(obj, Function) else ""
    arguments = ", ".join(_argument(each, obj) for each in obj.arguments)
    head = f"{verb} {definer_clause(obj)}{obj.kind.upper()} {name or of(obj.ref)}({arguments}){returns}"
    return f"{head}\n    {_characteristics(obj, altering=False)}\n{obj.body.text}"


def _argument(argument: Argument, obj: Routine) -> str:
    plain = isinstance(obj, Function) and argument.mode == "in"
    return f"{'' if plain else f'{argument.mode.upper()} '}{quoted(argument.name)} {argument.type}"


def _create(new: Routine, states: States) -> Outcome:
    return under(new, [Statement(_text(new))])


def _drop(old: Routine, states: States) -> Outcome:
    return (Statement(f"DROP {old.kind.upper()} {of(old.ref)}"),)


def _change(old: Routine, new: Routine, states: States) -> Outcome:
    """Alter what can be altered, and make the routine anew for anything else."""
    same = {name: getattr(old, name) for name in ("comment", "security", "options")}
    # An empty comment is none that MySQL takes for one.
    emptied = old.comment and not new.comment and "replace_program" not in states.features
    if not emptied and replace(new, **same) == old and _without_access(old) == _without_access(new):
        return under(new, [Statement(f"ALTER {new.kind.upper()} {of(new.ref)} {_characteristics(new, altering=True)}")])
    if "replace_program" in states.features:
        return under(new, [Statement(_text(new, "CREATE OR REPLACE"))])
    trial = quoted(helper_name(str(new.ref), "trial"))
    off = Statement(f"DROP {new.kind.upper()} IF EXISTS {trial}")
    return (off, *under(new, [Statement(_text(new, name=trial)), off, *_anew(old, new)]))


def routine_again(routine: Routine, states: States) -> tuple[Statement, ...]:
    """Write a routine whose words alone are others."""
    if "replace_program" in states.features:
        return under(routine, [Statement(_text(routine, "CREATE OR REPLACE"))])
    return under(routine, _anew(routine, routine))


def _anew(old: Routine, new: Routine) -> tuple[Statement, ...]:
    """Drop and create a routine, and give back who may call it: that went with it."""
    return (Statement(f"DROP {old.kind.upper()} {of(old.ref)}"), Statement(_text(new)), *_granted(new))


def _granted(new: Routine) -> Iterator[Statement]:
    for words in new.carried:
        rights, _, to = words.partition(" TO ")
        yield Statement(f"GRANT {rights} ON {new.kind.upper()} {of(new.ref)} TO {to}")


def _without_access(obj: Routine) -> dict[str, Any]:
    return {name: value for name, value in obj.options if name != _ACCESS}


def _rename(old: Routine, new: Routine, states: States) -> Outcome:
    """Make it under its new name before the old one goes: there is no statement that renames one."""
    made = under(new, [Statement(_text(new)), *_granted(new)])
    return (*made, Statement(f"DROP {old.kind.upper()} {of(old.ref)}"))


def grants_check(routine: Routine) -> DataCheck:
    """Ask whether it can be seen who may call a routine: what is not seen is not given back after a drop."""
    kind, name = text_literal(routine.kind.upper()), text_literal(routine.ref.name)
    where = f"db = database() AND routine_type = {kind} AND routine_name = {name} AND proc_priv = ''"
    return DataCheck(
        code="MY151", ref=routine.ref, count=f"SELECT count(*) FROM mysql.procs_priv WHERE {where}",
        message="rights to call it that cannot be given back: {count}",
    )  # fmt: skip


FUNCTION = Rules(
    create=_create, drop=_drop, rename=_rename, alter=dict.fromkeys(compared(Function), _change), weight=60,
    drop_weight=12, falls=False, looks_up=True,
)  # fmt: skip
PROCEDURE = Rules(
    create=_create, drop=_drop, rename=_rename, alter=dict.fromkeys(compared(Procedure), _change), weight=62,
    drop_weight=12, falls=False, looks_up=True,
)  # fmt: skip
