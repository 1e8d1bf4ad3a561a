"""What a dialect knows of files of SQL that others wrote: where statements end, which never run, where the rest may."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from reconciler.dialects.base import DatabaseError, Session, Target
from reconciler.dialects.pieces import Grammar, Word
from reconciler.frozen import frozen, frozen_in_order
from reconciler.model.model import Inspection
from reconciler.model.ref import Ref

# What a scratch database is for, as its name says.
PURPOSE = "import"


@frozen_in_order
class Apart:
    """Surroundings in which some objects are not there: where to run, and how to look at what came of it."""

    session: Session
    look: Callable[[], Inspection]


@frozen
class Bench:
    """A scratch database on which files are run: empty at first, thrown away in the end.

    * `session()`: a session for one file; no setting of another file is in it.
    * `look()`: everything that is there.
    * `apart(session, refs)`: surroundings without these objects; what is done inside is undone. They are one object, or
      columns of one table. Raises DatabaseError where there cannot be such.
    * `elsewhere(words)`: why a statement reaches beyond this database, "" where it does not.
    """

    session: Callable[[], AbstractContextManager[Session]]
    look: Callable[[], Inspection]
    apart: Callable[[Session, Sequence[Ref]], AbstractContextManager[Apart]]
    elsewhere: Callable[[Sequence[Word]], str] = lambda words: ""


@frozen
class Adoption:
    """What reading files of SQL takes, by dialect.

    * `grammar`: where statements end.
    * `bench(target)`: a scratch database, beside that of the target where it needs a server; gone afterwards.
      Raises TargetError, with the remedy, where none may be made.
    * `needs_server`: nothing can be run without a server.
    * `never(words)`: why a statement is never run, "" for others: it reaches beyond one database, or to files.
    * `idle(words)`: why a statement need not run: every one is committed by itself, on one connection.
    * `forgiven(words, error, session)`: why it is no matter that a statement failed there, "" where it is.
    """

    grammar: Grammar
    bench: Callable[[Target], AbstractContextManager[Bench]]
    needs_server: bool
    never: Callable[[Sequence[Word]], str]
    idle: Callable[[Sequence[Word]], str]
    forgiven: Callable[[Sequence[Word], DatabaseError, Session], str]


def begins(words: Sequence[Word], *said: str) -> bool:
    """Say whether a statement begins with these keywords; several for one place stand with bars between them."""
    return len(words) >= len(said) and all(
        word.word and word.word in one.split("|") for word, one in zip(words, said, strict=False)
    )


# Why it is no matter that an INSERT breaks a key: the row is another file's too, and rows are not what is imported.
ROWS_THERE = "the row is there already"


def keywords(words: Sequence[Word]) -> frozenset[str]:
    """Return every keyword of a statement."""
    return frozenset(word.word for word in words)
