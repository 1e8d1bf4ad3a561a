"""A plan as JSON in, its statements as a script out: `python -m benchmarks.script PLAN SCRIPT`; it runs nothing.

A process of its own, because a child that is measured begins with the peak of memory that its parent has had.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def write(plan: Path, script: Path) -> None:
    """Write the statements of a plan in their order."""
    steps = json.loads(plan.read_text("utf-8"))["result"]["steps"]
    text = "".join(f"{statement['sql']};\n" for step in steps for statement in step["statements"])
    script.write_text(text, "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
