"""Every error that reaches a person, as data: what is wrong, where, and what to do; nothing is printed here.

The tree, each with its exit code (docs/adr/0006-exit-codes.md):

* ReconcileError                1
  - SpecError                  65   the specs are wrong; carries every problem at once
  - UsageError                 64   the command line is wrong
  - TargetError                 1   the database cannot be reached or does not let us work
  - PlanError                   1   a change cannot be planned; carries every problem at once
  - Refused                     3   policy does not allow a hazard, or live data contradicts a change
  - StalePlan                   4   the database moved on since the plan was made
  - LockTaken                   5   another run holds the lock
  - ApplyFailed                 1   a step failed, and nothing was changed
  - PartlyApplied               6   a run stopped after some of its transactions
  - NotConverged                1   applied, and still something differs
  - RehearsalFailed             1   a plan failed on a copy of the schema, or left something; nothing was changed
  - ApprovalNeeded              7   somebody has to say yes, and there is no terminal
  - Declined                    1   somebody was asked and did not say yes
  - PlanFileError               1   a plan file cannot be read or written, or is none
  - SnapshotError               1   a snapshot cannot be read or written, or is none of this database's kind
  - BackupError                 1   a backup cannot be made, is damaged, or cannot be read back
  - Interrupted               130   ended from outside by Ctrl-C, and cleaned up
    + Ended                   143   the same by SIGTERM
  - Unexpected                  1   a bug
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from reconciler.frozen import frozen


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a spec file; lines and columns count from 1, `end_column` is the first column after it."""

    file: str
    line: int
    column: int
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@frozen
class Problem:
    """One thing that is wrong, told to a person.

    `source` is the line of the file that `position` points into, for the caret. `severity` is `error` or `warning`;
    only errors stop anything. `also` are further places that belong to it: the other half of a contradiction.
    """

    code: str
    message: str
    position: Position | None = None
    source: str = ""
    hint: str = ""
    address: str = ""
    severity: str = "error"
    also: tuple[Position, ...] = ()

    def at(self, position: Position | None, source: str = "") -> Problem:
        """Return the same problem at a place, unless it has one already."""
        return self if self.position or position is None else replace(self, position=position, source=source)


class ReconcileError(Exception):
    """The root: a message for a person, a stable code, and what to do next.

    `backup` names what was kept of the database before, "" where nothing was.
    """

    exit_code: ClassVar[int] = 1
    code: str = "RUN001"
    backup: str = ""

    def __init__(self, message: str, *, hint: str = "", code: str = "", address: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or type(self).code
        self._problems: tuple[Problem, ...] = (Problem(code=self.code, message=message, hint=hint, address=address),)

    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong as data, never empty."""
        return self._problems

    def place(self, problems: Sequence[Problem]) -> None:
        """Take the same problems, which know their places by now."""
        self._problems = tuple(problems)


class ProblemsError(ReconcileError):
    """An error that is a list of problems, all found before anything was done."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        super().__init__(first.message, hint=first.hint, code=first.code)
        self.place(problems)


class SpecError(ProblemsError):
    """The specs are wrong."""

    exit_code = 65


class PlanError(ProblemsError):
    """What the specs ask for cannot be planned on this database."""


class FileError(ProblemsError):
    """Files cannot be written, or not be read."""

    code = "RUN042"


class UsageError(ReconcileError):
    """The command line is wrong."""

    exit_code = 64
    code = "RUN064"


class TargetError(ReconcileError):
    """The database cannot be reached, or does not let us do what is needed."""

    code = "RUN010"


class Refused(ReconcileError):
    """Policy or live data forbid the plan; the hazards are in the plan that was shown."""

    exit_code = 3
    code = "RUN003"


class StalePlan(ReconcileError):
    """The database is not in the state that the plan starts from, or the plan is not the expected one."""

    exit_code = 4
    code = "RUN004"


class LockTaken(ReconcileError):
    """Another run holds the lock and kept it for as long as we were told to wait."""

    exit_code = 5
    code = "RUN005"


class ApprovalNeeded(ReconcileError):
    """The plan wants a yes and nobody is there to say it."""

    exit_code = 7
    code = "RUN007"


class ApplyFailed(ReconcileError):
    """A step failed, and nothing was changed."""

    code = "RUN020"


class PartlyApplied(ReconcileError):
    """A run stopped after some of its transactions; they stay, and running it again goes on from there."""

    exit_code = 6
    code = "RUN022"


_MOST_DIFFERENCES = 20


class NotConverged(ReconcileError):
    """Everything ran, and the database still differs from the specs; the lines after the first say where."""

    code = "RUN021"

    def __init__(self, message: str, *, differences: Sequence[str] = (), hint: str = "") -> None:
        more = len(differences) - _MOST_DIFFERENCES
        lines = [f"differs: {words}" for words in differences[:_MOST_DIFFERENCES]]
        super().__init__("\n".join([message, *lines, *([f"and {more} more"] if more > 0 else [])]), hint=hint)


class AssertionsFailed(ReconcileError):
    """What the specs assert of the rows is not so, or cannot be asked."""

    code = "RUN023"


class RehearsalFailed(ReconcileError):
    """A plan was tried on a copy without rows, and did not do what it is for; the database was not touched."""

    code = "RUN024"


class Declined(ReconcileError):
    """Somebody was asked and did not say yes."""

    code = "RUN008"


class PlanFileError(ReconcileError):
    """A plan file cannot be read or written, or is none."""

    code = "RUN040"


class SnapshotError(ReconcileError):
    """A snapshot cannot be read or written, or is none, or not one for what is asked."""

    code = "RUN043"


class BackupError(ReconcileError):
    """A backup cannot be made, is damaged, or cannot be read back."""

    code = "RUN044"


class Interrupted(ReconcileError):
    """The run was ended from outside, and cleaned up."""

    exit_code = 130
    code = "RUN130"


class Ended(Interrupted):
    """The run was ended by SIGTERM, and cleaned up."""

    exit_code = 143
    code = "RUN143"


class Unexpected(ReconcileError):
    """Something that no part of the program counted on: a bug."""

    code = "RUN000"
