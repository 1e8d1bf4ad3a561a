"""A request for a fix in, the database fixed or the reason why not out; never more than the ceiling allows."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.errors import LockTaken, ReconcileError, Refused, StalePlan
from reconciler.report.layout import counted
from reconciler.serve.answers import problem
from reconciler.serve.guard import Refusal, token_refusal, write_refusal
from reconciler.serve.service import Service
from reconciler.watch.channels import deliver
from reconciler.watch.jobs import REPAIRED
from reconciler.workflow.fixing import fix_exactly
from reconciler.workflow.past import history

Answer = tuple[int, Mapping[str, Any]]

# Seconds that a fix waits for the run lock: whoever asked can ask again.
_PATIENCE = 5.0
# As it stands in the history.
BY = "POST /fix"
# Runs among which those of the last day are counted.
_RUNS = 1_000
LARGEST = 10_000
_STATUS = ((StalePlan, 409), (Refused, 403), (LockTaken, 423))
_LOG = logging.getLogger("reconciler.serve")


def refusal(service: Service, headers: Mapping[str, str]) -> Refusal | None:
    """Return why a fix may not be asked for, before its body is read."""
    settings = service.settings
    if not settings.fix or not service.fix_token:
        return Refusal(403, "fixes are off", "health: {fix: true, fix_token: …} in the project file lets them through")
    return (
        token_refusal(headers.get("authorization", ""), service.fix_token)
        or write_refusal(headers, settings.allowed_hosts)
        or (Refusal(429, "too many fixes were asked for", "wait a minute") if service.asked.too_many() else None)
    )


def mend(service: Service, headers: Mapping[str, str], body: bytes, caller: str) -> Answer:
    """Carry out the plan that a body names, if all of it is below the ceiling; the same key gets the same answer.

    Args:
        service: which database.
        headers: with small names; `refusal` found nothing wrong with them.
        body: JSON: `plan_id`, and `from`, the fingerprint of the database that was looked at.
        caller: an address, for the history.
    """
    try:
        plan_id, source = _read(body)
    except ValueError as error:
        return problem(400, str(error), 'send {"plan_id": "pl_…"}: GET /plan tells it')
    key, text = headers.get("idempotency-key", "")[:200], body.decode("utf-8", "replace")
    if not service.asked.working.acquire(blocking=False):
        return problem(423, "a fix is being carried out", "ask again when it is done")
    try:
        if key in service.asked.answers:
            before, status, answer = service.asked.answers[key]
            same = before == text
            return (status, answer) if same else problem(422, "this Idempotency-Key was used for another request")
        status, told = _mended(service, plan_id, source, caller)
        _LOG.warning("fix asked for by %s, plan %s: %s", caller, plan_id, status)
        if key and status == 202:  # what was refused may be granted the next time
            service.asked.keep(key, text, status, dict(told))
        return status, told
    finally:
        service.asked.working.release()


def _read(body: bytes) -> tuple[str, str]:
    """Return the plan's id and the fingerprint that a body names, "" for none. Raises ValueError."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the body is no JSON") from None
    plan_id = found.get("plan_id") if isinstance(found, dict) else None
    source = found.get("from", "") if isinstance(found, dict) else ""
    if not isinstance(plan_id, str) or not plan_id or not isinstance(source, str):
        raise ValueError("the body names no plan")
    return plan_id, source


def _mended(service: Service, plan_id: str, source: str, caller: str) -> Answer:
    seen = service.monitor.seen
    if source and seen is not None and seen.fingerprint and source != seen.fingerprint:
        return problem(409, "the database is not as it was", "look at the plan as it is now", plan_id=seen.plan_id)
    try:
        if _fixes_of_today(service) >= service.settings.max_fixes_per_day:
            return problem(429, "there were as many fixes today as the project allows",
                           "something else may be changing the database back")  # fmt: skip
        request = replace(service.request, lock_timeout=_PATIENCE)
        done = fix_exactly(request, plan_id, command=f"{BY} by {caller}")
    except ReconcileError as error:
        status = next((number for kind, number in _STATUS if isinstance(error, kind)), 500)
        return problem(status, error.message, error.hint, code=error.code)
    finally:
        service.monitor.soon()
    run, steps = (done.outcome.run_id, done.outcome.steps) if done.outcome else (None, 0)
    _announce(service, f"{BY} by {caller} applied plan {plan_id}: {counted(steps, 'step')}, run {run}")
    return 202, {"run_id": run, "plan_id": plan_id, "status": "done", "steps": steps}


def _announce(service: Service, summary: str) -> None:
    """Tell everybody who wants to hear of repairs, beside the answer: a channel that is slow keeps nobody waiting."""
    message = {
        "event": REPAIRED, "project": service.project.name, "environment": service.environment, "schedule": "",
        "run": "fix", "summary": summary, "lines": [], "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip

    def tell() -> None:
        for channel in service.project.channels:
            if not channel.events or REPAIRED in channel.events:
                try:
                    deliver(channel, message, service.project.root)
                except ReconcileError as error:
                    _LOG.warning("the fix was not told: %s", error.message)

    if service.project.channels:
        threading.Thread(target=tell, name="reconcile-notices").start()


def _fixes_of_today(service: Service) -> int:
    since = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    runs = history(service.request, _RUNS).runs
    return sum(run.command.startswith(BY) and run.started_at >= since for run in runs)
