"""Where a secret comes from in, the secret out, at the moment when it is needed; nothing here is ever shown."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.errors import TargetError
from reconciler.frozen import frozen_in_order

_PATIENCE = 60.0


@frozen_in_order
class Secret:
    """A reference to a secret; `source` is `env`, `file` or `command`, `value` the name, the path or the arguments."""

    source: str
    value: str | tuple[str, ...]


def secret(said: Mapping[str, Any]) -> Secret:
    """Return the secret that a mapping of one key names."""
    source, value = next(iter(said.items()))
    return Secret(source, tuple(value) if isinstance(value, list) else value)


def resolve(secret: Secret | str, root: Path, environ: Mapping[str, str] | None = None) -> str:
    """Return the secret itself, or a literal as it is.

    Args:
        secret: the reference, or a value that is none.
        root: the folder from which files are found and where commands run.
        environ: the environment; the process's own by default.

    Raises:
        TargetError: when it cannot be had. The message names the source and never what was read.
    """
    if isinstance(secret, str):
        return secret
    if secret.source == "env":
        return _from_environment(str(secret.value), os.environ if environ is None else environ)
    if secret.source == "file":
        return _from_file(root / str(secret.value))
    return _from_command(secret.value if isinstance(secret.value, tuple) else (secret.value,), root)


def _from_environment(name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name, "")
    if not value:
        raise TargetError(f"the environment variable {name} is not set", hint=f"set {name} to the database's URL")
    return value


def _from_file(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise TargetError(f"the secret file {path} cannot be read: {reason}") from None


def _from_command(arguments: tuple[str, ...], root: Path) -> str:
    import subprocess

    try:
        done = subprocess.run(arguments, cwd=root, stdout=subprocess.PIPE, timeout=_PATIENCE, check=False, text=True)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"no answer within {_PATIENCE:.0f} s"
        raise TargetError(f"the secret command {arguments[0]!r} failed: {reason}") from None
    if done.returncode != 0 or not done.stdout.strip():
        raise TargetError(f"the secret command {arguments[0]!r} gave nothing and exited with {done.returncode}")
    return done.stdout.strip()
