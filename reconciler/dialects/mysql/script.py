"""A plan in, a script for the mysql client out: prepared statements that run only where the catalogs show them undone.

Each statement commits by itself, so a script that was stopped goes on where it stopped when it is run again. The client
ends at the first error; a guard is a text that cannot be prepared, and the error shows its words. What makes and drops
programs can not be prepared (dev.mysql.com/doc/refman/9.7/en/sql-prepared-statements.html): it is written so that it
may be run again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reconciler.dialects.mysql.lexer import quoted, text_literal
from reconciler.dialects.mysql.script_states import State, Unit, outcome, units
from reconciler.dialects.mysql.session import SQL_MODE
from reconciler.dialects.script import Order, Script, commented, of_rows, row_remarks, without_rows
from reconciler.plan.hazards import HAZARDS, Effect
from reconciler.plan.step import DataCheck, Statement, Step

# Beginnings of statements that cannot be prepared, or belong to one, and do no harm when they are run again.
_PLAINLY = ("SET", "LOCK", "UNLOCK", "GRANT", "DROP TABLE IF EXISTS `__rc_", "CREATE TABLE `__rc_")

_SETTINGS = (
    "SET NAMES utf8mb4",
    f"SET SESSION sql_mode = '{SQL_MODE}'",
    "SET SESSION foreign_key_checks = 1, SESSION explicit_defaults_for_timestamp = 1",
    "SET SESSION lock_wait_timeout = 3, SESSION innodb_lock_wait_timeout = 3, SESSION group_concat_max_len = 1000000",
    "SET @rc_fresh = 0, @rc_todo = NULL, @rc_done = NULL, @rc_strange = NULL, @rc_count = 0",
)


def script(flavor: str, order: Order) -> Script:
    """Write a plan for a flavor. Raises PlanError with everything that no script can do twice."""
    plain = without_rows(order)
    found = units(plain)
    texts = [*_opening(flavor, order)]
    for unit in found:
        texts += ["", *_unit(unit, plain.plan.steps)]
    texts += _rows(order)
    texts += ["", *_closing(order, list(outcome(plain)))]
    client = "mysql" if flavor == "mysql" else "mariadb"
    return Script(body="\n".join(texts) + "\n", remarks=tuple(_remarks(order, found)), run=f"{client} DATABASE < FILE")


def _remarks(order: Order, found: Sequence[Unit]) -> Iterator[str]:
    yield "what is stopped between two statements of one step is not taken up again: plan again then"
    if again := [unit.title for unit in found if not unit.states]:
        yield f"done again each time, as nothing shows that it is done, and it comes to the same: {', '.join(again)}"
    texts = [(unit, each.sql) for unit in found for step in unit.steps for each in step.statements]
    if made := dict.fromkeys(unit.title for unit, sql in texts if _PROGRAM.match(sql)):
        yield f"triggers, routines and events are made anew each time, whatever there is: {', '.join(made)}"
    yield from row_remarks(order)


# --- the beginning and the end ----------------------------------------------------------------------------------------


def _opening(flavor: str, order: Order) -> Iterator[str]:
    yield from (f"{setting};" for setting in _SETTINGS)
    if order.refusal:
        yield from _stop("TRUE", text_literal(order.refusal))
    yield from _stop("DATABASE() IS NULL", text_literal("no database is chosen: name it on the command line"))
    other = "NOT LIKE" if flavor == "mariadb" else "LIKE"
    yield from _stop(f"VERSION() {other} '%MariaDB%'", text_literal(f"this script was written for {flavor}"))
    # The name of the lock that runs take (locks.py).
    lock = "CONCAT('reconcile:', LEFT(SHA2(CONVERT(DATABASE() USING utf8mb4), 256), 32))"
    yield from _stop(f"NOT GET_LOCK({lock}, 0)", text_literal("another run of reconcile is at work on this database"))


def _closing(order: Order, states: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Write what says in words whether the database matches; where it does not, that is an error too."""
    plan = order.plan.id
    if not states:
        said = f"the statements of plan {plan} are done" if order.plan.steps else f"nothing to do for plan {plan}"
        yield f"SELECT {text_literal(said)} AS reconcile;"
        return
    yield "-- looked at again"
    rows = "\n  UNION ALL ".join(f"SELECT {text_literal(a)} AS address, {how} AS fits" for a, how in states)
    yield "SELECT GROUP_CONCAT(IF(t.fits, NULL, t.address) SEPARATOR ', ') INTO @rc_strange"
    yield f"  FROM ({rows}) AS t;"
    wrong = f"CONCAT({text_literal(f'the database does not match plan {plan}: ')}, @rc_strange)"
    yield from _stop("@rc_strange IS NOT NULL", wrong)
    right = f"the database matches plan {plan}: {len(states)} of {len(states)} addresses are as planned"
    yield f"SELECT {text_literal(right)} AS reconcile;"


def _rows(order: Order) -> Iterator[str]:
    writing = of_rows(order)
    keys = {
        step.subject: [name for name, _ in change.key] for step in writing if step.rows for change in step.rows.first
    }
    if writing:
        yield "\nSTART TRANSACTION;"
        for step in writing:
            yield f"-- {step.action} {commented(str(step.subject))}"
            yield from (f"{_once(statement.sql, keys.get(step.subject, []))};" for statement in step.statements)
        yield "COMMIT;"


# What two rows make an error of, when it is looked at.
_OTHER_ROW = "(SELECT 1 UNION ALL SELECT 2)"


def _once(sql: str, key: Sequence[str]) -> str:
    """Leave a row alone whose key is there; one that is in the way by another key is an error still."""
    if not key or not sql.startswith("INSERT INTO "):
        return sql
    same = " AND ".join(f"{quoted(name)} <=> VALUES({quoted(name)})" for name in key)
    return f"{sql}\n    ON DUPLICATE KEY UPDATE {quoted(key[0])} = IF({same}, {quoted(key[0])}, {_OTHER_ROW})"


