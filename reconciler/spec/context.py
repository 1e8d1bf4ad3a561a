"""What lowering carries along: the dialect it is for, what it has made so far, and every problem; it knows no kind.

Texts, literals and SQL are read here, because each may hold variables and each may differ by dialect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from reconciler.errors import Position, Problem
from reconciler.model.assertions import Assertion
from reconciler.model.data_rows import DataRows
from reconciler.model.model import Desired, Model
from reconciler.model.objects import Object
from reconciler.model.ref import Ref
from reconciler.model.values import Body, Literal, Sql, Statements
from reconciler.spec.forms import NOUNS, Form, misfit
from reconciler.spec.fragments import Flaw, flaw
from reconciler.spec.names import split_name
from reconciler.spec.nodes import At, Node, Source, pointed
from reconciler.spec.overrides import Fields, chosen
from reconciler.spec.places import Kept, Place, Positions, Read, place_of
from reconciler.spec.scalars import Scalar
from reconciler.spec.sheets import Sheet
from reconciler.spec.urls import CHAINS
from reconciler.spec.variables import interpolated, interpolated_scalar

if TYPE_CHECKING:
    from reconciler.model.backfills import Backfill

# The families whose databases hold schemas; elsewhere a qualified name has no meaning.
_WITH_SCHEMAS = frozenset({"postgres"})


@dataclass(slots=True)
class Context:
    """One lowering.

    `chain` are the dialect words that apply, nearest first; `source` is the file at hand; `columns` and
    `keys` are those of each table, `places` where each object is declared, `waits` the columns that a backfill fills,
    `sheets` the CSV files of rows.
    """

    dialect: str
    chain: tuple[str, ...]
    sql: str
    variables: Mapping[str, Scalar]
    default_schema: str
    source: Source = field(default_factory=lambda: Source("", ""))
    problems: dict[Problem, None] = field(default_factory=dict)
    objects: list[Object] = field(default_factory=list)
    columns: dict[Ref, list[str]] = field(default_factory=dict)
    keys: dict[Ref, tuple[str, ...]] = field(default_factory=dict)
    places: dict[Ref, Place | Kept] = field(default_factory=dict)
    renames: list[tuple[Ref, Ref]] = field(default_factory=list)
    removed: dict[Ref, str] = field(default_factory=dict)
    removals: dict[Ref, Place | Kept] = field(default_factory=dict)
    unnamed: set[Ref] = field(default_factory=set)
    enums: list[tuple[Ref, Source, Callable[[], Node]]] = field(default_factory=list)
    assertions: list[Assertion] = field(default_factory=list)
    backfills: list[Backfill] = field(default_factory=list)
    waits: list[tuple[Ref, Ref]] = field(default_factory=list)
    data: list[DataRows] = field(default_factory=list)
    sheets: dict[Ref, Sheet] = field(default_factory=dict)

    def blank(self) -> Context:
        """Return one for the same dialect, with nothing in it."""
        return Context(
            dialect=self.dialect, chain=self.chain, sql=self.sql, variables=self.variables,
            default_schema=self.default_schema, source=self.source,
        )  # fmt: skip

    def take(self, share: Context) -> None:
        """Take in what one document adds."""
        self.problems.update(share.problems)
        self.objects += share.objects
        self.columns.update(share.columns)
        self.keys.update(share.keys)
        self.places.update(share.places)
        self.renames += share.renames
        self.removed.update(share.removed)
        self.removals.update(share.removals)
        self.unnamed |= share.unnamed
        self.enums += share.enums
        self.assertions += share.assertions
        self.backfills += share.backfills
        self.waits += share.waits
        self.data += share.data

    @property
    def family(self) -> str:
        """The farthest word of the chain: sqlite for d1, mysql for mariadb."""
        return self.chain[-1]

    def problem(self, code: str, message: str, where: Node | At, *, hint: str = "", also: Any = ()) -> None:
        """Note a problem at a value, or at a place, of the file at hand."""
        at = pointed(where) if isinstance(where, Node) else where
        self.problems[self.source.problem(code, message, at, hint=hint, also=tuple(also))] = None

    def add(self, obj: Object, node: Node, fields: Fields) -> None:
        """Take an object in; a second one of the same address is a problem."""
        place = Read(self.source, node, fields)
        if self.places.setdefault(obj.ref, place) is place:
            self.objects.append(obj)
        else:
            also = (self.position(obj.ref),)
            self.problem("SPEC034", f"{obj.ref} is declared twice", place.at, also=also)

    def place(self, ref: Ref) -> Place:
        """Return where an object is declared. Raises KeyError."""
        return place_of(self.places, ref)

    def position(self, ref: Ref) -> Position:
        """Return where an object is declared, for people. Raises KeyError."""
        place = self.place(ref)
        return place.source.position(place.at)

    def rename(self, new: Ref, old: Ref) -> None:
        """Note that an object had another name."""
        self.renames.append((new, old))

    def root(self, kind: str, node: Node) -> Ref | None:
        """Return the address of a root object from its written name, with the default schema left out."""
        try:
            schema, name = split_name(node.value)
        except ValueError as error:
            self.problem("SPEC017", str(error), node)
            return None
        if schema and schema != self.default_schema and self.family not in _WITH_SCHEMAS:
            hint = f"leave {schema!r} out, or limit the object with `only: [postgres]`"
            message = f"{self.dialect} has no schemas, so {node.value!r} cannot be a name there"
            self.problem("SPEC041", message, node, hint=hint)
            return None
        return Ref.root(kind, name, "" if schema == self.default_schema else schema)

    def text(self, node: Node | None) -> str | None:
        """Return a comment or the like, with its variables; None when it is empty or not there."""
        if node is None or not node.value:
            return None
        text: str = node.value
        return self._filled(text, node) if "${var." in text else text

    def literal(self, node: Node) -> Literal | None:
        """Return a constant default; None for `null`."""
        value: str | bool | int | Decimal | None = node.value
        if isinstance(value, str) and "${var." in value:
            try:
                value = interpolated_scalar(value, self.variables)
            except KeyError as error:
                self._missing(error, node)
        return None if value is None else _literal(value, str(value))

    def sql_text(
        self, node: Node, what: str, ref: Ref, *, query: bool = False, given: AbstractSet[str] = frozenset()
    ) -> Sql:
        """Return a fragment of SQL, chosen from a map by dialect where it is one.

        Args:
            node: the text or the map.
            what: what it is the SQL of: "the default of".
            ref: the object that has it.
            query: whether it is a whole query, which may end in a semicolon.
            given: the parameters that it may have, written `:name`.
        """
        subject = f"{what} {ref}"
        if type(node.value) is not dict:
            return self._piece(node, self.sql, subject, query, given)
        pieces = {word: self._piece(child, word, subject, query, given) for word, child in node.value.items()}
        entry = chosen(node, self.chain)
        if entry is not None:
            return pieces[entry[0]]
        leave = f"dialect: {{{self.chain[0]}: {{omit: true}}}}"
        hint = f"add an entry for {' or '.join(self.chain)}, or leave it out there with `{leave}`"
        self.problem("SPEC022", f"{what} {ref} has no SQL for {self.dialect}", node.key or node.at, hint=hint)
        return Sql("", self.sql)

    def sql_elsewhere(self, node: Node, what: str, ref: Ref, *, given: AbstractSet[str] = frozenset()) -> Sql:
        """Return a query for a database of another dialect: in the project's words, or in the one that its map names.

        Args:
            node: the text, or a map with one entry.
            what: what it is the SQL of.
            ref: the object that has it.
            given: the parameters that it may have, written `:name`.
        """
        if type(node.value) is not dict:
            return self._piece(node, self.sql, f"{what} {ref}", True, given)
        (word, child), *more = node.value.items()
        if more:
            said = f"{what} {ref} is asked in one database, and has SQL of {', '.join(node.value)}"
            self.problem("SPEC016", said, node.key or node.at, hint="leave the entry of that database's dialect")
        return self._piece(child, word, f"{what} {ref}", True, given)

    def body(self, node: Node, what: str, ref: Ref) -> Body:
        """Return what a trigger, routine or event does: a list is portable, a text is one dialect's own, verbatim."""
        if type(node.value) is list:
            return Statements(tuple(self._piece(item, self.sql, f"{what} {ref}", query=True) for item in node.value))
        if type(node.value) is not dict:
            return self._own(node, self.sql)
        entry = chosen(node, self.chain)
        if entry is not None:
            return self._own(entry[1], entry[0])
        hint = f"add an entry for {' or '.join(self.chain)}, write a list of portable statements, or use `only:`"
        self.problem("SPEC022", f"{what} {ref} has no text for {self.dialect}", node.key or node.at, hint=hint)
        return Sql("", self.sql)

    def _own(self, node: Node, dialect: str) -> Sql:
        """Return a whole text; where it ends is for the dialect to say, which frames it."""
        written: str = node.value
        return Sql((self._filled(written, node) if "${var." in written else written).strip(), dialect)

    def _piece(self, node: Node, dialect: str, subject: str, query: bool, given: AbstractSet[str] = frozenset()) -> Sql:
        """Return one text of SQL; one that is not a single piece is a problem."""
        written: str = node.value
        text = (self._filled(written, node) if "${var." in written else written).strip()
        if not text:
            self.problem("SPEC015", f"{subject} is empty", node)
        found = _flaw(text, CHAINS[dialect][-1], query, given)
        if found is not None:
            offset = written.find(text) + found.offset
            where = _inside(self.source, node, offset) if text in written else node
            self.problem(found.code, f"{subject} {found.message}", where, hint=found.hint)
        return _sql(text[:-1].rstrip() if query and text.endswith(";") else text, dialect)

    def own_words(self, node: Node, form: Form, subject: Ref) -> str:
        """Return a type or name in the database's own words; one that could be anything else is a problem."""
        text: str = node.value
        found = misfit(text, form, self.family)
        if found is not None:
            message = f"the {NOUNS[form]} of {subject} {found.message}"
            self.problem(found.code, message, _inside(self.source, node, found.offset), hint=found.hint)
        return text

    def flag(self, fields: Fields, key: str) -> bool:
        """Return a true-or-false field; false when it is not there."""
        node = fields.get(key)
        return node is not None and node.value is True

    def _filled(self, text: str, node: Node) -> str:
        try:
            return interpolated(text, self.variables)
        except KeyError as error:
            self._missing(error, node)
            return text

    def _missing(self, error: KeyError, node: Node) -> None:
        name = error.args[0]
        hint = f"declare it under `vars:`, or give --var {name}=…" if name else "write ${var.name}"
        self.problem("SPEC023", f"there is no variable {name!r}", node, hint=hint)


