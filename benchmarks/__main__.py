"""`python -m benchmarks`: measures every number that the project promises to hold, and says which ones it does."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.places import PLACES
from benchmarks.rows import Row, of_dialect, start_up


def main(
    tables: Annotated[int, typer.Option(help="How many tables the project has.")] = 5000,
    dialect: Annotated[
        list[str] | None, typer.Option(help="sqlite, postgres, mysql or mariadb; all by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout, no table.")] = False,
) -> None:
    """Measure the whole command beside its floors, everything in one run."""
    found: dict[str, list[Row]] = {}
    with tempfile.TemporaryDirectory(prefix="reconcile-benchmark-") as name:
        found["start-up"] = _watched("start-up", start_up(Path(name)))
        for word in dialect or PLACES:
            folder = Path(name) / word
            folder.mkdir()
            with PLACES[word](folder) as place:
                found[word] = _watched(word, of_dialect(folder, tables, place))
    if as_json:
        typer.echo(json.dumps(_data(found, tables), indent=2))
    else:
        _show(found, tables)


def _watched(title: str, rows: Iterable[Row]) -> list[Row]:
    """Collect rows, and say on stderr what is done: some take minutes."""
    found = []
    for row in rows:
        typer.echo(f"{title}: {row.name}: {row.cost.wall:.2f} s", err=True)
        found.append(row)
    return found


def _data(found: dict[str, list[Row]], tables: int) -> dict[str, object]:
    rows = {
        title: [asdict(row) | {"ratio": row.ratio, "met": row.met} for row in group] for title, group in found.items()
    }
    return {"tables": tables, "cores": os.cpu_count(), "rows": rows}


def _show(found: dict[str, list[Row]], tables: int) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    words = {None: "", True: "ok", False: "missed"}
    for title, rows in found.items():
        heading = title if title == "start-up" else f"{title}, {tables:,} tables"
        table = Table(title=heading, title_justify="left", box=SIMPLE_HEAD)
        table.add_column("what", no_wrap=True)
        for head in ("wall s", "CPU s", "MB", "× floor", "limit", ""):
            table.add_column(head, justify="right", no_wrap=True)
        for row in rows:
            table.add_row(
                row.name, f"{row.cost.wall:.2f}", f"{row.cost.cpu:.2f}", f"{row.cost.peak:.0f}",
                "" if row.ratio is None else f"{row.ratio:.1f}", "" if row.limit is None else f"{row.limit:.2f}",
                words[row.met],
            )  # fmt: skip
        Console().print(table)


if __name__ == "__main__":
    typer.run(main)
