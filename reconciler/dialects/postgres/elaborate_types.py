"""Declared types in, temporary stand-ins for those that differ out, and domains as the server spells their texts.

All of it runs inside a transaction that is rolled back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.postgres import catalog
from reconciler.dialects.postgres.lexer import is_one_piece
from reconciler.dialects.postgres.literals import written
from reconciler.dialects.postgres.normalize import normalize
from reconciler.dialects.postgres.reading import read_shapes
from reconciler.dialects.postgres.reading_roots import domains
from reconciler.dialects.postgres.rules.domains import domain_text
from reconciler.dialects.postgres.rules.keys import check_clause
from reconciler.dialects.postgres.rules.statements import parenthesized
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.model.model import Model
from reconciler.model.objects import Check, Column, Domain, Enum, Exclusion, Index, NumberSequence, Object
from reconciler.model.programs import Function, Procedure
from reconciler.model.ref import Ref
from reconciler.model.texts import spelled, texts
from reconciler.model.values import Sql


def stays_in_place(obj: Object) -> bool:
    """Say whether every text of an object is no more than what it is declared as.

    `int) AS SELECT harm() --` for a type would still be one command. Such an object is left out.
    """
    found = [sql.text for place, sql in texts(obj).items() if place != "body"]
    if isinstance(obj, Function | Procedure):
        found += (argument.type.name for argument in obj.arguments)
        found += (obj.returns.name,) if isinstance(obj, Function) and obj.returns else ()
    if isinstance(obj, Column | Domain):
        found.append(str(obj.type))
    if isinstance(obj, Index | Exclusion):
        found += (text for part in obj.parts for text in (part.opclass or "", part.operator or ""))
    return all(map(is_one_piece, found))


def stand_in(session: Session, actual: Model, desired: Model) -> None:
    """Make the declared form of each type that is new or differs, and sequences that are new.

    What is temporary hides the one of the default schema; its name is spelled as that one's is, so texts come out the
    same. In other schemas names are qualified, and there is no stand-in.
    """
    for obj in desired.values():
        if not isinstance(obj, Enum | Domain | NumberSequence) or obj.ref.schema:
            continue
        live = actual.get(obj.ref)
        if isinstance(obj, Enum) and live != obj:
            values = ", ".join(map(text_literal, obj.values))
            tried(session, f"CREATE TYPE {_temporary(obj.ref)} AS ENUM ({values})")
        if isinstance(obj, Domain) and _is_another(live, obj):
            tried(session, _bare(obj))
        if isinstance(obj, NumberSequence) and live is None:
            tried(session, f"CREATE TEMPORARY SEQUENCE {double_quoted(obj.ref.name)}")


def _is_another(live: Object | None, domain: Domain) -> bool:
    return not isinstance(live, Domain) or (live.type, live.collation) != (domain.type, domain.collation)


def _temporary(ref: Ref) -> str:
    return f"pg_temp.{double_quoted(ref.name)}"


def _bare(domain: Domain) -> str:
    """Write a temporary domain without any rule."""
    return domain_text(replace(domain, default=None, not_null=False), _temporary(domain.ref))


def tried(session: Session, *statements: str) -> bool:
    """Run statements that may fail without harm, and say whether they went through; they stay."""
    try:
        session.execute_each(["SAVEPOINT tried", *statements, "RELEASE tried"])
    except DatabaseError as error:
        if error.lost:
            raise
        session.execute_each(["ROLLBACK TO tried", "RELEASE tried"])
        return False
    return True


def of_domains(session: Session, objects: Sequence[Object], desired: Model) -> dict[Ref, Object]:
    """Return domains and their checks as the server spells them."""
    found: dict[Ref, Object] = {}
    for schema in sorted({obj.ref.schema for obj in objects}):
        mine = [obj for obj in objects if obj.ref.schema == schema]
        session.execute("SAVEPOINT domains")
        try:
            for ref in sorted({obj.ref.top for obj in mine}):
                domain = desired.get(ref)
                if isinstance(domain, Domain) and stays_in_place(domain):
                    tried(session, _bare(domain))
            made = {obj.ref for obj in mine if tried(session, *_rule(obj))}
            temporary = session.query(catalog.TEMPORARY)[0][0]
            live = normalize(Model(_with_types(domains(read_shapes(session, {temporary: schema})), desired))).model
            found |= {obj.ref: _as_spelled(obj, live[obj.ref]) for obj in mine if obj.ref in made and obj.ref in live}
        finally:
            session.execute_each(["ROLLBACK TO domains", "RELEASE domains"])
    return found


def _with_types(made: Iterator[Object], desired: Model) -> Iterator[Object]:
    """Yield the other types too: what a domain is made of says how its default is read."""
    yield from (obj for obj in desired.values() if isinstance(obj, Domain | Enum))
    yield from made


def _rule(obj: Object) -> Sequence[str]:
    head = f"ALTER DOMAIN {_temporary(obj.ref.top)}"
    match obj:
        case Check():
            return (f"{head} ADD {check_clause(obj)}",)
        case Domain(default=default) if default is not None:
            words = parenthesized(default) if isinstance(default, Sql) else written(default)
            return (f"{head} SET DEFAULT {words}",)
        case _:
            return ()


def _as_spelled(obj: Object, made: Object) -> Object:
    if isinstance(obj, Domain) and isinstance(made, Domain) and not isinstance(made.default, Sql):
        obj = replace(obj, default=made.default)
    return spelled(obj, {place: sql.canonical for place, sql in texts(made).items()})
