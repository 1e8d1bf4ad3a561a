"""A backfill that is wrong is refused while validating, each mistake with its code and its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import Problem, SpecError
from reconciler.workflow.opening import Request
from reconciler.workflow.validating import validate

TABLES = """\
table: logs
columns: {id: {type: bigint, identity: true}, user_id: {type: int, not_null: true}, delta: {type: int}, ratio: {type: float, not_null: true}, done: {type: bool}, twice: {type: int, generated: {sql: delta * 2}}}
primary_key: [id]
indexes: {logs_user_idx: [user_id]}
---
table: balances
columns: {user_id: {type: int, not_null: true}, kind: {type: text, not_null: true}, amount: {type: int, not_null: true, default: 0}}
primary_key: [user_id, kind]
---
backfill: b
"""  # noqa: E501

SOURCE = "source: {table: logs, key: [id], live_writes: frozen}\n"
VERIFY = "verify: [{name: v, zero_rows: select 1}]\n"
UPDATE = 'do: {update: {set: {done: "delta > 0"}}}\nidempotency: {strategy: converge}\n'
CAUGHT = SOURCE.replace("frozen", "trigger")
CONVERGE = "idempotency: {strategy: converge}\n"
INSERT = "do: {insert_select: {into: balances, columns: {user_id: user_id, kind: \"'x'\"}}}\n"

CASES = [
    ("nobody says who writes", SOURCE.replace(", live_writes: frozen", "") + UPDATE, [("BF107", 11, 9)]),
    ("a key that is not unique", SOURCE.replace("[id]", "[user_id]") + UPDATE, [("BF104", 11, 28)]),
    ("a key of floats without an index", SOURCE.replace("[id]", "[ratio]") + UPDATE, [("BF104", 11, 28)] * 3),
    ("a key that is not there", SOURCE.replace("[id]", "[idd]") + UPDATE, [("SPEC031", 11, 29)]),
    ("a column that is not there", SOURCE + UPDATE.replace("done:", "don:"), [("SPEC031", 12, 26)]),
    ("an expression over nothing", SOURCE + UPDATE.replace("delta", "dleta"), [("SPEC031", 12, 27)]),
    ("of itself", SOURCE + UPDATE.replace("delta > 0", "not done"), [("BF106", 12, 27)]),
    (
        "no unique index",
        SOURCE + INSERT + "idempotency: {strategy: target_key, key: [user_id]}\n",
        [("BF103", 13, 14)],
    ),
    ("rests on its cursor", SOURCE + INSERT + "idempotency: {strategy: cursor}\n", [("BF106", 13, 25)]),
    ("converges with inserts", SOURCE + INSERT + "idempotency: {strategy: converge}\n", [("BF106", 13, 25)]),
    (
        "adds without claims",
        SOURCE + INSERT[:-3] + ', merge: {on: [user_id, kind], set: {amount: "target.amount + 1"}}}}\n'
        "idempotency: {strategy: target_key, key: [user_id, kind]}\n",
        [("BF106", 12, 123)],
    ),
    ("a range that is not kept to", SOURCE + 'do: {sql: "update logs set done = true"}\n' + CONVERGE,
     [("BF101", 12, 11)]),
    (
        "deletes and does not say so",
        SOURCE + 'do: {sql: "delete from logs where id > :lo and id <= :hi"}\nidempotency: {strategy: converge}\n',
        [("SPEC014", 12, 11)],
    ),
    (
        "not exhaustive",
        SOURCE + "do: {insert_select: {into: balances, classify: {kind: [{when: delta > 0, then: a}]}, columns: "
        "{user_id: user_id, kind: $kind}}}\nidempotency: {strategy: target_key, key: [user_id, kind]}\n",
        [("SPEC014", 12, 49)],
    ),
    ("two works at once", SOURCE + UPDATE.replace("do: {", 'do: {sql: "select 1", '), [("SPEC016", 12, 23)]),
    ("no source", UPDATE, [("SPEC014", 10, 11)]),
    ("needs what is not there", SOURCE + UPDATE + "requires: [table.nope]\n", [("SPEC030", 14, 12)]),
    ("no window", SOURCE + UPDATE + "throttle: [{window: late}]\n", [("SPEC015", 14, 21)]),
    ("at no hour of a day", SOURCE + UPDATE + 'cadence: {cron: "0 25 * * *"}\n', [("SPEC015", 14, 17)]),
    ("always, and marked once", SOURCE + UPDATE.replace("converge", "mark_source, mark: done") + "cadence: always\n",
     [("BF106", 14, 10)]),
    ("mirrored by nobody", SOURCE + UPDATE + "deletes: mirror\ncapture: {trigger: before_write}\n",
     [("BF112", 14, 10), ("BF112", 15, 10)]),
    ("caught too late", CAUGHT + UPDATE + "capture: {trigger: after_write}\n", [("BF112", 14, 20)]),
    ("caught, and added up", CAUGHT + INSERT[:-3] + ", group_by: [user_id, \"'x'\"], merge: {on: [user_id, kind]}}}\n"
     "idempotency: {strategy: ledger, key: [id]}\n", [("BF112", 12, 21), ("BF112", 12, 115), ("BF112", 13, 25)]),
    ("caught, and left as it was", CAUGHT + INSERT + "idempotency: {strategy: target_key, key: [user_id, kind]}\n",
     [("BF112", 13, 14)]),
    ("caught, and made of what is not known yet", CAUGHT + UPDATE.replace("delta > 0", "twice > 0"),
     [("BF112", 12, 27)]),
    ("caught by a statement",
     CAUGHT + 'do: {sql: "update logs set done = true where id > :lo and id <= :hi"}\n' + CONVERGE,
     [("BF112", 11, 47)]),
    ("no database of that name", SOURCE + UPDATE + "into: {table: logs, database: nope}\n", [("SPEC051", 14, 31)]),
]  # fmt: skip


def mistakes(folder: Path, text: str, dialect: str = "postgres") -> list[Problem]:
    (folder / "reconcile.yaml").write_text(f"reconcile: 1\nproject: p\ndialects: [{dialect}]\n")
    (folder / "a.yaml").write_text(text)
    with pytest.raises(SpecError) as caught:
        validate(Request(directory=folder))
    return list(caught.value.problems())


def places(problems: list[Problem]) -> list[tuple[str, int, int]]:
    return [(one.code, one.position.line, one.position.column) for one in problems if one.position is not None]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_mistake_in_a_backfill(text: str, expected: list[tuple[str, int, int]], tmp_path: Path) -> None:
    assert places(mistakes(tmp_path, TABLES + text + VERIFY)) == expected


def test_a_verification_that_is_no_query_and_a_column_of_no_backfill(tmp_path: Path) -> None:
    text = TABLES.replace("done: {type: bool}", "done: {type: bool, backfill: bb}") + SOURCE + UPDATE
    text += "verify: [{name: v, zero_rows: delete from logs}]\n"
    assert places(mistakes(tmp_path, text)) == [("SPEC030", 2, 172), ("SPEC200", 14, 31)]
    text = text.replace("backfill: bb", "backfill: b")
    assert places(mistakes(tmp_path, text)) == [("SPEC200", 14, 31)]
    for wrong, code in (("select 1; select 2", "SPEC025"), ("select 1 union", "SPEC200"), ("selec 1", "SPEC200"),
                        ("with gone as (delete from logs returning 1) select 1 from gone", "SPEC200")):  # fmt: skip
        assert places(mistakes(tmp_path, text.replace("delete from logs", f"'{wrong}'"))) == [(code, 14, 31)], wrong


def test_an_enum_of_mysql_is_no_key(tmp_path: Path) -> None:
    """It is in the order of its values, and compared as a text."""
    text = TABLES.replace("kind: {type: text, ", "kind: {type: enum(sort), ").replace(
        "---", "---\nenum: sort\nvalues: [b, a]\n---", 1
    )
    text += SOURCE.replace("logs, key: [id]", "balances, key: [user_id, kind]") + UPDATE.replace(
        "done: ", "amount: "
    ).replace("delta > 0", "7")
    assert places(mistakes(tmp_path, text + VERIFY, "mysql")) == [("BF104", 14, 32)]


def test_what_verifications_name(tmp_path: Path) -> None:
    asked = "verify:\n- {name: a, equal: {left: select max(idd) from logs, right: select 1}}\n"
    asked += "- {name: b, checksum: {columns: [done, dlta]}}\n- {name: c, sample: {rows: 5}}\n"
    found = mistakes(tmp_path, TABLES + SOURCE + UPDATE + asked)
    assert places(found) == [("SPEC031", 15, 27), ("SPEC031", 16, 40)]
    assert [one.hint for one in found] == ["did you mean 'id'?", "it writes id, done"]
    grouped = INSERT.replace("\"'x'\"}", "\"'x'\", amount: {agg: sum, of: delta}}, group_by: [user_id]")
    grouped += "idempotency: {strategy: recompute, key: [user_id]}\n"
    found = mistakes(tmp_path, TABLES + SOURCE + grouped + asked.replace("idd", "id"))
    assert [one.message for one in found if "one by one" in one.message]
