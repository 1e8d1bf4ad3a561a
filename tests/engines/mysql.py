"""MySQL and MariaDB for the tests: a flavor's name in, a running server out; it knows nothing of the product."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.engines.daemon import Daemon
from tests.engines.debian import loaded, unpacked
from tests.engines.places import EngineMissingError, Server, cache, share, socket_directory


@dataclass(frozen=True, slots=True)
class _Flavor:
    """What a flavor is fetched from, how its data is made, and how it is run: paths are inside the unpacked root."""

    packages: tuple[str, ...]
    program: str
    client: str
    options: tuple[str, ...]
    initialize: Callable[[_Engine], None]
    url_variable: str


@dataclass(frozen=True, slots=True)
class _Engine:
    """One flavor on this machine: its unpacked programs, its data, its socket."""

    flavor: _Flavor
    root: Path
    home: Path

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def socket(self) -> Path:
        return socket_directory(self.home, None) / "socket"

    def command(self, data: Path, *arguments: str) -> list[str]:
        # A server that starts clears away the temporary tables of all others that have the same place for them.
        temporary = data.with_name(f"{data.name}-temporary")
        temporary.mkdir(parents=True, exist_ok=True)
        own = [f"--tmpdir={temporary}", *(option.format(root=self.root) for option in self.flavor.options)]
        user = ["--user=root"] if os.geteuid() == 0 else []
        return [*loaded(self.root, self.flavor.program), "--no-defaults", f"--datadir={data}", *own, *user, *arguments]


# Test databases may be lost, so nothing waits for the disk; there is a binary log, because it forbids things.
_RUNNING = (
    "--skip-networking", "--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0", "--skip-innodb-doublewrite",
    "--log-bin=bin", "--server-id=1", "--secure-file-priv=", "--character-set-server=utf8mb4", "--max-connections=200",
    "--innodb-buffer-pool-size=64M", "--default-time-zone=+00:00", "--innodb-flush-method=nosync",
)  # fmt: skip


def _initialize_mysql(engine: _Engine) -> None:
    data = engine.data.with_name("data.new")
    _complete(engine.command(data, "--initialize-insecure"), "", engine.home / "initialize.log")


_MARIADB_SYSTEM = (
    "mariadb_system_tables", "mariadb_performance_tables", "mariadb_system_tables_data", "fill_help_tables",
    "maria_add_gis_sp_bootstrap", "mariadb_sys_schema",
)  # fmt: skip


def _initialize_mariadb(engine: _Engine) -> None:
    data = engine.data.with_name("data.new")
    data.mkdir()
    texts = engine.root / "usr" / "share" / "mariadb"
    scripts = [(texts / f"{name}.sql").read_text() for name in _MARIADB_SYSTEM]
    script = "\n".join(["create database mysql;", "use mysql;", "SET @auth_root_socket=NULL;", *scripts])
    command = engine.command(data, "--bootstrap", "--max_allowed_packet=8M")
    _complete(command, script, engine.home / "initialize.log")


_FLAVORS: Mapping[str, _Flavor] = {
    "mysql": _Flavor(
        packages=("mysql-server-core", "mysql-client-core"),
        program="usr/sbin/mysqld",
        client="usr/bin/mysql",
        options=("--basedir={root}/usr", "--lc-messages-dir={root}/usr/share/mysql", "--mysqlx=OFF"),
        initialize=_initialize_mysql,
        url_variable="RECONCILE_TEST_MYSQL_URL",
    ),
    "mariadb": _Flavor(
        packages=("mariadb-server-core", "mariadb-server"),
        program="usr/sbin/mariadbd",
        client="usr/bin/mariadb",
        options=(
            "--basedir={root}/usr", "--lc-messages-dir={root}/usr/share/mariadb",
            "--plugin-dir={root}/usr/lib/mysql/plugin",
        ),
        initialize=_initialize_mariadb,
        url_variable="RECONCILE_TEST_MARIADB_URL",
    ),
}  # fmt: skip


@functools.cache
def mysql(name: str) -> Server:
    """Return a running server of a flavor; it is stopped when the last process that asked for it ends."""
    flavor = _FLAVORS[name]
    url = os.environ.get(flavor.url_variable)
    if url:
        return Server(name, url, ours=False)
    root = unpacked(name, flavor.packages, flavor.url_variable)
    engine = _Engine(flavor, root, cache() / name)
    command = engine.command(engine.data, *_RUNNING, f"--socket={engine.socket}")
    daemon = Daemon(engine.home, command, sign=f"--datadir={engine.data}")
    share(engine.home, lambda: _start(engine, daemon), daemon.stop)
    return Server(name, f"{name}://root@localhost/?unix_socket={quote(str(engine.socket), safe='')}", ours=True)


def mysql_client(name: str) -> list[str]:
    """Return the command that runs a flavor's own client: the one that came with our server, or the machine's."""
    return mysql_program(name, Path(_FLAVORS[name].client).name)


def mysql_program(name: str, program: str) -> list[str]:
    """Return the command that runs a program of a flavor: the one that came with our server, or the machine's."""
    flavor = _FLAVORS[name]
    if os.environ.get(flavor.url_variable):
        found = shutil.which(program)
        if found is None:
            raise EngineMissingError(f"{program} is needed beside the server that {flavor.url_variable} names")
        return [found]
    return loaded(unpacked(name, flavor.packages, flavor.url_variable), f"usr/bin/{program}")


def _start(engine: _Engine, daemon: Daemon) -> None:
    if daemon.running():
        return
    if not engine.data.exists():
        half_made = engine.data.with_name("data.new")
        shutil.rmtree(half_made, ignore_errors=True)
        engine.flavor.initialize(engine)
        half_made.rename(engine.data)
    engine.socket.unlink(missing_ok=True)
    daemon.start(engine.socket.exists)


def _complete(command: Sequence[str], text: str, log: Path) -> None:
    with log.open("w") as output:
        done = subprocess.run(
            command, input=text, stdout=output, stderr=subprocess.STDOUT, cwd="/", text=True, check=False
        )
    if done.returncode != 0:
        raise EngineMissingError(f"{Path(command[0]).name} failed:\n{log.read_text(errors='replace')[-2000:]}")
