"""What was seen of a database in, the bodies of HTTP answers out, each with its status; it asks nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from reconciler.report.wellness import ERROR, HEALTHY, UNHEALTHY, WARNING
from reconciler.serve.monitor import Monitor
from reconciler.serve.seen import Seen

# The words of the IETF's draft for health checks (datatracker.ietf.org/doc/html/draft-inadarei-api-health-check).
_WORDS = {HEALTHY: "pass", WARNING: "warn", UNHEALTHY: "fail", ERROR: "fail"}
_STATUS = {HEALTHY: 200, WARNING: 200, UNHEALTHY: 503, ERROR: 503}
HEALTH_JSON = "application/health+json"


def health(monitor: Monitor, *, names: bool) -> tuple[int, dict[str, Any]]:
    """Return how the database is; without `names` the status alone, in the same form."""
    seen = monitor.seen
    if seen is None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        return 503, {
            "status": ERROR, "timestamp": now, "issues": ["the database was not looked at yet"],
            "suggestions": [], "tables": {},
        }  # fmt: skip
    told: dict[str, Any] = dict(seen.wellness)
    if monitor.stale:
        told["issues"] = [*told["issues"], f"this was seen {monitor.age or 0:.0f} s ago, and not again since"]
        told["status"] = WARNING if told["status"] == HEALTHY else told["status"]
    status = _STATUS[told["status"]]
    return status, told if names else {**told, "issues": [], "suggestions": [], "tables": {}}


def draft_health(monitor: Monitor, *, names: bool) -> tuple[int, dict[str, Any]]:
    """Return the same in the words of the draft, for whoever accepts application/health+json."""
    status, told = health(monitor, names=names)
    seen = monitor.seen
    body: dict[str, Any] = {"status": _WORDS[told["status"]], "version": "1"}
    if seen is None or not names:
        return status, body
    output = {"output": "; ".join(told["issues"])[:2000]} if told["issues"] else {}
    return status, {
        **body, "releaseId": seen.commit, "serviceId": f"{seen.project}/{seen.environment}", **output,
        "checks": _checks(seen, told["timestamp"]),
    }  # fmt: skip


def _checks(seen: Seen, at: str) -> dict[str, list[dict[str, Any]]]:
    if not seen.reached:
        return {}
    summary, asserted = seen.check["summary"], seen.check["assertions"]
    failed = sum(one["status"] != "pass" for one in asserted)
    return {
        "schema:sync": [_one("warn", sum(summary.values()), "objects", at)],
        "schema:required": [_one("fail", len(seen.missing), "missing objects", at)],
        "data:faults": [_one("fail", len(seen.check["faults"]), "faults", at)],
        "data:assertions": [_one("fail", failed, "assertions", at)],
    }  # fmt: skip


def _one(bad: str, number: int, unit: str, at: str) -> dict[str, Any]:
    return {"status": bad if number else "pass", "observedValue": number, "observedUnit": unit, "time": at}


def ready(monitor: Monitor) -> tuple[int, dict[str, Any]]:
    """Say whether an application finds what it needs: what is there beyond that takes nobody out of rotation."""
    seen = monitor.seen
    well = seen is not None and seen.reached and not seen.missing
    return (200, {"status": "ready"}) if well else (503, {"status": "not ready"})


def live() -> tuple[int, dict[str, Any]]:
    """Say that this process runs; no database is asked."""
    return 200, {"status": "alive"}


def problem(status: int, message: str, hint: str = "", **more: Any) -> tuple[int, Mapping[str, Any]]:
    """Return an error as a body (RFC 9457)."""
    return status, {"status": status, "title": message, **({"hint": hint} if hint else {}), **more}
