"""The headers of an HTTP request in, why it is refused out; it knows no database and no framework."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from reconciler.frozen import frozen_in_order

# By these names a browser reaches this machine alone.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
ANY = "*"


@frozen_in_order
class Refusal:
    """An HTTP status, what is wrong in a sentence, and what to do about it."""

    status: int
    message: str
    hint: str = ""


def host_refusal(host: str, allowed: Sequence[str]) -> Refusal | None:
    """Refuse a name that is not this server's: any web page could rebind its own name to our address.

    A name in `allowed` counts with every port; `*` is every name.
    """
    name = _name(host)
    if name in LOOPBACK or ANY in allowed or name in {one.lower() for one in allowed}:
        return None
    return Refusal(400, "this server is not called by that name", "add it to health.allowed_hosts")


def _name(host: str) -> str:
    """Return the name in a Host header, without its port; "" for what is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def token_refusal(authorization: str, token: str) -> Refusal | None:
    """Refuse whoever does not know the token; how long that takes tells nothing about it."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "bearer" and matches(given.strip(), token):
        return None
    return Refusal(401, "a token is needed", "send Authorization: Bearer TOKEN")


def matches(given: str, token: str) -> bool:
    """Say whether a token is the one, in a time that does not depend on where they differ."""
    return bool(token) and hmac.compare_digest(given.encode(), token.encode())


def write_refusal(headers: Mapping[str, str], allowed: Sequence[str]) -> Refusal | None:
    """Refuse what a foreign web page could send: another origin, or a form instead of JSON."""
    host = headers.get("host", "")
    refusal = host_refusal(host, [one for one in allowed if one != ANY])
    if refusal:
        return refusal
    origin = headers.get("origin", "")
    if origin and urlsplit(origin).netloc.lower() != host.lower():
        return Refusal(403, "the request comes from another origin")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return Refusal(415, "the body has to be JSON", "send Content-Type: application/json")
    return None
