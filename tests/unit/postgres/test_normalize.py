"""What PostgreSQL cannot have, or what is ours, is a problem of the object that has it."""

from __future__ import annotations

import pytest

from reconciler.dialects.postgres.dialect import DIALECT
from reconciler.model.model import Model
from reconciler.model.objects import Object, Table
from tests.conformance.postgres.samples import check, column, enum, index, root, view

T = root("t")


@pytest.mark.parametrize(
    "obj",
    [
        Table(ref=root("_reconcile_run")),
        Table(ref=root("__RC_1", "app")),
        view("__rc_v", "select 1 as a"),
        enum("_Reconcile_mood", "calm"),
        index(T, "__rc_i", "a"),
        check(T, "__rc_c", "a > 1"),
    ],
    ids=lambda obj: str(obj.ref),
)
def test_names_that_are_ours(obj: Object) -> None:
    found = DIALECT.normalize(Model([Table(ref=T), column(T, "a", "int"), obj]))
    assert [(problem.code, problem.address) for problem in found.problems] == [("SPEC200", str(obj.ref))]
    assert "begin with _" in found.problems[0].message


def test_names_that_are_anybodys() -> None:
    names: list[Object] = [column(T, "__rc_a", "int"), index(T, "rc__i", "__rc_a"), Table(ref=root("reconcile_run"))]
    assert not DIALECT.normalize(Model([Table(ref=T), *names])).problems
