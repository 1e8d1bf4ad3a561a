"""The project file: found, read, refused; secrets stay where they are until they are needed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reconciler import spec
from reconciler.errors import ReconcileError, SpecError, TargetError, UsageError
from reconciler.report.problems import render
from reconciler.spec.allowances import Allowed

FULL = """reconcile: 1
project: shop
specs: [schema, "more/*.yaml"]
vars: {tokens: 1000000, rate: 0.50}
environment: {env: SHOP_ENV}
environments:
  local:      {url: "sqlite:///mail.db", default: true, disposable: true}
  production: {url: {env: DATABASE_URL}, dialect: d1, schema: app,
               policy: {approve: risky, allow: [DS103], undeclared: error}}
"""


def read(text: str, folder: Path) -> spec.Project:
    (folder / "reconcile.yaml").write_text(text)
    return spec.read_project(folder)


def test_a_whole_project(tmp_path: Path) -> None:
    project = read(FULL, tmp_path)
    assert (project.name, project.root, project.dialects, project.sql) == ("shop", tmp_path, ("sqlite", "d1"), "sqlite")
    assert project.specs == (tmp_path / "schema", tmp_path / "more/*.yaml")
    assert project.variables["tokens"] == 1000000
    assert str(project.variables["rate"]) == "0.50"
    local, production = project.environments
    assert (local.url, local.dialect, local.default, local.disposable) == ("sqlite:///mail.db", "sqlite", True, True)
    assert local.policy == spec.Policy(approve="always", allow=(), undeclared="report")
    assert (production.url, production.dialect, production.schema) == (spec.Secret("env", "DATABASE_URL"), "d1", "app")
    assert production.policy == spec.Policy(approve="risky", allow=(Allowed(code="DS103"),), undeclared="error")
    assert str(production.position).endswith("reconcile.yaml:8:3")


@pytest.mark.parametrize(
    ("dialects", "expected"),
    [
        (["sqlite", "d1"], "sqlite"),
        (["mysql", "mariadb"], "mysql"),
        (["postgres"], "postgres"),
        (["sqlite", "mysql"], "postgres"),
    ],
)
def test_the_dialect_of_sql(dialects: list[str], expected: str, tmp_path: Path) -> None:
    assert spec.sql_dialect(dialects) == expected
    assert read(f"reconcile: 1\nproject: x\ndialects: {dialects}\n", tmp_path).sql == expected


BAD = [
    ("password", "environments: {a: {url: 'postgresql://u:hunter2@h/db'}}", "SPEC050", "3:25"),
    ("password with an at sign", "environments: {a: {url: 'mysql://u:hun@ter2@h/db'}}", "SPEC050", "3:25"),
    ("password as parameter", "environments: {a: {url: 'postgresql://h/db?password=hunter2'}}", "SPEC050", "3:25"),
    ("no scheme", "environments: {a: {url: oracle://h}}", "SPEC052", "3:25"),
    ("no dialect", "environments: {a: {url: {env: X}}}", "SPEC052", "1:1"),
    ("defaults", "environments: {a: {url: d1:x, default: true}, b: {url: d1:y, default: true}}", "SPEC053", "3:71"),
    ("time between two looks", "health: {refresh: 1ms}", "SPEC015", "3:19"),
    ("fix without a token", "health: {fix: true}", "SPEC014", "3:15"),
    ("not built", "include: x.yaml", "SPEC012", "3:1"),
    ("unknown key", "enviroments: {}", "SPEC011", "3:1"),
    ("two documents", "---\nreconcile: 1\nproject: x", "SPEC005", "4:1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "place"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_wrong_project(text: str, code: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError) as caught:
        read(f"reconcile: 1\nproject: shop\n{text}\n", tmp_path)
    (problem,) = caught.value.problems()
    assert (problem.code, str(problem.position), caught.value.exit_code) == (code, f"reconcile.yaml:{place}", 65)
    for hidden in ("hunter2", "ter2"):
        assert hidden not in repr(problem) + render([problem])


def test_a_password_is_not_shown_by_another_problem_of_its_line(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        read("reconcile: 1\nproject: x\nenvironments: {a: {url: 'postgresql://u:hunter2@h/d', urll: 1}}\n", tmp_path)
    assert {problem.code for problem in caught.value.problems()} == {"SPEC011", "SPEC050"}
    assert "hunter2" not in render(caught.value.problems())


def test_missing_project_file(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        spec.read_project(tmp_path)
    assert caught.value.code == "SPEC001"


def test_found_upward_to_the_git_root(tmp_path: Path) -> None:
    inner = tmp_path / "repository" / "deep" / "er"
    inner.mkdir(parents=True)
    (tmp_path / "reconcile.yaml").touch()
    assert spec.find_project(inner) == tmp_path / "reconcile.yaml"
    (tmp_path / "repository" / ".git").mkdir()
    assert spec.find_project(inner) is None
    (tmp_path / "repository" / "reconcile.yml").touch()
    assert spec.find_project(inner) == tmp_path / "repository" / "reconcile.yml"


def test_the_environment_that_is_meant(tmp_path: Path) -> None:
    project = read(FULL, tmp_path)
    assert spec.named_environment(project, None, {}) is None
    assert spec.default_environment(project) == project.environments[0]
    assert spec.named_environment(project, None, {"SHOP_ENV": "production"}) == project.environments[1]
    named = spec.named_environment(project, "local", {"SHOP_ENV": "production", "RECONCILE_ENV": "production"})
    assert named == project.environments[0]
    with pytest.raises(UsageError, match="local, production"):
        spec.named_environment(project, "prod", {})


def test_without_a_project_file(tmp_path: Path) -> None:
    project = spec.bare_project(tmp_path, url="postgresql://u:hunter2@h/db")
    assert (project.dialects, project.sql, project.specs) == (("postgres",), "postgres", (tmp_path,))
    assert spec.named_environment(project, None, {}) == project.environments[0]
    assert "hunter2" not in repr(project)
    with pytest.raises(UsageError):
        spec.bare_project(tmp_path, url="nonsense")
    other = spec.with_url(project.environments[0], "d1://a/b")
    assert (other.dialect, other.policy) == ("d1", project.environments[0].policy)


def test_secrets(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("sqlite:///x\n")
    said = [sys.executable, "-c", "print('sqlite:///y')"]
    assert spec.resolve("sqlite://", tmp_path) == "sqlite://"
    assert spec.resolve(spec.Secret("env", "U"), tmp_path, {"U": "sqlite:///z"}) == "sqlite:///z"
    assert spec.resolve(spec.Secret("file", "url"), tmp_path) == "sqlite:///x"
    assert spec.resolve(spec.Secret("command", tuple(said)), tmp_path) == "sqlite:///y"


@pytest.mark.parametrize(
    "secret",
    [
        spec.Secret("env", "NOT_SET"),
        spec.Secret("file", "gone"),
        spec.Secret("command", ("no-such-command",)),
        spec.Secret("command", (sys.executable, "-c", "import sys; print('hunter2'); sys.exit(3)")),
    ],
    ids=["env", "file", "command", "failing"],
)
def test_secrets_that_cannot_be_had(secret: spec.Secret, tmp_path: Path) -> None:
    with pytest.raises(TargetError) as caught:
        spec.resolve(secret, tmp_path, {})
    error: ReconcileError = caught.value
    assert "hunter2" not in error.message + error.hint


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///x.db", "sqlite:////srv/x.db"),
        ("sqlite:///../x.db?mode=ro", "sqlite:////x.db?mode=ro"),
        ("sqlite:////abs/x.db", "sqlite:////abs/x.db"),
        ("sqlite://", "sqlite://"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql://h/x.db", "postgresql://h/x.db"),
    ],
)
def test_relative_sqlite_files_belong_to_the_project(url: str, expected: str) -> None:
    assert spec.anchored(url, Path("/srv")) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p@h:5432/db?password=x", "postgresql://u@h:5432/db"),
        ("mysql://u:p@ss@h/db", "mysql://u@h/db"),
        ("sqlite:///x.db", "sqlite:///x.db"),
        ("d1://ACCOUNT/DATABASE", "d1://ACCOUNT/DATABASE"),
    ],
)
def test_urls_as_they_are_shown(url: str, expected: str) -> None:
    assert spec.without_password(url) == expected
