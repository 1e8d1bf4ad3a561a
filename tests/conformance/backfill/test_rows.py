"""What rows can do to a backfill: keys of several columns, rows that nothing takes, marks, aggregates, statements."""

from __future__ import annotations

from dataclasses import replace

from reconciler.backfill.foresee import foresee
from reconciler.backfill.run import carry_out
from reconciler.model.backfills import (
    Assignment,
    Backfill,
    Chunk,
    Idempotency,
    InsertSelect,
    Mapped,
    Merge,
    OnError,
    Rejects,
    Script,
    Standing,
)
from reconciler.model.values import Sql
from tests.conformance.backfill.at_work import copied, doubled, ref, source, sums, table, work_on
from tests.target import Target

SMALL = Chunk(size=5, minimum=4, maximum=9)


def _run(target: Target, backfill: Backfill) -> Standing:
    with work_on(target, backfill) as work:
        return carry_out(work).standing


def _key(target: Target) -> str:
    return "INTEGER PRIMARY KEY" if target.dialect in ("sqlite", "d1") else "BIGINT PRIMARY KEY"


def test_rows_that_nothing_takes_are_left_out_one_by_one(target: Target) -> None:
    target.execute(
        f"CREATE TABLE events (id {_key(target)}, body VARCHAR(40));"
        "CREATE TABLE facts (event_id BIGINT NOT NULL PRIMARY KEY, body VARCHAR(40), kind VARCHAR(10),"
        " CONSTRAINT body_good CHECK (body <> 'bad'));"
    )
    bad = (3, 4, 17, 40)
    rows = ", ".join(f"({n}, '{'bad' if n in bad else n}')" for n in range(1, 41))
    target.execute(f"INSERT INTO events VALUES {rows};")
    done = _run(target, copied(chunk=SMALL))
    assert (done.state, done.read, done.written, done.poisoned) == ("done", 40, 36, 4), done
    left = target.query("SELECT source_key, reason FROM __rc_rejects ORDER BY CAST(source_key AS DECIMAL)")
    assert [key for key, _ in left] == [str(number) for number in bad]
    assert all("bad" not in reason for _, reason in left), "a reason shows no value"
    few = _run(target, copied(chunk=SMALL, generation=2, on_error=OnError(most=2)))
    assert (few.state, few.poisoned) == ("failed", 2)
    assert "more than 2 rows" in few.reason
    assert "up to 17" in few.reason
    stopped = _run(target, copied(chunk=SMALL, generation=3, on_error=OnError(poison="stop")))
    assert (stopped.state, stopped.cursor) == ("failed", "[2]")
    assert "beyond key 2 up to 3" in stopped.reason
    broken = copied(chunk=SMALL, generation=4)
    assert broken.insert_select is not None
    wrong = replace(broken.insert_select, into=table("nowhere"))
    failed = _run(target, replace(broken, insert_select=wrong))
    assert (failed.state, failed.poisoned, failed.batches) == ("failed", 0, 0)
    assert "nowhere" in failed.reason


def test_more_rejects_than_expected_pause_it(sqlite: Target) -> None:
    sqlite.execute(
        "CREATE TABLE logs (id INTEGER PRIMARY KEY, user_id INT, reason TEXT, delta INT);"
        "CREATE TABLE balances (user_id INT, bucket TEXT, amount INT, PRIMARY KEY (user_id, bucket));"
    )
    gifts = ", ".join(f"({n}, 1, 'gift', 1)" for n in range(1, 31))
    sqlite.execute(f"INSERT INTO logs VALUES {gifts};")
    paused = _run(sqlite, sums(chunk=SMALL, rejects=Rejects(most=7)))
    assert (paused.state, paused.rejected > 7) == ("paused", True)
    assert "__rc_rejects" in paused.reason
    failed = _run(sqlite, sums(chunk=SMALL, rejects=Rejects(most=7, on_exceed="fail"), generation=2))
    assert failed.state == "failed"


def test_keys_of_several_columns(target: Target) -> None:
    """A pair (1, '23') is not (12, '3'), and no pair is met twice or passed over, in whatever portions."""
    target.execute(
        "CREATE TABLE parts (a BIGINT NOT NULL, b VARCHAR(9) NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (a, b));"
        "CREATE TABLE totals (one BIGINT NOT NULL PRIMARY KEY, amount BIGINT NOT NULL);"
    )
    pairs = [(a, b) for a in (1, 2, 12, 123) for b in ("", "3", "23", "it''s", "Z", "é")]
    rows = ", ".join(f"({a}, '{b}', 1)" for a, b in pairs)
    target.execute(f"INSERT INTO parts VALUES {rows};")
    add = Sql("target.amount + incoming.amount")
    backfill = Backfill(
        ref=ref("parts_to_totals"), source=source("parts", "a", "b"), chunk=SMALL,
        idempotency=Idempotency(strategy="ledger"),
        insert_select=InsertSelect(
            into=table("totals"),
            columns=(
                Mapped(column="one", expression=Sql("1")),
                Mapped(column="amount", expression=Sql("n"), aggregate="sum"),
            ),
            merge=Merge(on=("one",), assignments=(Assignment(column="amount", value=add),)),
        ),
    )  # fmt: skip
    for generation in (1, 2):
        done = _run(target, replace(backfill, generation=generation))
        assert (done.state, done.read) == ("done", len(pairs)), done
        assert target.query("SELECT one, amount FROM totals") == [(1, len(pairs))]
    keys = {key for (key,) in target.query("SELECT source_key FROM _reconcile_applied")}
    assert len(keys) == len(pairs)
    assert {"1:12:23", "2:121:3"} <= keys


