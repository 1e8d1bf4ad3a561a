"""What was seen of a database in, Prometheus' text out; every number is a gauge of the last look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from reconciler import __version__
from reconciler.frozen import frozen
from reconciler.report.wellness import ERROR, HEALTHY, UNHEALTHY, WARNING
from reconciler.serve.seen import Seen

_CLASSES = {"missing": "missing", "changed": "changed", "removal": "extra", "undeclared": "extra"}


@frozen
class Known:
    """What the ledger tells: how each backfill stands, and the last runs, the newest first."""

    backfills: Sequence[Mapping[str, Any]] = ()
    runs: Sequence[Mapping[str, Any]] = ()


class _Seen(Collector):
    """The metrics of one look."""

    def __init__(self, environment: str, seen: Seen | None, known: Known) -> None:
        self._environment = environment
        self._seen = seen
        self._known = known

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with its samples."""
        seen, env = self._seen, self._environment
        yield InfoMetricFamily("reconcile_build", "What runs here.",
                               value={"version": __version__, "dialect": seen.dialect if seen else ""})  # fmt: skip
        yield _one("reconcile_up", "Whether the database could be looked at.", env, float(bool(seen and seen.reached)))
        if seen is None:
            return
        at = datetime.fromisoformat(str(seen.wellness["timestamp"])).timestamp()
        yield _one("reconcile_last_check_timestamp_seconds", "When it was looked at last.", env, at)
        yield _one("reconcile_check_duration_seconds", "How long that took.", env, seen.seconds)
        state = GaugeMetricFamily(
            "reconcile_health", "1 for the status that the database has.", labels=("env", "status")
        )
        for word in (HEALTHY, WARNING, UNHEALTHY, ERROR):
            state.add_metric((env, word), float(seen.wellness["status"] == word))
        yield state
        if seen.reached:
            yield from _of_check(env, seen)
            yield from _of_work(env, self._known.backfills)
            yield from _of_runs(env, self._known.runs)


def _one(name: str, about: str, env: str, value: float) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=("env",))
    family.add_metric((env,), value)
    return family


def _of_check(env: str, seen: Seen) -> Iterator[Metric]:
    drift = GaugeMetricFamily("reconcile_drift_objects", "Objects that differ from the specs.",
                              labels=("env", "kind", "class"))  # fmt: skip
    kinds = Counter((_kind(one["address"]), _CLASSES[one["finding"]]) for one in seen.check["drift"]
                    if one["finding"] in _CLASSES)  # fmt: skip
    for (kind, sort), number in sorted(kinds.items()):
        drift.add_metric((env, kind, sort), number)
    yield drift
    faults = GaugeMetricFamily("reconcile_faults", "What is not sound beside that.", labels=("env", "code"))
    for code, number in sorted(Counter(one["code"] for one in seen.check["faults"]).items()):
        faults.add_metric((env, code), number)
    yield faults
    failures = GaugeMetricFamily("reconcile_invariant_failures", "1 for an assertion that does not hold.",
                                 labels=("env", "check"))  # fmt: skip
    for one in seen.check["assertions"]:
        failures.add_metric((env, one["address"]), float(one["status"] != "pass"))
    yield failures
    rows = GaugeMetricFamily("reconcile_table_rows", "Rows of each declared table, or an estimate.",
                             labels=("env", "table"))  # fmt: skip
    for name, table in seen.wellness["tables"].items():
        if table["row_count"] is not None:
            rows.add_metric((env, name), table["row_count"])
    yield rows
    changes = GaugeMetricFamily("reconcile_plan_changes", "Steps that an apply would take.", labels=("env", "action"))
    for action, number in sorted(Counter(action for action, _, _ in seen.steps).items()):
        changes.add_metric((env, action), number)
    yield changes
    yield from _of_use(env, seen.check["statistics"])


def _of_use(env: str, found: Mapping[str, Any]) -> Iterator[Metric]:
    """Yield what the database tells of its own use, where it does."""
    sizes = GaugeMetricFamily("reconcile_table_bytes", "Bytes of each table, its indexes among them.",
                              labels=("env", "table"))  # fmt: skip
    for one in found["tables"]:
        sizes.add_metric((env, one["address"].removeprefix("table.")), one["bytes"])
    yield sizes
    idle = GaugeMetricFamily("reconcile_idle_indexes", "1 for an index that could go, and why.",
                             labels=("env", "index", "why"))  # fmt: skip
    for address in found["unused_indexes"]:
        idle.add_metric((env, address, "unused"), 1.0)
    for one in found["redundant_indexes"]:
        idle.add_metric((env, one["address"], "redundant"), 1.0)
    yield idle
    slow = GaugeMetricFamily("reconcile_statement_mean_seconds", "The slowest statements, by the database's own key.",
                             labels=("env", "key"))  # fmt: skip
    for one in found["slow_statements"]:
        slow.add_metric((env, one["key"]), one["mean_seconds"])
    yield slow


def _of_runs(env: str, runs: Sequence[Mapping[str, Any]]) -> Iterator[Metric]:
    """Yield when the last run was, how long it took and how it ended."""
    if not runs:
        return
    last = runs[0]
    at = datetime.fromisoformat(str(last["started_at"])).timestamp()
    yield _one("reconcile_last_run_timestamp_seconds", "When the last run began.", env, at)
    if last["seconds"] is not None:
        yield _one("reconcile_last_run_duration_seconds", "How long the last run took.", env, last["seconds"])
    state = GaugeMetricFamily("reconcile_last_run", "1 for the state of the last run.", labels=("env", "state"))
    state.add_metric((env, str(last["state"])), 1.0)
    yield state


def _of_work(env: str, backfills: Sequence[Mapping[str, Any]]) -> Iterator[Metric]:
    """Yield how far each backfill is."""
    read = GaugeMetricFamily("reconcile_backfill_read_rows", "Rows that a backfill has read.",
                             labels=("env", "backfill"))  # fmt: skip
    left = GaugeMetricFamily("reconcile_backfill_remaining_rows", "Rows that are left to it, about.",
                             labels=("env", "backfill"))  # fmt: skip
    for one in backfills:
        read.add_metric((env, one["name"]), one["read"])
        if one["state"] == "done" or one["estimate"] is not None:
            remaining = 0 if one["state"] == "done" else max(one["estimate"] - one["read"], 0)
            left.add_metric((env, one["name"]), remaining)
    yield read
    yield left


def _kind(address: str) -> str:
    """Return the kind of an object by its address: the last word that is one."""
    from reconciler.model.ref import Ref

    return str(Ref.parse(address).kind)


def exposition(environment: str, seen: Seen | None, known: Known) -> bytes:
    """Return the metrics of the last look and of the ledger as Prometheus reads them."""
    registry = CollectorRegistry()
    registry.register(_Seen(environment, seen, known))
    return generate_latest(registry)
