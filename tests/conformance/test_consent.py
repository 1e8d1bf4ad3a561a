"""Who may lose what: ownership, protection, consent and blockers, on every dialect, through the workflow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler import Refused, SpecError, StalePlan, TargetError, workflow
from reconciler.plan.policy import parse_allowance
from reconciler.report.facts import Applied
from tests.target import Target

TABLE = "table: t\ncolumns: {{id: {{type: int}}{columns}}}\nprimary_key: [id]\n{rest}"


def spec(columns: str = "", rest: str = "") -> str:
    """Return the document of a table with an id and what is given."""
    return TABLE.format(columns=f", {columns}" if columns else "", rest=rest)


class Project:
    """Specs that change between runs."""

    def __init__(self, folder: Path, target: Target) -> None:
        self.folder, self.target = folder / "project", target
        self.folder.mkdir()
        self.policy("")

    def policy(self, words: str) -> None:
        (self.folder / "reconcile.yaml").write_text(
            "reconcile: 1\nproject: consent\nsql: postgres\ndialects: [sqlite, postgres]\nenvironments: {here: "
            f"{{url: '{self.target.url}', default: true, policy: {{approve: never{words}}}}}}}\n"
        )

    def declare(self, *documents: str) -> None:
        (self.folder / "spec.yaml").write_text("---\n".join(documents))

    @property
    def request(self) -> workflow.Request:
        return workflow.Request(directory=self.folder, environment="here", lock_timeout=3)

    def apply(self, *allow: str) -> Applied:
        return workflow.apply(self.request, workflow.Terms(given=[parse_allowance(word) for word in allow]))

    def refused(self, *allow: str) -> set[str]:
        """Apply, hold that it is refused, and return the codes that refuse."""
        with pytest.raises(Refused) as info:
            self.apply(*allow)
        review = info.value.review  # type: ignore[attr-defined]
        return {hazard.code for hazard in review.planned.verdict.refused}

    def codes(self) -> set[str]:
        return {hazard.code for hazard in workflow.plan(self.request).planned.hazards}


Make = Callable[..., Project]


@pytest.fixture
def project(target: Target, tmp_path: Path) -> Project:
    """A project that was applied once, with one row of values."""
    made = Project(tmp_path, target)
    made.declare(spec("a: {type: text}, b: {type: text}"))
    made.apply()
    target.execute("insert into t (id, a, b) values (1, 'x', 'y')")
    return made


def test_what_leaves_the_specs_is_dropped_only_when_allowed(project: Project, target: Target) -> None:
    project.declare(spec("a: {type: text}"))
    assert project.refused() == {"DS103"}
    assert project.refused("DS103:table.t.column.a") == {"DS103"}
    assert target.query("select b from t") == [("y",)]
    project.apply("DS103:table.t.column.b")
    assert target.query("select * from t") == [(1, "x")]


def test_without_the_ledger_nothing_is_ours_and_nothing_is_dropped(project: Project, target: Target) -> None:
    for table in ("run", "step", "object"):
        target.execute(f"drop table _reconcile_{table}")
    project.declare(spec("a: {type: text}"))
    project.apply()
    assert target.query("select b from t") == [("y",)]


def test_a_line_under_removed_consents_once_the_database_is_known(project: Project, target: Target) -> None:
    project.declare(spec("a: {type: text}", "removed: {column.b: {reason: unused}}"))
    project.apply()
    assert target.query("select * from t") == [(1, "x")]


def test_the_first_apply_wants_destruction_allowed_by_hand(target: Target, tmp_path: Path) -> None:
    target.execute("create table t (id int primary key not null, b text); insert into t values (1, 'y')")
    first = Project(tmp_path, target)
    first.policy(", allow: [DS103]")
    first.declare(spec("", "removed: {column.b: {reason: unused}}"))
    assert first.refused() == {"DS103"}
    first.apply("DS103:table.t.column.b")


def test_a_table_that_is_renamed_and_loses_a_column_says_both(project: Project, target: Target) -> None:
    project.declare(spec("a: {type: text}").replace("table: t", "table: u\nrenamed_from: t"))
    assert project.codes() == {"BC101", "DS103"}
    assert project.refused() == {"DS103"}
    assert target.query("select b from t") == [("y",)]


def test_an_old_renamed_from_consents_to_nothing_else(project: Project, target: Target) -> None:
    project.declare(spec("a: {type: text}, c: {type: text, renamed_from: b}"))
    project.apply()
    project.declare(spec("a: {type: text}, c: {type: text, renamed_from: b, generated: {sql: \"'made'\"}}"))
    assert project.refused() == {"DS103"}
    assert target.query("select c from t") == [("y",)]


def test_protection_is_lifted_by_protect_false_alone(project: Project, target: Target) -> None:
    project.declare(spec("a: {type: text}, b: {type: text}", "protect: true\n"))
    project.apply()
    project.declare(spec("a: {type: text}, b: {type: text}"))
    project.apply()
    project.declare("table: other\ncolumns: {id: {type: int}}\n")
    assert project.refused("*") == {"PR101"}
    project.declare(spec("a: {type: text}, b: {type: text}", "protect: false\n"))
    project.apply()
    project.declare("table: other\ncolumns: {id: {type: int}}\n")
    assert project.refused() == {"DS102"}
    project.apply("DS102:table.t")
    assert len(target.query("select * from other")) == 0


def test_what_is_deprecated_goes_only_from_its_day_on(project: Project, target: Target) -> None:
    old = "a: {type: text, not_null: true, deprecated: {since: 2020-01-01, remove_after: %s}}"
    project.declare(spec(f"{old.partition(', deprecated')[0]}}}, b: {{type: text}}"))
    project.apply()
    project.declare(spec(f"{old % '2999-01-31'}, b: {{type: text}}"))
    project.apply()
    target.execute("insert into t (id, b) values (7, 'nobody has to give it any more')")
    assert workflow.plan(project.request).planned.plan.empty
    if target.dialect in ("postgres", "mysql", "mariadb"):
        assert "may go from 2999-01-31 on" in target.observe()
    project.declare(spec("b: {type: text}", "removed: {column.a: {reason: unused}}\n"))
    assert project.refused("*") == {"DP103"}
    project.declare("table: other\ncolumns: {id: {type: int}}\n")
    assert project.refused("*") == {"DP103"}, "nor does it go with its table"
    # A ledger of an older version knows no such days, and is read all the same.
    project.declare(spec(f"{old % '2020-02-01'}, b: {{type: text}}"))
    project.apply()
    project.declare(spec("b: {type: text}"))
    assert project.refused() == {"DS103"}, "its day has come, and it is dropped as any other is"
    target.execute("alter table _reconcile_object drop column deprecated")
    assert project.refused() == {"DS103"}
    project.apply("DS103")
    assert target.query("select * from t where id = 7") == [(7, "nobody has to give it any more")]


def test_a_protected_column_is_not_rewritten(project: Project, target: Target) -> None:
    project.declare(spec("a: {type: text}, b: {type: text}", "protect: true\n"))
    project.apply()
    project.declare(spec("a: {type: text}, b: {type: text, generated: {sql: \"'made'\"}}", "protect: true\n"))
    assert "PR101" in project.refused("*")
    assert target.query("select b from t") == [("y",)]


def test_where_the_specs_are_the_whole_truth_other_tools_keep_their_books(project: Project, target: Target) -> None:
    target.execute("create table alembic_version (version_num text); create table stray (id int)")
    project.policy(", undeclared: drop")
    assert project.refused() == {"DS102", "DS105"}
    project.apply("*")
    assert target.query("select count(*) from alembic_version") == [(0,)]
    with pytest.raises(Exception, match="stray"):
        target.query("select * from stray")


def test_where_nothing_undeclared_may_be_an_apply_is_refused(project: Project, target: Target) -> None:
    target.execute("create table stray (id int)")
    project.policy(", undeclared: error")
    assert project.apply().outcome is None
    project.declare(spec("a: {type: text}, b: {type: text}, c: {type: text}"))
    assert project.refused("*") == {"UD101"}


@pytest.mark.parametrize(
    ("columns", "rest", "code"),
    [
        ("a: {type: text}, b: {type: text}, c: {type: int, not_null: true}", "", "MF103"),
        ("a: {type: text, not_null: true}, b: {type: text}", "", "MF104"),
        ("a: {type: text}, b: {type: text}", "checks: {t_ck: id > 5}\n", "MF105"),
        ("a: {type: text}, b: {type: varchar(99)}", "unique: {t_uq: [b]}\n", "MF101"),
        ("a: {type: text}, b: {type: varchar(2)}", "", "DS107"),
        ("a: {type: text}, b: {type: int}", "", "DS107"),
        ("a: {type: text}, b: {type: text}, c: {type: int, default: 3}", "unique: {t_uq: [c]}\n", "MF101"),
    ],
)
def test_rows_that_contradict_cannot_be_allowed_away(
    project: Project, target: Target, columns: str, rest: str, code: str
) -> None:
    target.execute("insert into t (id, a, b) values (2, null, 'long'), (3, 'z', 'long'), (4, 'z', 'LONG')")
    before = target.query("select * from t order by id")
    project.declare(spec(columns, rest))
    assert project.refused("*") == {code}
    assert target.query("select * from t order by id") == before


def test_rows_that_are_alike_stop_a_unique_index_over_an_expression(project: Project, target: Target) -> None:
    target.execute("insert into t (id, a, b) values (2, null, 'long'), (3, 'z', 'long')")
    project.declare(
        spec("a: {type: text}, b: {type: text}", "indexes: {t_ix: {columns: [{sql: trim(b)}], unique: true}}\n")
    )
    if target.dialect == "mariadb":  # it has no such indexes, and that is told before the rows are asked
        with pytest.raises(SpecError, match="no indexes over expressions"):
            project.apply("*")
    else:
        assert project.refused("*") == {"MF101"}


def test_rows_that_point_nowhere_stop_a_foreign_key_and_are_named(project: Project, target: Target) -> None:
    parent = "table: p\ncolumns: {id: {type: int}}\nprimary_key: [id]\n"
    project.declare(spec("a: {type: text}, b: {type: text}, p_id: {type: int}"), parent)
    project.apply()
    target.execute("insert into p values (1); insert into t (id, p_id) values (7, 1), (8, 9)")
    project.declare(spec("a: {type: text}, b: {type: text}, p_id: {type: int, references: p.id}"), parent)
    with pytest.raises(Refused) as info:
        project.apply("*")
    (hazard,) = info.value.review.planned.verdict.refused  # type: ignore[attr-defined]
    assert (hazard.code, hazard.count, hazard.sample) == ("MF105", 1, ("8",))


def test_braces_in_a_name_are_only_braces(project: Project, target: Target) -> None:
    target.execute(f"create table {target.quoted('we{ird}')} (id int primary key not null)")
    odd = 'table: "we{ird}"\ncolumns: {id: {type: int}}\nprimary_key: [id]\n'
    project.declare(spec("a: {type: text}, b: {type: text}, p: {type: int, references: '\"we{ird}\".id'}"), odd)
    project.apply()
    assert workflow.plan(project.request).planned.plan.empty


def test_a_plan_of_another_database_state_is_stale(project: Project, target: Target) -> None:
    project.declare(spec("a: {type: text}, b: {type: text}, c: {type: text}"))
    seen = workflow.plan(project.request).planned.plan.id
    target.execute("alter table t add column by_hand text")
    with pytest.raises(StalePlan):
        workflow.apply(project.request, workflow.Terms(expect_id=seen))


def test_what_a_spec_says_in_a_reserved_name_is_refused_before_anything(project: Project) -> None:
    project.declare("table: _reconcile_run\ncolumns: {id: {type: int}}\n")
    with pytest.raises(Exception, match="_reconcile_run"):
        workflow.plan(project.request)


def test_a_target_that_is_not_there_is_one_sentence(project: Project) -> None:
    missing = "sqlite:////nowhere/at/all.db" if project.target.dialect == "sqlite" else "postgresql://127.0.0.1:1/none"
    with pytest.raises(TargetError) as info:
        workflow.plan(workflow.Request(directory=project.folder, url=missing))
    assert "\n" not in info.value.message
    assert info.value.hint


def test_what_is_about_a_removed_column_alone_falls_with_it(project: Project, target: Target) -> None:
    """A constraint or index that nobody declared cannot stay without its column, and says so in the plan."""
    mood = "enum: mood\nvalues: [calm, angry]\n"
    project.declare(
        spec("a: {type: varchar(9)}, b: {type: text}, m: {type: enum(mood)}", "unique: {t_uq: [a, m]}\n"), mood
    )
    project.apply()
    for table in ("run", "step", "object"):
        target.execute(f"drop table _reconcile_{table}")
    project.declare(spec("a: {type: text}, b: {type: text}", "removed: {column.m: {reason: unused}}\n"), mood)
    project.apply("DS103:table.t.column.m")
    target.execute("insert into t (id, a) values (2, 'z')")
    assert target.query("select id, a from t order by id") == [(1, "x"), (2, "z")]
    assert workflow.plan(project.request).planned.plan.empty


def test_an_enum_goes_while_its_column_becomes_text_and_keeps_its_values(project: Project, target: Target) -> None:
    mood = "enum: mood\nvalues: [calm, angry]\n"
    project.declare(spec("a: {type: text}, b: {type: text}, m: {type: enum(mood), default: calm}"), mood)
    project.apply()
    target.execute("insert into t (id, m) values (5, 'angry')")
    project.declare(spec("a: {type: text}, b: {type: text}, m: {type: text, default: calm}"))
    project.apply()
    assert target.query("select m from t where id = 5") == [("angry",)]
    assert workflow.plan(project.request).planned.plan.empty
