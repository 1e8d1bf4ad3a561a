"""Under what a program was made and whose rights it has: rows, specs and sessions in, settings and clauses out.

A server keeps with each program the sql_mode, character set and collation of the session that made it
(dev.mysql.com/doc/refman/9.7/en/stored-programs-defining.html), and an account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from reconciler.dialects.mysql.lexer import Lexeme, LexError, canonical, quoted, text_literal, tokens
from reconciler.dialects.mysql.mentions import Program
from reconciler.dialects.mysql.session import SQL_MODE
from reconciler.errors import PlanError, Problem
from reconciler.model.model import Model
from reconciler.model.objects import Options
from reconciler.model.values import Sql
from reconciler.plan.step import Statement, Step

P = TypeVar("P", bound=Program)

# By these names `Inspection.defaults` holds what our own session has, and who it is.
MODE, CHARSET, COLLATION, USER, ZONE = "sql_mode", "session charset", "session collation", "user", "time_zone"
OURS = f"""
SELECT '{MODE}', @@sql_mode UNION ALL SELECT '{CHARSET}', @@character_set_client
UNION ALL SELECT '{COLLATION}', @@collation_connection UNION ALL SELECT '{USER}', current_user()
UNION ALL SELECT '{ZONE}', @@time_zone UNION ALL SELECT 'database', database()
"""

# What a combined mode stands for (dev.mysql.com/doc/refman/9.7/en/sql-mode.html#sql-mode-combo).
_ANSI = "REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE"
_COMBINED: Mapping[str, str] = {
    "ANSI": f"{_ANSI},ANSI",
    "TRADITIONAL": "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "TRADITIONAL,NO_ENGINE_SUBSTITUTION",
}
# MySQL's ANSI means one more, MariaDB's TRADITIONAL another (mariadb.com/kb/en/sql-mode).
_FURTHER: Mapping[tuple[str, str], str] = {
    ("mysql", "ANSI"): "ONLY_FULL_GROUP_BY", ("mariadb", "TRADITIONAL"): "NO_AUTO_CREATE_USER",
}  # fmt: skip
# Modes under which the same text says something else.
_READ_OTHERWISE = frozenset(
    "ANSI_QUOTES PIPES_AS_CONCAT NO_BACKSLASH_ESCAPES HIGH_NOT_PRECEDENCE NO_UNSIGNED_SUBTRACTION REAL_AS_FLOAT "
    "ORACLE MSSQL DB2 POSTGRESQL MAXDB".split()
)


def mode_words(mode: object, flavor: str = "") -> frozenset[str]:
    """Return the words of a sql_mode; a combined one stands for all that it means on a flavor."""
    found: set[str] = set()
    for word in str(mode).upper().split(","):
        further = _FURTHER.get((flavor, word.strip()), "") if flavor else ""
        found.update(f"{_COMBINED.get(word.strip(), word.strip()) if flavor else word.strip()},{further}".split(","))
    return frozenset(found - {""})


def settled_options(options: Options, flavor: str) -> Options:
    """Return a program's options with its sql_mode in one spelling."""
    said = dict(options)
    if MODE in said:
        said[MODE] = ",".join(sorted(mode_words(said[MODE], flavor)))
    return tuple(sorted((name, value.lower() if name not in (MODE, ZONE) and isinstance(value, str) else value)
                        for name, value in said.items()))  # fmt: skip


def stored_options(mode: str, charset: str, collation: str, defaults: Mapping[str, str], zone: str = "") -> Options:
    """Return the options of a live program: what its circumstances have that ours have not."""
    own = {ZONE: zone} if zone else {}
    return _beyond({MODE: mode, "charset": charset, "collation": collation, **own}, defaults)


def _beyond(said: Mapping[str, str | int | bool], defaults: Mapping[str, str]) -> Options:
    """Leave out what a program has anyway when we make it."""
    found = dict(said)
    charset = str(found.get("charset", defaults.get(CHARSET, "")))
    usual = defaults.get(COLLATION) if charset == defaults.get(CHARSET) else defaults.get(f"charset {charset}")
    if MODE in found and mode_words(found[MODE]) == mode_words(defaults.get(MODE, SQL_MODE)):
        del found[MODE]
    if found.get("collation") == usual:
        found.pop("collation", None)
    if found.get(ZONE) == defaults.get(ZONE):
        found.pop(ZONE, None)
    if charset == defaults.get(CHARSET):
        found.pop("charset", None)
    return tuple(sorted(found.items()))


