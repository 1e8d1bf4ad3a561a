"""A program's name in; where it is, which version it has, and that it ran, out. No argument of it is a secret."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from reconciler.dialects.dumping import Told, size_words
from reconciler.errors import BackupError

# Names further folders of programs, before those of PATH.
TOOLS = "RECONCILE_TOOLS"

_NUMBER = re.compile(r"(\d+)\.(\d+)(?:\.\d+)*")
_POLL = 0.05
_SAID = 600


def found(program: str, further: Sequence[Path] = ()) -> Iterator[str]:
    """Yield where a program is: in the folders that RECONCILE_TOOLS names, those of PATH, then further ones."""
    said = [os.environ.get(name, "") for name in (TOOLS, "PATH")]
    folders = [Path(word) for words in said for word in words.split(os.pathsep) if word]
    seen = set()
    for folder in (*folders, *further):
        path = folder / program
        if os.access(path, os.X_OK) and path.is_file() and path.resolve() not in seen:
            seen.add(path.resolve())
            yield str(path)


def version_said(command: str) -> str:
    """Return what a program says of its version, "" when it does not."""
    try:
        done = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def number_in(said: str, after: str = "") -> tuple[int, int] | None:
    """Return the first version number behind a word, as major and minor."""
    match = _NUMBER.search(said.partition(after)[2] if after and after in said else said)
    return (int(match[1]), int(match[2])) if match else None


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    told: Told,
    output: Path | None = None,
    source: Path | None = None,
) -> None:
    """Run a program to its end.

    Args:
        command: with its arguments, none of which is a secret.
        environment: what it needs beyond ours.
        told: is told how large what it writes has become.
        output: where its stdout goes; nowhere without.
        source: what its stdin is; nothing without.

    Raises:
        BackupError: with the end of what it says on stderr, when it fails.
    """
    surroundings = os.environ | {"LC_ALL": "C"} | dict(environment)
    with (
        tempfile.TemporaryFile() as complaints,
        (output or Path(os.devnull)).open("wb") as sink,
        (source or Path(os.devnull)).open("rb") as given,
    ):
        process = _started(command, surroundings, given, sink, complaints)
        try:
            while process.poll() is None:
                time.sleep(_POLL)
                if output is not None:
                    told(size_words(output.stat().st_size))
        finally:
            if process.poll() is None:  # whoever ends us ends what we started
                process.kill()
                process.wait()
        if process.returncode:
            complaints.seek(0)
            said = complaints.read().decode(errors="replace").strip()[-_SAID:]
            raise BackupError(f"{Path(command[0]).name} failed: {' '.join(said.split()) or process.returncode}")


def _started(
    command: Sequence[str], surroundings: Mapping[str, str], source: IO[bytes], sink: IO[bytes], complaints: IO[bytes]
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command, stdin=source, stdout=sink, stderr=complaints, env=surroundings)
    except OSError as error:
        raise BackupError(f"{Path(command[0]).name} cannot be run: {error.strerror or error}") from None
