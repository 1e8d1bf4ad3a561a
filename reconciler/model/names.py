"""The name that an unnamed constraint or index gets: PostgreSQL's implicit one, written out on every dialect."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

# PostgreSQL cuts identifiers at 63 bytes (manual, "Identifiers and Key Words"), MySQL refuses more than 64 characters.
LONGEST = 63
_HELPER = re.compile("__rc_[0-9a-f]{8}_")

# How the names end of triggers that carry rows along while data work goes on, and of those that do so for a column that
# is filled beside another one.
CAPTURE = "_capture"
BESIDE = f"_beside{CAPTURE}"
# What all names have in common that go with one helper.
_KIN = len("__rc_01234567_")


def implicit_name(table: str, columns: Sequence[str], suffix: str) -> str:
    """Return `{table}_{columns}_{suffix}`, at most 63 bytes long."""
    return shortened("_".join((table, *columns, suffix)))


def shortened(name: str) -> str:
    """Return the name, or, when it is too long, its beginning with a hash of the whole."""
    raw = name.encode()
    if len(raw) <= LONGEST:
        return name
    digest = hashlib.sha256(raw).hexdigest()[:8]
    return raw[: LONGEST - 9].decode(errors="ignore") + "_" + digest


def helper_name(subject: str, hint: str) -> str:
    """Return the deterministic name of an object that we make for our own use and remove again:
    `__rc_<hash>_<hint>`.
    """
    return shortened(f"__rc_{hashlib.sha256(subject.encode()).hexdigest()[:8]}_{hint}")


def kin(helper: str) -> str:
    """Return what the names begin with of everything that goes with a helper."""
    return helper[:_KIN]


def kindred(helper: str, hint: str) -> str:
    """Return the name of something that goes with a helper: `kin` and what it is."""
    return shortened(f"{kin(helper)}{hint}")


def is_helper(name: str) -> bool:
    """Say whether a name is one that `helper_name` gives."""
    return _HELPER.match(name) is not None
