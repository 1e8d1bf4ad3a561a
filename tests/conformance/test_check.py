"""What `check` finds beside differences: rows, orphans, broken indexes; what it suggests mends them when typed."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from tests.process import Reconcile, Result
from tests.target import Target

SPEC = """\
table: characters
columns:
  id: {type: bigint, primary_key: true}
  name: {type: varchar(40)}
  initial_characters: {type: text}
---
table: voice_characters
columns:
  id: {type: bigint, primary_key: true}
  character_id: {type: bigint, not_null: true, references: characters.id}
---
table: lines
columns:
  id: {type: bigint, primary_key: true}
  character_id: {type: bigint}
foreign_keys:
  lines_character_fk: {columns: [character_id], references: characters(id), on_delete: set null}
"""
BEFORE = (
    "CREATE TABLE characters (id bigint NOT NULL PRIMARY KEY, name varchar(40))",
    "CREATE TABLE lines_ (id bigint NOT NULL PRIMARY KEY, character_id bigint)",
    "INSERT INTO characters VALUES (1, 'Ada')",
    "INSERT INTO lines_ VALUES (1, 1), (2, 77), (3, NULL), (4, 78)",
)


def _project(target: Target, directory: Path, spec: str = SPEC) -> None:
    url = {"env": "TARGET_URL"}
    (directory / "reconcile.yaml").write_text(
        f"reconcile: 1\nproject: voices\nenvironments: {{it: {{url: {json.dumps(url)}, dialect: {target.dialect}}}}}\n"
    )
    (directory / "tables.yaml").write_text(spec)


def _check(reconcile: Reconcile, target: Target, *codes: int) -> dict[str, Any]:
    done = reconcile("check", "--json", env={"TARGET_URL": target.url})
    assert done.ok(*codes)
    return dict(json.loads(done.out)["result"])


def _type(reconcile: Reconcile, target: Target, suggestion: str) -> Result | None:
    """Do what is suggested to the letter: a command of ours, or SQL."""
    words = shlex.split(suggestion)
    if words[0] == "reconcile":
        return reconcile(*words[1:], "--auto-approve", env={"TARGET_URL": target.url})
    target.execute(suggestion)
    return None


def test_a_missing_column_a_missing_table_and_rows_that_point_to_nothing(
    target: Target, reconcile: Reconcile, tmp_path: Path
) -> None:
    _project(target, tmp_path)
    for sql in BEFORE:
        target.execute(sql.replace("lines_", target.quoted("lines")))
    found = _check(reconcile, target, 2)
    assert found["status"] == "unhealthy"
    assert found["tables"] == {
        "characters": {"row_count": 1, "exists": True}, "lines": {"row_count": 4, "exists": True},
        "voice_characters": {"row_count": None, "exists": False},
    }  # fmt: skip
    issues = "\n".join(found["issues"])
    assert "table.characters.column.initial_characters is declared and not there" in issues
    assert "table.voice_characters is declared and not there" in issues
    assert "rows that point to nothing in characters: 2 (first keys: 2; 4)" in issues
    refused = reconcile("apply", "--auto-approve", "--allow", "*", env={"TARGET_URL": target.url})
    assert refused.code == 3
    assert "initial_characters" not in target.observe()
    for suggestion in found["suggestions"]:
        done = _type(reconcile, target, suggestion)
        assert done is None or done.ok()
    assert target.query(f"SELECT id, character_id FROM {target.quoted('lines')} ORDER BY id") == [
        (1, 1), (2, None), (3, None), (4, None)
    ]  # fmt: skip
    after = _check(reconcile, target, 0)
    assert (after["status"], after["issues"], after["suggestions"], after["faults"]) == ("healthy", [], [], [])


def test_a_key_that_nobody_holds_to_is_asked_for_orphans(sqlite: Target, reconcile: Reconcile, tmp_path: Path) -> None:
    _project(sqlite, tmp_path)
    reconcile("apply", "--auto-approve", env={"TARGET_URL": sqlite.url}).ok()
    sqlite.execute("PRAGMA foreign_keys = OFF; INSERT INTO voice_characters VALUES (5, 9), (6, 9)")
    found = _check(reconcile, sqlite, 2)
    assert [(one["code"], one["rows"], one["sample"]) for one in found["faults"]] == [("orphans", 2, ["5", "6"])]
    text = reconcile("check", env={"TARGET_URL": sqlite.url})
    assert "Not sound (1):" in text.out
    assert "once you have looked at these rows: DELETE" in text.out
    comment = reconcile("check", "-o", "markdown", env={"TARGET_URL": sqlite.url})
    assert "### 🔴" in comment.out
    assert "rows that point to nothing in characters: 2; → `DELETE FROM" in comment.out
    (suggestion,) = found["suggestions"]
    _type(reconcile, sqlite, suggestion)
    assert _check(reconcile, sqlite, 0)["status"] == "healthy"


def test_keys_that_were_not_validated_broken_indexes_and_many_rows(
    postgres: Target, reconcile: Reconcile, tmp_path: Path
) -> None:
    spec = SPEC.replace("on_delete: set null", "on_delete: cascade, not_valid: true")
    _project(postgres, tmp_path, spec)
    reconcile("apply", "--auto-approve", env={"TARGET_URL": postgres.url}).ok()
    postgres.execute(
        "ALTER TABLE lines DROP CONSTRAINT lines_character_fk; INSERT INTO lines VALUES (1, 99999);"
        "ALTER TABLE lines ADD CONSTRAINT lines_character_fk FOREIGN KEY (character_id) REFERENCES characters (id)"
        " ON DELETE CASCADE NOT VALID;"
        "INSERT INTO characters (id) SELECT n FROM generate_series(1, 12000) n; ANALYZE characters;"
        "CREATE INDEX lines_mine ON lines (character_id);"
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'lines_mine'::regclass"
    )
    found = _check(reconcile, postgres, 2)
    assert found["tables"]["characters"] == {"row_count": 12000, "exists": True, "estimated": True}
    assert {one["code"]: one["status"] for one in found["faults"]} == {"orphans": "problem", "invalid_index": "warn"}
    for suggestion in found["suggestions"][:2]:
        _type(reconcile, postgres, suggestion)
    assert postgres.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'lines_mine'::regclass") == [(True,)]
    after = _check(reconcile, postgres, 0)
    # The index is still nobody's, which is worth a word.
    assert (after["status"], after["faults"]) == ("warning", [])
    assert after["suggestions"] == ["reconcile drift accept table.lines.index.lines_mine -e it"]


def test_a_database_that_cannot_be_reached_is_an_error(reconcile: Reconcile, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("table: t\ncolumns: {id: {type: int, primary_key: true}}\n")
    done = reconcile("check", "--json", "--url", "postgresql://nobody@127.0.0.1:1/none", "--specs", tmp_path / "t.yaml")
    assert done.code == 1
    found = json.loads(done.out)["result"]
    assert (found["status"], found["tables"]) == ("error", {})
    assert found["issues"]


GROWN = """\
table: characters
columns:
  id: {type: bigint, primary_key: true}
  called: {type: varchar(40), renamed_from: name}
  initial_characters: {type: text, comment: As the script has them}
  loud: {type: int, not_null: true, default: 0}
