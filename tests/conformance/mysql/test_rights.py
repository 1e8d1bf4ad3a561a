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
from tests.conformance.driver import Project
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


TRIGGER = "trigger: x\ntable: t\ntiming: before\nevents: [insert]\nbody: [set new.a = upper(new.a)]\n"


@contextmanager
def trusting(my: Target) -> Iterator[None]:
    """Let whoever has the rights make triggers and functions although there is a binary log."""
    my.execute("set global log_bin_trust_function_creators = 1")
    try:
        yield
    finally:
        my.execute("set global log_bin_trust_function_creators = 0")


@pytest.mark.usefixtures("alone")
def test_a_trigger_beside_a_binary_log_is_told_with_its_remedy(project: Project, my: Target) -> None:
    terms = workflow.Terms(given=(Allowance("*"),))
    with limited(my, "all privileges") as url:
        workflow.apply(request_(project, url, TABLE))
        with_trigger = request_(project, url, TABLE, TRIGGER)
        (obstacle,) = workflow.plan(with_trigger).planned.obstacles
        assert (obstacle.code, obstacle.hint) == (
            "RUN011", "as an administrator: SET GLOBAL log_bin_trust_function_creators = 1",
        )  # fmt: skip
        with pytest.raises(TargetError, match="while the binary log is on"):
            workflow.apply(with_trigger, terms)
        assert my.query("show triggers") == []
        with trusting(my):
            workflow.apply(with_trigger, terms)
            workflow.apply(request_(project, url, TABLE, TRIGGER.replace("upper", "lower")), terms)
        without = request_(project, url, TABLE)
        dropping = [problem.code for problem in workflow.plan(without).planned.obstacles]
        assert dropping == (["RUN011"] if my.dialect == "mariadb" else [])
        with trusting(my):
            workflow.apply(without, terms)
    assert my.query("show triggers") == []


FUNCTION = "function: f\narguments: {x: int}\nreturns: int\nbody: {mysql: RETURN x + 1}\n"
PROCEDURE = "procedure: p\narguments: {p_x: int}\nbody: [delete from t where id = p_x]\n"


@pytest.mark.usefixtures("alone")
def test_a_function_beside_a_binary_log(project: Project, my: Target) -> None:
    terms = workflow.Terms(given=(Allowance("*"),))
    with limited(my, "all privileges") as url:
        workflow.apply(request_(project, url, TABLE, PROCEDURE), terms)
        more = request_(project, url, TABLE, PROCEDURE.replace("= p_x", "= p_x + 1"), FUNCTION)
        assert [problem.hint for problem in workflow.plan(more).planned.obstacles] == [
            "as an administrator: SET GLOBAL log_bin_trust_function_creators = 1"
        ]
        with pytest.raises(TargetError, match="while the binary log is on"):
            workflow.apply(more, terms)
        with trusting(my):
            workflow.apply(more, terms)
        workflow.apply(request_(project, url, TABLE), terms)
    assert my.query("select 1 from information_schema.routines where routine_schema = database()") == []


@pytest.mark.usefixtures("alone")
def test_a_function_that_promises_nothing_is_told(project: Project, my: Target) -> None:
    project.apply(TABLE, FUNCTION)
    careless = FUNCTION + "options: {mysql: {data_access: modifies sql data}}\n"
    (obstacle,) = workflow.plan(request_(project, my.url, TABLE, careless.replace("x + 1", "x + 2"))).planned.obstacles
    assert "may change rows" in obstacle.message
    with trusting(my):
        project.apply(TABLE, careless.replace("x + 1", "x + 2"))


def test_who_may_call_a_routine_is_given_back_or_told(project: Project, my: Target) -> None:
    with limited(my, "all privileges") as url:
        workflow.apply(request_(project, url, TABLE, PROCEDURE), workflow.Terms(given=(Allowance("*"),)))
        changed = request_(project, url, TABLE, PROCEDURE.replace("= p_x", "= p_x + 1"))
        codes = {hazard.code for hazard in workflow.plan(changed).planned.hazards}
        assert ("MY151" in codes) == (my.dialect == "mysql")
        obstacles = workflow.plan(request_(project, my.url, TABLE, PROCEDURE.replace("= p_x", "= p_x + 1"))).planned
        assert "MY151" not in {hazard.code for hazard in obstacles.hazards}


@pytest.mark.parametrize(
    ("document", "right"), [(PROCEDURE, "CREATE ROUTINE"), (FUNCTION, "CREATE ROUTINE"),
                            ("event: e\nevery: 1 day\nbody: [delete from t]\n", "EVENT")],
)  # fmt: skip
@pytest.mark.usefixtures("alone")
def test_the_rights_for_a_program(project: Project, my: Target, document: str, right: str) -> None:
    with limited(my, "select, insert, update, delete, create, create temporary tables") as url:
        workflow.apply(request_(project, url, TABLE))
        with trusting(my):
            (obstacle,) = workflow.plan(request_(project, url, TABLE, document)).planned.obstacles
            assert obstacle.hint.startswith(f"GRANT {right} ON ")


@pytest.mark.usefixtures("alone")
def test_the_rights_for_a_trigger(project: Project, my: Target) -> None:
    with limited(my, "select, insert, update, delete, create, alter, drop, create temporary tables") as url:
        workflow.apply(request_(project, url, TABLE))
        with trusting(my):
            (obstacle,) = workflow.plan(request_(project, url, TABLE, TRIGGER)).planned.obstacles
            assert obstacle.hint.startswith("GRANT TRIGGER ON ")


@pytest.mark.usefixtures("alone")
def test_the_rights_of_somebody_else(project: Project, my: Target) -> None:
    with limited(my, "all privileges") as url, trusting(my):
        user = make_url(url).username
        other = f"{user}2@localhost"
        my.execute(f"create user {other}")
        try:
            foreign = request_(project, url, TABLE, TRIGGER + f"definer: {other}\n")
            (obstacle,) = workflow.plan(foreign).planned.obstacles
            right = "SET USER" if my.dialect == "mariadb" else "SET_ANY_DEFINER"
            assert obstacle.hint.startswith(f"GRANT {right} ON *.* TO `")
            assert other in obstacle.message
            my.execute(f"grant {right} on *.* to {user}@localhost")
            workflow.apply(foreign)
        finally:
            my.execute(f"drop user {other}")
    query = "select definer from information_schema.triggers where trigger_schema = database()"
    assert my.query(query) == [(other,)]


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
