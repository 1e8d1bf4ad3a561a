"""What the transactions of a run write down of what is ours: each object once, and as it is when they are done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.compare.compare import Memory
from reconciler.dialects.base import Session, Target
from reconciler.dialects.sqlite.dialect import DIALECT
from reconciler.execute import ledger
from reconciler.execute.ledger import Entry, Ledger
from reconciler.execute.owning import Book, News
from reconciler.model.ref import Ref

OURS = Ledger(prefix="", project="shop")
ONE, OTHER = (Ref.root("table", name) for name in ("one", "other"))


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    opened = DIALECT.connect(Target(dialect="sqlite", url=f"sqlite:///{tmp_path}/db", label="", access="write"))
    ledger.bootstrap(opened, OURS)
    yield opened
    opened.close()


def _book(*known: Ref) -> Book:
    return Book(ledger=OURS, run_id="r", circumstances="c", known=frozenset(known))


def _news(*made: Ref, gone: tuple[Ref, ...] = (), protected: bool = False) -> News:
    return News(entries={ref: Entry(protected=protected) for ref in made}, gone=frozenset(gone))


def _done(session: Session, book: Book, *parts: News) -> set[tuple[str, bool]]:
    """Carry transactions out, and return what is ours then and which of it is protected."""
    for part in parts:
        book.keep(session, part)
        book.committed(part)
    found = ledger.read(session, OURS, "c")
    return {(str(ref), ref in found.protected) for ref in found.objects}


def test_what_is_written_is_not_written_again(session: Session) -> None:
    book = _book()
    _done(session, book, _news(ONE))
    session.execute("UPDATE _reconcile_object SET run_id = 'seen'")
    assert _done(session, book, _news(ONE, OTHER)) == {("table.one", False), ("table.other", False)}
    assert session.query("SELECT run_id FROM _reconcile_object ORDER BY address") == [("seen",), ("r",)]


def test_what_differs_takes_the_place_of_what_was_written(session: Session) -> None:
    assert _done(session, _book(), _news(ONE), _news(ONE, protected=True)) == {("table.one", True)}


def test_what_was_known_is_written_anew(session: Session) -> None:
    _done(session, _book(), _news(ONE))
    assert _done(session, _book(ONE), _news(ONE, protected=True)) == {("table.one", True)}


def test_what_goes_and_is_made_again_is_ours(session: Session) -> None:
    assert _done(session, _book(ONE), _news(ONE), _news(gone=(ONE,)), _news(ONE)) == {("table.one", False)}


def test_a_transaction_that_was_taken_back_has_written_nothing(session: Session) -> None:
    book = _book()
    session.begin()
    book.keep(session, _news(ONE))
    session.rollback()
    assert _done(session, book, _news(ONE)) == {("table.one", False)}


def test_what_the_server_made_of_a_text_is_told_in_the_end(session: Session) -> None:
    told = News(entries={ONE: Entry(memory={"query": Memory("digest", "canonical")})}, gone=frozenset())
    _done(session, _book(), _news(ONE), told)
    assert ledger.read(session, OURS, "c").memory == {(ONE, "query"): Memory("digest", "canonical")}
