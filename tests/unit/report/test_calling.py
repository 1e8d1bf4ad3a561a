"""What a procedure gave back, for a person and for a machine."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from reconciler.model.ref import Kind, Ref
from reconciler.plan.outcome import Rows
from reconciler.report.calling import call_data, call_text
from reconciler.report.facts import Called
from reconciler.report.layout import Look

RESULT = Rows(("id", "who", "when"), ((1, "a\x1b[2Jb", date(2030, 1, 2)), (2, None, None)))
CALLED = Called(
    ref=Ref.root(Kind.PROCEDURE, "p"), environment="prod", label="mysql://h/d", results=(RESULT,), seconds=0.0124
)


def test_for_a_person() -> None:
    text = call_text(CALLED, Look(width=80))
    assert text.startswith(" ✔ procedure.p ran on prod in 12 ms\n\n   id  who")
    assert "\x1b" not in text
    assert "null" in text


def test_a_long_result_is_cut_unless_all_is_wanted() -> None:
    many = Called(
        ref=CALLED.ref, environment="e", label="", results=(Rows(("n",), tuple((n,) for n in range(80))),), seconds=1
    )
    assert "… 30 more rows, -v shows them" in call_text(many, Look(width=80))
    assert "79" in call_text(many, Look(width=80, detail=1))


def test_for_a_machine() -> None:
    found = call_data(CALLED)
    assert found["results"] == [
        {"columns": ["id", "who", "when"], "rows": [[1, "a\x1b[2Jb", "2030-01-02"], [2, None, None]]}
    ]
    assert found["duration_s"] == 0.012
    odd = Rows(("a", "b"), ((Decimal("1.50"), b"\x00"),))
    assert json.dumps(call_data(Called(ref=CALLED.ref, environment="", label="", results=(odd,), seconds=0)))
