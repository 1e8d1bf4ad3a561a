"""Makes every server once, before parallel test processes ask for them at the same time."""

from __future__ import annotations

import sys

from tests.engines import EngineMissingError, postgres

try:
    sys.exit(None if postgres().url else 1)
except EngineMissingError as missing:
    sys.exit(f"error: {missing}")
