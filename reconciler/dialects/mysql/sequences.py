"""Sequences of MariaDB, live and declared, in; in normal form and as statements out; who draws from one is looked up.

mariadb.com/kb/en/create-sequence, …/alter-sequence. MySQL has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.dialects.beyond import Add
from reconciler.dialects.mysql import types
from reconciler.dialects.mysql.lexer import Lexeme, LexError, canonical, quoted, renamed_words, text_literal, tokens
from reconciler.dialects.mysql.names import of
from reconciler.dialects.mysql.reader import Reader
from reconciler.dialects.mysql.render import column_clause
from reconciler.dialects.mysql.views import in_database
from reconciler.errors import PlanError, Problem
from reconciler.model.fields import compared
from reconciler.model.model import Model
from reconciler.model.objects import Column, NumberSequence, Object, Unmodelled
from reconciler.model.ref import Ref
from reconciler.model.types import Type
from reconciler.model.values import Sql
from reconciler.plan.rules import Outcome, Rules, States
from reconciler.plan.step import Statement

# A sequence that says nothing of it keeps nothing in memory, as on the other dialects; MariaDB itself takes 1000.
_UNCACHED = 1


def sequence_of(text: str, ref: Ref) -> Object:
    """Return the sequence that a SHOW CREATE SEQUENCE tells of; one of a type that specs have no word for is not
    modelled.
    """
    try:
        return _read(Reader(text), ref)
    except LexError as error:
        return Unmodelled(ref=ref, definition=f"{error}\n{text}")


def _read(reader: Reader, ref: Ref) -> NumberSequence:
    reader.expect("CREATE", "SEQUENCE")
    reader.name()
    type_ = "bigint"
    if reader.take("AS"):
        type_ = reader.next().text.lower()
        if type_ not in ("smallint", "int", "bigint") or reader.peek() == "UNSIGNED":
            raise LexError(f"a type that is not managed: {type_}")
    numbers = [_number(reader, *words) for words in (("START", "WITH"), ("MINVALUE",), ("MAXVALUE",))]
    increment = _number(reader, "INCREMENT", "BY")
    cache = _UNCACHED if reader.take("NOCACHE") else _number(reader, "CACHE")
    cycle = not reader.take("NOCYCLE")
    comment = None
    while not reader.done():
        if reader.take("COMMENT", "="):
            comment = reader.next().value
        elif reader.next().word == "INCREMENT":
            raise LexError("an increment is not expected here")
    start, least, most = numbers
    return NumberSequence(
        ref=ref, type=Type(type_, native=True), start=start, minimum=least, maximum=most, increment=increment,
        cache=cache, cycle=cycle, comment=comment,
    )  # fmt: skip


def _number(reader: Reader, *words: str) -> int:
    reader.expect(*words)
    sign = -1 if reader.take("-") else 1
    return sign * int(reader.next().text)


def _edge(type_: Type) -> int:
    """Return the greatest number that a type holds; a sequence stops one before it, on both sides."""
    return int(2 ** (8 * types.INTEGERS[type_.name] - 1)) - 1


def _bounds(obj: NumberSequence) -> tuple[int, int, int]:
    """Return the least and greatest number, and the first."""
    edge = _edge(obj.type) - 1
    usual = (1, edge) if obj.increment > 0 else (-edge - 1, -1)
    least = usual[0] if obj.minimum is None else obj.minimum
    most = usual[1] if obj.maximum is None else obj.maximum
    first = least if obj.increment > 0 else most
    return least, most, first if obj.start is None else obj.start


def normal_sequence(obj: NumberSequence, add: Add, flavor: str) -> NumberSequence | None:
    """Leave out what follows from type and direction."""
    if flavor == "mysql":
        hint = "use an identity column, or limit it: only: [postgres, mariadb]"
        add(obj, "", "mysql has no sequences", hint)
        return None
    type_ = types.native(obj.type, flavor)
    obj = replace(obj, type=type_, comment=obj.comment or None)
    least, most, start = _bounds(obj)
    edge = _edge(type_)
    if not -edge <= least < most < edge:
        hint = "mend min or max, or give it a wider type"
        part = "minimum" if obj.minimum is not None else "maximum"
        add(obj, part, f"its numbers go from {least} to {most}, and of {type_.name} {-edge} to {edge - 1} can be", hint)
    elif not least <= start <= most:
        add(obj, "start", f"it starts at {start}, which is not between {least} and {most}", "mend start")
    bare = replace(obj, start=None, minimum=None, maximum=None)
    usual = _bounds(bare)
    obj = replace(obj, minimum=None if least == usual[0] else least, maximum=None if most == usual[1] else most)
    return replace(obj, start=None if start == _bounds(replace(obj, start=None))[2] else start)


# --- who draws from one -----------------------------------------------------------------------------------------------


def of_its_own_database(column: Column, database: str) -> Column:
    """Leave the database's own name out of a default: the server writes it before a sequence."""
    default = column.default
    if not isinstance(default, Sql) or "nextval" not in default.canonical:
        return column
    text = in_database(default.text, database)
    return replace(column, default=Sql(text, default.dialect, canonical(text)))


