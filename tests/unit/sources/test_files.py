"""The files of a folder come in the order of their tool, and of each file what its tool runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from reconciler.errors import FileError, UsageError
from reconciler.sources.files import read_files


def folder(root: Path, *names: str) -> Path:
    """Make files of these names, each with a statement."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("select 1;")
    return root


ORDERS: Sequence[tuple[str, Sequence[str], Sequence[str], Sequence[str]]] = (
    ("golang-migrate", ["10_c.up.sql", "10_c.down.sql", "9_b.up.sql"], ["9_b.up.sql", "10_c.up.sql"],
     ["10_c.down.sql"]),
    (
        "Flyway",
        ["R__views.sql", "V2__b.sql", "V10__d.sql", "V2_1__c.sql", "V1__a.sql", "U2__b.sql", "V2.0.1__bb.sql"],
        ["V1__a.sql", "V2__b.sql", "V2.0.1__bb.sql", "V2_1__c.sql", "V10__d.sql", "R__views.sql"],
        ["U2__b.sql"],
    ),
    ("D1", ["0002_b.sql", "0001_a.sql", "meta/x.json"], ["0001_a.sql", "0002_b.sql"], []),
    ("Diesel", ["2_b/up.sql", "2_b/down.sql", "10_c/up.sql"], ["2_b/up.sql", "10_c/up.sql"], ["2_b/down.sql"]),
    ("Prisma", ["02_b/migration.sql", "01_a/migration.sql"], ["01_a/migration.sql", "02_b/migration.sql"], []),
)  # fmt: skip


@pytest.mark.parametrize(("names", "order", "left"), [case[1:] for case in ORDERS], ids=[case[0] for case in ORDERS])
def test_a_folder_is_read_as_its_tool_reads_it(
    tmp_path: Path, names: Sequence[str], order: Sequence[str], left: Sequence[str]
) -> None:
    found = read_files([folder(tmp_path, *names)])
    assert [source.path.relative_to(tmp_path).as_posix() for source in found.sources] == list(order)
    assert [Path(one.shown).relative_to(tmp_path).as_posix() for one in found.left_out] == list(left)


@pytest.mark.parametrize(
    ("text", "runs", "tool"),
    [
        ("select 1;\n", ["select 1;\n"], ()),
        ("-- migrate:up transaction:false\na;\n-- migrate:down\nb;\n", ["a;\n"], ("dbmate",)),
        ("-- +goose Up\na;\n-- +goose StatementBegin\nb;\n-- +goose StatementEnd\n-- +goose Down\nc;\n",
         ["a;\n", "b;\n"], ("goose",)),
        ("-- +goose Down\nc;\n-- +goose Up\na;", ["a;"], ("goose",)),
        ("a;--> statement-breakpoint\nb;\n--> statement-breakpoint\nc", ["a;", "b;\n", "c"], ("Drizzle",)),
    ],
)  # fmt: skip
def test_of_a_file_is_run_what_its_tool_runs(
    tmp_path: Path, text: str, runs: Sequence[str], tool: tuple[str, ...]
) -> None:
    (tmp_path / "1.sql").write_bytes(text.encode())
    found = read_files([tmp_path])
    (source,) = found.sources
    assert [text[section.start : section.end] for section in source.sections] == list(runs)
    assert found.tools == tool


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file of SQL"):
        read_files([folder(tmp_path, "a/1.down.sql") / "a"])
    with pytest.raises(UsageError, match="there is no file"):
        read_files([tmp_path / "nowhere.sql"])
    (tmp_path / "latin.sql").write_bytes(b"select '\xe9'")
    with pytest.raises(FileError, match="not UTF-8"):
        read_files([tmp_path / "latin.sql"])
