"""The bridge to sqlglot: a fragment with the dialect it was written in, in; its text for another family, out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from reconciler.dialects.plain import plain
from reconciler.model.values import Sql

if TYPE_CHECKING:
    from sqlglot import exp

# spec word → sqlglot's name; the families share their SQL
FAMILIES = {"sqlite": "sqlite", "d1": "sqlite", "postgres": "postgres", "mysql": "mysql", "mariadb": "mysql"}

# Nodes that mean the same in every family, each with the parts that it may have; tests/conformance/test_transpile.py
# evaluates every one of them on the real engines, over numbers, ASCII text and truth values. lower and upper are taken
# in although SQLite's own, whoever writes them, change ASCII letters alone (sqlite.org/lang_corefunc.html#lower). Left
# out on purpose: LIKE, division and % (of what are no integers), casts (types), dates, bytes.
_NODES = """
    Column: this table; Identifier: this quoted; Literal: this is_string; Boolean: this; Null:; Paren: this
    And: this expression; Or: this expression; Not: this; EQ: this expression; NEQ: this expression
    GT: this expression; GTE: this expression; LT: this expression; LTE: this expression; Is: this expression negate
    In: this expressions query; Between: this low high; Neg: this; Add: this expression; Sub: this expression
    Mul: this expression; DPipe: this expression safe; Coalesce: this expressions; Nullif: this expression
    Case: this ifs default; If: this true false; Lower: this; Upper: this; Length: this; Abs: this
    Trim: this expression position
    CurrentTimestamp:; Tuple: expressions; Exists: this; Count: this big_int; Sum: this; Min: this; Max: this
    Select: expressions distinct from joins where group having order limit offset with
    Union: this expression distinct order limit offset with; Distinct: expressions; Star:
    From: this; Join: this on using side kind method; Where: this; Group: expressions; Having: this
    Order: expressions; Ordered: this desc nulls_first; Limit: expression; Offset: expression
    Alias: this alias; Table: this alias; TableAlias: this columns; Subquery: this alias
    With: expressions recursive; CTE: this alias
"""
# Statements whose meaning is the same as well, of what a trigger, procedure or event does;
# tests/conformance/test_portable_bodies.py runs each of them.
_STATEMENTS = """
    Insert: this expression; Schema: this expressions; Values: expressions; Update: this expressions where
    Delete: this where
"""


def _entries(text: str) -> Mapping[str, frozenset[str]]:
    entries = (entry.partition(":") for line in text.strip().splitlines() for entry in line.split(";"))
    return {name.strip(): frozenset(parts.split()) for name, _, parts in entries}


PORTABLE = _entries(_NODES)
PORTABLE_STATEMENTS = _entries(_STATEMENTS)


# What a number that a word follows without a blank contains at the least.
_TOUCHING = re.compile(r"[0-9.][^\W0-9]")


# Families that write the most frequent of all defaults in the same way.
_ALIKE = frozenset({"sqlite", "postgres"})
_TOO_DEEP = "an expression that nests too deep to be read"


class NotPortable(Exception):
    """A fragment uses something whose meaning in the other family is not proven; `what` names it.

    Or nothing could be made of it at all: then `near` is where, and `what` is empty.
    """

    def __init__(self, what: str, near: str = "") -> None:
        super().__init__(what or near)
        self.what = what
        self.near = near

    def told(self, sql: Sql, target: str) -> tuple[str, str]:
        """Return what is wrong with the text for a person, and what to do."""
        each = f"{{sql: {{{target}: …, {sql.dialect}: …}}}}"
        if self.what:
            message = f"{self.what} is not known to mean the same on {target} as on {sql.dialect}"
            return message, f"write the text for each dialect: {each}"
        return f"cannot be read as SQL of {sql.dialect}{self.near}", f"mend it, or write it for each dialect: {each}"


def family(dialect: str) -> str:
    """Return the family of a dialect word, which is sqlglot's name for it."""
    return FAMILIES.get(dialect, dialect)


def text_for(sql: Sql, target: str) -> str:
    """Return the fragment's text for a family: the author's own where it was written for it, else transpiled.

    Raises NotPortable when it says something that is not known to mean the same there, or cannot be read.
    """
    if not sql.dialect or family(sql.dialect) == target:
        return sql.text
    if target in _ALIKE and family(sql.dialect) in _ALIKE and sql.text.lower() == "current_timestamp":
        return "CURRENT_TIMESTAMP"
    found = plain(sql.text)
    return found.text if found else _transpiled(sql.text, family(sql.dialect), target)


def statement_for(sql: Sql, target: str) -> str:
    """Return an INSERT, UPDATE or DELETE for a family, as `text_for` does an expression or query."""
    if not sql.dialect or family(sql.dialect) == target:
        return sql.text
    if type(_parsed(sql.text, family(sql.dialect))).__name__ not in ("Insert", "Update", "Delete"):
        raise NotPortable("a statement that is no INSERT, UPDATE or DELETE")
    return _transpiled(sql.text, family(sql.dialect), target, statement=True)


def name_for(name: str, target: str) -> str:
    """Return a name as a text of the family says it, quoted where it is not plain."""
    return _quoted(name, target)


