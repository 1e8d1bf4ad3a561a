"""The command line: arguments in, an exit code out; it parses, asks and prints, and knows nothing of databases."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        argv: the words after the program's name; those of the process by default.
    """
    from reconciler.cli.run import run_words

    return run_words(sys.argv[1:] if argv is None else list(argv))
