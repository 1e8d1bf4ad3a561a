"""Copies killed at random moments, again and again: every row is there once, with several workers too."""

from __future__ import annotations

import random
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.model.backfills import Chunk, Copy, Idempotency
from reconciler.model.ref import Kind, Ref
from tests.conformance.backfill.across import start
from tests.conformance.backfill.test_copying import PAIRS, copy_of
from tests.target import Target, fresh

MANY, KILLS = 3000, 3


@pytest.mark.parametrize("pair", PAIRS[:3], ids="-".join)
def test_killed_at_random_every_row_is_there_once(pair: tuple[str, str], tmp_path: Path) -> None:
    """The target has no key, so that a row that was written twice would be there twice."""
    with ExitStack() as stack:
        source, target = (stack.enter_context(fresh(name, tmp_path)) for name in pair)
        _killed(source, target)


def _killed(source: Target, target: Target) -> None:
    plain = "create table {} (id bigint {}, name varchar(20))"
    source.execute(plain.format("old", "primary key"))
    target.execute(plain.format("made", "not null"))
    source.execute("insert into old values " + ", ".join(f"({n}, 'n{n}')" for n in range(1, MANY + 1)))
    size = 400 if target.dialect == "d1" else 60
    copy = replace(
        copy_of(), chunk=Chunk(size=size, minimum=size, maximum=size), verify=(), workers=2,
        idempotency=Idempotency(strategy="target_key", on_conflict="error"),
        copy=Copy(into=Ref.root(Kind.TABLE, "made"), columns=copy_of().copy.columns[:2]),  # type: ignore[union-attr]
    )  # fmt: skip
    first = start(source, target, copy, "batch_committed:hit=2:kill")
    first.join(60)
    assert first.exitcode == -9
    killed = 0
    for attempt in range(100):
        process = start(source, target, copy)
        if attempt < KILLS:
            process.join(random.uniform(0.05, 0.4))
            process.kill()
        process.join(60)
        killed += process.exitcode == -9
        if process.exitcode == 0:
            break
        assert process.exitcode == -9, "it stopped by itself"
    assert killed
    assert target.query("select count(*), count(distinct id), min(id), max(id) from made") == [(MANY, MANY, 1, MANY)]
