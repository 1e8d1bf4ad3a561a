"""A database URL in, what can be told from its text out: dialect, password, relative file; it opens nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from reconciler.spec.nodes import masked

# The scheme, without a driver behind a plus sign, → the dialect.
SCHEMES: Mapping[str, str] = {
    "sqlite": "sqlite",
    "d1": "d1",
    "postgresql": "postgres",
    "postgres": "postgres",
    "mysql": "mysql",
    "mariadb": "mariadb",
}
# Dialect → the words whose keys apply there, nearest first. The last one is the family.
CHAINS: Mapping[str, tuple[str, ...]] = {
    "sqlite": ("sqlite",),
    "d1": ("d1", "sqlite"),
    "postgres": ("postgres",),
    "mysql": ("mysql",),
    "mariadb": ("mariadb", "mysql"),
}
_RELATIVE = "sqlite:///"


def url_dialect(url: str) -> str | None:
    """Return the dialect that a URL's scheme names, None for another scheme."""
    return SCHEMES.get(url.partition(":")[0].partition("+")[0].lower())


def has_password(url: str) -> bool:
    """Say whether a URL carries a password, before the host or as a parameter."""
    return masked(url) != url


def has_stray_at(url: str) -> bool:
    """Say whether the password in a URL holds an @ as it is, so that a driver would take its rest for the host."""
    return "@" in _credentials(url).partition(":")[2]


def without_password(url: str) -> str:
    """Return the URL as it may be shown: user, host and path, no password and no parameters.

    Where nobody can tell what is password and what is host, nothing but the scheme is shown.
    """
    scheme, separator, rest = url.partition("://")
    body, _, parameters = rest.partition("?")
    if "@" in parameters or ":" in scheme or (not separator and "@" in url):
        return f"{scheme.partition(':')[0]}://***"
    if not separator:
        return url.partition("?")[0]
    if body.startswith("/") and url_dialect(url) == "sqlite":
        return f"{scheme}{separator}{body}"
    _, at, host = body.rpartition("@")
    return f"{scheme}{separator}{_credentials(url).partition(':')[0]}{at}{host}"


def _credentials(url: str) -> str:
    return url.partition("://")[2].partition("?")[0].rpartition("@")[0]


def anchored(url: str, root: Path) -> str:
    """Return the URL with a relative SQLite file read from `root`."""
    path = relative_file(url)
    if path is None:
        return url
    name, mark, query = path.partition("?")
    return f"{_RELATIVE}{os.path.normpath(os.path.join(os.path.abspath(root), name))}{mark}{query}"


def relative_to(url: str, directory: Path) -> str:
    """Return the URL with a relative SQLite file, until now seen from the current directory, as seen from another."""
    path = relative_file(url)
    if path is None:
        return url
    name, mark, query = path.partition("?")
    return f"{_RELATIVE}{Path(os.path.relpath(name, directory)).as_posix()}{mark}{query}"


def relative_file(url: str) -> str | None:
    """Return the relative path of a SQLite URL, with its parameters; None for every other URL."""
    scheme, separator, path = url.partition(":///")
    if not separator or url_dialect(scheme + ":") != "sqlite":
        return None
    if not path or path.startswith(("/", ":memory:", "file:")) or os.path.isabs(unquote(path)):
        return None
    return path
