"""A target in; a session on it and what it holds, looked up while the specs are still being read, out.

What to look at is what the specs say, so a look taken ahead goes by what they said the last time; where that is
something else now, what it saw is not used.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import Thread

from reconciler import spec
from reconciler.dialects.base import Session, Survey
from reconciler.frozen import frozen_in_order
from reconciler.spec.load import Documents
from reconciler.spec.pack import NO_PACKS
from reconciler.workflow.opening import Opened

_SCHEMAS = "schemas "
_BETWEEN = "\n"


@frozen_in_order
class Seen:
    """A session on a target, and what was seen there already; None where nobody has looked."""

    session: Session
    survey: Survey | None


# What gives a session on the target whose specs are read by now, with what these documents say.
LookAt = Callable[[Opened, Documents], Seen]


@contextmanager
def looked_at(opened: Opened) -> Iterator[LookAt]:
    """Begin to look at a target where that is worth it, and give what was seen to whoever has read the specs.

    The session is closed at the end, also where nobody asked for it. What connecting and looking raise is raised when
    somebody asks.
    """
    schemas = _expected(opened)
    early = None if schemas is None else _begun(replace(opened, target=replace(opened.target, schemas=schemas)))
    held: list[Session] = []

    def look_at(opened: Opened, documents: Documents) -> Seen:
        wanted = opened.target.schemas
        seen = early.result() if early else Seen(opened.dialect.connect(opened.target), None)
        held.append(seen.session)
        if wanted != schemas:
            _expect(opened, documents)
        return seen if wanted == schemas else replace(seen, survey=None)

    try:
        yield look_at
    finally:
        if early is not None and not held:
            early.add_done_callback(_let_go)
        for session in held:
            session.close()


def _begun(opened: Opened) -> Future[Seen]:
    """Look at a target in a thread of its own, and end with the process, whatever the server does."""
    for driver in opened.dialect.drivers:  # while a thread loads it nothing else goes on
        with suppress(ImportError):
            importlib.import_module(driver)
    found: Future[Seen] = Future()

    def look() -> None:
        try:
            found.set_result(_look(opened))
        except BaseException as error:
            found.set_exception(error)

    Thread(target=look, name="look", daemon=True).start()
    return found


def _look(opened: Opened) -> Seen:
    session = opened.dialect.connect(opened.target)
    try:
        survey = opened.dialect.survey
        return Seen(session, survey(session, opened.target) if survey else None)
    except BaseException:
        session.close()
        raise


def _let_go(found: Future[Seen]) -> None:
    if found.exception() is None:
        found.result().session.close()


# --- what the specs said the last time --------------------------------------------------------------------------------


def _name(opened: Opened) -> str:
    return f"{_SCHEMAS}{opened.dialect.name} {opened.target.schema}"


def _expected(opened: Opened) -> tuple[str, ...] | None:
    """Return the schemas that the specs named the last time, None where that is not known or would save no time."""
    if not opened.dialect.drivers or opened.dialect.survey is None:
        return None
    shelf = spec.shelf(opened.project.root, os.environ)
    known = shelf.texts(_name(opened)) if shelf else {}
    return next((tuple(filter(None, words.split(_BETWEEN))) for words in known), None)


def _expect(opened: Opened, documents: Documents) -> None:
    if documents.shelf is not None and opened.dialect.drivers:
        documents.shelf.keep(_name(opened), {_BETWEEN.join(opened.target.schemas): "now"}, before=NO_PACKS)
