"""The specs: YAML that people write in, a model with positions out, and back.

The way through, each step raising `SpecError` with every problem that it finds:

1. `find_project(start)` and `read_project(path)`, or `bare_project(directory, url=…)`: what the project file says.
2. `load(project)`: every document, of the form that its JSON Schema wants, each node with its place.
3. `lower(documents, dialect=…, fallback=…, sql=…, variables=…, default_schema=…)`: the model for one dialect.
4. `write(model, directory, …)`: the way back, for `import`.

No dialect is known here but by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.spec.cache import Shelf, shelf
from reconciler.spec.codes import CODES
from reconciler.spec.data_rows import row_files
from reconciler.spec.load import Document, Documents, load_paths, load_text
from reconciler.spec.lower import lower, outlined
from reconciler.spec.outline import Outline, Outlines
from reconciler.spec.project import (
    Environment,
    Policy,
    Project,
    bare_project,
    default_environment,
    find_project,
    named_environment,
    read_project,
    sql_dialect,
    with_url,
)
from reconciler.spec.secrets import Secret, resolve
from reconciler.spec.urls import CHAINS, anchored, has_password, url_dialect, without_password
from reconciler.spec.variables import gathered

if TYPE_CHECKING:
    from reconciler.spec.writing import named_schemas, project_text, write

__all__ = [
    "CHAINS",
    "CODES",
    "Document",
    "Documents",
    "Environment",
    "Outline",
    "Outlines",
    "Policy",
    "Project",
    "Secret",
    "Shelf",
    "anchored",
    "bare_project",
    "default_environment",
    "find_project",
    "gathered",
    "has_password",
    "load",
    "load_text",
    "lower",
    "named_environment",
    "named_schemas",
    "outlined",
    "project_text",
    "read_project",
    "resolve",
    "row_files",
    "shelf",
    "sql_dialect",
    "url_dialect",
    "with_url",
    "without_password",
    "write",
]


# What only an import needs, imported when it is first asked for.
_WRITING = ("named_schemas", "project_text", "write")


def __getattr__(name: str) -> Any:
    if name not in _WRITING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("reconciler.spec.writing"), name)


def load(where: Project | Sequence[Path], kept: Callable[[], Shelf | None] = lambda: None) -> Documents:
    """Return every document of a project, or below some paths.

    Args:
        where: a project, or files, directories and globs.
        kept: finds where it is kept what was made of them in earlier runs; nothing is, by default.

    Raises:
        SpecError: with every problem of every file.
    """
    return load_paths(where.specs if isinstance(where, Project) else where, kept)
