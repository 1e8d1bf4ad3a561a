"""Runs the command line as `python -m reconciler`; takes the process's arguments, gives its exit code, knows no command."""

from __future__ import annotations

import sys

from reconciler.cli import main

if __name__ == "__main__":
    sys.exit(main())
