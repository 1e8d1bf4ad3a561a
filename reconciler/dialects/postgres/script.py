"""A plan in, a script for psql or any other client out: DO blocks that look in the catalogs before each change.

Everything is plain SQL, in as few transactions as the server allows, but what a large table has done to it outside of
any transaction, which psql sends; a block goes on only where the one before it came
to its end, because psql by itself goes on after an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.dialects.postgres.checking import EVERYWHERE, UNCHECKED, found_routines, written_bodies
from reconciler.dialects.postgres.guards_programs import routine_is
from reconciler.dialects.postgres.locks import KEY
from reconciler.dialects.postgres.quoting import dollar_quoted, free_tag
from reconciler.dialects.postgres.units import State, Unit, units
from reconciler.dialects.script import Order, Script, commented, of_rows, row_remarks, without_rows
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.plan.hazards import HAZARDS, Effect
from reconciler.plan.order import parts
from reconciler.plan.step import DataCheck, Step

# Relations that one transaction locks at most: a server with the default settings has room for 6,400 locks.
_ROOM = 2_000
# Where a session keeps how far the script came, and whether it made the renames.
_PROGRESS, _FRESH = "reconcile.script", "reconcile.fresh"
# Where it keeps which unit's statements are to be sent.
_TODO = "reconcile.todo"
# How long a statement waits for a lock while others may wait behind it.
_PATIENCE = "3s"


def script(order: Order) -> Script:
    """Write a plan. Raises PlanError for what cannot be guarded."""
    found, writing = units(without_rows(order)), of_rows(order)
    states = [state for unit in found for state in unit.states]
    remarks = tuple(dict.fromkeys(state.remark for state in states if state.remark))
    groups = list(_groups(found))
    texts = [_opening(order, bool(remarks))]
    for number, group in enumerate(groups):
        if group[0].alone:
            texts.append(_apart(order, number, group[0]))
            continue
        body = _block(order, number, group)
        # What is committed here is of use only then. Under `psql -1` the BEGIN is a warning, and the COMMIT is not.
        texts.append(f"BEGIN;\n{body}\nCOMMIT;\n" if any(unit.commits for unit in group) else f"{body}\n")
    if writing:
        texts.append(f"{_rows_block(order, len(groups), writing)}\n")
    texts.append(_closing(order, len(groups) + bool(writing), states))
    remarks = (*remarks, *row_remarks(order))
    return Script(body="\n".join(texts), remarks=remarks, run="psql -X -v ON_ERROR_STOP=1 -f FILE")


def _groups(found: Iterable[Unit]) -> Iterator[list[Unit]]:
    """Yield what is one transaction: all, until something has to be committed or the lock table might be full."""
    group: list[Unit] = []
    for unit in found:
        full = sum(one.relations for one in group) + unit.relations > _ROOM
        if group and (full or any(one.commits or one.alone for one in (unit, group[-1]))):
            yield group
            group = []
        group.append(unit)
    if group:
        yield group


# --- one transaction --------------------------------------------------------------------------------------------------


def _block(order: Order, number: int, group: Sequence[Unit]) -> str:
    lines = [*_head(order, number)]
    for unit in group:
        lines += ["", *_unit(unit, order, [sql for step in unit.steps for sql in _executed(step)])]
    return _do([*lines, "", _set(_PROGRESS, f"{order.plan.id} {number + 1}"), "END"])


def _head(order: Order, number: int) -> Iterator[str]:
    plan = order.plan.id
    yield "DECLARE"
    yield "  todo text[]; done text[]; strange text[]; offending bigint;"
    yield f"  fresh boolean := coalesce(current_setting('{_FRESH}', true), '') = {text_literal(plan)};"
    yield "BEGIN"
    yield from _chained(plan, number)
    yield f"  IF NOT pg_try_advisory_xact_lock({KEY.replace(':schema', text_literal(order.schema))}) THEN"
    yield "    RAISE EXCEPTION 'another run of reconcile is at work on this database' USING HINT = 'try again';"
    yield "  END IF;"


def _executed(step: Step) -> list[str]:
    return [f"    EXECUTE {dollar_quoted(statement.sql)};" for statement in step.statements]


def _apart(order: Order, number: int, unit: Unit) -> str:
    """Write steps of which a statement is in no transaction: psql sends that if the block before found it undone
    (manual, "psql", \\gexec).
    """
    here = f"{order.plan.id} {number}"
    asked = f"coalesce(current_setting('{_TODO}', true), '') = {text_literal(here)}"
    found = _unit(unit, order, [f"  {_set(_TODO, here)}"])
    texts = [_do([*_head(order, number), _set(_TODO, ""), *found, "END"])]
    for step in (part for one in unit.steps for part in parts(one)):
        if step.alone:
            sent = f"SELECT {text_literal(step.statements[0].sql)} WHERE {asked} \\gexec"
            texts.append(f"SET lock_timeout TO 0;\n{sent}\nSET lock_timeout TO '{_PATIENCE}';")
        else:
            texts.append(_do(["BEGIN", f"  IF {asked} THEN", *_executed(step), "  END IF;", "END"]))
    lines = [*_head(order, number), *_asked(unit.states), "  IF todo IS NOT NULL OR strange IS NOT NULL THEN"]
    lines += [f"    RAISE EXCEPTION '{unit.title}: not done in every part: see the error above';", "  END IF;"]
    texts.append(_do([*lines, _set(_PROGRESS, f"{order.plan.id} {number + 1}"), "END"]))
    return "\n".join(texts) + "\n"


def _rows_block(order: Order, number: int, steps: Sequence[Step]) -> str:
    plan = order.plan.id
    lines = ["BEGIN", *_chained(plan, number)]
    for step in steps:
        lines += ["", f"  -- {step.action} {commented(str(step.subject))}", *_executed(step)]
    return _do([*lines, "", _set(_PROGRESS, f"{plan} {number + 1}"), "END"])


def _unit(unit: Unit, order: Order, act: Sequence[str]) -> Iterator[str]:
    """Yield what looks at the states of a unit, and acts where nothing of it is done."""
    for number, step in enumerate(unit.steps, unit.first):
        yield f"  -- {number}. {step.action} {commented(str(step.subject))}"
    yield from _asked(unit.states)
    yield "  IF strange IS NOT NULL THEN"
    yield f"    RAISE EXCEPTION '{unit.title}: neither as before nor as planned: %', {_words('strange')}"
    yield "      USING HINT = 'the database is not the one that was planned for, or has changed since: plan again';"
    yield "  ELSIF todo IS NOT NULL AND done IS NOT NULL THEN"
    yield f"    RAISE EXCEPTION '{unit.title}: done is only a part: %', {_words('done')}"
    yield "      USING HINT = 'somebody did that by hand: plan again';"
    yield "  ELSIF todo IS NOT NULL THEN"
    yield from _questions(unit, order.plan.steps)
    yield from act
    if unit.renames:
        yield f"  {_set(_FRESH, order.plan.id)}"
        yield "    fresh := true;"
    yield "  ELSE"
    yield f"    RAISE NOTICE '{unit.title}: done already';"
    yield "  END IF;"


def _words(addresses: str) -> str:
    return f"array_to_string({addresses}, ', ')"


def _asked(states: Sequence[State]) -> Iterator[str]:
    rows = []
    for state in states:
        just = ("fresh AND ", "NOT fresh AND ") if state.just else ("", "")
        before, after = (f"coalesce({a}{b}, false)" for a, b in zip(just, (state.before, state.after), strict=True))
        rows.append(f"      ({text_literal(state.address)},\n       {before},\n       {after})")
    yield "  SELECT array_agg(t.address) FILTER (WHERE t.before AND NOT t.after),"
    yield "         array_agg(t.address) FILTER (WHERE t.after AND NOT t.before),"
    yield "         array_agg(t.address) FILTER (WHERE t.before = t.after)"
    yield "    INTO todo, done, strange"
    yield "    FROM (VALUES"
    yield ",\n".join(rows)
    yield "    ) AS t (address, before, after);"


def _questions(unit: Unit, steps: Sequence[Step]) -> Iterator[str]:
    """Ask the rows before anything changes; the questions use the names before the renames, so they come first."""
    renamed = any(step.action == "rename" for step in steps)
    asking = steps if unit.renames else unit.steps
    checks = [check for step in asking for check in step.checks if HAZARDS[check.code].effect is Effect.BLOCK]
    if checks and renamed and not unit.renames:
        yield "    IF NOT fresh THEN"
        yield f"      RAISE EXCEPTION '{unit.title}: the renames were made before, and this was not'"
        yield "        USING HINT = 'the rows cannot be asked by their old names any more: plan again';"
        yield "    END IF;"
        return
    for check in checks:
        yield from _question(check)


def _question(check: DataCheck) -> Iterator[str]:
    parts = f"{check.code} at {check.ref}: {check.message}".split("{count}")
    words = " || offending || ".join(map(text_literal, parts))
    yield f"    EXECUTE {dollar_quoted(check.count)} INTO offending;"
    yield "    IF offending > 0 THEN"
    yield f"      RAISE EXCEPTION '%', {words} USING HINT = 'the rows contradict the plan: mend them first';"
    yield "    END IF;"


# --- the beginning and the end ----------------------------------------------------------------------------------------


def _opening(order: Order, spelling: bool) -> str:
    schema = double_quoted(order.schema)
    unchecked = (UNCHECKED,) if written_bodies(order.plan.steps) else ()
    settings = (
        *unchecked, "client_encoding TO 'UTF8'", "standard_conforming_strings TO on", f"search_path TO {schema}",
        f"lock_timeout TO '{_PATIENCE}'", "statement_timeout TO 0", "idle_in_transaction_session_timeout TO 0",
    )  # fmt: skip
    lines = ["BEGIN", _set(_PROGRESS, ""), _set(_FRESH, "")]
    if order.refusal:
        hint = "    USING HINT = 'allow it with `reconcile plan -o sql --allow …`, where it can be allowed';"
        lines += [f"  RAISE EXCEPTION '%', {text_literal(order.refusal)}", hint]
    lines += [
        *_server(order, spelling),
        f"  IF to_regnamespace({text_literal(schema)}) IS NULL THEN",
        f"    EXECUTE {dollar_quoted(f'CREATE SCHEMA {schema}')};",
        "  END IF;",
        _set(_PROGRESS, f"{order.plan.id} 0"),
        "END",
    ]
    return "".join(f"SET {setting};\n" for setting in settings) + "\n" + _do(lines) + "\n"


def _server(order: Order, spelling: bool) -> Iterator[str]:
    """Texts are told by the server's own spelling of them, which another major version may have changed."""
    major = order.server.partition(".")[0]
    number = "current_setting('server_version_num')::integer / 10000"
    if spelling and major.isdecimal():
        yield f"  IF {number} <> {major} THEN"
        yield f"    RAISE EXCEPTION 'this script was written for PostgreSQL {major}' USING HINT = 'plan again here';"
    else:
        yield f"  IF {number} < 12 THEN"
        yield "    RAISE EXCEPTION 'PostgreSQL 12 or later is needed';"
    yield "  END IF;"