@lru_cache(maxsize=65536)
def _transpiled(text: str, source: str, target: str, statement: bool = False) -> str:
    from sqlglot import exp
    from sqlglot.dialects.dialect import Dialect

    if _has_broken_number(text, source):
        raise NotPortable("a number with letters or _ in it")
    tree = _parsed(text, source)
    known = {**PORTABLE, **PORTABLE_STATEMENTS} if statement else PORTABLE
    for node in tree.walk():
        if not _is_portable(node, known):
            raise NotPortable(_named(node))
        # What sqlglot makes of one cannot be ordered (dev.mysql.com/doc/refman/9.7/en/join.html knows none).
        if target == "mysql" and node.args.get("side") == "FULL":
            raise NotPortable("a full join")
    for mark in list(tree.find_all(exp.Placeholder)):
        mark.replace(exp.Var(this=f":{mark.name}"))  # each of sqlglot's dialects would write another driver's form
    try:
        # Nobody else has this tree, so that the generator may change it while it writes.
        return Dialect.get_or_raise(target).generate(tree, copy=False, identify=False)
    except RecursionError:
        raise NotPortable(_TOO_DEEP) from None


def _is_portable(node: exp.Expr, known: Mapping[str, frozenset[str]]) -> bool:
    """Say whether a node is known to mean the same; a part that is not listed is as unknown as a node that is not."""
    from sqlglot import exp

    if isinstance(node, exp.Placeholder):  # a parameter that is bound, by its name
        return isinstance(node.args.get("this"), str)
    allowed = known.get(type(node).__name__)
    if allowed is None or not {name.rstrip("_") for name, part in node.args.items() if part} <= allowed:
        return False
    if isinstance(node, exp.TableAlias):  # of a subquery, columns have no names on SQLite
        return not node.columns or isinstance(node.parent, exp.CTE)
    return not isinstance(node, exp.Is) or isinstance(node.expression, exp.Null | exp.Boolean)


def _has_broken_number(text: str, dialect: str) -> bool:
    """Say whether a word follows a number without a blank: sqlglot reads 1_000 as `1 AS _000`."""
    import sqlglot
    from sqlglot import TokenType
    from sqlglot.errors import SqlglotError

    if not _TOUCHING.search(text):
        return False
    try:
        found = sqlglot.tokenize(text, read=dialect)
    except SqlglotError:
        return False  # whoever parses it says so
    return any(
        first.token_type is TokenType.NUMBER and second.token_type is TokenType.VAR and first.end + 1 == second.start
        for first, second in pairwise(found)
    )


def _named(node: exp.Expr) -> str:
    from sqlglot import exp

    if isinstance(node, exp.Anonymous):
        return f"{node.name}()"
    if isinstance(node, exp.Func):
        return f"{node.sql_name().lower()}()"
    return type(node).__name__.lower()


@cache
def parsed(text: str, dialect: str) -> exp.Expr:
    """Return the syntax tree of an expression or query. Raises NotPortable when sqlglot cannot read it."""
    return _parsed(text, dialect)


def _parsed(text: str, dialect: str) -> exp.Expr:
    import sqlglot
    from sqlglot.errors import ParseError, SqlglotError

    try:
        return sqlglot.parse_one(text, read=dialect)
    except SqlglotError as error:
        found = error.errors[0].get("highlight") if isinstance(error, ParseError) and error.errors else None
        raise NotPortable("", f", near {found!r}" if found else "") from None
    except RecursionError:
        raise NotPortable(_TOO_DEEP) from None


def output_columns(text: str, dialect: str) -> tuple[str, ...] | None:
    """Return the names of a query's columns, or None when only the database can say (a star, an unnamed expression)."""
    try:
        found = tuple(parsed(text, dialect).named_selects)  # type: ignore[attr-defined]
    except (NotPortable, AttributeError):
        return None
    return None if not found or "*" in found or "" in found else found


def renamed_words(text: str, words: dict[str, str], dialect: str) -> str:
    """Rename identifiers in a text, token by token; everything else stays to the letter."""
    import sqlglot

    pieces: list[str] = []
    end = 0
    tokens = sqlglot.tokenize(text, read=dialect)
    for number, token in enumerate(tokens):
        if token.text in words and _is_name(tokens, number):
            pieces += [text[end : token.start], _quoted(words[token.text], dialect)]
            end = token.end + 1
    return "".join((*pieces, text[end:]))


def _is_name(tokens: Sequence[Any], number: int) -> bool:
    """Say whether a token is a name: a word such as `name` or `date` is one, unless it stands where a type does."""
    from sqlglot import TokenType
    from sqlglot.parser import Parser

    kind = tokens[number].token_type
    if kind in (TokenType.VAR, TokenType.IDENTIFIER):
        return True
    before = tokens[number - 1].token_type if number else None
    after = tokens[number + 1].token_type if number + 1 < len(tokens) else None
    of_type = before in (TokenType.DCOLON, TokenType.ALIAS) or after in (TokenType.STRING, TokenType.L_PAREN)
    return kind in Parser.ID_VAR_TOKENS and not of_type


def _quoted(name: str, dialect: str) -> str:
    from sqlglot import exp

    plain = name.isidentifier() and name == name.lower()
    return name if plain else exp.to_identifier(name, quoted=True).sql(dialect=dialect)
