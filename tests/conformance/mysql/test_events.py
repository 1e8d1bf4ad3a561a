"""Events: made, altered, renamed; what the server fills in is no change, and a clock that stands still is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.driver import Project
from tests.target import Target

TABLE = "table: t\ncolumns: {id: {type: int, primary_key: true}}\n"
EVENT = "event: nightly\nevery: 1 day\nbody:\n- delete from t where id > 5\n"


def events(my: Target) -> list[Any]:
    return my.query(
        "select event_name, interval_value, interval_field, starts, ends, status, on_completion, event_comment, created"
        " from information_schema.events where event_schema = database()"
    )


def test_an_event_of_portable_statements(project: Project, my: Target) -> None:
    project.apply(TABLE, EVENT)
    ((_, value, unit, starts, *_, made),) = events(my)
    assert (value, unit) == ("1", "DAY")
    project.apply(TABLE, EVENT.replace("> 5", "> 6").replace("1 day", "2 days"))
    ((_, value, unit, still, *_, again),) = events(my)
    assert (value, unit, still, again) == ("2", "DAY", starts, made), "altered in place, and it starts when it started"
    project.apply(TABLE)
    assert events(my) == []


@pytest.mark.usefixtures("alone")
def test_it_runs(project: Project, my: Target) -> None:
    (was,) = my.query("select @@global.event_scheduler")
    adding = EVENT.replace("1 day", "1 second").replace("delete from t where id > 5", "insert into t values (1)")
    project.apply(TABLE, adding)
    my.execute("set global event_scheduler = on")
    try:
        for _ in range(100):
            if my.query("select id from t"):
                break
            my.query("select sleep(0.1)")
        assert my.query("select id from t") == [(1,)]
    finally:
        my.execute(f"set global event_scheduler = {was[0]}")
        project.apply(TABLE)


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("90 minute", ("90", "MINUTE")),
        ("'1:30' hour_minute", ("'1:30'", "HOUR_MINUTE")),
        ("1:30 HOUR_MINUTE", ("'1:30'", "HOUR_MINUTE")),
        ("'90' hour_minute", ("'1:30'", "HOUR_MINUTE")),
        ("'01:05' day_second", ("'0 0:1:5'", "DAY_SECOND")),
        ("'1-14' year_month", ("'2-2'", "YEAR_MONTH")),
        ("3 Weeks", ("3", "WEEK")),
        ("1 quarter", ("1", "QUARTER")),
    ],
)
def test_an_interval_has_one_spelling(project: Project, my: Target, said: str, stored: tuple[str, str]) -> None:
    project.apply(TABLE, EVENT.replace("1 day", f'"{said}"'))
    assert events(my)[0][1:3] == stored


def test_every_part(project: Project, my: Target) -> None:
    more = 'starts: "2030-01-01 04:00:00"\nends: 2031-01-01\npreserve: true\nenabled: false\ncomment: it\'s\n'
    project.apply(TABLE, EVENT + more)
    ((_, _, _, starts, ends, *rest, _),) = events(my)
    assert (str(starts), str(ends), rest) == (
        "2030-01-01 04:00:00", "2031-01-01 00:00:00", ["DISABLED", "PRESERVE", "it's"],
    )  # fmt: skip
    project.apply(TABLE, EVENT + more.replace("ends: 2031-01-01\n", "").replace("comment: it's\n", ""))
    ((_, _, _, starts, ends, *rest, _),) = events(my)
    assert (str(starts), ends, rest) == ("2030-01-01 04:00:00", None, ["DISABLED", "PRESERVE", ""])
    once = EVENT.replace("every: 1 day", "at: 2037-01-01 04:00") + "options: {mysql: {time_zone: '+05:00'}}\n"
    project.apply(TABLE, once)
    query = "select event_type, execute_at, time_zone from information_schema.events where event_schema = database()"
    ((sort, moment, zone),) = my.query(query)
    assert (sort, str(moment), zone) == ("ONE TIME", "2037-01-01 04:00:00", "+05:00")
    project.imported("tables/t.yaml")


def test_an_event_gets_another_name(project: Project, my: Target) -> None:
    project.apply(TABLE, EVENT)
    made = events(my)[0][-1]
    project.apply(
        TABLE, EVENT.replace("event: nightly", "event: every night\nrenamed_from: nightly").replace("1 d", "3 d")
    )
    assert (events(my)[0][0], events(my)[0][1], events(my)[0][-1]) == ("every night", "3", made)


def test_whose_rights_it_has_stays(project: Project, my: Target) -> None:
    my.execute("create table t (id int primary key)")
    my.execute("create definer = nobody@nowhere event nightly on schedule every 1 day do delete from t where id = 'x'")
    project.apply(TABLE, EVENT)
    assert my.query("select definer from information_schema.events where event_schema = database()") == [
        ("nobody@nowhere",)
    ]
    project.apply(TABLE, EVENT + "definer: other@nowhere\n")
    assert my.query("select definer from information_schema.events where event_schema = database()") == [
        ("other@nowhere",)
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("1 day", "now and then", "no interval"),
        ("1 day", "0 day", "no interval"),
        ("every: 1 day", "at: tomorrow", "no moment"),
        ("every: 1 day", "every: 1 day\nstarts: now() + interval 1 day", "no moment"),
        ("every: 1 day", "at: 2030-01-01\nends: 2031-01-01", "neither starts nor ends"),
    ],
)
def test_what_there_is_not_is_a_mistake(project: Project, old: str, new: str, told: str) -> None:
    found = project.impossible(TABLE, EVENT.replace(old, new))
    assert any(told in message for message in found["SPEC200"]), found


@pytest.mark.usefixtures("alone")
def test_a_clock_that_stands_still_is_told(project: Project, my: Target) -> None:
    (was,) = my.query("select @@global.event_scheduler")
    try:
        my.execute("set global event_scheduler = off")
        assert "MY150" in project.hazards(TABLE, EVENT)
        assert "MY150" not in project.hazards(TABLE, EVENT + "enabled: false\n")
        my.execute("set global event_scheduler = on")
        assert "MY150" not in project.hazards(TABLE, EVENT)
    finally:
        my.execute(f"set global event_scheduler = {was[0]}")