# --- a part of the plan -----------------------------------------------------------------------------------------------


def _unit(unit: Unit, steps: Sequence[Step]) -> Iterator[str]:
    for number, step in enumerate(unit.steps, unit.first):
        yield f"-- {number}. {step.action} {commented(str(step.subject))}"
    if unit.states:
        yield from _asked(unit)
    else:
        yield "SET @rc_todo = 'again', @rc_done = NULL, @rc_strange = NULL;"
    yield from _questions(unit, steps)
    for step in unit.steps:
        for statement in step.statements:
            yield from _sent(statement)
    if _renames(unit.steps):
        yield "SET @rc_fresh = @rc_fresh + (@rc_todo IS NOT NULL);"


def _asked(unit: Unit) -> Iterator[str]:
    """Ask the catalogs what is to be done, and stop where they show neither, or only a part."""
    yield "SELECT GROUP_CONCAT(IF(t.b AND NOT t.a, t.address, NULL) SEPARATOR ', '),"
    yield "    GROUP_CONCAT(IF(t.a AND NOT t.b, t.address, NULL) SEPARATOR ', '),"
    yield "    GROUP_CONCAT(IF(t.a = t.b, t.address, NULL) SEPARATOR ', ')"
    yield "  INTO @rc_todo, @rc_done, @rc_strange"
    yield "  FROM (" + "\n    UNION ALL ".join(map(_row, unit.states)) + ") AS t;"
    strange = f"CONCAT({text_literal(f'{unit.title}: neither as before nor as planned, plan again: ')}, @rc_strange)"
    yield from _stop("@rc_strange IS NOT NULL", strange)
    part = f"CONCAT({text_literal(f'{unit.title}: done is only a part, plan again: ')}, @rc_done)"
    yield from _stop("@rc_todo IS NOT NULL AND @rc_done IS NOT NULL", part)


def _row(state: State) -> str:
    return f"SELECT {text_literal(state.address)} AS address, {state.before} AS b, {state.after} AS a"


def _renames(steps: Sequence[Step]) -> bool:
    return any(step.action == "rename" for step in steps)


def _questions(unit: Unit, steps: Sequence[Step]) -> Iterator[str]:
    """Ask the rows before anything changes; the questions use the names before the renames, which come first."""
    renamed, first = _renames(steps), unit.first == 1
    asking = steps if renamed and (first or _renames(unit.steps)) else unit.steps
    checks = [check for step in asking for check in step.checks if HAZARDS[check.code].effect is Effect.BLOCK]
    if checks and renamed and not first:
        late = (
            "the renames were made before and this was not, so the rows cannot be asked by their old names: plan again"
        )
        yield from _stop("@rc_todo IS NOT NULL AND NOT @rc_fresh", text_literal(f"{unit.title}: {late}"))
        return
    for check in checks:
        yield from _question(check)


def _question(check: DataCheck) -> Iterator[str]:
    counting = f"SELECT ({check.count.rstrip('; ')}) INTO @rc_count"
    yield f"SET @rc_count = 0, @rc = IF(@rc_todo IS NULL, 'DO 0', {text_literal(counting)}); {_RUN}"
    parts = f"{check.code} at {check.ref}: {check.message}".split("{count}")
    yield from _stop("@rc_count > 0", f"CONCAT({', @rc_count, '.join(map(text_literal, parts))})")


# --- statements -------------------------------------------------------------------------------------------------------

_RUN = "PREPARE rc FROM @rc; EXECUTE rc; DEALLOCATE PREPARE rc;"
# The whole sentence is told as a result, its beginning by the error.
_SAID = ("SELECT @rc_says AS reconcile FROM DUAL WHERE @rc_says IS NOT NULL;"
         " SET @rc = IF(@rc_says IS NULL, 'DO 0', CONCAT('stopped: ', @rc_says));")  # fmt: skip


def _stop(when: str, words: str) -> Iterator[str]:
    """Write what says these words and ends the script where the condition is true."""
    yield f"SET @rc_says = IF({when}, {words}, NULL);"
    yield f"{_SAID} {_RUN}"


def _sent(statement: Statement) -> Iterator[str]:
    if found := _PROGRAM.match(statement.sql):
        yield from _again(found, statement.sql)
    elif statement.sql.startswith(_PLAINLY):
        yield f"{statement.sql};"
    else:
        done = f"@rc_todo IS NULL OR ({statement.unless}) > 0" if statement.unless else "@rc_todo IS NULL"
        yield f"SET @rc = IF({done}, 'DO 0', {text_literal(statement.sql)});\n{_RUN}"
    if statement.proof:
        yield from _question(statement.proof)


_NAME = "`(?:[^`]|``)*`"
_PROGRAM = re.compile(rf"(CREATE|ALTER|DROP) (OR REPLACE )?(?:DEFINER = {_NAME}(?:@{_NAME})? )?"
                      rf"(TRIGGER|PROCEDURE|FUNCTION|EVENT) (?:IF EXISTS )?({_NAME})")  # fmt: skip


def _again(found: re.Match[str], sql: str) -> Iterator[str]:
    """Write a statement about a program so that it may be run twice; the client has to be told where a body ends."""
    verb, replacing, kind, name = found.groups()
    if verb == "DROP" or (verb == "CREATE" and not replacing):
        yield f"DROP {kind} IF EXISTS {name};"
    if verb != "DROP":
        end = "//"
        while end in sql:
            end += "/"
        yield f"DELIMITER {end}\n{sql}\n{end}\nDELIMITER ;"
