"""A number of tables in, a project of specs out; it knows no database."""

from __future__ import annotations

from pathlib import Path

# Every hundredth table is changed by `change`.
SHARE = 100

_PROJECT = """\
reconcile: 1
project: benchmark
dialects: [%(dialect)s]
sql: %(dialect)s
environments:
  local: {url: "%(url)s", default: true, policy: {approve: never}}
"""

# Eight columns, two indexes and a foreign key, as the peers were measured with.
_TABLE = """\
table: %(name)s
columns:
  id:         {type: bigint, not_null: true}
  parent_id:  {type: bigint, references: %(parent)s.id}
  name:       {type: "varchar(120)", not_null: true}
  status:     {type: "varchar(20)", not_null: true, default: open}
  amount:     {type: "decimal(12,2)", not_null: true, default: 0}
  active:     {type: bool, not_null: true, default: true}
  created_at: {type: timestamp, not_null: true, default: {sql: current_timestamp}}
  note:       {type: text}
primary_key: [id]
indexes:
  %(name)s_parent_idx: [parent_id]
  %(name)s_status_idx: {columns: [status, created_at desc]}
"""


def table_name(number: int) -> str:
    """Return the name of a table by its number, from 0."""
    return f"t{number:05d}"


def _parent(number: int) -> str:
    """Every table points to another one; the first of ten to itself, so that there are long chains and no circle."""
    return table_name(number if number % 10 == 0 else number - 1)


def write(folder: Path, tables: int, dialect: str, url: str) -> None:
    """Write a project of one dialect with a file for each table."""
    specs = folder / "tables"
    specs.mkdir(parents=True, exist_ok=True)
    (folder / "reconcile.yaml").write_text(_PROJECT % {"dialect": dialect, "url": url}, "utf-8")
    for number in range(tables):
        name = table_name(number)
        (specs / f"{name}.yaml").write_text(_TABLE % {"name": name, "parent": _parent(number)}, "utf-8")


def change(folder: Path, tables: int, turn: int = 0) -> int:
    """Give every hundredth table one column more, another one in each turn; return how many tables they are."""
    numbers = range(0, tables, SHARE)
    for number in numbers:
        path = folder / "tables" / f"{table_name(number)}.yaml"
        first = (line for line in path.read_text("utf-8").splitlines(keepends=True) if not line.startswith("  extra"))
        more = f"  extra{turn}: {{type: int}}\nprimary_key:"
        path.write_text("".join(first).replace("primary_key:", more, 1), "utf-8")
    return len(numbers)
