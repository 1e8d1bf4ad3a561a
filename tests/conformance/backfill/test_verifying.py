"""Verifications on the real engines: what is right passes, what is wrong is named by its key, nothing is torn."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from reconciler.backfill.verifying import verify
from reconciler.model.backfills import (
    Assignment,
    Backfill,
    Idempotency,
    InsertSelect,
    Mapped,
    Source,
    Update,
    Verification,
)
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Sql
from reconciler.plan.outcome import Verified
from tests.conformance.backfill.across import side_of, work_of
from tests.target import Target

TABLES = """
create table logs (a bigint not null, b varchar(20) not null, amount decimal(12,2), secret varchar(20), {key} (a, b));
create table copies (a bigint not null, b varchar(20) not null, amount decimal(12,2), label varchar(20), {key} (a, b));
"""
LOGS, COPIES = Ref.root(Kind.TABLE, "logs"), Ref.root(Kind.TABLE, "copies")
ROWS = 40


def expression(column: str, text: str) -> Mapped:
    return Mapped(column=column, expression=Sql(text))


COPYING = Backfill(
    ref=Ref.root("backfill", "copied"),
    source=Source(table=LOGS, key=("a", "b")),
    idempotency=Idempotency(strategy="target_key", key=("a", "b")),
    insert_select=InsertSelect(
        into=COPIES,
        columns=(
            expression("a", "a"), expression("b", "b"), expression("amount", "amount * 2"),
            expression("label", "upper(secret)"),
        ),
    ),
)  # fmt: skip


def query(kind: str, left: str, right: str = "") -> Verification:
    return Verification(name=kind, kind=kind, left=Sql(left), right=Sql(right) if right else None)


def asked(target: Target, backfill: Backfill, upper: Sequence[object], *questions: Verification) -> list[Verified]:
    with side_of(target, sensitive="logs.secret") as side:
        found = verify(work_of(replace(backfill, verify=questions), side, side), upper)
        assert not side.session.in_transaction()
    return list(found)


@pytest.fixture
def filled(target: Target) -> Target:
    """Logs with a key of two columns, and a copy of them in which every amount is doubled."""
    target.execute(TABLES.format(key="primary key"))
    values = ", ".join(f"({n // 4}, 'k{n % 4}é', {n}.25, 'zz{n}')" for n in range(ROWS))
    target.execute(f"insert into logs values {values}")
    target.execute("insert into copies select a, b, amount * 2, upper(secret) from logs")
    return target


def test_queries(filled: Target) -> None:
    found = asked(
        filled, COPYING, (9, "k3é"),
        query("zero_rows", "select a from logs where a > :hi_a and b <> ':no_parameter 10:30 50%'"),
        query("zero_rows", "select a, secret, amount from logs where amount < 30 order by a, b"),
        query("zero_rows", "select a from nowhere"),
        query("equal", "select sum(amount) from logs where a <= :hi_a", "select sum(amount) / 2 from copies"),
        query("equal", "select count(*) from logs", "select count(*) - 1 from copies"),
        query("equal", "select a, b from logs", "select a, b from copies order by b, a desc"),
        query("equal", "select a, secret from logs where a < 3", "select a, label from copies where a < 2"),
        query("equal", "select a, b from logs", "select a from copies"),
        query("at_least", "select count(*) from copies", "select count(*) from logs"),
        query("at_least", "select count(*) from copies", "select count(*) + 1 from logs"),
        query("at_least", "select max(a) from copies where a > 99", "select 1"),
    )  # fmt: skip
    assert [one.status for one in found] == [
        "pass", "fail", "error", "pass", "fail", "pass", "fail", "error", "pass", "fail", "fail",
    ], found  # fmt: skip
    none, offending, absent, _, counts, _, rows, uneven, _, less, nothing = found
    assert none.message == ""
    assert (len(offending.sample), offending.columns) == (20, ("a", "secret", "amount"))
    assert offending.sample[0] == (0, "(sensitive)", offending.sample[0][2])
    assert offending.message == "there are at least 21 rows where none may be"
    assert "not in the database" in absent.message
    assert counts.sample == ((40, 39),)
    assert rows.columns == ("only in", "a", "secret")
    assert len(rows.sample) == 20
    assert {row[2] for row in rows.sample} == {"(sensitive)"}
    assert "2 and 1 columns" in uneven.message
    assert less.sample == ((40, 41),)
    assert nothing.status == "fail"


def test_a_difference_is_named_by_its_key(filled: Target) -> None:
    checksum = Verification(name="c", kind="checksum", columns=("amount", "label"), size=7)
    sample = Verification(name="s", kind="sample", size=ROWS)
    (right, chosen) = asked(filled, COPYING, (9, "k3é"), checksum, sample)
    assert (right.status, chosen.status) == ("pass", "pass"), (right, chosen)
    assert right.message.startswith("40 rows compared, checksum ")

    filled.execute("update copies set amount = amount + 1 where a = 3 and b = 'k1é'")
    filled.execute("delete from copies where a = 5 and b = 'k0é'")
    filled.execute("insert into copies values (5, 'k9', 1, 'MORE')")
    filled.execute("insert into copies values (77, 'beyond', 1, 'the bound')")
    (wrong, chosen) = asked(filled, COPYING, (9, "k3é"), checksum, sample)
    assert wrong.columns == ("key", "column", "expected", "found")
    assert sorted(map(tuple, wrong.sample)) == [
        ("3, k1é", "amount", "26.5", "27.5"), ("5, k0é", "(row)", "there", "missing"),
        ("5, k9", "(row)", "missing", "there"),
    ], wrong  # fmt: skip
    assert wrong.message.startswith("3 rows differ: key 3, k1é; 5, k0é; 5, k9. 40 rows compared")
    assert {row[0] for row in chosen.sample} == {"3, k1é", "5, k0é"}, "what is only in the copy is not looked for"


def test_an_update_is_what_its_expression_says(filled: Target) -> None:
    update = replace(
        COPYING, insert_select=None, source=Source(table=COPIES, key=("a", "b"), where=Sql("a < 5")),
        update=Update(assignments=(Assignment(column="label", value=Sql("lower(b)")),), where=Sql("amount > 3")),
    )  # fmt: skip
    checksum = Verification(name="c", kind="checksum", columns=("label",), size=100)
    (before,) = asked(filled, update, (), checksum)
    assert before.status == "fail"
    filled.execute("update copies set label = lower(b) where a < 5 and amount > 3")
    (after,) = asked(filled, update, (), checksum)
    assert after.status == "pass", after


def test_what_cannot_be_compared_says_so(filled: Target) -> None:
    made = COPYING.insert_select
    assert made is not None
    without = replace(COPYING, insert_select=replace(made, columns=made.columns[1:]))
    checksum = Verification(name="c", kind="checksum", columns=("amount",), size=100)
    (found,) = asked(filled, without, (), checksum)
    assert (found.status, "no column holds a as it is" in found.message) == ("error", True), found
    (found,) = asked(filled, COPYING, (), replace(checksum, columns=("nothing",)))
    assert (found.status, "nothing" in found.message) == ("error", True), found


def test_two_sides_are_of_one_moment(filled: Target) -> None:
    """While somebody moves an amount from one table to the other, their sum is the same at every moment."""
    if filled.dialect == "d1":
        pytest.skip(
            "its engine here answers the queries of a request one by one; D1 itself runs them as one transaction"
        )
    move = (
        "begin; update logs set amount = amount - 1 where a = 1 and b = 'k1é';"
        "update copies set amount = amount + 1 where a = 1 and b = 'k1é'; commit;"
    )
    total = filled.query("select sum(amount) from (select amount from logs union all select amount from copies) as t")
    ended = threading.Event()
    moves: list[str] = []

    def write() -> None:
        while not ended.is_set():
            filled.execute(move)
            moves.append(move)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        same = query("equal", f"select {total[0][0]} - sum(amount) from logs", "select sum(amount) from copies")
        found = asked(filled, COPYING, (), *[same] * 20)
    finally:
        ended.set()
        thread.join()
    assert moves
    assert [one.status for one in found] == ["pass"] * 20, found
