"""Debian packages unpacked into a folder of our own: names in, a root directory out; nothing is installed.

apt gets a world of its own (sources, an empty status file, caches), so neither root nor a change of the machine is
needed. Programs are run by the loader that came with them, so the machine's own libc does not matter.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.engines.places import EngineMissingError, cache, exclusive, publish

SUITE = "sid"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def unpacked(name: str, packages: Sequence[str], instead: str) -> Path:
    """Return the root directory of these packages and all that they depend on, fetched once.

    Args:
        name: what the directory is called.
        packages: package names of the suite.
        instead: the environment variable that spares fetching them, for the error.

    Raises:
        EngineMissingError: where there is no apt, or it cannot reach its mirror.
    """
    root = cache() / name / "root"
    root.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(root.parent / "unpack.lock"):
        if not root.exists():
            try:
                _unpack(root, packages)
            except (OSError, subprocess.CalledProcessError) as error:
                said = getattr(error, "stdout", None) or str(error)
                raise EngineMissingError(
                    f"{name} cannot be provisioned: {said[-1500:]}\nSet {instead} to a server where databases may be "
                    "created, or run this on Debian or Ubuntu."
                ) from error
    return root


def loaded(root: Path, program: str) -> list[str]:
    """Return the command that runs a program of an unpacked root with its own loader and libraries."""
    loaders = sorted((root / "usr" / "lib").glob("*/ld-linux*.so.*"))
    if not loaders:
        raise EngineMissingError(f"there is no loader under {root}: the C library is missing from what was unpacked")
    return [str(loaders[0]), "--library-path", str(loaders[0].parent), str(root / program)]


def _unpack(root: Path, packages: Sequence[str]) -> None:
    world = root.with_name(f"apt.{os.getpid()}")
    new = root.with_name(f"root.{os.getpid()}")
    try:
        options = _private_world(world)
        _run(["apt-get", *options, "update"])
        _run(["apt-get", *options, "install", "--download-only", "-y", *packages])
        for archive in sorted((world / "cache" / "archives").glob("*.deb")):
            _run(["dpkg", "-x", str(archive), str(new)])
        publish(new, root)
    finally:
        shutil.rmtree(world, ignore_errors=True)
        shutil.rmtree(new, ignore_errors=True)


def _private_world(world: Path) -> list[str]:
    for directory in ("state/lists/partial", "cache/archives/partial"):
        (world / directory).mkdir(parents=True)
    (world / "status").touch()
    (world / "sources.list").write_text(f"deb [signed-by={KEYRING}] {_mirror()} {SUITE} main\n")
    settings = {
        "Dir::Etc::sourcelist": world / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State": world / "state",
        "Dir::Cache": world / "cache",
        "Dir::State::status": world / "status",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "",
        "Debug::NoLocking": "1",
    }
    return [f"-o{name}={value}" for name, value in settings.items()]


def _mirror() -> str:
    """Return the mirror that this machine's own apt uses; security and third-party archives have no such suite."""
    listed = _run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]).splitlines()
    mirrors = [uri for uri in listed if uri.rstrip("/").endswith("/debian")]
    if not mirrors:
        raise OSError("this machine's apt knows no Debian mirror")
    return mirrors[0]


def _run(command: Sequence[str]) -> str:
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    ).stdout
