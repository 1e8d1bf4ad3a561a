"""A backfill in, what the rows say to each of its verifications out; nothing is written, and what fails is told."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import field
from decimal import Decimal
from math import isclose

from reconciler.backfill.comparing import checksum, sample
from reconciler.backfill.finding import MOST, Finding
from reconciler.backfill.values import Shape, canonical
from reconciler.backfill.work import Side, Work
from reconciler.dialects.base import DatabaseError, Question
from reconciler.dialects.masking import masks
from reconciler.errors import ReconcileError
from reconciler.execute.asking import in_time, shown, why
from reconciler.frozen import frozen_in_order
from reconciler.model.backfills import Verification
from reconciler.model.values import Sql
from reconciler.plan.outcome import Rows, Verified

# Rows of a query that are compared with those of another one: more are work for a checksum.
_ROWS = 100_000
# How near two floats are that were summed up in another order.
_NEAR = 1e-9
_ANY = Shape(sort="other")


def verify(work: Work, upper: Sequence[object] = ()) -> tuple[Verified, ...]:
    """Ask everything that proves a backfill.

    Args:
        work: sessions outside a transaction.
        upper: the key where the work ended, for :hi in the queries; () where there was nothing to do.

    Returns:
        What came of each verification: one that cannot be asked is an error, and none raises.
    """
    with ExitStack() as stack:
        sides = _Sides(work, stack)
        return tuple(_verified(sides, one, upper) for one in work.backfill.verify)


@frozen_in_order
class _Sides:
    """The databases that are asked, each opened once."""

    work: Work
    stack: ExitStack
    opened: dict[str, Side] = field(default_factory=dict)

    def side(self, name: str) -> Side:
        """Return the side of an environment, "" for the database that is written. Raises ReconcileError."""
        if not name:
            return self.work.target
        if name == self.work.backfill.source.database:
            return self.work.source
        if name not in self.opened:
            self.opened[name] = self.stack.enter_context(self.work.side(name))
        return self.opened[name]


def _verified(sides: _Sides, one: Verification, upper: Sequence[object]) -> Verified:
    begun = time.monotonic()
    try:
        found = KINDS[one.kind](sides, one, upper)
    except DatabaseError as error:
        found = Finding("error", why(error, one.timeout, time.monotonic() - begun))
    except ReconcileError as error:
        found = Finding("error", error.message)
    return Verified(
        name=one.name, kind=one.kind, status=found.status, seconds=time.monotonic() - begun, message=found.message,
        columns=found.columns, sample=found.sample,
    )  # fmt: skip


# --- queries ----------------------------------------------------------------------------------------------------------


@frozen_in_order
class _Asked:
    """A query, where it was put, and its rows."""

    side: Side
    text: str
    rows: Rows

    def hidden(self) -> tuple[bool, ...]:
        """Say of each column whether its values are not to be shown."""
        return masks(self.text, self.rows.columns, self.side.model, self.side.dialect.family)


def _zero_rows(sides: _Sides, one: Verification, upper: Sequence[object]) -> Finding:
    (asked,) = _answers(sides, one, upper, [(one.left, one.left_in)], MOST + 1)
    rows = asked.rows.rows
    if not rows:
        return Finding("pass")
    count = f"at least {MOST + 1}" if len(rows) > MOST else str(len(rows))
    hidden = asked.hidden()
    return Finding(
        "fail", f"there {'is' if count == '1' else 'are'} {count} row{'' if count == '1' else 's'} where none may be",
        asked.rows.columns, tuple(shown(row, hidden) for row in rows[:MOST]),
    )  # fmt: skip


def _equal(sides: _Sides, one: Verification, upper: Sequence[object]) -> Finding:
    left, right = _pair(sides, one, upper)
    if len(left.rows.columns) != len(right.rows.columns):
        counts = f"{len(left.rows.columns)} and {len(right.rows.columns)}"
        return Finding("error", f"the two queries return {counts} columns, so their rows cannot be the same")
    if max(len(left.rows.rows), len(right.rows.rows)) > _ROWS:
        return Finding("error", f"a query returns more than {_ROWS:,} rows; compare a count, or by a checksum")
    if _single(left.rows) and _single(right.rows):
        same = _same(left.rows.rows[0][0], right.rows.rows[0][0])
        return Finding("pass") if same else _unlike(left, right, "differ")
    return _rows_alike(left, right)


def _at_least(sides: _Sides, one: Verification, upper: Sequence[object]) -> Finding:
    left, right = _pair(sides, one, upper)
    if not _single(left.rows) or not _single(right.rows):
        return Finding("error", "each of the two queries has to return one value")
    numbers = [_number(asked.rows.rows[0][0]) for asked in (left, right)]
    if None in numbers:
        return _unlike(left, right, "are no two numbers")
    less = numbers[0] < numbers[1]  # type: ignore[operator]
    return _unlike(left, right, "are the wrong way round: the left one is less") if less else Finding("pass")


def _pair(sides: _Sides, one: Verification, upper: Sequence[object]) -> tuple[_Asked, _Asked]:
    left, right = _answers(sides, one, upper, [(one.left, one.left_in), (one.right, one.right_in)], _ROWS + 1)
    return left, right


def _answers(
    sides: _Sides, one: Verification, upper: Sequence[object], queries: Sequence[tuple[Sql | None, str]], most: int
) -> list[_Asked]:
    """Put the queries of a verification; those that go to one database see it at one moment. Raises DatabaseError."""
    begun = time.monotonic()
    places = [(sides.side(name), "" if sql is None else sql.text) for sql, name in queries]
    questions = [Question(text, most, _bound(sides.work, text, upper)) for _, text in places]
    every = list({id(side): side for side, _ in places}.values())
    with ExitStack() as stack:
        for side in every:
            stack.enter_context(asking(side, one.timeout))
        at_once = every[0].dialect.at_once if len(every) == 1 else None
        if at_once is not None:
            answers = at_once(every[0].session, questions)
        else:
            answers = [
                side.dialect.first_rows(side.session, question)
                for (side, _), question in zip(places, questions, strict=True)
            ]
        in_time(one.timeout, time.monotonic() - begun)
    return [_Asked(side, text, rows) for (side, text), rows in zip(places, answers, strict=True)]


@contextmanager
def asking(side: Side, timeout: float) -> Iterator[None]:
    """Let questions to a database see it at one moment, change nothing, and take no longer than so many seconds."""
    with side.dialect.snapshot(side.session), side.dialect.limited(side.session, timeout):
        yield


def _bound(work: Work, text: str, upper: Sequence[object]) -> Mapping[str, object]:
    """Return the parameters that a query names: :hi, or :hi_COLUMN for each column of a key."""
    key = work.backfill.source.key
    values: dict[str, object] = {f"hi_{column}": value for column, value in zip(key, upper, strict=False)}
    if len(key) == 1:
        values["hi"] = upper[0] if upper else None
    return {name: value for name, value in values.items() if f":{name}" in text}


# --- answers ----------------------------------------------------------------------------------------------------------


def _single(rows: Rows) -> bool:
    return len(rows.rows) == 1 and len(rows.columns) == 1


def _number(value: object) -> Decimal | None:
    return Decimal(str(value)) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else None


def _same(left: object, right: object) -> bool:
    """Say whether two values are the same, whatever databases they come from."""
    if isinstance(left, float) or isinstance(right, float):
        numbers = _number(left), _number(right)
        return None not in numbers and isclose(float(numbers[0] or 0), float(numbers[1] or 0), rel_tol=_NEAR)
    return _text(left) == _text(right)


def _text(value: object) -> str | None:
    if isinstance(value, float):
        value = Decimal(format(value, ".12g"))
    plain = value if isinstance(value, bool | int | Decimal | bytes) or value is None else str(value)
    return canonical(plain, _ANY)


def _unlike(left: _Asked, right: _Asked, word: str) -> Finding:
    hidden = left.hidden()[0] or right.hidden()[0]
    values = shown((left.rows.rows[0][0], right.rows.rows[0][0]), (hidden, hidden))
    names = ("left", "right")
    return Finding("fail", f"{'left and right'} {word}: {values[0]} and {values[1]}", names, (values,))


def _rows_alike(left: _Asked, right: _Asked) -> Finding:
    """Compare rows without their order; each of them counts as often as it is there."""
    sides = ("left", left, right), ("right", right, left)
    counts = {id(asked): Counter(_row(row) for row in asked.rows.rows) for _, asked, _ in sides}
    alone = []
    for name, asked, other in sides:
        more = counts[id(asked)] - counts[id(other)]
        hidden = tuple(map(any, zip(asked.hidden(), other.hidden(), strict=True)))
        for row in asked.rows.rows:
            if more[_row(row)] > 0:
                more[_row(row)] -= 1
                alone.append((name, *shown(row, hidden)))
    if not alone:
        return Finding("pass")
    message = f"{len(alone)} row{'s are' if len(alone) > 1 else ' is'} on one side alone"
    return Finding("fail", message, ("only in", *left.rows.columns), tuple(alone[:MOST]))


def _row(row: Sequence[object]) -> tuple[str | None, ...]:
    return tuple(map(_text, row))


KINDS: Mapping[str, Callable[[_Sides, Verification, Sequence[object]], Finding]] = {
    "zero_rows": _zero_rows,
    "equal": _equal,
    "at_least": _at_least,
    "checksum": lambda sides, one, upper: checksum(sides.work, one, upper),
    "sample": lambda sides, one, upper: sample(sides.work, one, upper),
}
