"""A directory in, a project to begin with out: what was made, what was there already, what was left as it is."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from reconciler.errors import FileError, Problem
from reconciler.report.offline_facts import Deed, Started, Thing
from reconciler.spec.emit import scalar
from reconciler.spec.files import PROJECT_FILES
from reconciler.spec.published import published
from reconciler.workflow.pipelines import FILES, pipeline, repository

_SCHEMAS = ".reconcile/schema"

_PROJECT = """\
# yaml-language-server: $schema={schemas}/project.json
# Which specs go to which databases. All keys: `reconcile schema project`.
reconcile: 1
project: {name}
specs: [schema]
dialects: [sqlite]  # the specs must compile for each of these
environments:
  local: {{url: {url}, default: true, disposable: true}}
  # A password comes from the environment, a file or a command; it never stands here.
  # production: {{url: {{env: DATABASE_URL}}, dialect: postgres, policy: {{approve: always}}}}
"""

_EXAMPLE = """\
# yaml-language-server: $schema=../{schemas}/spec.json
# An example: change it, or delete it. One object per document, in any file, in any order.
table: notes
comment: What somebody wrote down.
columns:
  id: {{type: bigint, identity: true}}
  title: {{type: varchar(200), not_null: true}}
  body: {{type: text}}
  created_at: {{type: timestamp, not_null: true, default: {{sql: current_timestamp}}}}
primary_key: [id]
indexes:
  notes_created_at_idx: [created_at desc]
"""

_SETTINGS = {
    "yaml.schemas": {
        f"{_SCHEMAS}/project.json": ["reconcile.yaml", "reconcile.yml"],
        f"{_SCHEMAS}/spec.json": ["schema/**/*.yaml", "schema/**/*.yml"],
    }
}
_EXTENSIONS = {"recommendations": ["redhat.vscode-yaml"]}


def start(directory: Path, forge: str | None = None) -> Started:
    """Make a directory a project. What is there already stays, but for the schemas, which are ours.

    Args:
        directory: where the project is to be.
        forge: github or gitlab, for the file that lets it check and apply the project.

    Raises:
        FileError: when a file cannot be read or written.
        UsageError: when the directory's name cannot stand in a forge's file.
    """
    root = directory.absolute()
    try:
        things = [
            *_project(root),
            _made(root, ".vscode/settings.json", _text(_SETTINGS), _keeping_settings),
            _made(root, ".vscode/extensions.json", _text(_EXTENSIONS), _keeping),
            *(_made(root, f"{_SCHEMAS}/{file}", text, _replacing) for file, text in published().items()),
            _ignored(root),
            *([_pipeline(root, forge)] if forge else []),
        ]
    except (OSError, UnicodeDecodeError) as error:
        name = getattr(error, "filename", None) or directory
        reason = getattr(error, "strerror", None) or error
        message = f"{name} cannot be read or written: {reason}"
        raise FileError([Problem(code=FileError.code, message=message)]) from None
    return Started(directory=directory, things=tuple(things))


def _project(root: Path) -> list[Thing]:
    """Write the project file and, where there is no spec yet, one to begin with."""
    name = next((found for found in PROJECT_FILES if (root / found).exists()), PROJECT_FILES[0])
    text = _PROJECT.format(
        schemas=_SCHEMAS, name=scalar(root.name or "project"), url=scalar(f"sqlite:///{_database(root)}")
    )
    project = _made(root, name, text, _keeping)
    specs = [path for ending in ("*.yaml", "*.yml") for path in (root / "schema").rglob(ending)]
    if project.deed is Deed.KEPT or specs:
        return [project]
    return [project, _made(root, "schema/example.yaml", _EXAMPLE.format(schemas=_SCHEMAS), _keeping)]


def _pipeline(root: Path, forge: str) -> Thing:
    """Write the file of a forge at the top of the repository."""
    top = repository(root)
    text = pipeline(forge, root.relative_to(top))
    made = _made(top, FILES[forge], text, _keeping)
    return replace(made, path=Path(os.path.relpath(top / FILES[forge], root)))


def _database(root: Path) -> str:
    return (re.sub(r"[^a-z0-9_-]+", "-", root.name.lower()).strip("-") or "project") + ".db"


def _text(data: Mapping[str, object]) -> str:
    return json.dumps(data, indent=2) + "\n"


# What is done about a file that is there with other content: the deed, and what a person should know.
Rule = Callable[[str, str], tuple[Deed, str]]


def _made(root: Path, name: str, text: str, rule: Rule) -> Thing:
    """Write a file that is missing; about one that is there and says something else, the rule decides."""
    path = root / name
    deed, note = Deed.CREATED, ""
    if path.exists():
        found = path.read_text("utf-8")
        deed, note = (Deed.THERE, "") if found == text else rule(found, text)
    if deed in (Deed.CREATED, Deed.UPDATED):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
    return Thing(path=Path(name), deed=deed, note=note)


def _keeping(_found: str, _text: str) -> tuple[Deed, str]:
    return Deed.KEPT, ""


def _replacing(_found: str, _text: str) -> tuple[Deed, str]:
    return Deed.UPDATED, ""


def _keeping_settings(found: str, _text: str) -> tuple[Deed, str]:
    """Settings of an editor are somebody's own; they may hold comments, which JSON has not."""
    try:
        said = json.loads(found)
    except ValueError:
        said = None
    wanted = _SETTINGS["yaml.schemas"]
    schemas = said.get("yaml.schemas") if isinstance(said, dict) else None
    if isinstance(schemas, dict) and wanted.keys() <= schemas.keys():
        return Deed.THERE, ""
    return Deed.KEPT, f'add to it: "yaml.schemas": {json.dumps(wanted)}'


def _ignored(root: Path) -> Thing:
    """Keep git away from what this makes: the schemas, and the database to try things with."""
    path, wanted = root / ".gitignore", [".reconcile/", f"/{_database(root)}*"]
    found = path.read_text("utf-8") if path.exists() else ""
    missing = [line for line in wanted if line not in map(str.strip, found.splitlines())]
    if not missing:
        return Thing(path=Path(path.name), deed=Deed.THERE)
    deed = Deed.EXTENDED if found else Deed.CREATED
    gap = "" if not found or found.endswith("\n") else "\n"
    path.write_text(found + gap + "".join(f"{line}\n" for line in missing), "utf-8", newline="\n")
    return Thing(path=Path(path.name), deed=deed, note=f"{', '.join(missing)} added" if found else "")
