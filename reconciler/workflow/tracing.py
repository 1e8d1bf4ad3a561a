"""What a command does in; spans for OpenTelemetry out, where somebody collects them; no text of SQL is told.

The environment says where to (opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables); without it, or
without the library (`reconciler[otel]`), nothing is loaded and nothing is sent.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec

from reconciler.execute.batches import Progress
from reconciler.plan.step import Step

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_NAME = "reconcile"
# Dialect → `db.system.name` (opentelemetry.io/docs/specs/semconv/database).
_SYSTEMS: Mapping[str, str] = {"postgres": "postgresql", "d1": "sqlite"}


def wanted() -> bool:
    """Say whether somebody collects spans, and they can be made."""
    return any(os.environ.get(name) for name in _ENDPOINTS) and find_spec("opentelemetry.sdk") is not None


@contextmanager
def traced(command: str) -> Iterator[Callable[[int], None]]:
    """Let a command be a span, which ends and is sent when it ends; gives what is to be told the exit code."""
    if not wanted():
        yield lambda code: None
        return
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": _NAME}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    try:
        with provider.get_tracer(_NAME).start_as_current_span(f"{_NAME}.{command}") as span:

            def ended(code: int) -> None:
                span.set_attribute("process.exit.code", code)
                if code not in (0, 2):
                    span.set_status(trace.StatusCode.ERROR)

            yield ended
    finally:
        provider.shutdown()


def followed(progress: Progress, dialect: str) -> Progress:
    """Return the same, with a span for each step that is done."""
    if not wanted():
        return progress

    def finished(number: int, step: Step, rows: int, seconds: float, ways: Sequence[str]) -> None:
        _told(step, rows, seconds, dialect)
        progress.finished(number, step, rows, seconds, ways)

    return replace(progress, finished=finished)


def _told(step: Step, rows: int, seconds: float, dialect: str) -> None:
    from opentelemetry import trace

    end = time.time_ns()
    summary = f"{step.action} {step.subject}"
    span = trace.get_tracer(_NAME).start_span(
        summary, kind=trace.SpanKind.CLIENT, start_time=end - int(seconds * 1e9),
        attributes={
            "db.system.name": _SYSTEMS.get(dialect, dialect), "db.operation.name": step.action,
            "db.collection.name": step.subject.top.name, "db.query.summary": summary,
            "db.response.returned_rows": rows,
        },
    )  # fmt: skip
    span.end(end)
