"""What the body of a program names: its tokens and a model in, the tables, columns and routines that they mean out.

The servers look names up when a program runs and keep no record of them, so the text is all there is to go by. It is
read generously: a name that may mean several things means each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from reconciler.dialects.mysql.lexer import Lexeme, LexError, Token, quoted, tokens
from reconciler.frozen import frozen_in_order
from reconciler.model.model import Model
from reconciler.model.objects import Column, Object, Table, View
from reconciler.model.programs import Event, Function, Procedure, Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Sql

Program = Trigger | Function | Procedure | Event
Spell = Callable[[str], Sql]
PROGRAMS = (Trigger, Function, Procedure, Event)

# Words and signs behind which a table is named.
_BEFORE_TABLE = frozenset(
    "FROM JOIN STRAIGHT_JOIN UPDATE INTO TABLE TABLES INSERT REPLACE DELETE TRUNCATE IGNORE LOW_PRIORITY QUICK "
    "DELAYED , (".split()
)
# Words that come behind a table and are no alias of it.
_NO_ALIAS = frozenset(
    "SET WHERE JOIN INNER LEFT RIGHT CROSS NATURAL STRAIGHT_JOIN ON USING GROUP ORDER HAVING LIMIT FOR UNION VALUES "
    "VALUE SELECT PARTITION USE FORCE IGNORE INTO DO THEN END AS LOCK WINDOW EXCEPT INTERSECT".split()
)
_NONE: tuple[Ref, ...] = ()


@frozen_in_order
class Mention:
    """A token that is a name, and all that it may mean."""

    token: Token
    refs: tuple[Ref, ...]


@dataclass(frozen=True)
class Names:
    """A model by the names in it, in lower case."""

    model: Model

    @cached_property
    def relations(self) -> Mapping[str, Ref]:
        """Tables and views."""
        return {obj.ref.name.lower(): obj.ref for obj in self.model.values() if isinstance(obj, Table | View)}

    @cached_property
    def routines(self) -> Mapping[str, tuple[Ref, ...]]:
        """Functions and procedures."""
        found: dict[str, tuple[Ref, ...]] = {}
        for obj in self.model.values():
            if isinstance(obj, Function | Procedure):
                found[obj.ref.name.lower()] = (*found.get(obj.ref.name.lower(), ()), obj.ref)
        return found

    def column(self, relation: Ref, name: str) -> tuple[Ref, ...]:
        """Return a relation's column of this name, which may not be there."""
        exact = relation.child(Kind.COLUMN, name)
        if exact in self.model:
            return (exact,)
        lowered = name.lower()
        return tuple(c.ref for c in self.model.children(relation, Column) if c.ref.name.lower() == lowered)


def mentions(program: Program, names: Names) -> list[Mention]:
    """Return every token of a program's body that names something of the model; none when it cannot be read."""
    if not isinstance(program.body, Sql):
        return []
    try:
        found = tokens(program.body.text)
    except LexError:
        return []
    own = program.ref.top if isinstance(program, Trigger) else None
    arguments = () if isinstance(program, Trigger | Event) else (argument.name for argument in program.arguments)
    return list(_mentions(found, own, frozenset(_locals(found, arguments)), names))


def _locals(found: Sequence[Token], arguments: Iterable[str]) -> Iterator[str]:
    """Yield the names of arguments and variables, in lower case; they go before columns
    (dev.mysql.com/doc/refman/9.7/en/local-variable-scope.html).
    """
    yield from (name.lower() for name in arguments)
    for index, token in enumerate(found):
        at = index + 1
        while token.word == "DECLARE" and at < len(found) and _is_name(found[at]):
            yield found[at].value.lower()
            if at + 1 >= len(found) or found[at + 1].word != ",":
                break
            at += 2


def _is_name(token: Token) -> bool:
    return token.lexeme in (Lexeme.WORD, Lexeme.NAME)


def _mentions(found: Sequence[Token], own: Ref | None, variables: frozenset[str], names: Names) -> Iterator[Mention]:
    tables = dict(_tables(found, names))
    rows: dict[str, Ref] = {"new": own, "old": own} if own is not None else {}
    for index, ref in tables.items():
        rows[found[index].value.lower()] = ref
        if alias := _alias(found, index):
            rows[alias.lower()] = ref
    mentioned = sorted(set(tables.values()))
    for index, token in enumerate(found):
        if not _is_name(token):
            continue
        refs = (tables[index],) if index in tables else _others(found, index, rows, mentioned, variables, names)
        if refs:
            yield Mention(token, refs)


