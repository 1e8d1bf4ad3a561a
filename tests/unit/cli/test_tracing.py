"""Where somebody collects spans, a command is one and each step of an apply is one below it; nobody else is told."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.process import Reconcile

SPEC = "table: t\ncolumns: {id: {type: int, not_null: true}, word: {type: text, default: hidden}}\nprimary_key: [id]\n"


@contextmanager
def collecting() -> Iterator[tuple[str, list[Span]]]:
    """Collect spans on a port of this machine."""
    found: list[Span] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            text = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            request = ExportTraceServiceRequest.FromString(text)
            found.extend(s for r in request.resource_spans for scope in r.scope_spans for s in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_command_and_its_steps_are_spans(tmp_path: Path, reconcile: Reconcile) -> None:
    (tmp_path / "t.yaml").write_text(SPEC)
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with collecting() as (endpoint, spans):
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
        reconcile("apply", "--auto-approve", "--url", url, cwd=tmp_path, env=env).ok()
        reconcile("apply", "--url", "nonsense://x", cwd=tmp_path, env=env).ok(64)
    steps = [span for span in spans if span.kind == Span.SPAN_KIND_CLIENT]
    commands = [span for span in spans if span.kind != Span.SPAN_KIND_CLIENT]
    assert [span.name for span in commands] == ["reconcile.apply", "reconcile.apply"]
    assert [span.status.code for span in commands] == [0, 2]
    assert [span.name for span in steps] == ["create table.t"]
    assert steps[0].parent_span_id == commands[0].span_id
    told = {one.key: one.value.string_value for one in steps[0].attributes}
    assert (told["db.system.name"], told["db.collection.name"]) == ("sqlite", "t")
    assert "hidden" not in str(spans)


def test_nobody_who_collects_is_no_hindrance(tmp_path: Path, reconcile: Reconcile) -> None:
    (tmp_path / "t.yaml").write_text(SPEC)
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
    reconcile("apply", "--auto-approve", "--url", f"sqlite:///{tmp_path / 'a.db'}", cwd=tmp_path, env=env).ok()
