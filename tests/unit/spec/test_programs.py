"""Documents of triggers, functions, procedures and events: what they declare, what is wrong, and the way back."""

from __future__ import annotations

import pytest

from reconciler.errors import SpecError
from reconciler.model.model import Model
from reconciler.model.programs import Event, Function, Procedure, Trigger, routine_name, signature
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Argument, Deferrable, Literal, Sql, Statements
from reconciler.spec.describe_roots import described
from reconciler.spec.emit import document
from reconciler.spec.shape import arranged, shape
from tests.unit.spec.lowered import get, lower

TABLE = "table: t\ncolumns: {id: {type: int}, n: {type: int}}\n"
TRIGGER = "trigger: g\ntable: t\ntiming: after\nevents: [insert]\nbody: [delete from t]\n"
REF = Ref.parse("table.t.trigger.g")


def test_a_trigger_of_its_own_document_is_inside_its_table() -> None:
    text = (
        "---\ntrigger: g\ntable: t\ncomment: x\ntiming: before\nevents: [delete, {update: [n]}]\nwhen: new.n > 0\n"
        "constraint: true\ndeferrable: deferred\nenabled: false\nfollows: h\ndefiner: strip\n"
        "referencing: {old_table: o}\nbody: {postgres: BEGIN END}\n"
        "---\ntrigger: h\ntable: t\ntiming: before\nevents: [update]\nbody: [delete from t]\n"
    )
    assert get(lower(TABLE + text), str(REF)) == Trigger(
        ref=REF, timing="before", events=("update", "delete"), columns=("n",), when=Sql("new.n > 0"),
        body=Sql("BEGIN END", "postgres"), follows="h", constraint=True, deferrable=Deferrable.DEFERRED, old_table="o",
        enabled="disabled", definer="", comment="x",
    )  # fmt: skip


def test_a_trigger_in_its_tables_document_is_the_same() -> None:
    inside = lower(TABLE + "triggers: {g: {timing: after, events: [insert], body: [delete from t]}}\n")
    assert get(inside, str(REF)) == get(lower(f"{TABLE}---\n{TRIGGER}"), str(REF))


def test_what_fires_instead_is_on_a_view() -> None:
    view = "---\nview: v\nquery: select 1 as a\n---\n"
    own = lower(view + "trigger: g\ntable: v\ntiming: instead_of\nevents: [insert]\nbody: {postgres: x}\n")
    assert isinstance(get(own, "view.v.trigger.g"), Trigger)


def test_a_function_calls_a_trigger_by_its_name() -> None:
    text = "---\ntrigger: g\ntable: t\ntiming: after\nevents: [insert]\nexecute: app.f\narguments: [a]\n"
    found = get(lower(TABLE + text), str(REF))
    assert isinstance(found, Trigger)
    assert found.execute == Ref.root(Kind.FUNCTION, "f", "app")
    assert found.arguments == ("a",)


def test_a_function_with_everything() -> None:
    text = (
        "function: f\narguments: {a: int, $2: {type: text, default: x}, c: {native: numeric(9), mode: out}}\n"
        "returns: {type: bigint, set: true}\nlanguage: PLPGSQL\nvolatility: stable\nstrict: true\nsecurity: definer\n"
        "body: {postgres: BEGIN END}\noptions: {postgres: {cost: 0.5, set: {search_path: app}}}\n"
    )
    assert get(lower(text), 'function."f(int,text)"') == Function(
        ref=Ref.root(Kind.FUNCTION, "f(int,text)"),
        arguments=(
            Argument("a", Type("int")),
            Argument("", Type("text"), default=Literal("x")),
            Argument("c", Type("numeric(9)", native=True), "out"),
        ),
        returns=Type("bigint"), returns_set=True, language="plpgsql", body=Sql("BEGIN END", "postgres"),
        volatility="stable", strict=True, security="definer",
        options=(("cost", "0.5"), ("set.search_path", "app")),
    )  # fmt: skip


def test_functions_of_one_name_are_told_apart_where_they_may_be() -> None:
    text = "function: f\narguments: {{a: {}}}\nreturns: int\nbody: {{postgres: x, mysql: y}}\n"
    both = text.format("int") + "---\n" + text.format("'array(varchar(9))'")
    assert sorted(map(str, lower(both).model)) == ['function."f(int)"', 'function."f(varchar[])"']
    with pytest.raises(SpecError, match="declared twice"):
        lower(both, "mysql")


