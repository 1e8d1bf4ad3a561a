"""Desired objects in, the same with what they rest on filled in; and the small translations between both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.dialects import uses
from reconciler.dialects.postgres import types
from reconciler.dialects.postgres.align_programs import align_routines
from reconciler.dialects.postgres.drawn import drawn, draws_alone, redrawn
from reconciler.dialects.postgres.identity import portable as portable_identity
from reconciler.dialects.postgres.lexer import Unreadable, tokens
from reconciler.dialects.postgres.names import FAMILY, enum_behind, of, type_name
from reconciler.dialects.postgres.normalize import element_name
from reconciler.dialects.postgres.portable_programs import portable_routine, portable_trigger
from reconciler.dialects.postgres.reading_indexes import INVALID
from reconciler.dialects.postgres.rename_programs import calling_by, respelled_program
from reconciler.dialects.postgres.resolve_programs import Names, program_uses
from reconciler.dialects.sql import double_quoted, respeller
from reconciler.dialects.transpile import NotPortable, parsed, renamed_words
from reconciler.model.model import Desired, Inspection, Model
from reconciler.model.objects import (
    Check,
    Column,
    Domain,
    Enum,
    Exclusion,
    Extension,
    ForeignKey,
    Index,
    NumberSequence,
    Object,
    OwnedBy,
    PrimaryKey,
    Unique,
    View,
)
from reconciler.model.programs import Function, Procedure, Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.model.texts import map_texts, texts
from reconciler.model.types import Type
from reconciler.model.values import IndexPart, Sql


def align(inspection: Inspection, desired: Desired) -> Desired:
    """Return what is declared in the forms that the live objects have for the same thing.

    A primary key without a name gets the live one; a type that is named with another schema than the server does, the
    server's words, because whether one is needed depends on the search path; an operator class that is the default is
    left out. What a spec says in so many words, and is what `serial` stands for, is serial; and where the live column
    owns a sequence that serial does not make, serial is said in so many words, so that the sequence becomes what it
    makes. Routines have the address that goes with the server's types.

    Raises:
        PlanError: when a routine is to be removed and its name does not say which.
    """
    desired = align_routines(inspection.model, desired)
    found = (_aligned(obj, inspection.model.get(obj.ref)) for obj in desired.model.values())
    model = desired.model.updated(obj for obj in found if obj is not None)
    model = _with_serials(inspection.model, model)
    return replace(desired, model=model.updated(_in_so_many_words(inspection.model, model)))


def _in_so_many_words(live: Model, model: Model) -> list[Object]:
    """Return for each serial column whose live form is none what it stands for, over the sequence that is there."""
    found: list[Object] = []
    for column in model.values():
        if isinstance(column, Column) and (base := types.SERIAL.get(column.type.name)):
            there = live.get(column.ref)
            sequence = _drawn_and_owned(there, live) if isinstance(there, Column) else None
            if isinstance(there, Column) and sequence is not None and sequence not in model:
                type_ = Type(base, native=True)
                spelled = replace(column, type=type_, default=there.default, uses=column.uses | {sequence})
                owned = OwnedBy(ref=sequence.child(Kind.OWNED_BY), column=column.ref)
                found += [spelled, NumberSequence(ref=sequence, type=type_), owned]
    return found


def _drawn_and_owned(column: Column, live: Model) -> Ref | None:
    """Return the sequence that a column owns, takes its default from, and is not serial with."""
    if not isinstance(column.default, Sql) or not draws_alone(column.default.text):
        return None
    for sequence in drawn(column.default.text, live):
        owner = live.get(sequence.child(Kind.OWNED_BY))
        if isinstance(owner, OwnedBy) and owner.column == column.ref:
            return sequence
    return None


def _with_serials(live: Model, model: Model) -> Model:
    folded: dict[Ref, Ref] = {}
    columns: list[Column] = []
    for owner in model.values():
        if isinstance(owner, OwnedBy) and owner.ref.top in model:
            sequence, column, there = model[owner.ref.top], model.get(owner.column), live.get(owner.column)
            if isinstance(column, Column) and isinstance(there, Column) and _is_serial(sequence, column, there, model):
                folded |= dict.fromkeys((sequence.ref, owner.ref), column.ref)
                columns.append(replace(column, type=there.type, default=None, not_null=column.not_null))
    return model.only(lambda ref: ref not in folded).updated(columns) if folded else model


def _is_serial(sequence: Object, column: Column, there: Column, model: Model) -> bool:
    """Say whether a declared sequence, with the column that owns it, is the serial column that is there."""
    return (
        there.type.name in types.SERIAL
        and column.not_null
        and there.clauses == of(sequence.ref)
        and sequence == NumberSequence(ref=sequence.ref, type=column.type)
        and column.type.name == types.SERIAL[there.type.name]
        and isinstance(column.default, Sql)
        and draws_alone(column.default.text)
        and drawn(column.default.text, model) == {sequence.ref}
    )


def _aligned(obj: Object, live: Object | None) -> Object | None:
    if type(obj) is Column and type(live) is Column:  # as most are, and most are equal
        return (
            replace(obj, type=replace(live.type, spelling=str(obj.type))) if _same_tail(obj.type, live.type) else None
        )
    match obj, live:
        case PrimaryKey(name=None), PrimaryKey(name=name):
            return replace(obj, name=name)
        case Check(not_valid=True) | ForeignKey(not_valid=True), Check(not_valid=False) | ForeignKey(not_valid=False):
            return replace(obj, not_valid=False)  # more than was asked for
        case (Index() as wanted, Index() as there) | (Exclusion() as wanted, Exclusion() as there):
            if len(wanted.parts) != len(there.parts) or not any(part.opclass for part in wanted.parts):
                return None
            return replace(wanted, parts=tuple(map(_part, wanted.parts, there.parts)))
        case Domain(), Domain() if _same_tail(obj.type, live.type):
            return replace(obj, type=replace(live.type, spelling=str(obj.type)))
        case Extension(), Extension():
            return replace(
                obj, version=live.version if obj.version is None else obj.version,
                namespace=live.namespace if obj.namespace is None else obj.namespace,
            )  # fmt: skip
        case _:
            return None


def _part(wanted: IndexPart, there: IndexPart) -> IndexPart:
    """Leave out the operator class that the server takes by itself."""
    implied = there.opclass is None and wanted.opclass == there.implied_opclass
    return replace(wanted, opclass=None) if implied else wanted


def _same_tail(wanted: Type, there: Type) -> bool:
    return wanted != there and _tail(wanted) == _tail(there)


def _tail(type_: Type) -> list[str]:
    """Return the words of a type without the schema before its name."""
    try:
        words_ = [token.value for token in tokens(type_.name)]
    except Unreadable:
        return [type_.name]
    return words_[2:] if words_[1:2] == ["."] else words_


def resolve(objects: Sequence[Object], model: Model) -> Sequence[Object]:
    """Return the objects with `uses` filled in: columns that texts name, enums behind those columns, keys, relations.

    Args:
        objects: desired ones.
        model: where the names are looked up.
    """
    names = Names(model)
    return [_calling(_drawing(_resolved(obj, model), model), names) for obj in objects]


def _calling(obj: Object, names: Names) -> Object:
    """Add the functions that an object's texts call, and what a routine or trigger rests on."""
    found = program_uses(obj, names)
    known: frozenset[Ref] = getattr(obj, "uses", frozenset())
    return obj if found <= known else replace(obj, uses=known | found)  # type: ignore[call-arg]


