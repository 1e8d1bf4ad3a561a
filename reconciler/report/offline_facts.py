"""What there is to report without a database, as data: files, types, new projects; rendered elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from reconciler.errors import Problem
from reconciler.frozen import frozen


@frozen
class Found:
    """One finding of `lint`: what and where, for which dialects, and what allows it ("" when nothing does)."""

    problem: Problem
    dialects: tuple[str, ...]
    allowed: str = ""


@frozen
class Linted:
    """What was found in specs, the gravest first; `base` is the commit since which they changed, "" for none."""

    project: str
    base: str
    files: int
    dialects: tuple[str, ...]
    found: tuple[Found, ...]

    def problems(self) -> tuple[Problem, ...]:
        """Return what nothing allows."""
        return tuple(one.problem for one in self.found if not one.allowed)


@frozen
class FormattedFile:
    """A file as it is and in its canonical form; `name` is its path as a person is shown it."""

    path: Path
    name: str
    before: str
    after: str


@frozen
class Formatted:
    """Every file that has a canonical form, and what is wrong with those that have none."""

    files: tuple[FormattedFile, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def changed(self) -> tuple[FormattedFile, ...]:
        """The files that are not in their canonical form."""
        return tuple(file for file in self.files if file.before != file.after)


@frozen
class Spelled:
    """What a dialect makes of a type: its words ("" when it has none), what comes with it, what is to be known."""

    native: str
    besides: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@frozen
class TypeRow:
    """A portable type with what each dialect makes of it."""

    portable: str
    dialects: Mapping[str, Spelled]


class Deed(StrEnum):
    """What was done about a file that a project has."""

    CREATED = "created"
    EXTENDED = "extended"
    UPDATED = "updated"
    KEPT = "kept"
    THERE = "there already"


@frozen
class Thing:
    """A file of a new project, what was done about it, and what a person should know of it."""

    path: Path
    deed: Deed
    note: str = ""


@frozen
class Started:
    """A directory that has been made a project."""

    directory: Path
    things: tuple[Thing, ...]
