"""The way to D1 leads through the proxy that the environment names, and past it where the environment says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.errors import ReconcileError
from tests.conformance.d1.proxy import between
from tests.conformance.d1.test_closure import EVERYTHING, request_for
from tests.target import Target

pytestmark = pytest.mark.live("d1")

TABLE = "table: t\ncolumns: {id: {type: int, primary_key: true}}\n"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What a proxy is asked while D1 has a name that nothing but the proxy knows."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return []


def test_the_proxy_is_taken(d1: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[bytes]) -> None:
    with between(os.environ["CLOUDFLARE_API_BASE_URL"], asked.append) as proxy, monkeypatch.context() as patch:
        patch.setenv("CLOUDFLARE_API_BASE_URL", "http://d1.invalid")
        patch.setenv("http_proxy", proxy)
        workflow.apply(request_for(tmp_path, d1.url, TABLE), EVERYTHING)
    assert d1.query("select count(*) from t") == [(0,)]
    assert asked


def test_no_proxy_leads_past_it(
    d1: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[bytes]
) -> None:
    with between(os.environ["CLOUDFLARE_API_BASE_URL"], asked.append) as proxy, monkeypatch.context() as patch:
        patch.setenv("http_proxy", proxy)
        workflow.plan(request_for(tmp_path, d1.url, TABLE))
        assert not asked, "nothing is asked of a proxy on the way to this machine"
        patch.setenv("CLOUDFLARE_API_BASE_URL", "http://d1.invalid")
        patch.setenv("no_proxy", "d1.invalid")
        with pytest.raises(ReconcileError):
            workflow.plan(request_for(tmp_path, d1.url, TABLE))
    assert not asked


def test_a_proxy_that_is_not_there_is_named(
    d1: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[bytes]
) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_BASE_URL", "http://d1.invalid")
    monkeypatch.setenv("http_proxy", "http://someone:secret@127.0.0.1:9")
    with pytest.raises(ReconcileError, match=r"d1\.invalid cannot be reached by way of http://127\.0\.0\.1:9") as info:
        workflow.plan(request_for(tmp_path, d1.url, TABLE))
    assert "secret" not in str(info.value)
    assert not asked
