"""Declared routines and what removes or renames them in, the same under a database's own addresses out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.dialects.postgres.normalize_programs import kept_type
from reconciler.dialects.postgres.routines import ROUTINES, addressed, enum_words, type_word
from reconciler.errors import PlanError, Problem
from reconciler.model.model import Desired, Model, renamed
from reconciler.model.objects import Object
from reconciler.model.programs import Routine, routine_name, signature
from reconciler.model.ref import Ref
from reconciler.model.types import PORTABLE, Type


def align_routines(live: Model, desired: Desired) -> Desired:
    """Return what is declared with each routine's address by the types that the server knows.

    A spec may spell a type in many ways: `int4`, `pg_catalog.int4`, `integer`. A removal without types means the one
    routine of that name.

    Raises:
        PlanError: when there are several.
    """
    declared = [obj for obj in desired.model.values() if isinstance(obj, Routine)]
    removals = [ref for ref in desired.removed if ref.kind in ROUTINES]
    if not declared and not removals:
        return desired
    enums = {**enum_words(live.values()), **enum_words(desired.model.values())}
    moves = {obj.ref: ref for obj in declared if (ref := _address(obj, enums)) != obj.ref}
    removed = _removed(removals, live, desired, enums)
    names = moves | {old: _spelled(old, enums) for old in desired.renames.values() if old.kind in ROUTINES}
    model = renamed(desired.model, moves, _as_it_is)
    renames = {moves.get(new, new): names.get(old, old) for new, old in desired.renames.items()}
    gone = {removed.get(ref, ref): reason for ref, reason in desired.removed.items()}
    return replace(desired, model=model, renames=renames, removed=gone)


def _as_it_is(obj: Object, _: Mapping[Ref, Ref]) -> Object:
    return obj


def _address(obj: Routine, enums: Mapping[str, str]) -> Ref:
    return addressed(obj.ref, routine_name(obj.ref), obj.arguments, enums)


def _spelled(ref: Ref, enums: Mapping[str, str]) -> Ref:
    """Return an address whose types are in any spelling with the usual ones; a spec's own words are that already."""
    inside = ref.name.partition("(")[2].removesuffix(")")
    words = [_word(word.strip(), enums) for word in inside.split(",")] if inside else []
    return Ref(ref.schema, (*ref.parts[:-1], signature(routine_name(ref), words)))


def _word(word: str, enums: Mapping[str, str]) -> str:
    name = word.removesuffix("[]")
    if name in PORTABLE or name in enums.values():
        return word
    return type_word(kept_type(Type(word, native=True)).name, enums)


def _removed(refs: Iterable[Ref], live: Model, desired: Desired, enums: Mapping[str, str]) -> Mapping[Ref, Ref]:
    found: dict[Ref, Ref] = {}
    problems: list[Problem] = []
    for ref in refs:
        spelled = _spelled(ref, enums)
        named = [other for other in live if _is_called(other, ref)] if spelled not in live else []
        if "(" in ref.name or not named:
            found[ref] = spelled
        elif len(named) == 1:
            found[ref] = named[0]
        else:
            problems.append(_several(ref, named, desired))
    if problems:
        raise PlanError(problems)
    return found


def _is_called(other: Ref, ref: Ref) -> bool:
    return other.kind == ref.kind and other.schema == ref.schema and routine_name(other) == ref.name


def _several(ref: Ref, named: Iterable[Ref], desired: Desired) -> Problem:
    return Problem(
        code="RUN046",
        message=f"{ref} is to be removed, and there are several: {', '.join(map(str, sorted(named)))}",
        hint="say which, with the types that it takes",
        address=str(ref),
        position=desired.position(ref),
    )