def _flaw(text: str, family: str, query: bool, given: AbstractSet[str]) -> Flaw | None:
    """Return what is wrong with a text, the parameters that it may have passed over."""
    found = flaw(text, family, query=query)
    while found is not None and any(_is_word(text, found.offset, f":{name}") for name in given):
        text = f"{text[: found.offset]} {text[found.offset + 1 :]}"
        found = flaw(text, family, query=query)
    return found


def _is_word(text: str, at: int, word: str) -> bool:
    after = text[at + len(word) : at + len(word) + 1]
    return text.startswith(word, at) and not (after.isalnum() or after == "_")


def _inside(source: Source, node: Node, offset: int) -> At:
    """Return the place of one character of a text, as near as its style lets us say."""
    line, column, _end = node.at
    if not node.style:
        return (line, column + offset, column + offset + 1) if "\n" not in node.value[:offset] else node.at
    if node.style != "|":
        return node.at
    before = node.value[:offset]
    row, start = before.count("\n"), before.rfind("\n") + 1
    written = source.lines[line + row] if line + row < len(source.lines) else ""
    column = written.find(node.value[start:].split("\n")[0])
    return (line + 1 + row, column + offset - start + 1, column + offset - start + 2) if column >= 0 else node.at


# The same few defaults stand in thousands of columns: what is made of them is shared, and by that alone soon compared.
@lru_cache(maxsize=4096)
def _sql(text: str, dialect: str) -> Sql:
    return Sql(text, dialect)


@lru_cache(maxsize=4096, typed=True)
def _literal(value: str | bool | int | Decimal, _written: str) -> Literal:
    """Return a constant; 1.5 and 1.50 are two, because each is written as it came."""
    return Literal(value)


def desired(context: Context) -> Desired:
    """Return the finished result of a lowering."""
    return Desired(
        model=Model(context.objects),
        renames=dict(context.renames),
        removed=context.removed,
        unnamed=frozenset(context.unnamed),
        positions=Positions(context.removals | context.places, context.sheets),
        assertions=tuple(sorted(context.assertions, key=lambda assertion: assertion.ref)),
        backfills=tuple(sorted(map(partial(_holding, context.waits), context.backfills), key=lambda one: one.ref)),
        data=tuple(sorted(context.data, key=lambda rows: rows.ref)),
    )


def _holding(waits: Sequence[tuple[Ref, Ref]], backfill: Backfill) -> Backfill:
    """Return a backfill that holds the columns too that say it fills them."""
    from reconciler.model.backfills import Held

    held = tuple(Held(ref=column, part="not_null") for column, ref in waits if ref == backfill.ref)
    return replace(backfill, holds=(*backfill.holds, *held)) if held else backfill
