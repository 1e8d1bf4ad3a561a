"""What SQLite cannot read is told with its place before any database is asked; what it can read is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli import main
from reconciler.dialects import dialect
from reconciler.model.model import Model
from reconciler.model.objects import Check
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Sql

PROJECT = 'reconcile: 1\nproject: p\ndialects: [sqlite]\nenvironments: {here: {url: "sqlite:///p.db", default: true}}\n'
TABLE = """\
table: t
columns:
  a: {type: int}
  b: {type: text, default: {sql: %s}}
  c: {type: text, generated: {sql: %s}}
checks: {k: %s}
indexes: {i: {columns: [{sql: %s}], where: %s}}
---
view: v
query: |
  %s
"""


def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str) -> str:
    monkeypatch.chdir(tmp_path)
    Path("reconcile.yaml").write_text(PROJECT)
    Path("a.yaml").write_text(text)
    code = main(["validate"])
    err = capsys.readouterr().err
    assert code == (65 if err else 0)
    return err


def test_each_text_that_is_no_sql_is_told_at_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ('"foo bar baz"', '"a ||"', '"a >"', '"lower(b) c d"', '"select"', "selec a frm t")
    err = told(tmp_path, monkeypatch, capsys, TABLE % words)
    assert [line.split()[-1] for line in err.splitlines() if line.lstrip().startswith("--> ")] == [
        "a.yaml:4:28", "a.yaml:5:30", "a.yaml:6:13", "a.yaml:7:24", "a.yaml:7:56", "a.yaml:10:8",
    ]  # fmt: skip
    assert err.count("SQLite cannot read the SQL") == 6
    assert "table.t.check.k: SQLite cannot read the SQL: incomplete input" in err


@pytest.mark.parametrize(
    "text",
    ["a glob 'x*' or b isnull", "other_function(a, b)", "b collate somebodys", "a ->> '$.x' = 1", "a in (1, 2)",
     "exists (select 1 from nowhere where nothing_here > a)", "true", "`a` = [b]", "/* a */ (a) /* b */", "x'00' < b",
     "case when a then b end", 'a = "text"'],
)  # fmt: skip
def test_what_sqlite_reads_is_left_alone(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    words = ("current_timestamp", "a", quoted, quoted, quoted, f"with q(x) as (select {text} from t) select x from q;")
    assert told(tmp_path, monkeypatch, capsys, TABLE % words) == ""


def test_what_only_the_database_can_tell_has_its_place_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "table: t\ncolumns: {a: {type: int}}\nindexes: {i: {columns: [{sql: nobody_knows(a)}]}}\n"
    assert told(tmp_path, monkeypatch, capsys, text) == ""
    assert main(["apply", "--auto-approve"]) == 1
    err = capsys.readouterr().err
    assert "error[RUN024]: the plan was rehearsed" in err
    assert "create table.t.index.i: no such function: nobody_knows" in err
    assert "--> a.yaml:3:11" in err


def test_d1_is_left_to_itself_because_its_sqlite_is_another_one() -> None:
    table = Ref.root(Kind.TABLE, "t")
    check = Check(ref=table.child(Kind.CHECK, "c"), expression=Sql("a >", "sqlite"))
    assert [problem.address for problem, _ in dialect("sqlite").proofread(Model([check]))] == ["table.t.check.c"]
    assert list(dialect("d1").proofread(Model([check]))) == []
