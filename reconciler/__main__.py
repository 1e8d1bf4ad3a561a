"""Runs the command line as `python -m reconciler`; arguments in, exit code out; it knows no command."""

from __future__ import annotations

import sys

from reconciler.cli import main

if __name__ == "__main__":
    sys.exit(main())