def _closing(order: Order, number: int, states: Sequence[State]) -> str:
    """Write what verifies: it raises with the addresses that are not as planned, and else says so in words."""
    plan = order.plan.id
    rows = [f"      ({text_literal(state.address)}, coalesce({state.after}, false))" for state in states]
    lines = [
        "DECLARE",
        "  wrong text; routine record;",
        "BEGIN",
        *_chained(plan, number),
        *_bodies(order),
        "  SELECT string_agg(t.address, ', ') FILTER (WHERE NOT t.after) INTO wrong",
        "    FROM (VALUES",
        ",\n".join(rows) or "      ('', true)",
        "    ) AS t (address, after);",
        "  IF wrong IS NOT NULL THEN",
        f"    RAISE EXCEPTION 'the database does not match plan {plan}: %', wrong USING HINT = 'plan again';",
        "  END IF;",
        _set(_PROGRESS, f"{plan} verified"),
        "END",
    ]
    right = f"the database matches plan {plan}: {len(states)} of {len(states)} addresses are as planned"
    wrong = f"the database does not match plan {plan}: see the error above"
    return (
        f"{_do(lines)}\n\nSELECT CASE current_setting('{_PROGRESS}', true) WHEN {text_literal(f'{plan} verified')}\n"
        f"  THEN {text_literal(right)}\n  ELSE {text_literal(wrong)} END AS reconcile;\n"
    )