def aligned(obj: P, live: Model, defaults: Mapping[str, str]) -> P:
    """Return a declared program with what the live one has where the spec is silent.

    A sql_mode under which the text would mean something else than it says is not kept.
    """
    there = live.get(obj.ref)
    said = dict(obj.options)
    held: dict[str, str | int | bool] = dict(there.options) if isinstance(there, type(obj)) else {}
    if MODE in said or not _READ_OTHERWISE.isdisjoint(mode_words(held.get(MODE, ""))):
        held.pop(MODE, None)
    if ZONE in said:
        held.pop(ZONE, None)
    if "data_access" in said:
        held.pop("data_access", None)
    if "charset" in said or "collation" in said:
        held = {name: value for name, value in held.items() if name not in ("charset", "collation")}
    kept = tuple(sorted((held | dict(_beyond(said, defaults))).items()))
    definer = obj.definer
    if definer is None:
        definer = there.definer if isinstance(there, type(obj)) else ""
    return replace(obj, options=kept, definer=definer)


def settled_definer(definer: str | None) -> str | None:
    """Return an account as the catalogs spell it: `app@localhost`; without a host it is any."""
    if not definer:
        return definer
    try:
        found = tokens(definer)
    except LexError:
        return definer
    if any(token.lexeme in (Lexeme.NAME, Lexeme.STRING) for token in found):
        definer = "".join(token.value for token in found)
    return definer if "@" in definer else f"{definer}@%"


def account(definer: str) -> str:
    """Write an account: `app`@`localhost`."""
    user, _, host = definer.rpartition("@")
    return f"{quoted(user)}@{quoted(host)}" if host else quoted(user)


def definer_clause(obj: Program) -> str:
    """Write whose rights a program has; "" when it is whoever makes it."""
    return f"DEFINER = {account(obj.definer)} " if obj.definer else ""


def spelled(text: str) -> Sql:
    """Return a body with its canonical spelling."""
    return Sql(text, "mysql", canonical(text))


_OURS_AGAIN = (f"SET SESSION sql_mode = '{SQL_MODE}'", "SET NAMES utf8mb4", "SET SESSION time_zone = DEFAULT")


def under(obj: Program, statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Surround statements with the circumstances that a program is to have, and with ours again.

    Raises PlanError when its text cannot be sent in the character set that it has.
    """
    options = dict(obj.options)
    charset = str(options.get("charset", "utf8mb4"))
    if isinstance(obj.body, Sql) and not charset.startswith("utf8") and not obj.body.text.isascii():
        message = f"{obj.ref} has the character set {charset}, in which its text is not sent"
        hint = "declare options: {mysql: {charset: utf8mb4}}"
        raise PlanError([Problem(code="RUN031", message=message, hint=hint, address=str(obj.ref))])
    before = tuple(Statement(sql) for sql in _settings(options))
    after = tuple(map(Statement, _OURS_AGAIN)) if before else ()
    return (*before, *statements, *after)


def _settings(options: Mapping[str, str | int | bool]) -> Iterator[str]:
    if MODE in options:
        yield f"SET SESSION sql_mode = {text_literal(str(options[MODE]))}"
    if "charset" in options:  # of the two, the second brings the collation that the character set means
        yield f"SET SESSION character_set_client = {text_literal(str(options['charset']))}"
        yield f"SET SESSION character_set_connection = {text_literal(str(options['charset']))}"
    if "collation" in options:
        yield f"SET SESSION collation_connection = {text_literal(str(options['collation']))}"
    if ZONE in options:
        yield f"SET SESSION time_zone = {text_literal(str(options[ZONE]))}"


# What a session of ours has at all times, but for the moment in which a large table gets a foreign key.
CHECKED = "SET SESSION foreign_key_checks = 1"

_HELPERS = tuple(f"DROP {kind} IF EXISTS `__rc_" for kind in ("TABLE", "PROCEDURE", "FUNCTION", "EVENT"))


def tidying(steps: Sequence[Step]) -> list[str]:
    """Return what takes back what a failure in the middle of these steps may leave behind; it may be repeated."""
    texts = [statement.sql for step in steps for statement in step.statements]
    again = (*_OURS_AGAIN, CHECKED) if any(text.startswith("SET SESSION") for text in texts) else ()
    unlocking = ["UNLOCK TABLES"] if "UNLOCK TABLES" in texts else []
    return [*unlocking, *dict.fromkeys(text for text in texts if text.startswith(_HELPERS)), *again]
