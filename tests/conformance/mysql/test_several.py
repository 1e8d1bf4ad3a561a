"""Many questions in one request: answers are those of one after the other, and then the server takes one again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pymysql.cursors import Cursor

from reconciler.dialects import base
from reconciler.dialects.base import DatabaseError
from reconciler.dialects.mysql import session as module
from reconciler.dialects.mysql.session import MysqlSession, connect
from tests.target import Target


@pytest.fixture
def session(my: Target) -> Iterator[MysqlSession]:
    found = connect(base.Target(dialect=my.dialect, url=my.url, label="", access="read"))
    assert isinstance(found, MysqlSession)
    yield found
    found.close()


QUESTIONS = ["select 1, 'a'", "select 'x;y', '100 %'", "select 2 where 1 = 0", *(f"select {n}" for n in range(250))]


def test_the_answers_are_the_same(session: MysqlSession) -> None:
    assert session.query_each(QUESTIONS) == [session.query(sql) for sql in QUESTIONS]
    assert session.query_each(QUESTIONS[:2]) == [[(1, "a")], [("x;y", "100 %")]]
    assert session.query_each([]) == []


def refused(session: MysqlSession) -> bool:
    with pytest.raises(DatabaseError) as error:
        session.query("select 1; select 2")
    return error.value.code == "1064"


def test_several_are_one_error_before_and_after(session: MysqlSession) -> None:
    assert refused(session)
    session.query_each(QUESTIONS)
    assert refused(session)


def test_an_error_is_told_and_ends_it(session: MysqlSession) -> None:
    with pytest.raises(DatabaseError, match="nowhere") as error:
        session.query_each([*QUESTIONS, "select * from nowhere", "select 1"])
    assert error.value.code == "1146"
    assert session.query("select 5") == [(5,)]
    assert refused(session)


def test_a_server_that_will_not_be_told_is_asked_one_by_one(
    session: MysqlSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SEVERAL", 7)
    assert session.query_each(QUESTIONS) == [session.query(sql) for sql in QUESTIONS]
    assert refused(session)


def test_a_connection_that_is_lost_is_told(session: MysqlSession) -> None:
    session.abandon()
    with pytest.raises(DatabaseError) as error:
        session.query_each(QUESTIONS)
    assert error.value.lost


def test_a_connection_that_ends_in_the_middle_is_told(session: MysqlSession, my: Target) -> None:
    """The first error is told, not that of taking back what was let; then nothing else goes through."""
    ((number,),) = session.query("select connection_id()")
    late = [*QUESTIONS[:5], f"kill {number}", *QUESTIONS]
    with pytest.raises(DatabaseError) as error:
        session.query_each(late)
    assert error.value.code in ("1317", "1927", "2013")
    with pytest.raises(DatabaseError) as after:
        session.query("select 1")
    assert after.value.lost
    assert my.query("select 1") == [(1,)]


def test_where_one_is_not_taken_again_the_connection_ends(
    session: MysqlSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ONE", 7)
    assert session.query_each(QUESTIONS)[0] == [(1, "a")]
    with pytest.raises(DatabaseError) as error:
        session.query("select 1; select 2")
    assert error.value.lost


def test_who_breaks_it_off_leaves_nothing_that_takes_several(session: MysqlSession) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cursor, "nextset", broken_off)
        with pytest.raises(KeyboardInterrupt):
            session.query_each(QUESTIONS)
    assert session.query("select 5") == [(5,)]
    assert refused(session)


def broken_off(cursor: object) -> bool:
    raise KeyboardInterrupt