_NOT_FOUND = "undefined_table OR undefined_function OR undefined_object OR invalid_schema_name"


def _bodies(order: Order) -> Iterator[str]:
    """Let each language look at the bodies of the plan, now that all is there that they speak of."""
    written = [routine_is(routine, order.schema) for _, routine in written_bodies(order.plan.steps)]
    if written:
        yield "  PERFORM set_config('check_function_bodies', 'on', false);"
        yield f"  FOR routine IN {found_routines(written).strip()}"
        yield "  LOOP"
        yield "    BEGIN"
        yield "      EXECUTE format('SELECT %I.%I($1)', routine.nspname, routine.proname) USING routine.oid;"
        yield f"    EXCEPTION WHEN {_NOT_FOUND} THEN"
        yield f"      PERFORM set_config('search_path', ({EVERYWHERE.strip()}), true);"
        yield "      EXECUTE format('SELECT %I.%I($1)', routine.nspname, routine.proname) USING routine.oid;"
        yield f"      PERFORM set_config('search_path', {text_literal(double_quoted(order.schema))}, true);"
        yield "    END;"
        yield "  END LOOP;"


def _chained(plan: str, number: int) -> Iterator[str]:
    """Yield the test that what comes before in the script came to its end."""
    yield f"  IF coalesce(current_setting('{_PROGRESS}', true), '') <> {text_literal(f'{plan} {number}')} THEN"
    yield "    RAISE EXCEPTION 'an earlier part of this script failed: nothing more is done';"
    yield "  END IF;"


def _set(name: str, value: str) -> str:
    return f"  PERFORM set_config('{name}', {text_literal(value)}, false);"


# --- quoting ----------------------------------------------------------------------------------------------------------


def _do(lines: Iterable[str]) -> str:
    text = "\n".join(lines)
    tag = free_tag(text, "script")
    return f"DO {tag}\n{text}\n{tag};"