def _drawing(obj: Object, model: Model) -> Object:
    """Add the sequences that an object's texts name."""
    if not isinstance(obj, Column | Domain | Check | View):
        return obj
    found = frozenset(ref for sql in texts(obj).values() for ref in drawn(sql.text, model)) - obj.uses
    return replace(obj, uses=obj.uses | found) if found else obj


def _resolved(obj: Object, model: Model) -> Object:
    match obj:
        case Column(uses=known):
            own = uses.resolve([replace(obj, uses=frozenset()) if known else obj], model, FAMILY)[0]
            assert isinstance(own, Column)
            return replace(obj, uses=known | own.uses | _enums(own.uses, model)) if own.uses else obj
        case Check() | Index() | Exclusion() as plain if not plain.uses:
            found = uses.resolve([plain], model, FAMILY)[0]
            assert isinstance(found, Check | Index | Exclusion)
            return replace(found, uses=found.uses | _enums(found.uses, model))
        case ForeignKey(uses=known) if not known:
            return replace(obj, uses=frozenset(_key(obj, model)))
        case View(uses=known) if not known:
            found_uses = frozenset(uses.view_uses(obj, model, FAMILY)) | frozenset(_behind_star(obj, model))
            return replace(obj, uses=found_uses | _enums(found_uses, model))
        case _:
            return obj


def _enums(columns: frozenset[Ref], model: Model) -> frozenset[Ref]:
    """Return the enums of these columns: a constant in a text may be a value that an enum is only about to get."""
    found = [model[ref] for ref in columns if ref in model]
    return frozenset(ref for obj in found if isinstance(obj, Column) for ref in obj.uses if ref.kind == Kind.ENUM)


def _key(obj: ForeignKey, model: Model) -> Iterator[Ref]:
    """Yield the key that a foreign key rests on; a unique index is one too (manual, "Foreign Keys")."""
    found = list(uses.resolve([obj], model, FAMILY)[0].uses)  # type: ignore[attr-defined]
    if not found:
        for index in model.children(obj.target, Index):
            whole = index.unique and index.where is None
            if whole and {part.column for part in index.parts} == set(obj.target_columns):
                found = [index.ref]
    yield from found[:1]


def _behind_star(view: View, model: Model) -> Iterator[Ref]:
    """Yield every column of the tables of a query with a star: the server writes them all out."""
    from sqlglot import exp

    try:
        stars = any(
            not isinstance(star.parent, exp.Count) for star in parsed(view.query.text, FAMILY).find_all(exp.Star)
        )
    except NotPortable:
        return
    if stars:
        for ref in frozenset(uses.view_uses(view, model, FAMILY)):
            yield from (column.ref for column in model.children(ref, Column))


