"""The project file in, a Project out: which specs, which dialects, which environments; it connects to nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from reconciler.errors import Position, Problem, SpecError, UsageError
from reconciler.frozen import frozen
from reconciler.model.ref import Ref
from reconciler.spec import validate
from reconciler.spec.allowances import Allowed, LintPolicy, allowance_problems, allowed, lint_policy, naming_problems
from reconciler.spec.durations import duration
from reconciler.spec.files import PROJECT_FILES, read_source, shown_path
from reconciler.spec.nodes import Node, Source, plain
from reconciler.spec.parse import parse
from reconciler.spec.scalars import Scalar
from reconciler.spec.schedules import Channel, Schedule, channels_of, schedule_problems, schedules_of
from reconciler.spec.secrets import Secret, secret
from reconciler.spec.serving import Serving, serving, serving_problems
from reconciler.spec.urls import CHAINS, has_password, has_stray_at, url_dialect


@frozen
class Policy:
    """What an environment allows, as written; `ignore` are addresses, each with its reason.

    `small_table_rows` is None where it is not said.
    """

    approve: str = "always"
    allow: tuple[Allowed, ...] = ()
    undeclared: str = "report"
    ignore: tuple[tuple[str, str], ...] = ()
    small_table_rows: int | None = None


@frozen
class Backups:
    """How an environment keeps backups: before which applies, for how many seconds, in which folder ("" for ours)."""

    before: str = "never"
    keep: float = 7 * 86_400.0
    to: str = ""


@frozen
class Environment:
    """A database that the specs are for. `dialect` is None when only the resolved URL can tell."""

    name: str
    url: str | Secret = field(repr=False)
    dialect: str | None = None
    schema: str = ""
    default: bool = False
    disposable: bool = False
    policy: Policy = Policy()
    backup: Backups = Backups()
    position: Position | None = field(default=None, compare=False)


@frozen
class Project:
    """What the project file says. `specs` are absolute paths or globs; `root` is the folder of the file.

    `environment_variable` names the variable that picks the environment when the command line does not.
    """

    name: str
    root: Path
    specs: tuple[Path, ...]
    dialects: tuple[str, ...] = ()
    sql: str = ""
    variables: Mapping[str, Scalar] = field(default_factory=dict)
    environments: tuple[Environment, ...] = ()
    environment_variable: str = ""
    schedules: tuple[Schedule, ...] = ()
    channels: tuple[Channel, ...] = ()
    file: Path | None = None
    lint: LintPolicy = field(default_factory=LintPolicy)
    serving: Serving = field(default_factory=Serving)


def find_project(start: Path) -> Path | None:
    """Return the project file of a directory or of the nearest one above it, up to the root of its git repository."""
    for folder in (start.absolute(), *start.absolute().parents):
        for name in PROJECT_FILES:
            if (folder / name).is_file():
                return folder / name
        if (folder / ".git").exists():
            break
    return None


def read_project(path: Path) -> Project:
    """Read a project file, or the one in a directory. Raises SpecError with every problem."""
    if path.is_dir():
        path = next((path / name for name in PROJECT_FILES if (path / name).is_file()), path / PROJECT_FILES[0])
    source = read_source(path)
    if isinstance(source, Problem):
        raise SpecError([source])
    parsed = parse(source)
    problems = list(parsed.problems)
    if parsed.sound and len(parsed.documents) != 1:
        problems.append(_one_document(source, parsed.documents))
    if parsed.sound and len(parsed.documents) == 1:
        problems += _form(parsed.documents[0], source)
    if problems:
        raise SpecError(problems)
    return _project(parsed.documents[0], source, path)


def bare_project(
    directory: Path, *, url: str, specs: Sequence[Path] = (), dialect: str | None = None, schema: str = ""
) -> Project:
    """Return a project that needs no file: one environment, and the specs of a directory unless others are named.

    Raises UsageError when the URL does not tell the dialect.
    """
    environment = with_url(Environment(name="default", url=url, schema=schema, default=True), url, dialect)
    root = directory.absolute()
    return _completed(
        Project(
            name=root.name or "project",
            root=root,
            specs=tuple(path.absolute() for path in specs) or (root,),
            environments=(environment,),
        )
    )


def with_url(environment: Environment, url: str, dialect: str | None = None) -> Environment:
    """Return the environment with another target; its policy stays.

    Raises UsageError for an unknown kind of URL, and for one that cannot be taken apart.
    """
    if has_stray_at(url):
        raise UsageError("the password in the URL holds an @", hint="write it as %40")
    found = dialect or url_dialect(url)
    if found is None:
        schemes = "sqlite:///, postgresql://, mysql://, mariadb:// or d1://"
        raise UsageError("the URL does not say which kind of database it leads to", hint=f"begin it with {schemes}")
    return replace(environment, url=url, dialect=found)


def named_environment(project: Project, name: str | None, environ: Mapping[str, str]) -> Environment | None:
    """Return the environment that somebody named, or the only one; None when one would have to be guessed.

    Args:
        project: the project.
        name: what the command line says.
        environ: the process's environment; RECONCILE_ENV counts, then the variable that the project names.

    Raises:
        UsageError: when there is no environment of that name.
    """
    variable = environ.get(project.environment_variable, "") if project.environment_variable else ""
    wanted = name or environ.get("RECONCILE_ENV", "") or variable
    if wanted:
        for environment in project.environments:
            if environment.name == wanted:
                return environment
        names = ", ".join(environment.name for environment in project.environments) or "none"
        hint = validate.suggestion(wanted, [environment.name for environment in project.environments])
        raise UsageError(f"there is no environment {wanted!r}; known: {names}", hint=hint, code="SPEC051")
    return project.environments[0] if len(project.environments) == 1 else None


def default_environment(project: Project) -> Environment | None:
    """Return the environment that is marked `default: true`."""
    return next((environment for environment in project.environments if environment.default), None)


def sql_dialect(dialects: Sequence[str]) -> str:
    """Return the dialect in which SQL is written when nobody says: the family that all share, else postgres."""
    families = {CHAINS[dialect][-1] for dialect in dialects}
    return families.pop() if len(families) == 1 else "postgres"


def _one_document(source: Source, documents: Sequence[Node]) -> Problem:
    at = documents[1].at if documents else (1, 1, 0)
    return source.problem("SPEC005", f"a project file is one document, this one has {len(documents)}", at)


def _form(node: Node, source: Source) -> list[Problem]:
    found = validate.problems("project", node, source)
    lint = _inside(node, "lint")
    found += [*allowance_problems(lint.get("allow"), source), *naming_problems(lint.get("naming"), source)]
    found += schedule_problems(node.value, source) if isinstance(node.value, dict) else ()
    found += serving_problems(_inside(node, "health"), source)
    items = [item for item in _inside(node, "environments").values() if isinstance(item.value, dict)]
    for item in items:
        policy = _inside(item, "policy")
        found += [*_url_problems(item.value, source), *_ignore_problems(policy.get("ignore"), source)]
        found += allowance_problems(policy.get("allow"), source)
        found += _keep_problems(_inside(item, "backup").get("keep"), source)
    marks = [item.value["default"] for item in items if "default" in item.value]
    defaults = [mark for mark in marks if mark.value is True]
    if len(defaults) > 1:
        also = (source.position(defaults[0].at),)
        found.append(source.problem("SPEC053", "two environments are the default", defaults[1].at, also=also))
    return found


def _inside(node: Node, key: str) -> Mapping[str, Node]:
    """Return the mapping under a key, an empty one where there is none."""
    child = node.value.get(key) if isinstance(node.value, dict) else None
    return child.value if child is not None and isinstance(child.value, dict) else {}


def _url_problems(fields: Mapping[str, Node], source: Source) -> list[Problem]:
    node = fields.get("url")
    if node is None or not isinstance(node.value, str):
        return []
    if has_password(node.value):
        hint = "write url: {env: DATABASE_URL}, {file: …} or {command: […]}, and change the password"
        return [source.problem("SPEC050", "a password stands in the project file", node.at, hint=hint)]
    if "dialect" not in fields and url_dialect(node.value) is None:
        hint = "begin it with sqlite:///, postgresql://, mysql://, mariadb:// or d1://, or add dialect: …"
        message = "the URL does not say which kind of database it leads to"
        return [source.problem("SPEC052", message, node.at, hint=hint)]
    return []


def _ignore_problems(said: Node | None, source: Source) -> list[Problem]:
    """Return what is wrong with the addresses at which differences are ignored."""
    found = []
    for address, node in said.value.items() if said is not None and isinstance(said.value, dict) else ():
        try:
            Ref.parse(address)
        except ValueError as error:
            found.append(source.problem("SPEC017", str(error), node.key or node.at))
    return found


def _keep_problems(node: Node | None, source: Source) -> list[Problem]:
    """Return what is wrong with how long backups are kept."""
    if node is None or not isinstance(node.value, str) or duration(node.value) is not None:
        return []
    return [source.problem("SPEC015", f"{node.value!r} is no duration", node.at, hint="write 12h or 7d")]


def _project(node: Node, source: Source, path: Path) -> Project:
    fields: Mapping[str, Node] = node.value
    root = Path(os.path.abspath(path)).parent
    said = plain(node)
    environments = fields["environments"].value if "environments" in fields else {}
    project = Project(
        name=said["project"],
        root=root,
        specs=tuple(root / item for item in said.get("specs", ["."])),
        dialects=tuple(said.get("dialects", ())),
        sql=said.get("sql", ""),
        variables=said.get("vars", {}),
        environments=tuple(_environment(name, item, source) for name, item in environments.items()),
        environment_variable=said.get("environment", {}).get("env", ""),
        schedules=schedules_of(fields, source),
        channels=channels_of(fields, secret),
        file=path,
        lint=lint_policy(fields.get("lint"), source),
        serving=serving(said.get("health", {})),
    )
    completed = _completed(project)
    if not completed.dialects:
        hint = "add dialects: […], or dialect: … to an environment"
        message = f"{shown_path(path)} does not say which dialects the specs are for"
        raise SpecError([source.problem("SPEC052", message, (1, 1, 0), hint=hint)])
    return completed


def _completed(project: Project) -> Project:
    """Fill in what the project file leaves out."""
    known = dict.fromkeys(environment.dialect for environment in project.environments if environment.dialect)
    dialects = project.dialects or tuple(known)
    return replace(project, dialects=dialects, sql=project.sql or sql_dialect(dialects))


def _environment(name: str, node: Node, source: Source) -> Environment:
    said: dict[str, Any] = plain(node)
    url = said["url"]
    policy, backup = said.get("policy", {}), said.get("backup", {})
    return Environment(
        name=name,
        url=url if isinstance(url, str) else secret(url),
        dialect=said.get("dialect") or (url_dialect(url) if isinstance(url, str) else None),
        schema=said.get("schema", ""),
        default=said.get("default", False),
        disposable=said.get("disposable", False),
        policy=Policy(
            approve=policy.get("approve", "always"),
            allow=allowed(node.value["policy"].value.get("allow") if policy else None, source),
            undeclared=policy.get("undeclared", "report"),
            ignore=tuple((address, held["reason"]) for address, held in policy.get("ignore", {}).items()),
            small_table_rows=policy.get("small_table_rows"),
        ),
        backup=Backups(
            before=backup.get("before", "never"),
            to=backup.get("to", ""),
            keep=duration(backup.get("keep", "7d")) or 0.0,
        ),
        position=source.position(node.key or node.at),
    )
