"""Arguments in, a few lines on what became of a schema out, and a file with everything that differs."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from tests.compatibility.roundtrip import Outcome, round_trip
from tests.compatibility.subject import Subject
from tests.compatibility.upgrade import upgrade
from tests.target import close_connections


def main() -> int:
    """Try one schema. Exits with 0 when nothing differs that the import did not name, else with 1."""
    given = _arguments()
    directory = given.out or Path(tempfile.mkdtemp(prefix="compatibility-"))
    directory.mkdir(parents=True, exist_ok=True)
    name = given.name or given.files[0].stem
    schema, *others = given.schema or [""]
    subject = Subject(name, given.server, tuple(given.files), schema, tuple(others))
    begun = time.monotonic()
    try:
        if given.to:
            newer = replace(subject, files=tuple(given.to))
            outcome = upgrade(subject, newer, given.rows, directory, given.mend)
        else:
            outcome = round_trip(subject, directory)
    finally:
        close_connections()
    _write(outcome, directory)
    print(summary(subject, outcome, time.monotonic() - begun))
    print(f"  details: {directory}")
    return 0 if outcome.good else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/compatibility", description=__doc__)
    parser.add_argument(
        "server", help="sqlite, d1, postgres, mysql, mariadb, or a server that is installed: postgres-15"
    )
    parser.add_argument("files", nargs="+", type=Path, help="SQL files, loaded in this order")
    parser.add_argument("--to", nargs="+", type=Path, metavar="FILE", help="the same of a newer release: become that")
    parser.add_argument("--rows", type=int, default=3, metavar="N", help="rows for each table before it does (3)")
    parser.add_argument("--mend", nargs="+", type=Path, default=(), metavar="FILE", help="SQL to run after they are in")
    parser.add_argument("--name", help="what to call it; the first file's name otherwise")
    parser.add_argument("--schema", nargs="+", help="the schemas that hold the objects; the default one otherwise")
    parser.add_argument("--out", type=Path, help="where specs and differences go; a temporary folder otherwise")
    return parser.parse_args()


def summary(subject: Subject, outcome: Outcome, seconds: float) -> str:
    """Return what became of it: how much was compared, and why it ended where it did."""
    words = "REFUSED" if outcome.trouble else "same" if outcome.good else "DIFFERENT"
    size = f"{outcome.objects:,} objects, {outcome.steps:,} steps"
    lines = [f"{subject.name}  {subject.server}  {words}  {size}, {seconds:.0f}s"]
    if outcome.compared is not None:
        found = outcome.compared
        lines.append(
            f"  compared: {found.same:,} same, {found.respelled:,} respelled, {len(found.differing):,} different, "
            f"{len(found.in_part):,} different as the import said, {found.left_out.total():,} left out"
        )
    lines += [f"  rows: {outcome.kept}"] if outcome.kept else []
    return "\n".join([*lines, *([f"  {outcome.trouble}"] if outcome.trouble else [])])


def _write(outcome: Outcome, directory: Path) -> None:
    parts = [f"The import said of these that specs do not hold them: {len(outcome.said)}", *sorted(outcome.said)]
    if outcome.compared is not None:
        found = outcome.compared
        sorts = ", ".join(f"{count} {sort}" for sort, count in sorted(found.left_out.items())) or "nothing"
        parts += ["", f"Left out of the comparison: {sorts}"]
        parts += ["", f"Different: {len(found.differing)}", *found.differing]
        parts += ["", f"Different as the import said: {len(found.in_part)}", *found.in_part]
    if outcome.kept is not None:
        parts += ["", str(outcome.kept), *outcome.kept.lost]
    (directory / "differences.txt").write_text("\n".join([*parts, outcome.trouble, ""]), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
