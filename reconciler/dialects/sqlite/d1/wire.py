"""Cloudflare's HTTP interface to one D1 database: statements in, rows and counts out; it knows nothing of schemas."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager, Retry, Timeout, make_headers
from urllib3.exceptions import HTTPError, NewConnectionError, ProxyError
from urllib3.util import Url, parse_url

from reconciler.dialects.base import DatabaseError
from reconciler.dialects.sqlite.d1.limits import SECONDS, checked
from reconciler.errors import TargetError
from reconciler.frozen import frozen_in_order
from reconciler.plan.outcome import Rows, Usage

API = "https://api.cloudflare.com/client/v4"
TOKEN, BASE = "CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_BASE_URL"

# Seconds: to be connected, and beyond what D1 gives a request before it ends it.
_CONNECT, _GRACE = 10.0, 10.0

# Sends of one request, and the longest pause between two, in seconds.
_TRIES, _PAUSE = 6, 8.0

# What D1 says when it may do better a moment later (developers.cloudflare.com/d1/observability/debug-d1).
_TRANSIENT = (
    "Network connection lost", "because its code was updated", "caused object to be reset", "is overloaded",
    "transient issue on remote node", "client disconnected", "Internal error",
)  # fmt: skip


class Statement(NamedTuple):
    """One statement, with its values as `?1`, `?2` …: they travel as texts."""

    sql: str
    values: Sequence[str] = ()


class _Patience(NamedTuple):
    """How long one send may take, and how many there may be of one request."""

    timeout: Timeout
    tries: int


class Answer(NamedTuple):
    """What one statement of a batch came to: its rows by column name, and how many it changed."""

    rows: Sequence[Mapping[str, Any]]
    changes: int


@frozen_in_order
class Place:
    """Where a database is, and with what one may enter."""

    account: str
    database: str
    base: str
    token: str = field(repr=False)

    @property
    def url(self) -> str:
        """The address under which the database is asked."""
        return f"{self.base}/accounts/{self.account}/d1/database/{self.database}"


def place_of(url: str) -> Place:
    """Return what a URL names. Raises TargetError when it is no URL of D1, or there is no token."""
    account, _, database = url.removeprefix("d1://").partition("?")[0].partition("/")
    if not url.startswith("d1://") or not account or not database or "/" in database:
        raise TargetError("that is no URL of a D1 database", hint="write d1://ACCOUNT_ID/DATABASE_ID")
    token = os.environ.get(TOKEN, "")
    if not token:
        hint = "make an API token with the permission D1:Edit, and put it there"
        raise TargetError(f"{TOKEN} is not set", hint=hint)
    return Place(account, database, (os.environ.get(BASE) or API).rstrip("/"), token)


class Wire:
    """One keep-alive connection, and what was charged on it. Every request may be sent again: see `batch`."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._patience = _Patience(Timeout(connect=_CONNECT, read=SECONDS + _GRACE), _TRIES)
        self._pool = _pool(place.base)
        self._usage = Usage(rows_read=0, rows_written=0, size=0)

    @property
    def place(self) -> Place:
        """Where it leads."""
        return self._place

    @property
    def usage(self) -> Usage:
        """What the answers so far counted."""
        return self._usage

    def rows(self, statement: Statement) -> list[tuple[Any, ...]]:
        """Return the rows of a query in the order of its columns, whatever their names are."""
        (rows,) = self.rows_of([statement])
        return rows

    def tables(self, statements: Sequence[Statement]) -> list[Rows]:
        """Return the rows of several queries that see the database at one moment, with the names of their columns."""
        answers = [result["results"] for result in self._results("raw", _body(statements))]
        return [Rows(tuple(one["columns"]), tuple(tuple(map(_value, row)) for row in one["rows"])) for one in answers]

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Give up what is asked inside and takes longer, and do not ask again; D1 has no limit of its own to set."""
        before = self._patience
        self._patience = _Patience(Timeout(connect=_CONNECT, read=min(seconds, SECONDS + _GRACE)), 1)
        try:
            yield
        finally:
            self._patience = before

    def rows_of(self, statements: Sequence[Statement]) -> list[list[tuple[Any, ...]]]:
        """Return the rows of several queries that see the database at one moment."""
        results = self._results("raw", _body(statements))
        return [[tuple(map(_value, row)) for row in result["results"]["rows"]] for result in results]

    def batch(self, statements: Sequence[Statement]) -> list[Answer]:
        """Run statements as one transaction.

        After an answer that did not arrive the same batch is sent again, so a caller lets it begin with a statement
        that fails when it was kept the first time.

        Raises:
            DatabaseError: `retryable` when D1 did not run it, `lost` when nobody knows.
        """
        found = self._results("query", _body(statements))
        return [Answer(one["results"], int(one["meta"].get("changes", 0))) for one in found]

    def bookmark(self) -> str:
        """Return Time Travel's word for the database as it is now, "" where it is not offered."""
        try:
            found = self._sent("GET", "time_travel/bookmark", None)
        except (DatabaseError, TargetError):
            return ""
        return str(found.get("bookmark", "")) if isinstance(found, dict) else ""

    def export(self, at: str) -> Mapping[str, Any]:
        """Ask for everything as SQL, or how far that is: `at` is what the last answer called it, "" at first."""
        body = {"output_format": "polling", **({"current_bookmark": at} if at else {})}
        found = self._sent("POST", "export", json.dumps(body).encode())
        return found if isinstance(found, dict) else {}

    def fetch(self, url: str, file: Path) -> None:
        """Write what is at an address that is secret by itself; the token is not for its host."""
        try:
            with _pool(url) as pool, file.open("wb") as sink:
                response = pool.request("GET", url, preload_content=False, timeout=Timeout(connect=_CONNECT, read=60.0))
                if response.status != 200:
                    raise DatabaseError(f"the export cannot be fetched: {response.status}", code=str(response.status))
                for piece in response.stream(1 << 16):
                    sink.write(piece)
        except HTTPError as error:
            raise DatabaseError(f"the export cannot be fetched: {type(error).__name__}") from error

    def close(self) -> None:
        """Let the connection go."""
        self._pool.clear()

    def _results(self, path: str, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._sent("POST", path, json.dumps(body).encode())
        for meta in (one.get("meta") or {} for one in found):
            self._usage = Usage(
                rows_read=self._usage.rows_read + int(meta.get("rows_read", 0)),
                rows_written=self._usage.rows_written + int(meta.get("rows_written", 0)),
                size=int(meta.get("size_after", 0)) or self._usage.size,
            )
        return found

    def _sent(self, method: str, path: str, body: bytes | None) -> Any:
        from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

        doubts: list[bool] = []
        retrying = Retrying(
            retry=retry_if_exception(_may_pass),
            wait=wait_random_exponential(multiplier=0.2, max=_PAUSE), reraise=True,
            stop=stop_after_attempt(self._patience.tries),
        )  # fmt: skip
        try:
            return retrying(self._once, method, path, body, doubts)
        except DatabaseError as error:
            if doubts and error.retryable:  # one of the sends before may have been kept
                raise DatabaseError(error.message, code=error.code, lost=True) from error
            raise

    def _once(self, method: str, path: str, body: bytes | None, doubts: list[bool]) -> Any:
        headers = {"Authorization": f"Bearer {self._place.token}", "Content-Type": "application/json"}
        try:
            response = self._pool.request(
                method, f"{self._place.url}/{path}", body=body, headers=headers, timeout=self._patience.timeout
            )
        except (NewConnectionError, ProxyError) as error:
            at = f" by way of {proxy._replace(auth=None)}" if (proxy := _proxy(self._place.base)) else ""
            raise DatabaseError(f"{self._place.base} cannot be reached{at}", retryable=True) from error
        except HTTPError as error:
            doubts.append(True)
            raise DatabaseError(f"D1 did not answer: {type(error).__name__}", lost=True) from error
        try:
            return _result(response, self._place)
        except DatabaseError as error:
            doubts += [True] * error.lost
            raise


def _pool(base: str) -> PoolManager:
    timeout = Timeout(connect=_CONNECT, read=SECONDS + _GRACE)
    proxy = _proxy(base)
    if proxy is None:
        return PoolManager(1, timeout=timeout, retries=Retry(False))
    headers = make_headers(proxy_basic_auth=unquote(proxy.auth)) if proxy.auth else None
    return ProxyManager(str(proxy._replace(auth=None)), 1, headers, timeout=timeout, retries=Retry(False))


def _proxy(base: str) -> Url | None:
    """Return the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY say for an address; none leads to this machine."""
    to = urlsplit(base)
    host = to.hostname or ""
    found = getproxies().get(to.scheme)
    if not found or host == "localhost" or host.startswith("127.") or host == "::1":
        return None
    return None if proxy_bypass(to.netloc) else parse_url(found)


def _body(statements: Sequence[Statement]) -> Mapping[str, Any]:
    return {"batch": [{"sql": checked(one.sql), "params": list(one.values)} for one in statements]}


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, DatabaseError) and (error.retryable or error.lost)