def test_a_procedure_of_portable_statements() -> None:
    desired = lower("procedure: p\narguments: {before: timestamp}\nbody: [delete from s where t < before]\n", "mysql")
    assert get(desired, "procedure.p") == Procedure(
        ref=Ref.root(Kind.PROCEDURE, "p"), arguments=(Argument("before", Type("timestamp")),),
        body=Statements((Sql("delete from s where t < before"),)),
    )  # fmt: skip


def test_an_event() -> None:
    desired = lower(
        "event: e\nevery: 1 day\nstarts: '2030-01-01 04:00:00'\npreserve: true\nbody: [call p()]\n", "mysql"
    )
    assert get(desired, "event.e") == Event(
        ref=Ref.root(Kind.EVENT, "e"), every="1 day", starts="2030-01-01 04:00:00", preserve=True,
        body=Statements((Sql("call p()"),)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (TRIGGER, "SPEC030", "there is no table 't'"),
        (TRIGGER.replace("table: t\n", ""), "SPEC014", "'table' or 'view'"),
        (f"{TABLE}---\n{TRIGGER}execute: f\n", "SPEC016", "'body' or 'execute'"),
        (f"{TABLE}---\n{TRIGGER}follows: h\n", "SPEC031", "no trigger 'h'"),
        (TABLE + "---\n" + TRIGGER.replace("[insert]", "[insert, insert]"), "SPEC015", "insert is listed twice"),
        (TABLE + "---\n" + TRIGGER.replace("[insert]", "[{update: [m]}]"), "SPEC031", "no column 'm'"),
        (TABLE + "triggers: {g: {timing: instead_of, events: [insert], body: [x]}}\n", "SPEC016", "instead_of"),
        (TABLE + "---\n" + TRIGGER.replace("[delete from t]", "[delete from t; delete from t]"), "SPEC025", "`;`"),
        (TABLE + "---\n" + TRIGGER.replace("[delete from t]", "{mysql: x}"), "SPEC022", "has no text for postgres"),
        ("function: f\nbody: {postgres: x}\n", "SPEC014", "does not say what it returns"),
        ("event: e\nevery: 1 day\nat: x\nbody: [call p()]\n", "SPEC016", "'every' or 'at'"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(text: str, code: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        lower(text)
    (problem,) = caught.value.problems()
    assert problem.code == code
    assert words in problem.message
    assert problem.position is not None


ROUND = [
    f"{TABLE}triggers:\n  g:\n    timing: after\n    events: [insert, {{update: [n]}}]\n    when: new.n > 0\n"
    "    enabled: always\n    body:\n      postgres: BEGIN END\n",
    "view: v\nquery: SELECT 1 AS a\ntriggers:\n  g: {timing: instead_of, events: [delete], "
    "execute: f, arguments: [a]}\n",
    "function: f\narguments: {a: int, $2: {native: cidr, mode: inout}}\nreturns: {native: void}\nlanguage: c\n"
    "body: {postgres: x}\n",
    "function: f\nreturns: {table: {a: int, b: text}}\nbody: {postgres: x}\noptions: {postgres: {set: {a.b: c}}}\n",
    "procedure: p\nsecurity: definer\ndefiner: strip\nbody: {postgres: x}\n",
    "event: e\nat: 2030-01-01 04:00:00\nenabled: false\nbody: {postgres: x}\n",
]


@pytest.mark.parametrize("text", ROUND)
def test_what_is_described_lowers_to_the_same(text: str) -> None:
    model: Model = lower(text).model
    (root,) = (obj for obj in model.values() if obj.ref.parent is None)
    written = document(arranged(described(model, root, family="postgres"), shape(root.ref.kind)))
    assert dict(lower(written).model) == dict(model), written


def test_a_routines_own_name_comes_back_from_its_address() -> None:
    for name, taken in (("f", ()), ("f", ("int", "text")), ("f(x)", ()), ("a(b", ("int",))):
        assert routine_name(Ref.root(Kind.FUNCTION, signature(name, taken))) == name