def words(text: str, renames: Mapping[str, str]) -> str:
    """Rename identifiers in a text."""
    return renamed_words(text, dict(renames), FAMILY)


_respelled = respeller(words)


def respell(obj: Object, renames: Mapping[Ref, Ref]) -> Object:
    """Return the object with its texts following a renaming, those that are only carried too."""
    rests_on = getattr(obj, "uses", frozenset[Ref]())
    obj = respelled_program(obj, _respelled(obj, renames), renames)
    mine = {old: new for old, new in renames.items() if old in rests_on}
    named = {old: new for old, new in mine.items() if old.kind in (Kind.ENUM, Kind.DOMAIN)}
    if named:
        obj = _with_types(obj, named)
    drawn_from = {old: new for old, new in mine.items() if old.kind == Kind.SEQUENCE}
    if drawn_from:
        obj = _with_sequences(obj, drawn_from)
    called = {old: new for old, new in mine.items() if old.kind == Kind.FUNCTION}
    if called:
        obj = calling_by(obj, called)
    match obj:
        case Enum() | Column() if obj.carried:
            return replace(obj, carried=tuple(words(text, _names(renames)) for text in obj.carried))
        case View():
            return _view_after(obj, renames, touched=any(ref in renames or ref.top in renames for ref in rests_on))
        case (
            PrimaryKey(carried=carried) | Unique(carried=carried) | Index(carried=carried) | Exclusion(carried=carried)
        ) if carried:
            return replace(obj, carried=tuple(words(text, _names(renames)) for text in carried))
        case _:
            return obj


def _names(renames: Mapping[Ref, Ref]) -> dict[str, str]:
    return {old.name: new.name for old, new in renames.items()}


def _with_sequences(obj: Object, sequences: Mapping[Ref, Ref]) -> Object:
    """Give every text that draws from a sequence its new name."""
    known = Model(NumberSequence(ref=ref) for ref in sequences)

    def respelled(_: str, sql: Sql) -> Sql:
        return Sql(redrawn(sql.text, sequences, known), sql.dialect, redrawn(sql.canonical, sequences, known))

    return map_texts(obj, respelled)


def _with_types(obj: Object, named: Mapping[Ref, Ref]) -> Object:
    """Give a column or domain the type's new name, and every text that casts to it."""

    def respelled(place: str, sql: Sql) -> Sql:
        if place == "body":
            return sql
        return Sql(words(sql.text, _names(named)), sql.dialect, words(sql.canonical, _names(named)))

    obj = map_texts(obj, respelled)
    if not isinstance(obj, Column | Domain):
        return obj
    new = {type_name(before): type_name(after) for before, after in named.items()}
    element, brackets = element_name(obj.type), "[]" if obj.type.name.endswith("[]") else ""
    return replace(obj, type=Type(new.get(element, element) + brackets, native=True))


def _view_after(view: View, renames: Mapping[Ref, Ref], *, touched: bool) -> View:
    """A view keeps its columns' names and its tables' aliases when what it reads is renamed, so the server writes

    `amount AS total` and `purchases orders` from then on; no renaming of words gives that text, so it equals no other.
    """
    carried = tuple(words(text, _names(renames)) for text in view.carried)
    unknown = replace(view.query, canonical=f"{view.query.canonical} -- what it reads is renamed")
    return replace(view, carried=carried, query=unknown if touched else view.query)


def portable(obj: Object) -> Object:
    """Return a live object in the spec's words where nothing is lost."""
    if isinstance(obj, Index) and obj.method and obj.method.startswith(INVALID):
        # What a build that failed left behind was meant to be an index.
        method = obj.method.removeprefix(INVALID)
        return replace(obj, method=None if method == "btree" else method)
    if isinstance(obj, Extension):
        return replace(obj, namespace=obj.namespace or None)
    if isinstance(obj, NumberSequence):
        return replace(obj, type=types.portable(obj.type))
    if isinstance(obj, Trigger):
        return portable_trigger(obj)
    if isinstance(obj, Function | Procedure):
        return portable_routine(obj, _portable_type)
    if not isinstance(obj, Column | Domain):
        return obj
    enum = enum_behind(obj)
    name = _enum_name(enum) if enum else ""
    if isinstance(obj, Domain):
        return replace(obj, type=types.portable(obj.type, name))
    identity = obj.identity and portable_identity(obj.identity, obj.type.name)
    return replace(obj, type=types.portable(obj.type, name), identity=identity)


def _portable_type(type_: Type, enums: Iterable[Ref]) -> Type:
    enum = next((ref for ref in enums if type_name(ref) == element_name(type_)), None)
    return types.portable(type_, _enum_name(enum) if enum else "")


def _enum_name(enum: Ref) -> str:
    return ".".join(_word(part) for part in (enum.schema, enum.name) if part)


def _word(name: str) -> str:
    """Write a name as a spec has it: in double quotes where it holds more than letters, digits, _ and $."""
    return name if name.replace("$", "_").replace("_", "a").isalnum() and name.isascii() else double_quoted(name)