def test_marks_and_aggregates(target: Target) -> None:
    target.execute(
        f"CREATE TABLE logs (id {_key(target)}, user_id BIGINT NOT NULL, delta BIGINT NOT NULL, moved BOOLEAN);"
        "CREATE TABLE sums (user_id BIGINT NOT NULL PRIMARY KEY, amount BIGINT NOT NULL, n BIGINT NOT NULL);"
        "CREATE TABLE moved (id BIGINT NOT NULL, delta BIGINT NOT NULL);"
    )
    target.execute(f"INSERT INTO logs VALUES {', '.join(f'({n}, {n % 7}, {n}, NULL)' for n in range(1, 31))};")
    mapped = {"user_id": ("user_id", ""), "amount": ("delta", "sum"), "n": ("id", "count")}
    owners = Backfill(
        ref=ref("owners"), source=source("logs"), chunk=SMALL,
        idempotency=Idempotency(strategy="recompute", key=("user_id",)),
        insert_select=InsertSelect(
            into=table("sums"), group_by=(Sql("user_id"),),
            columns=tuple(
                Mapped(column=name, expression=Sql(text), aggregate=aggregate)
                for name, (text, aggregate) in mapped.items()
            ),
        ),
    )  # fmt: skip
    marked = Backfill(
        ref=ref("marked"), source=source("logs", where="delta <> 5"), chunk=SMALL,
        idempotency=Idempotency(strategy="mark_source", mark="moved"),
        insert_select=InsertSelect(
            into=table("moved"),
            columns=(Mapped(column="id", expression=Sql("id")), Mapped(column="delta", expression=Sql("delta"))),
        ),
    )  # fmt: skip
    for generation in (1, 2):
        assert _run(target, replace(owners, generation=generation)).state == "done"
        totals = target.query("SELECT user_id, sum(delta), count(id) FROM logs GROUP BY user_id ORDER BY 1")
        assert [tuple(map(int, row)) for row in totals] == [
            tuple(row) for row in target.query("SELECT user_id, amount, n FROM sums ORDER BY 1")
        ]
        assert _run(target, replace(marked, generation=generation)).state == "done"
        assert target.query("SELECT count(*), count(DISTINCT id) FROM moved") == [(29, 29)]
        target.execute("INSERT INTO logs VALUES (99, 3, 1000, true); DELETE FROM logs WHERE id = 99;")


def test_steps_in_key_space_and_statements(target: Target) -> None:
    target.execute(f"CREATE TABLE numbers (id {_key(target)}, a BIGINT, b BIGINT);")
    target.execute(f"INSERT INTO numbers VALUES {', '.join(f'({n * 10}, {n}, 0)' for n in range(1, 31))};")
    steps = replace(doubled(), ref=ref("steps"), chunk=Chunk(by="range", size=55, minimum=55, maximum=55))
    stepped = _run(target, steps)
    assert (stepped.state, stepped.read, stepped.batches) == ("done", 30, 6), stepped
    script = Backfill(
        ref=ref("script"), source=source("numbers"), idempotency=Idempotency(strategy="converge"), chunk=SMALL,
        script=Script(statement=Sql("UPDATE numbers SET b = a WHERE id > :lo AND id <= :hi AND ':lo' <> ''")),
    )  # fmt: skip
    done = _run(target, script)
    assert (done.state, done.written) == ("done", 30), done
    assert target.query("SELECT count(*) FROM numbers WHERE a = b") == [(30,)]


def test_what_a_plan_tells_beforehand(target: Target) -> None:
    """About how many rows, which index gives their order, which triggers fire; of what is not there, nothing."""
    target.execute(
        f"CREATE TABLE events (id {_key(target)}, body VARCHAR(40), part BIGINT NOT NULL);"
        "CREATE TABLE facts (event_id BIGINT NOT NULL PRIMARY KEY, body VARCHAR(40), kind VARCHAR(10));"
    )
    rows = ", ".join(f"({n}, 'x', {n % 7})" for n in range(1, 41))
    target.execute(f"INSERT INTO events VALUES {rows};")
    trigger = {
        "postgres": "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;"
        "CREATE TRIGGER told BEFORE INSERT ON facts FOR EACH ROW EXECUTE FUNCTION f();",
        "mysql": "CREATE TRIGGER told BEFORE INSERT ON facts FOR EACH ROW SET NEW.kind = 'y';",
        "mariadb": "CREATE TRIGGER told BEFORE INSERT ON facts FOR EACH ROW SET NEW.kind = 'y';",
    }
    target.execute(trigger.get(target.dialect, "CREATE TRIGGER told AFTER INSERT ON facts BEGIN SELECT 1; END;"))
    with work_on(target, copied()) as work:
        found = foresee(work.source, work.target, work.backfill)
        assert found.index
        assert found.key == ("id",)
        assert found.rows is not None
        assert [str(one) for one in found.triggers] == ["table.facts.trigger.told"]
        unsorted = foresee(work.source, work.target, copied(source=source("events", "part")))
        assert unsorted.index == ""
        nothing = foresee(work.source, work.target, copied(source=source("nowhere")))
        assert (nothing.rows, nothing.index) == (None, None)
