"""What SQL texts mention: objects and a model in, the objects with `uses` filled in out, triggers among them.

A trigger is not parsed, its words are read: a word that may be a table's or a column's name counts as one, so that more
is noticed than there is, never less.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.dialects import uses
from reconciler.dialects.sql import double_quoted
from reconciler.dialects.sqlite.lexer import Lexeme, LexError, Token, tokens
from reconciler.dialects.sqlite.names import fold
from reconciler.dialects.sqlite.triggers import create_trigger
from reconciler.frozen import frozen_in_order
from reconciler.model.model import Model
from reconciler.model.objects import Column, Object, Table, Unmodelled, View
from reconciler.model.programs import Trigger
from reconciler.model.ref import Ref


def resolve(objects: Sequence[Object], model: Model) -> Sequence[Object]:
    """Return the objects with `uses` found by reading their texts; one that has them already keeps them."""
    named = {fold(obj.ref.name): obj.ref for obj in model.values() if isinstance(obj, Table | View)}
    return [_resolved(obj, model, named) for obj in uses.resolve(objects, model, "sqlite")]


def dangling(model: Model) -> bool:
    """Say whether a view or trigger may read what is not there; in doubt it does."""
    there = {fold(obj.ref.name) for obj in model.values() if obj.ref.parent is None}
    try:
        return any(not there.issuperset(_named_in(text)) for text in _bodies(model))
    except LexError:
        return True


def reads(kind: str, text: str) -> frozenset[str]:
    """Return the tables and views that a CREATE VIEW or CREATE TRIGGER reads or writes, without letter case.

    Raises LexError.
    """
    return frozenset(_named_in(_taken_apart(Unmodelled(ref=Ref.root(kind, ""), definition=text)).body))


def _bodies(model: Model) -> Iterator[Sequence[Token]]:
    """Yield what views and triggers say behind their own names."""
    for obj in model.values():
        if isinstance(obj, View):
            yield tokens(obj.query.text)
            yield from (
                _taken_apart(Unmodelled(ref=obj.ref.child("trigger", ""), definition=t)).body for t in obj.carried
            )
        elif isinstance(obj, Trigger) or (isinstance(obj, Unmodelled) and obj.ref.kind in ("view", "trigger")):
            yield _taken_apart(obj).body


def _named_in(body: Sequence[Token]) -> set[str]:
    """Return the tables and views that a text names; functions and what it names itself left out."""
    own = {fold(body[at].value) for at in _common_tables(body)}
    found = {fold(body[at].value) for at in _relations(body) if _next(body, at) != "("}
    return {name for name in found - own if not name.startswith("sqlite_")}


def _common_tables(body: Sequence[Token]) -> Iterator[int]:
    """Yield where a WITH names a table of its own: before AS (…), behind a list of columns or not."""
    for at in range(1, len(body) - 1):
        if body[at].word == "AS" and (body[at + 1].text == "(" or body[at + 1].word in ("NOT", "MATERIALIZED")):
            name = at - 1
            while body[name].text != "(" and body[at - 1].text == ")" and name > 0:
                name -= 1
            yield max(name - 1, 0) if body[name].text == "(" else name


def _resolved(obj: Object, model: Model, named: Mapping[str, Ref]) -> Object:
    if not isinstance(obj, Unmodelled | Trigger) or obj.uses:
        return obj
    try:
        text = _taken_apart(obj)
    except LexError:
        return obj
    return replace(obj, uses=frozenset(_mentioned(text, model, named)) - {obj.ref, obj.ref.top})


@frozen_in_order
class _Text:
    """A CREATE statement: `body` names what it likes, `columns` are those of `owner` that stand before it.

    `scope` are further tables whose columns the body may name without saying so.
    """

    owner: Ref | None
    columns: Sequence[Token]
    body: Sequence[Token]
    scope: frozenset[Ref] = frozenset()


def _taken_apart(obj: Unmodelled | Trigger) -> _Text:
    found = tokens(create_trigger(obj) if isinstance(obj, Trigger) and not obj.definition else obj.definition)
    match obj.ref.kind:
        case "trigger":
            on = body_start(found)
            return _Text(obj.ref.parent, found[3:on], found[on + 1 :])
        case "index":
            on = _first(found, "ON")
            owner = obj.ref.parent
            return _Text(owner, (), found[on + 2 :], frozenset({owner} if owner else ()))
        case "view":
            return _Text(None, (), found[_first(found, "AS") + 1 :])
        case "virtual_table":
            return _content(found)
        case _:
            return _Text(None, (), ())


def _content(found: Sequence[Token]) -> _Text:
    """Return what a full-text table reads: the table of its `content=` and the columns that it names
    (sqlite.org/fts5.html#external_content_tables, fts3.html#_external_content_fts4_tables_).
    """
    for at in range(len(found) - 2):
        if found[at].word == "CONTENT" and found[at + 1].text == "=" and found[at + 2].value:
            name = found[at + 2]
            table = name._replace(lexeme=Lexeme.NAME, text=double_quoted(name.value), word="")
            return _Text(
                None, (), [name._replace(lexeme=Lexeme.WORD, text="FROM", word="FROM"), table, *_arguments(found)]
            )
    return _Text(None, (), ())


def _arguments(found: Sequence[Token]) -> Iterator[Token]:
    """Yield the names in a module's arguments, and what stands behind `content_rowid=`."""
    for at, token in enumerate(found):
        if at and found[at - 1].text in ("(", ",") and _identifier(token):
            yield token
        elif at > 1 and found[at - 2].word == "CONTENT_ROWID":
            yield token._replace(lexeme=Lexeme.NAME, text=double_quoted(token.value), word="")


def body_start(found: Sequence[Token]) -> int:
    """Return the index of the token in a CREATE TRIGGER that names its table. Raises LexError when there is none."""
    on = _first(found, "ON") + 1
    return on + 2 if _next(found, on) == "." else on  # behind the name of its schema


def _first(found: Sequence[Token], word: str) -> int:
    """Return where a keyword first stands after the object's own name."""
    for index in range(3, len(found)):
        if found[index].word == word:
            return index
    raise LexError(f"{word} is missing")


def _mentioned(text: _Text, model: Model, named: Mapping[str, Ref]) -> Iterator[Ref]:
    if text.owner is not None:
        yield from _columns(model, {text.owner}, {fold(token.value) for token in text.columns})
    ends = [*(at for at, token in enumerate(text.body) if token.text == ";"), len(text.body)]
    for start, end in zip((0, *ends), ends, strict=False):
        yield from _mentioned_in(replace(text, body=text.body[start:end]), model, named)


def _mentioned_in(text: _Text, model: Model, named: Mapping[str, Ref]) -> Iterator[Ref]:
    """Yield what one statement names: its tables, and what may be their columns."""
    places = set(_relations(text.body))
    tables = {named[name] for name in (fold(text.body[place].value) for place in places) if name in named}
    yield from tables
    scope = tables | text.scope
    for index, token in enumerate(text.body):
        if _star(text.body, index):
            yield from (column.ref for table in scope for column in model.children(table, Column))
        elif index not in places and _identifier(token) and _next(text.body, index) != "(":
            yield from _columns(model, _owners(text, index, scope, named), {fold(token.value)})


def _columns(model: Model, tables: frozenset[Ref] | set[Ref], names: set[str]) -> Iterator[Ref]:
    for table in tables:
        yield from (column.ref for column in model.children(table, Column) if fold(column.ref.name) in names)


def _owners(text: _Text, index: int, scope: set[Ref], named: Mapping[str, Ref]) -> set[Ref]:
    """Return the tables whose column a word may be, by what stands before its dot."""
    if index < 2 or text.body[index - 1].text != ".":
        return scope
    qualifier = fold(text.body[index - 2].value)
    if qualifier in ("new", "old") and text.owner is not None:
        return {text.owner}
    # Any other word may be an alias; a table's name may be the alias of another table too.
    return scope | {named[qualifier]} if qualifier in named else scope


def _star(body: Sequence[Token], index: int) -> bool:
    """Say whether this is the star that stands for columns, and no multiplication."""
    if body[index].text != "*" or index == 0:
        return False
    before = body[index - 1]
    return before.word in ("SELECT", "ALL", "DISTINCT", "RETURNING") or before.text in (",", ".")


def _identifier(token: Token) -> bool:
    return token.lexeme in (Lexeme.WORD, Lexeme.NAME)


def _next(body: Sequence[Token], index: int) -> str:
    return body[index + 1].text if index + 1 < len(body) else ""


_OPENS = frozenset({"FROM", "JOIN"})
_NAMES_ONE = frozenset({"INTO", "UPDATE", "IN"})
_CONFLICT = frozenset({"OR", "ABORT", "FAIL", "IGNORE", "REPLACE", "ROLLBACK"})
_CLOSES = frozenset(
    {"SELECT", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "SET", "VALUES", "UNION", "EXCEPT", "INTERSECT", "WINDOW",
     "RETURNING", "DEFAULT", "BEGIN", "DO"}
)  # fmt: skip


def _relations(body: Sequence[Token]) -> Iterator[int]:
    """Yield where a table or view is named: after FROM, JOIN, INTO, UPDATE and IN, and after the commas of a FROM."""
    lists = [False]
    expecting = False
    for index, token in enumerate(body):
        if expecting and (token.text == "." or _next(body, index) == "." or token.word in _CONFLICT):
            continue
        if token.word in _OPENS:
            lists[-1] = expecting = True
        elif token.word in _NAMES_ONE:
            expecting = token.word != "IN" or _next(body, index) != "("
        elif token.word in _CLOSES or not _identifier(token):
            expecting = _punctuated(token, lists, expecting)
        elif expecting:
            yield index
            expecting = False


def _punctuated(token: Token, lists: list[bool], expecting: bool) -> bool:
    """Follow parentheses, commas and the ends of a FROM; say whether a table's name comes next."""
    match token.text:
        case "(":
            lists.append(expecting)
            return expecting
        case ")":
            if len(lists) > 1:
                lists.pop()
            return False
        case ",":
            return lists[-1]
        case _:
            if token.word in _CLOSES or token.text == ";":
                lists[-1] = False
            return False
