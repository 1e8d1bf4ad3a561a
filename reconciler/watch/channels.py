"""A message and a channel in, the message sent there out; whether it is news is decided elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from reconciler.errors import ReconcileError
from reconciler.spec.schedules import Channel
from reconciler.spec.secrets import resolve

Message = Mapping[str, Any]

# Seconds for an answer; how often, and how many seconds apart at first, an address is tried.
_PATIENCE, _TIMES, _APART = 10.0, 4, 0.5
# Answers of a server that may be another one in a moment.
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class Undelivered(ReconcileError):
    """A message did not arrive; why, without the address, which may be a secret."""


class _Later(Exception):
    """It may arrive at another time."""


def deliver(channel: Channel, message: Message, root: Path) -> None:
    """Send a message.

    Args:
        channel: where.
        message: plain data.
        root: the project's folder, from which secrets are read.

    Raises:
        Undelivered: when it did not arrive, after several tries.
        TargetError: when the address cannot be had.
    """
    if channel.webhook is not None:
        _posted(resolve(channel.webhook, root), message, channel.name)
    elif channel.apprise is not None:
        _apprised(resolve(channel.apprise, root), message, channel.name)


class _Stay(HTTPRedirectHandler):
    """Follows nobody: what is told is for the address that was configured."""

    def redirect_request(self, *_: object) -> None:
        return None


def _posted(url: str, message: Message, name: str) -> None:
    from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

    if urlsplit(url).scheme not in ("http", "https"):
        raise Undelivered(f"{name}: the address is neither http nor https")
    body = json.dumps(message, ensure_ascii=False).encode()
    request = Request(url, body, {"Content-Type": "application/json", "User-Agent": "reconcile"}, method="POST")
    tries = Retrying(
        retry=retry_if_exception_type(_Later), stop=stop_after_attempt(_TIMES), wait=wait_random_exponential(_APART)
    )
    try:
        tries(_post, request)
    except RetryError as error:
        raise Undelivered(f"{name}: {error.last_attempt.exception()}") from None
    except ValueError:
        raise Undelivered(f"{name}: the address cannot be read") from None
    except _Refused as error:
        raise Undelivered(f"{name}: {error}") from None


class _Refused(Exception):
    """It will not arrive."""


def _post(request: Request) -> None:
    try:
        with build_opener(_Stay).open(request, timeout=_PATIENCE):
            return
    except HTTPError as error:
        with error:
            raise (_Later if error.code in _AGAIN else _Refused)(f"it answers {error.code}") from None
    except (URLError, OSError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise _Later(f"it cannot be reached: {reason}") from None


def _apprised(url: str, message: Message, name: str) -> None:
    try:
        from apprise import Apprise
    except ModuleNotFoundError:
        raise Undelivered(f"{name}: Apprise is not installed", hint="pip install 'reconciler[notify]'") from None
    every = Apprise()
    if not every.add(url):
        raise Undelivered(f"{name}: Apprise does not know this kind of address")
    title = f"{message['project']} {message['environment']}: {message['event']}"
    if not every.notify(title=title, body="\n".join([message["summary"], *message["lines"]])):
        raise Undelivered(f"{name}: Apprise could not deliver it")