def drawn_from(column: Column) -> str:
    """Return the name of the sequence that a column draws from, "" for none."""
    if not isinstance(column.default, Sql):
        return ""
    try:
        found = [token for token in tokens(column.default.text) if token.word not in ("(", ")")]
    except LexError:
        return ""
    words = [token.word for token in found]
    drawing = words[:1] == ["NEXTVAL"] or words[:3] == ["NEXT", "VALUE", "FOR"]
    return found[-1].value if drawing and found[-1].lexeme in (Lexeme.WORD, Lexeme.NAME) else ""


def drawing(model: Model, ref: Ref) -> list[Column]:
    """Return the columns that draw from a sequence."""
    columns = (obj for obj in model.values() if isinstance(obj, Column) and isinstance(obj.default, Sql))
    return sorted((column for column in columns if drawn_from(column) == ref.name), key=lambda column: column.ref)


def with_renamed_sequence(model: Model, old: Ref, new: Ref) -> Model:
    """Return a model in which the columns that draw from a sequence say its new name."""
    return model.updated(_respelled(column, old, new) for column in drawing(model, old))


def _respelled(column: Column, old: Ref, new: Ref) -> Column:
    assert isinstance(column.default, Sql)
    text = renamed_words(column.default.text, {old.name: new.name})
    return replace(column, default=Sql(text, column.default.dialect, canonical(text)))


# --- statements -------------------------------------------------------------------------------------------------------


def _numbers(obj: NumberSequence) -> str:
    least, most, start = _bounds(obj)
    cache = "NOCACHE" if obj.cache == _UNCACHED else f"CACHE {obj.cache}"
    numbers = f"START WITH {start} MINVALUE {least} MAXVALUE {most} INCREMENT BY {obj.increment}"
    return f"{numbers} {cache} {'CYCLE' if obj.cycle else 'NOCYCLE'}"


def _create(new: NumberSequence, states: States) -> Outcome:
    type_ = "" if new.type.name == "bigint" else f" AS {new.type}"
    comment = f" COMMENT={text_literal(new.comment)}" if new.comment else ""
    return (Statement(f"CREATE SEQUENCE {of(new.ref)}{type_} {_numbers(new)}{comment}"),)


def _drop(old: NumberSequence, states: States) -> Outcome:
    """Raises PlanError when a column that stays draws from it: the server drops it all the same, and rows are refused
    from then on.
    """
    users = drawing(states.new, old.ref)
    if users:
        message = f"{users[0].ref} still draws from {old.ref}, which is to be dropped"
        hint = f"change its default in the same plan, or keep {old.ref}"
        raise PlanError([Problem(code="RUN033", message=message, hint=hint, address=str(users[0].ref))])
    return (Statement(f"DROP SEQUENCE {of(old.ref)}"),)


def _change(old: NumberSequence, new: NumberSequence, states: States) -> Outcome:
    return tuple(Statement(sql) for sql in _changes(old, new))


def _changes(old: NumberSequence, new: NumberSequence) -> Iterator[str]:
    """Yield what changes a sequence; its type stands alone, and never holds less than the numbers need."""
    name, comment = of(new.ref), text_literal(new.comment or "")
    numbers = [f"ALTER SEQUENCE {name} {_numbers(new)}"]
    # MariaDB 11.8 takes the keys of a table that the session made before for the sequence's (error 4086); any ALTER
    # TABLE lets it forget them.
    retyped = [f"ALTER TABLE {name} COMMENT={comment}", f"ALTER SEQUENCE {name} AS {new.type}"]
    if old.type != new.type:
        yield from [*retyped, *numbers] if _edge(new.type) > _edge(old.type) else [*numbers, *retyped]
    elif replace(old, comment=new.comment) != new:
        yield from numbers
    if old.comment != new.comment and old.type == new.type:
        yield f"ALTER TABLE {name} COMMENT={comment}"


def _rename(old: NumberSequence, new: NumberSequence, states: States) -> Outcome:
    """Rename it, and let the columns that draw from it say so: their defaults keep the old name."""
    clauses = [
        Statement(f"ALTER TABLE {quoted(column.ref.top.name)} MODIFY COLUMN {column_clause(column, states.old)}")
        for column in drawing(states.old, new.ref)
    ]
    return (Statement(f"RENAME TABLE {of(old.ref)} TO {of(new.ref)}"), *clauses)


SEQUENCE = Rules(
    create=_create, drop=_drop, rename=_rename, alter=dict.fromkeys(compared(NumberSequence), _change), weight=5,
    drop_weight=60,
)  # fmt: skip
