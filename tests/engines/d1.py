"""Cloudflare D1 for the tests: the real engine behind the REST interface out; it knows nothing of the product."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from tests.engines.daemon import Daemon
from tests.engines.places import EngineMissingError, Server, cache, exclusive, publish, share

URL_VARIABLE = "RECONCILE_TEST_D1_URL"
PACKAGE = "miniflare@4"
SCRIPT = Path(__file__).with_name("d1_server.mjs")


@functools.cache
def d1() -> Server:
    """Return a running server; its URL is that of the REST interface, under which databases are made.

    Raises:
        EngineMissingError: without Node.js 20 or newer, or when its package cannot be had.
    """
    url = os.environ.get(URL_VARIABLE)
    if url:
        return Server("d1", url, ours=False)
    modules = _modules()
    # A server that another checkout has started knows what its script knows.
    home = cache() / f"d1-{hashlib.sha256(SCRIPT.read_bytes()).hexdigest()[:8]}"
    home.mkdir(parents=True, exist_ok=True)
    port, data = home / "port", home / "data"

    def start() -> None:
        if daemon.running():
            return
        port.unlink(missing_ok=True)
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        daemon.start(port.exists)

    daemon = Daemon(home, ("node", str(SCRIPT), str(modules), str(data), str(port)), sign=str(data))
    share(home, start, daemon.stop)
    return Server("d1", f"http://127.0.0.1:{port.read_text()}", ours=True)


def _modules() -> Path:
    """Return a directory with the engine's package, fetched once."""
    directory = cache() / "d1-modules"
    directory.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(directory.with_name("d1-modules.lock")):
        if not directory.exists():
            new = directory.with_name(f"d1-modules.{os.getpid()}")
            command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(new), PACKAGE]
            try:
                subprocess.run(command, capture_output=True, text=True, check=True)
            except (OSError, subprocess.CalledProcessError) as error:
                said = getattr(error, "stderr", None) or str(error)
                raise EngineMissingError(
                    f"D1 cannot be provisioned: {said[-1500:]}\nInstall Node.js 20 or newer with npm, "
                    f"or set {URL_VARIABLE} to a D1 interface where databases may be created."
                ) from error
            publish(new, directory)
    return directory