indexes: {characters_loud: [loud]}
---
table: lines
columns:
  id: {type: bigint, primary_key: true}
  character_id: {type: bigint, not_null: true}
  said: {type: text}
foreign_keys:
  lines_character_fk: {columns: [character_id], references: characters(id)}
---
table: voices
columns:
  id: {type: bigint, primary_key: true}
---
data: voices
key: [id]
rows: [{id: 1}]
---
removed: table.takes
reason: nobody plays them
"""


def test_fix_does_what_is_safe_and_tells_what_it_held_back(
    target: Target, reconcile: Reconcile, tmp_path: Path
) -> None:
    _project(target, tmp_path, GROWN)
    for sql in (*BEFORE, "CREATE TABLE takes (id bigint NOT NULL PRIMARY KEY)"):
        target.execute(sql.replace("lines_", target.quoted("lines")))
    env = {"TARGET_URL": target.url}
    done = reconcile("check", "--fix", "--json", env=env)
    assert done.ok(2)
    found = json.loads(done.out)["result"]
    held = {one["address"] for one in found["held"]}
    assert held == {
        "table.characters.column.name", "table.characters.column.called", "table.lines.column.character_id",
        "table.lines.foreign_key.lines_character_fk", "table.takes",
    }  # fmt: skip
    assert found["fixed"]["run_id"]
    # What is new is there with its index, and all the rows are as they were.
    assert target.query("SELECT id, name, initial_characters, loud FROM characters") == [(1, "Ada", None, 0)]
    assert target.query(f"SELECT count(*), count(character_id) FROM {target.quoted('lines')}") == [(4, 3)]
    assert target.query("SELECT count(*) FROM voices") == [(0,)]
    assert "characters_loud" in target.observe()
    left = {one["address"] for one in found["drift"]}
    assert left == held - {"table.characters.column.name"} | {"data.voices"}
    again = reconcile("check", "--fix", env=env)
    assert again.ok(2)
    assert "Fixed nothing" in again.out
    assert "- table.takes: would be dropped" in again.out
    history = json.loads(reconcile("history", "--json", env=env).out)["result"]["runs"]
    assert [run["command"] for run in history] == ["check --fix"]


def test_fix_leaves_the_rows_of_a_large_table_alone(sqlite: Target, reconcile: Reconcile, tmp_path: Path) -> None:
    _project(sqlite, tmp_path)
    reconcile("apply", "--auto-approve", env={"TARGET_URL": sqlite.url}).ok()
    sqlite.execute(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x <= 100000)"
        " INSERT INTO characters (id) SELECT x FROM n; ALTER TABLE characters DROP COLUMN initial_characters"
    )
    _project(sqlite, tmp_path, SPEC.replace("---", "indexes: {characters_name: [name]}\n---", 1))
    done = reconcile("check", "--fix", "--json", env={"TARGET_URL": sqlite.url})
    assert done.ok(2)
    (held,) = json.loads(done.out)["result"]["held"]
    assert held["address"] == "table.characters.index.characters_name"
    assert "more than 100,000 rows" in held["reason"]
    assert sqlite.query("SELECT count(*), count(initial_characters) FROM characters") == [(100001, 0)]


WORK = """\
---
table: loud
columns:
  id: {type: bigint, primary_key: true}