def _tables(found: Sequence[Token], names: Names) -> Iterator[tuple[int, Ref]]:
    for index, token in enumerate(found):
        ref = names.relations.get(token.value.lower()) if _is_name(token) else None
        if ref is None:
            continue
        before = found[index - 1].word if index else ""
        after = found[index + 1].word if index + 1 < len(found) else ""
        behind = before == "." and index > 2 and found[index - 3].word in _BEFORE_TABLE  # with its database
        if behind or (before != "." and (before in _BEFORE_TABLE or after == ".")):
            yield index, ref


def _alias(found: Sequence[Token], index: int) -> str:
    at = index + 2 if index + 1 < len(found) and found[index + 1].word == "AS" else index + 1
    alias = found[at] if at < len(found) else None
    return alias.value if alias is not None and _is_name(alias) and alias.word not in _NO_ALIAS else ""


def _others(
    found: Sequence[Token],
    index: int,
    rows: Mapping[str, Ref],
    mentioned: Sequence[Ref],
    variables: frozenset[str],
    names: Names,
) -> tuple[Ref, ...]:
    """Return what a token means that is no table: a column of what stands before its dot, or of any, or a routine."""
    name = found[index].value
    before = found[index - 1].word if index else ""
    after = found[index + 1].word if index + 1 < len(found) else ""
    if before == ".":
        relation = rows.get(found[index - 2].value.lower()) if index > 1 else None
        return names.column(relation, name) if relation is not None else _NONE
    if after == "(" or before == "CALL":
        called = names.routines.get(name.lower(), _NONE)
        if called or before != "INTO":
            return called
    if name.lower() in variables or after == ".":
        return _NONE
    return tuple(ref for relation in mentioned for ref in names.column(relation, name))


def resolved(program: Program, names: Names) -> Program:
    """Return a program with `uses` filled in; one that has them already keeps them.

    That one routine calls another is left out: they may call each other, and are looked up when they run.
    """
    if program.uses:
        return program
    refs = {ref for mention in mentions(program, names) for ref in mention.refs}
    if isinstance(program, Function | Procedure):
        refs = {ref for ref in refs if ref.kind not in (Kind.FUNCTION, Kind.PROCEDURE)}
    refs |= {ref.top for ref in refs}
    return replace(program, uses=frozenset(refs - {program.ref, program.ref.top}))


def with_renamed(model: Model, old: Ref, new: Ref, spell: Spell) -> Model:
    """Return a model in which the bodies say an object's new name; what may mean something else stays as it is.

    Args:
        model: before the renaming.
        old: the object's address in it.
        new: the one that it gets.
        spell: makes a body of a text.
    """
    names = Names(model)
    programs = (obj for obj in model.values() if isinstance(obj, PROGRAMS) and (old in obj.uses or _holds(old, obj)))
    changed = [_respelled(program, old, new, names, spell) for program in programs]
    return model.updated(changed) if changed else model


def _holds(old: Ref, program: Object) -> bool:
    return program.ref.top == old.top


def _respelled(program: Program, old: Ref, new: Ref, names: Names, spell: Spell) -> Program:
    body = program.body
    assert isinstance(body, Sql), f"{program.ref} is not in normal form"
    pieces: list[str] = []
    end = 0
    for mention in mentions(program, names):
        if mention.refs == (old,):
            pieces += [body.text[end : mention.token.start], quoted(new.name)]
            end = mention.token.end
    return replace(program, body=spell("".join((*pieces, body.text[end:])))) if pieces else program


def names_still(program: Program, ref: Ref, model: Model) -> bool:
    """Say whether a program's body names an object of the model."""
    return any(ref in mention.refs for mention in mentions(program, Names(model)))


def says(program: Program, name: str) -> bool:
    """Say whether a name stands in a program's body, whatever it means there."""
    try:
        found = tokens(program.body.text) if isinstance(program.body, Sql) else ()
    except LexError:
        return True
    return any(_is_name(token) and token.value.lower() == name.lower() for token in found)