def _result(response: BaseHTTPResponse, place: Place) -> Any:
    """Return what an answer holds. Raises DatabaseError, or TargetError when this database cannot be had at all."""
    try:
        answer = json.loads(response.data)
    except ValueError:
        answer = {}
    if response.status == 200 and answer.get("success"):
        return answer["result"]
    said = "; ".join(str(one.get("message", "")) for one in answer.get("errors") or ())
    if response.status in _WAYS_OUT:
        message = f"Cloudflare refuses {place.account}/{place.database}: {said or response.status}"
        raise TargetError(message, hint=_WAYS_OUT[response.status])
    if response.status == 429:
        raise DatabaseError("D1 answers 429: too many requests", code="429", retryable=True)
    if "constraint failed" in said:  # rows are what they are, however D1 puts it
        raise _refusal(said)
    if response.status >= 500 or any(words in said for words in _TRANSIENT):
        raise DatabaseError(f"D1 answers {response.status}: {said or 'nothing'}", code=str(response.status), lost=True)
    raise _refusal(said or f"D1 answers {response.status}")


_WAYS_OUT = {
    401: f"check {TOKEN}",
    403: f"the token in {TOKEN} needs the permission D1:Edit on this account",
    404: "check the account's and the database's id in the URL: `wrangler d1 list` shows them",
}


def _refusal(said: str) -> DatabaseError:
    """Return the error of a statement; D1 writes SQLite's name of it behind the message."""
    # What is found at the end of a batch comes with the fate of the machine that ran it.
    _, found, rest = said.partition("constraints were violated: ")
    message, mark, code = (rest if found else said.removeprefix("D1_ERROR: ")).partition(": SQLITE_")
    return DatabaseError(message, code=f"SQLITE_{code.partition(' ')[0]}" if mark else "")


def _value(value: Any) -> Any:
    """Blobs come as lists of their bytes."""
    return bytes(value) if isinstance(value, list) else value
