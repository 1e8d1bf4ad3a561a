"""A plan as a comment: nothing that a database or a spec holds gets out of its place, and it is never too long."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reconciler.errors import TargetError
from reconciler.model.change import Alter, Create, Drop
from reconciler.model.objects import Column, Table
from reconciler.model.programs import Trigger
from reconciler.model.ref import Ref
from reconciler.model.types import Type
from reconciler.model.values import Sql
from reconciler.report.drift_markdown import check_markdown
from reconciler.report.facts import Review
from reconciler.report.failure import failure_markdown
from reconciler.report.layout import Look, coloured
from reconciler.report.markdown import code, fenced, marker, prose
from reconciler.report.plan_markdown import plan_markdown
from tests.unit.report.hostile import HOSTILE
from tests.unit.report.made import hazard, made, step

LOOK = Look(apply="reconcile apply")
PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OURS = re.compile(r"</?(?:code|details|summary)>|<!-- reconcile:[\w.:-]*(?<!-) -->")
# What a forge makes something of wherever it stands in a text: people, issues, addresses, pictures.
ALIVE = re.compile(r"(?<![\w])[@#!$~%&]\w|https?://|www\.|:\w+:")


def alive(text: str) -> list[str]:
    """Return what a forge would make more of than text: tags, links, pictures, mentions."""
    found = []
    for block in PARSER.parse(text):
        if block.type == "html_block":
            found += [block.content] if re.search("[<>@]", OURS.sub("", block.content)) else []
        depth = 0
        for token in block.children or ():
            depth += {"<code>": 1, "</code>": -1}.get(token.content, 0) if token.type == "html_inline" else 0
            if token.type == "html_inline" and not OURS.fullmatch(token.content):
                found.append(token.content)
            if token.type in ("link_open", "image", "em_open", "s_open"):
                found.append(token.type)
            if token.type == "text" and not depth and ALIVE.search(token.content.replace("[!CAUTION]", "")):
                found.append(token.content)
    return found


@given(st.text() | st.sampled_from(HOSTILE))
def test_code_and_prose_are_one_cell_of_text(text: str) -> None:
    for written in (code(text), prose(text)):
        assert "\n" not in written
        found = PARSER.parse(f"| a | b |\n|---|---|\n| {written} | x |\n")
        cells = [token for token in found if token.type == "td_open"]
        assert len(cells) == 2
        assert found[-1].type == "table_close"
    assert alive(code(text)) == []
    assert alive(f"x {prose(text)}") == []


@given(st.text() | st.lists(st.sampled_from(HOSTILE)).map("\n".join))
def test_nothing_ends_a_fence(text: str) -> None:
    found = PARSER.parse(f"{fenced(text, 'sql')}\nend\n")
    assert [token.type for token in found] == ["fence", "paragraph_open", "inline", "paragraph_close"]


@given(st.text() | st.sampled_from(HOSTILE))
def test_a_marker_is_one_comment(text: str) -> None:
    found = PARSER.parse(marker("plan", text) + "\n# x\n")
    assert [token.type for token in found] == ["html_block", "heading_open", "inline", "heading_close"]


def test_a_hostile_plan(hostile: Review) -> None:
    text = plan_markdown(hostile, LOOK)
    assert alive(text) == []
    found = PARSER.parse(text)
    rows = [token for token in found if token.type == "tr_open"]
    cells = [token for token in found if token.type in ("td_open", "th_open")]
    assert len(cells) == 6 * len(rows)
    assert len([token for token in found if token.type == "fence"]) == 2
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_hostile_check(hostile: Review) -> None:
    text = check_markdown(hostile, LOOK)
    assert alive(text) == []
    found = PARSER.parse(text)
    rows = [token for token in found if token.type == "tr_open"]
    assert len([token for token in found if token.type in ("td_open", "th_open")]) == 4 * len(rows)
    assert len(rows) > 2 * len(HOSTILE)


def test_a_check_is_never_too_long() -> None:
    refs = [Ref.root("table", f"{'x' * 60}_{number}") for number in range(2000)]
    text = check_markdown(made(undeclared=refs, policy="error"), LOOK)
    assert len(text.encode()) <= 65_000
    assert "### 🔴 `prod`: 2,000 undeclared objects, and the policy tolerates none" in text
    assert "more: `reconcile check -v` shows all." in text


def test_colours_of_a_terminal_stay_there(hostile: Review) -> None:
    coloured_look = Look(paint=coloured, width=40, apply="reconcile apply")
    assert plan_markdown(hostile, coloured_look) == plan_markdown(hostile, LOOK)


def test_danger_comes_first() -> None:
    lost = Ref.root("table", "a").child("column", "lost")
    new = Ref.root("table", "b").child("column", "new")
    kept, refused = hazard("BC102", new), hazard("DS103", lost)
    found = made(
        step(Create(Column(ref=new, type=Type("int")))), step(Drop(Column(ref=lost, type=Type("int")))),
        hazards=(kept, refused), refused=(refused,),
    )  # fmt: skip
    text = plan_markdown(found, LOOK)
    assert text.startswith("<!-- reconcile:plan:shop:prod -->\n")
    assert text.index("> [!CAUTION]") < text.index("| | object |")
    assert text.index("| ❗`-` | `table.a.column.lost`") < text.index("| `+` | `table.b.column.new`")
    assert "--allow DS103:table.a.column.lost" in text


def test_nothing_to_do() -> None:
    assert "`prod`: up to date" in plan_markdown(made(), LOOK)


def test_it_is_never_too_long_for_a_forge() -> None:
    long = "x" * 50
    tables = [Ref.root("table", f"{long}_{number}") for number in range(400)]
    lost = [Ref.root("table", f"old_{long}_{number}") for number in range(200)]
    refused = tuple(hazard("DS102", ref) for ref in lost)
    found = made(
        *(step(Create(Table(ref=ref)), sql=["CREATE TABLE " + "y" * 500]) for ref in tables),
        *(step(Drop(Table(ref=ref))) for ref in lost),
        hazards=refused, refused=refused, undeclared=[Ref.root("table", f"u{long}{n}") for n in range(500)],
    )  # fmt: skip
    text = plan_markdown(found, LOOK)
    assert len(text) <= len(text.encode()) <= 65_000
    assert "200 hazards not allowed" in text
    assert re.search(r"… and \d+ changes that are less dangerous than these\.", text)
    assert re.search(r"The SQL of \d+ steps is too long for here", text)
    objects = re.findall(r"\| (\S+) \| `table\.(\w)", text)
    assert objects[0] == ("❗`-`", "o")
    assert alive(text) == []


def test_a_failure() -> None:
    text = failure_markdown("plan", TargetError("```\n</details> @everyone <b>", hint="x"))
    assert text.startswith("<!-- reconcile:plan:failed -->")
    assert alive(text) == []
    assert [token.type for token in PARSER.parse(text)][-1] == "fence"


def test_a_body_that_changes_is_shown_line_by_line() -> None:
    ref = Ref.parse("table.t.trigger.g")
    old = Trigger(ref=ref, timing="after", events=("insert",), body=Sql("one;\ntwo;\nthree;\nfour;"))
    new = replace(old, body=Sql("one;\ntwo;\n```3;\nfour;"))
    text = plan_markdown(made(step(Alter(old, new, ("body",)))), LOOK)
    assert "1 text that changes" in text
    assert "  two;\n- three;\n+ ```3;\n  four;\n" in text
    assert "one;" not in text
    fences = [token.content for token in PARSER.parse(text) if token.type == "fence"]
    assert fences[0] == "  two;\n- three;\n+ ```3;\n  four;\n"


def test_many_bodies_leave_room_for_the_rest() -> None:
    refs = [Ref.parse(f"table.t{number}.trigger.g") for number in range(200)]
    old = [Trigger(ref=ref, timing="after", events=("insert",), body=Sql("x\n" * 300)) for ref in refs]
    changes = [Alter(one, replace(one, body=Sql("y\n" * 300)), ("body",)) for one in old]
    text = plan_markdown(made(*map(step, changes)), LOOK)
    assert len(text.encode()) <= 65_000
    assert re.search(r"… and \d+ more texts: `reconcile plan` shows them", text)
    assert "reconcile apply" in text
