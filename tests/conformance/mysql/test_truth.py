"""What an apply says is what is there: an error over a thing that came to be, and a success over a wrong one."""

from __future__ import annotations

import pytest

from reconciler import workflow
from reconciler.dialects.base import DatabaseError
from reconciler.dialects.mysql.session import MysqlSession
from reconciler.errors import NotConverged, PartlyApplied, ReconcileError
from reconciler.plan.policy import Allowance
from tests.conformance.driver import Project
from tests.target import Target

TABLE = "table: t\ncolumns: {id: {type: int, primary_key: true}, a: {type: int}}\n"
TRIGGER = "trigger: x\ntable: t\ntiming: before\nevents: [insert]\nbody: [set new.a = 1]\n"
PROCEDURE = "procedure: p\narguments: {p_x: int}\nbody: [delete from t where id = p_x]\n"
BOTH = pytest.mark.parametrize(
    ("document", "begins", "address"),
    [(TRIGGER, "CREATE TRIGGER", "table.t.trigger.x"), (PROCEDURE, "CREATE PROCEDURE", "procedure.p")],
)
ALL = workflow.Terms(given=(Allowance("*"),))


def declared(project: Project, *documents: str) -> workflow.Request:
    (project.folder / "spec.yaml").write_text("---\n".join(documents))
    return project.request


@BOTH
def test_an_error_over_what_came_to_be(
    project: Project, my: Target, monkeypatch: pytest.MonkeyPatch, document: str, begins: str, address: str
) -> None:
    project.apply(TABLE)
    request, whole = declared(project, TABLE, document), MysqlSession.execute

    def execute(self: MysqlSession, sql: str, parameters: None = None) -> int:
        done = whole(self, sql, parameters)
        if sql.startswith(begins):
            raise DatabaseError("said to have failed", code="1105")
        return done

    with monkeypatch.context() as patched:
        patched.setattr(MysqlSession, "execute", execute)
        with pytest.raises(
            PartlyApplied, match=f"(?s)said to have failed.*all the same {address} is as it is declared"
        ):
            workflow.apply(request, ALL)
    assert workflow.plan(request).planned.plan.empty, "it is there, and a look says so"
    outcome = workflow.apply(request, ALL).outcome
    assert outcome is None or outcome.steps == 0


@BOTH
def test_a_success_over_something_else(
    project: Project, my: Target, monkeypatch: pytest.MonkeyPatch, document: str, begins: str, address: str
) -> None:
    project.apply(TABLE)
    request, whole = declared(project, TABLE, document), MysqlSession.execute

    def execute(self: MysqlSession, sql: str, parameters: None = None) -> int:
        wrong = sql.replace("new.a = 1", "new.a = 2").replace("id = p_x", "id = p_x + 1")
        return whole(self, wrong.replace("NEW.a = 1", "NEW.a = 2") if sql.startswith(begins) else sql, parameters)

    with monkeypatch.context() as patched:
        patched.setattr(MysqlSession, "execute", execute)
        with pytest.raises(NotConverged, match="1 difference is left") as info:
            workflow.apply(request, ALL)
    assert f"differs: {address}" in str(info.value)
    (step,) = workflow.plan(request).planned.plan.steps
    assert (step.action, str(step.subject)) == ("update", address)
    project.apply(TABLE, document)


@BOTH
def test_a_success_over_nothing(
    project: Project, my: Target, monkeypatch: pytest.MonkeyPatch, document: str, begins: str, address: str
) -> None:
    project.apply(TABLE)
    request, whole = declared(project, TABLE, document), MysqlSession.execute

    def execute(self: MysqlSession, sql: str, parameters: None = None) -> int:
        return 0 if sql.startswith(begins) else whole(self, sql, parameters)

    with monkeypatch.context() as patched:
        patched.setattr(MysqlSession, "execute", execute)
        with pytest.raises(NotConverged):
            workflow.apply(request, ALL)
    project.apply(TABLE, document)


def test_a_view_that_names_a_dropped_column_is_told_by_its_name(project: Project, my: Target) -> None:
    project.apply(TABLE)
    my.execute("create view theirs as select a from t")
    (message,) = project.impossible(TABLE.replace(", a: {type: int}", ""))["RUN033"]
    assert message == "view.theirs still uses table.t.column.a, which is to be dropped"


def test_an_error_over_nothing(project: Project, my: Target) -> None:
    project.apply(TABLE)
    request = declared(project, TABLE, PROCEDURE.replace("id = p_x", "id = p_x;;; and"), TRIGGER)
    with pytest.raises(ReconcileError) as info:
        workflow.apply(request, ALL)
    assert "all the same" not in str(info.value)
