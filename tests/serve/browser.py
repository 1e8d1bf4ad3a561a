"""A headless browser by the DevTools protocol: an address in, what its page says and what went wrong on it out."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

# Where browsers are; RECONCILE_TEST_BROWSER names another one.
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Puts the pipes where the browser reads and writes (--remote-debugging-pipe); they may have those numbers crosswise.
_MOVED = """
import fcntl, os, sys
high = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 100) for number in sys.argv[1:3]]
os.dup2(high[0], 3), os.dup2(high[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
_PATIENCE = 60.0


def browser() -> str | None:
    """Return the browser of this machine, None where there is none."""
    named = os.environ.get("RECONCILE_TEST_BROWSER")
    return named or next(filter(None, map(shutil.which, _NAMES)), None)


class Page:
    """One tab. `wrong` is what the page complained of: errors of scripts, refused and failed requests."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._number, self._rest = 0, b""
        self._session: str | None = None
        self.wrong: list[str] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")

    def open(self, url: str, *, scripts: bool = True) -> None:
        """Go to an address, and wait until all is loaded."""
        self._call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self._call("Page.navigate", url=url)
        # With scripts off a page can still be asked from here.
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def ask(self, script: str) -> Any:
        """Return the value of an expression on the page."""
        said = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in said:
            raise AssertionError(said["exceptionDetails"])
        return said["result"].get("value")

    def until(self, script: str) -> Any:
        """Wait until an expression is true, and return it."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            with suppress(AssertionError):  # a page that is just being left
                value = self.ask(script)
                if value:
                    return value
            time.sleep(0.05)
        raise AssertionError(f"never true: {script}\n{self.ask('document.body.innerText')}")

    def picture(self, path: Path, width: int = 1100, height: int = 800) -> None:
        """Write what is seen into a PNG file."""
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"]))

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        said: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            said["sessionId"] = self._session
        os.write(self._commands, json.dumps(said).encode() + b"\0")
        while True:
            heard = self._next()
            if heard.get("id") != self._number:
                self._note(heard)
            elif "error" in heard:
                raise AssertionError(heard["error"])
            else:
                return dict(heard["result"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            piece = os.read(self._answers, 1 << 16)
            if not piece:
                raise AssertionError("the browser is gone")
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(line))

    def _note(self, heard: Mapping[str, Any]) -> None:
        params = heard.get("params", {})
        if heard.get("method") == "Runtime.exceptionThrown":
            self.wrong.append(str(params["exceptionDetails"]))
        if heard.get("method") == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.wrong.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        if heard.get("method") == "Network.loadingFailed" and not params.get("canceled"):
            self.wrong.append(f"{params['type']}: {params['errorText']}")


@contextmanager
def opened() -> Iterator[Page]:
    """Give a tab of a browser of its own."""
    program = browser()
    assert program is not None
    to_browser, from_us = os.pipe()
    to_us, from_browser = os.pipe()
    flags = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--remote-debugging-pipe", "--disable-background-networking", "--disable-component-update")  # fmt: skip
    moved = [sys.executable, "-c", _MOVED, str(to_browser), str(from_browser)]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        process = subprocess.Popen(
            [*moved, program, *flags, f"--user-data-dir={home}"],
            pass_fds=(to_browser, from_browser), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        os.close(to_browser)
        os.close(from_browser)
        try:
            yield Page(from_us, to_us)
        finally:
            os.close(from_us)  # the browser ends when nobody writes to it any more
            os.close(to_us)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 15)
            process.wait(30)
