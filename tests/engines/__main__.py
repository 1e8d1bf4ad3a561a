"""Makes every server once, before parallel test processes ask for them at the same time."""

from __future__ import annotations

import sys

from tests.engines import EngineMissingError, d1, mysql, postgres

try:
    for server in (postgres(), mysql("mysql"), mysql("mariadb"), d1()):
        print(f"{server.name}: ready", file=sys.stderr)
except EngineMissingError as missing:
    sys.exit(f"error: {missing}")
