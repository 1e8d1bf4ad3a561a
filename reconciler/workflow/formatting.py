"""Which files are meant in, each in its canonical form out, and every problem of those that have none; then saved."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from reconciler import spec
from reconciler.errors import FileError, Problem, SpecError
from reconciler.report.offline_facts import Formatted, FormattedFile
from reconciler.spec.files import PROJECT_FILES, project_files, read_source, shown_path, spec_files
from reconciler.spec.fmt import formatted, formatted_project
from reconciler.workflow.opening import Request, open_project


def format_files(request: Request, paths: Sequence[Path]) -> Formatted:
    """Return every file with its canonical text; nothing is written.

    Args:
        request: whose project is meant where no path is named.
        paths: files, directories and globs.

    Raises:
        UsageError: when no path is named and there is no project.
        SpecError: when the project file is wrong and no path is named.
    """
    problems: list[Problem] = []
    files = [_formatted(path, problems) for path in _meant(request, paths, problems)]
    return Formatted(files=tuple(file for file in files if file is not None), problems=tuple(problems))


def save_formatted(done: Formatted) -> None:
    """Put each file that is not in its canonical form in its place, whole, with its mode. Raises FileError."""
    problems: list[Problem] = []
    for file in done.changed:
        try:
            _replace(file.path, file.after)
        except OSError as error:
            message = f"{file.name} cannot be written: {error.strerror or error}"
            problems.append(Problem(code=FileError.code, message=message))
    if problems:
        raise FileError(problems)


def _meant(request: Request, paths: Sequence[Path], problems: list[Problem]) -> list[Path]:
    if paths:
        return sorted({*spec_files(paths, problems), *project_files(paths)}, key=str)
    project_file = spec.find_project(request.directory)
    # A project file that is wrong does not say where the specs are.
    project = open_project(request)
    found = spec_files(project.specs, problems)
    return [*([project_file] if project_file else []), *found]


def _formatted(path: Path, problems: list[Problem]) -> FormattedFile | None:
    source = read_source(path)
    if isinstance(source, Problem):
        problems.append(source)
        return None
    form = formatted_project if path.name in PROJECT_FILES else formatted
    try:
        text = form(source)
    except SpecError as error:
        problems += error.problems()
        return None
    return FormattedFile(path=path, name=shown_path(path), before=path.read_bytes().decode("utf-8"), after=text)


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all; a link stays a link, and the mode is kept."""
    place = Path(os.path.realpath(path))
    mode = place.stat().st_mode & 0o7777
    handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(place)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