---
backfill: characters_to_loud
source: {table: characters, key: [id], live_writes: frozen}
do: {insert_select: {into: loud, columns: {id: id}}}
idempotency: {strategy: target_key, key: [id]}
verify: [{name: none_is_missing, equal: {left: select 1, right: select 2}}]
"""


def test_missing_rights_and_data_work_that_failed_are_told_with_what_helps(
    postgres: Target, reconcile: Reconcile, tmp_path: Path
) -> None:
    _project(postgres, tmp_path, SPEC + WORK)
    postgres.execute(BEFORE[0])
    role = f"rc_reader_{os.getpid()}"
    postgres.execute(
        f"CREATE ROLE {role} LOGIN; REVOKE CREATE ON SCHEMA public FROM public; GRANT SELECT ON characters TO {role}"
    )
    try:
        limited = make_url(postgres.url).set(username=role).render_as_string(hide_password=False)

        def missing() -> list[str]:
            done = reconcile("check", "--json", env={"TARGET_URL": limited}).ok(2)
            return [one["suggestion"] for one in json.loads(done.out)["result"]["faults"] if one["code"] == "RUN011"]

        assert missing()
        for suggestion in missing():
            postgres.execute(suggestion)
        assert missing() == []
    finally:
        postgres.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
    assert reconcile("apply", "--auto-approve", env={"TARGET_URL": postgres.url}).code != 0
    found = _check(reconcile, postgres, 2)
    (fault,) = found["faults"]
    assert (fault["code"], fault["status"]) == ("backfill", "problem")
    assert "reconcile backfill run characters_to_loud -e it" in found["suggestions"]
