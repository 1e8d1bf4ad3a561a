"""What there is to report without a database, as data: files, types, new projects; rendered elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from reconciler.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One finding of `lint`: what and where, for which dialects, and what allows it ("" when nothing does)."""

    problem: Problem
    dialects: tuple[str, ...]
    allowed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FormattedFile:
    """A file as it is and in its canonical form; `name` is its path as a person is shown it."""

    path: Path
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Formatted:
    """Every file that has a canonical form, and what is wrong with those that have none."""

    files: tuple[FormattedFile, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def changed(self) -> tuple[FormattedFile, ...]:
        """The files that are not in their canonical form."""
        return tuple(file for file in self.files if file.before != file.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelled:
    """What a dialect makes of a type: its words ("" when it has none), what comes with it, what is to be known."""

    native: str
    besides: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A file of a new project, what was done about it, and what a person should know of it."""

    path: Path
    deed: Deed
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A directory that has been made a project."""

    directory: Path
    things: tuple[Thing, ...]
