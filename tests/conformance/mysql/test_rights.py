"""What a user may not do is told before anything runs, with the words that give it; what it may do is enough."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import make_url

from reconciler import workflow
from reconciler.dialects.mysql.grants import has, rights_in
from reconciler.errors import TargetError
from reconciler.plan.policy import Allowance
from tests.conformance.sqlite.driver import Project
from tests.target import Target

TABLE = """table: t
columns: {id: {type: int, primary_key: true}, a: {type: varchar(9), default: {sql: "concat('a', 'b')"}}}
"""
VIEW = "view: v\nquery: select id, upper(a) as a from t where id between 1 and 9\n"


@contextmanager
def limited(my: Target, *rights: str) -> Iterator[str]:
    """Give the URL of a user with these rights on the database alone."""
    database = make_url(my.url).database
    name = f"{database}_u"
    my.execute(f"create user {name}@localhost identified by 'secret'")
    try:
        for right in rights:
            my.execute(f"grant {right} on {database}.* to {name}@localhost")
        yield make_url(my.url).set(username=name, password="secret").render_as_string(hide_password=False)
    finally:
        my.execute(f"drop user {name}@localhost")


def request_(project: Project, url: str, *documents: str) -> workflow.Request:
    (project.folder / "spec.yaml").write_text("---\n".join(documents))
    return workflow.Request(directory=project.folder, url=url)


def test_rights_on_the_database_alone_are_enough(project: Project, my: Target) -> None:
    with limited(my, "all privileges") as url:
        request = request_(project, url, TABLE, VIEW)
        workflow.apply(request, workflow.Terms(given=(Allowance("*"),)))
        assert workflow.plan(request).planned.plan.empty
        changed = request_(project, url, TABLE, VIEW.replace("upper", "lower"))
        workflow.apply(changed, workflow.Terms(given=(Allowance("*"),)))
        assert workflow.plan(changed).planned.plan.empty
    assert "__rc_" not in my.observe()


def test_a_right_that_is_missing_is_told_with_its_remedy(project: Project, my: Target) -> None:
    with limited(my, "select, insert, update, delete, create, create temporary tables") as url:
        request = request_(project, url, TABLE)
        workflow.apply(request)
        wider = request_(project, url, TABLE.replace("varchar(9)", "varchar(10)"), VIEW)
        obstacles = workflow.plan(wider).planned.obstacles
        assert [problem.code for problem in obstacles] == ["RUN011"] * 2
        assert [problem.hint.partition(" ON ")[0] for problem in obstacles] == ["GRANT ALTER", "GRANT CREATE VIEW"]
        with pytest.raises(TargetError, match="may not ALTER in"):
            workflow.apply(wider)
    assert my.query("select count(*) from t") == [(0,)]


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        (["GRANT USAGE ON *.* TO `u`@`%`", "GRANT ALL PRIVILEGES ON `claude-relay`.* TO `u`@`%`"], True),
        (["GRANT SELECT, ALTER ON `claude\\\\_%`.* TO `u`@`%`"], False),
        (["GRANT SELECT, ALTER ON `claude_%`.* TO `u`@`%`"], True),
        (["GRANT SELECT (`a`, `b`), INSERT ON `claude-relay`.`t` TO `u`@`%`"], False),
        (["GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION"], True),
        (["GRANT PROXY ON ''@'' TO 'root'@'localhost' WITH GRANT OPTION"], False),
        (["GRANT `role`@`%` TO `u`@`%`"], None),
    ],
)
def test_grants_are_read_as_the_server_means_them(grants: list[str], expected: bool | None) -> None:
    rights = rights_in(grants, "claude-relay")
    assert (None if rights is None else has(rights, "ALTER")) == expected
