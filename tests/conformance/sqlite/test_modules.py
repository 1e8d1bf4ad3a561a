"""Tables of modules on SQLite: full-text and r-tree tables are left alone, and what they read is not taken away."""

from __future__ import annotations

import pytest

from reconciler.model.ref import Ref
from tests.conformance.driver import Project
from tests.target import Target

TABLE = (
    "table: {name}\n{head}columns: "
    "{{id: {{type: int, identity: true}}, title: {{type: {title}}}, n: {{type: int}}}}\n{rest}"
)


def docs(title: str = "text", name: str = "docs", head: str = "", rest: str = "") -> str:
    return TABLE.format(name=name, head=head, title=title, rest=f"primary_key: [id]\n{rest}")


FTS = (
    "create table docs (id integer primary key, title text, n int);"
    "create virtual table found using fts5(title, content='docs', content_rowid='id', tokenize = 'porter ascii');"
    "create trigger docs_ai after insert on docs begin"
    " insert into found (rowid, title) values (new.id, new.title); end;"
    "create virtual table boxes using rtree(id, x0, x1);"
    'create virtual table notes using fts4(body, content="docs");'
    "insert into docs values (7, 'running foxes', 1); insert into boxes values (1, 2, 3);"
)


def test_a_content_table_is_rebuilt_under_its_index(project: Project, sqlite: Target) -> None:
    sqlite.execute(FTS)
    before = sqlite.query("select name from sqlite_schema where name like 'found%' or name like 'boxes%' order by 1")
    project.apply(docs(title="varchar(80)"))
    assert sqlite.query("select rowid from found where found match 'run'") == [(7,)]
    sqlite.execute("insert into docs (id, title) values (9, 'a run')")
    assert sqlite.query("select rowid from found where found match 'run' order by 1") == [(7,), (9,)]
    sqlite.execute("insert into found (found) values ('integrity-check')")
    assert sqlite.query("select id from boxes") == [(1,)]
    after = sqlite.query("select name from sqlite_schema where name like 'found%' or name like 'boxes%' order by 1")
    assert after == before


def test_the_rowids_of_a_content_table_without_a_key_stay(project: Project, sqlite: Target) -> None:
    """A column that is called rowid hides the rowid under that name, and only under that."""
    sqlite.execute(
        "create table d (rowid text, title text);"
        "create virtual table f using fts5(title, content='d', content_rowid='_rowid_');"
        "insert into d (_rowid_, rowid, title) values (5, 'x', 'foxes'), (900, 'y', 'dogs');"
        "insert into f (f) values ('rebuild');"
    )
    project.apply("table: d\ncolumns: {rowid: {type: text}, title: {type: varchar(9)}}\n")
    assert sqlite.query("select _rowid_, rowid from d") == [(5, "x"), (900, "y")]
    assert sqlite.query("select rowid from f where f match 'dogs'") == [(900,)]


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(docs(name="papers", head="renamed_from: docs\n"), id="renamed"),
        pytest.param(docs().replace("title: {", "head: {renamed_from: title, "), id="column renamed"),
    ],
)
def test_what_a_full_text_table_reads_keeps_its_name(project: Project, sqlite: Target, document: str) -> None:
    sqlite.execute(FTS)
    assert "virtual_table.found stands in the way" in str(project.impossible(document)["RUN038"])


@pytest.mark.parametrize(
    "document",
    [
        pytest.param("removed: table.docs\nreason: unused\n", id="dropped"),
        pytest.param(
            docs(rest="removed: {column.title: {reason: unused}}\n").replace("title: {type: text}, ", ""),
            id="column dropped",
        ),
    ],
)
def test_what_a_full_text_table_reads_stays(project: Project, sqlite: Target, document: str) -> None:
    sqlite.execute(FTS)
    assert "virtual_table.found uses" in str(project.impossible(document)["RUN032"])


def test_a_column_that_none_of_them_reads_goes(project: Project, sqlite: Target) -> None:
    sqlite.execute(FTS)
    project.apply(docs(rest="removed: {column.n: {reason: unused}}\n").replace(", n: {type: int}", ""))
    assert sqlite.query("select * from docs") == [(7, "running foxes")]


def test_a_module_that_is_not_loaded_is_left_alone(project: Project, sqlite: Target) -> None:
    """A file may come from another library; its table is neither read nor rebuilt nor in the way."""
    sqlite.execute(
        "create table docs (id integer primary key, title text, n int);"
        "create table far_data (x int); pragma writable_schema = on;"
        "insert into sqlite_schema values ('table', 'far', 'far', 0, 'CREATE VIRTUAL TABLE far USING nowhere(a, b)');"
    )
    review = project.apply(docs(title="varchar(80)")).review
    assert Ref.root("virtual_table", "far_data") in review.planned.comparison.scope.unmodelled
    assert sqlite.query("select sql from sqlite_schema where name = 'far'") == [
        ("CREATE VIRTUAL TABLE far USING nowhere(a, b)",)
    ]
