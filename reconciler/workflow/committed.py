"""A commit in, what the specs declared there out; git is read, and neither the work tree nor the index is touched."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from reconciler import spec
from reconciler.errors import Position, Problem, SpecError, UsageError
from reconciler.frozen import frozen_in_order
from reconciler.model.model import Desired
from reconciler.report.facts import SpecVersion
from reconciler.spec.project import Project
from reconciler.workflow.declaring import declare, spec_version
from reconciler.workflow.opening import Opened, Request

_ENDINGS = (".yaml", ".yml", ".csv")
_FILES = ("100644", "100755")


@frozen_in_order
class Committed:
    """What specs declared at a commit, what they lost there, and which they were."""

    desired: Desired
    warnings: tuple[Problem, ...]
    version: SpecVersion


def specs_at(request: Request, opened: Opened, ref: str) -> Committed:
    """Return what the specs of a project declared at a commit, for the dialect that is opened.

    Args:
        request: the words of the command line; specs named there are taken from the commit too.
        opened: the project as it is now, the dialect and the schema.
        ref: a commit, branch or tag.

    Raises:
        UsageError: when there is no git repository, no such commit, or no project in it.
        SpecError: when the specs were wrong; the files are named `REF:PATH`.
    """
    root = opened.project.root
    if ref.startswith("-") or not ref:
        raise UsageError(f"git:{ref} names no commit", hint="write git:main, git:v1.2 or git:4f2a91c")
    top = Path(_git(root, "rev-parse", "--show-toplevel").decode().strip())
    commit = _git(root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}").decode().strip()
    with _laid_out(top, commit) as folder:
        here = f"{folder}/"
        try:
            project = _project(opened.project, top, folder, ref, request.specs)
            documents = spec.load(project)
            desired, warnings = declare(project, documents, opened.dialect, opened.target, request.variables)
            version = replace(spec_version(project, documents), commit=commit[:7])
        except SpecError as error:
            raise SpecError([_renamed(one, here, ref) for one in error.problems()]) from None
    positions = {key: _moved(position, here, ref) for key, position in desired.positions.items()}
    told = tuple(_renamed(one, here, ref) for one in warnings)
    return Committed(replace(desired, positions=positions), told, version)


def _project(now: Project, top: Path, folder: Path, ref: str, specs: Sequence[Path]) -> Project:
    """Return the project as its file at the commit says; without a file it is what the command line says."""

    def there(path: Path) -> Path:
        try:
            return folder / path.absolute().relative_to(top)
        except ValueError:
            raise UsageError(f"{path} is not in the git repository {top}") from None

    if now.file is None:
        return replace(now, root=there(now.root), specs=tuple(map(there, now.specs)))
    file = there(now.file)
    if not file.is_file():
        raise UsageError(f"there is no {now.file.name} at git:{ref}", hint="name a commit that has the project")
    project = spec.read_project(file)
    return replace(project, specs=tuple(map(there, specs))) if specs else project


@contextmanager
def _laid_out(top: Path, commit: str) -> Iterator[Path]:
    """Write the files of specs of a commit into a folder for as long as they are read."""
    with TemporaryDirectory(prefix="reconcile-") as name:
        folder = Path(name).resolve()
        for path, content in _contents(top, _named(top, commit)).items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        yield folder


def _named(top: Path, commit: str) -> Mapping[str, str]:
    """Return the files of specs of a commit, each with the word under which git keeps its content."""
    found = {}
    for line in filter(None, _git(top, "ls-tree", "-r", "-z", commit).decode("utf-8", "surrogateescape").split("\0")):
        head, _, path = line.partition("\t")
        mode, _, word = head.split(" ")
        if mode in _FILES and path.endswith(_ENDINGS):
            found[path] = word
    return found


def _contents(top: Path, named: Mapping[str, str]) -> Mapping[str, bytes]:
    """Return the content of each file, all of them asked for at once (git-scm.com/docs/git-cat-file)."""
    answer = _git(top, "cat-file", "--batch", said="".join(f"{word}\n" for word in named.values()).encode())
    found, at = {}, 0
    for path in named:
        end = answer.index(b"\n", at)
        size = int(answer[at:end].split(b" ")[2])
        found[path] = answer[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
    return found


def _git(folder: Path, *words: str, said: bytes = b"") -> bytes:
    try:
        done = subprocess.run(
            ["git", *words], cwd=folder, input=said, capture_output=True, timeout=60, check=False,
            env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"git cannot be asked: {error}") from None
    if done.returncode == 0:
        return done.stdout
    reason = done.stderr.decode(errors="replace").strip().splitlines()
    wanted = words[-1].removesuffix("^{commit}")
    if not reason:
        raise UsageError(f"there is no commit {wanted!r} here", hint="git log shows which commits there are")
    raise UsageError(f"git says: {reason[0].removeprefix('fatal: ')}", hint="specs of a commit need a git repository")


def _moved(position: Position, here: str, ref: str) -> Position:
    return replace(position, file=f"{ref}:{position.file.removeprefix(here)}")


def _renamed(problem: Problem, here: str, ref: str) -> Problem:
    """Give a problem the names that its files have in git."""
    position = _moved(problem.position, here, ref) if problem.position else None
    also = tuple(_moved(place, here, ref) for place in problem.also)
    return replace(problem, position=position, also=also, message=problem.message.replace(here, f"{ref}:"))
