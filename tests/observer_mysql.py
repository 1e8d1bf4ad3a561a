"""A MySQL or MariaDB database in, the lines of SHOW CREATE for everything in it out; nothing of ours is asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from tests.target import Target

# A counter of rows is no part of a schema; who made something, and in which database, neither. InnoDB does the same
# with RESTRICT and NO ACTION, has no index but a B-tree, and a width without ZEROFILL changes nothing.
# dev.mysql.com/doc/refman/9.7/en/create-table-foreign-keys.html, …/create-index.html, …/numeric-type-attributes.html
_BESIDE = re.compile(
    r" AUTO_INCREMENT=\d+| DEFINER=`[^`]*`@`[^`]*`"
    r"|(?<=\)) (?:ON (?:DELETE|UPDATE) (?:RESTRICT|NO ACTION))(?= |,|$)"
    r"|(?<=[A-Z]) (?:ON UPDATE (?:RESTRICT|NO ACTION))(?=,|$)"
    r"|(?<=int)(?!(?<=tinyint)\(1\)(?! unsigned))\(\d+\)(?! (?:unsigned )?zerofill)",
    re.MULTILINE,
)
# MySQL remembers that a column said the collation that its table has anyway.
_COLLATION = "select table_collation from information_schema.tables where table_schema = database() and table_name"
_TREE = re.compile(r"(?<=\)) USING BTREE\b")
# Kind word, name, all that a program has beside its body, and the body as the catalog tells it, which is not exact.
_PROGRAMS = """
select 'trigger', trigger_name, concat_ws(' ', event_object_table, action_timing, event_manipulation, action_order,
    sql_mode, character_set_client, collation_connection), action_statement
from information_schema.triggers where trigger_schema = database()
union all select lower(routine_type), routine_name, concat_ws(' ', dtd_identifier, character_set_name, is_deterministic,
    sql_data_access, security_type, routine_comment, sql_mode, character_set_client, collation_connection,
    (select group_concat(concat_ws(' ', parameter_mode, parameter_name, dtd_identifier, collation_name)
        order by ordinal_position) from information_schema.parameters
        where specific_schema = database() and specific_name = routine_name and
            parameters.routine_type = routines.routine_type)), routine_definition
from information_schema.routines where routine_schema = database()
union all select 'event', event_name, concat_ws(' ', event_type, interval_value, interval_field, execute_at, starts,
    ends, status, on_completion, event_comment, time_zone, sql_mode, character_set_client, collation_connection),
    event_definition
from information_schema.events where event_schema = database()
"""


def facts(target: Target) -> Mapping[tuple[str, str], Sequence[str]]:
    """Return the lines of everything there, by kind word and name; the ledger is left out."""
    found = {
        (_WORDS.get(sort, sort.lower()), name): _lines(target, name, sort)
        for name, sort in target.query("show full tables")
        if not name.startswith("_reconcile_")
    }
    return found | {
        (kind, name): [str(rest), *_body(target, kind, name, str(text or "")).splitlines()]
        for kind, name, rest, text in target.query(_PROGRAMS)
        if not name.startswith("_reconcile_")
    }


def _body(target: Target, kind: str, name: str, told: str) -> str:
    """Return a body to the letter: as SHOW CREATE ends, from where the catalog says that it begins."""
    column = {"trigger": 2, "event": 3}.get(kind, 2)
    text = str(target.query(f"show create {kind} {target.quoted(name)}")[0][column])
    begins = re.split("['\"]", told)[0]
    return text[text.find(begins) :] if begins in text else text


def differences(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """Return the lines that only one of two texts has; their order is no difference: no change ever makes one."""
    here, there = ([line.rstrip(",") for line in lines] for lines in (first, second))
    only = Counter(here) - Counter(there), Counter(there) - Counter(here)
    return [f"- {line}" for line in only[0].elements()] + [f"+ {line}" for line in only[1].elements()]


_WORDS = {"BASE TABLE": "table", "SYSTEM VERSIONED": "table"}


def _lines(target: Target, name: str, sort: str) -> Sequence[str]:
    word = "view" if sort == "VIEW" else "table"
    text = str(target.query(f"show create {word} {target.quoted(name)}")[0][1])
    own = str(target.query("select database()")[0][0])
    plain = text if "ENGINE=MEMORY" in text else _TREE.sub("", text)
    for (collation,) in target.query(f"{_COLLATION} = '{name}' and table_collation is not null"):
        words = rf" (CHARACTER SET {str(collation).partition('_')[0]} )?COLLATE {collation}(?=[ ,\n])"
        plain = re.sub(words, "", plain)
    return _BESIDE.sub("", plain).replace(f"`{own}`.", "").splitlines()
