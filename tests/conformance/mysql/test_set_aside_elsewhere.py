"""What is set aside where a session, a user or a name is not the usual one: plans are those of a look at everything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from reconciler import workflow
from reconciler.dialects import base
from reconciler.dialects.mysql.inspect import survey
from reconciler.dialects.mysql.session import connect
from reconciler.model.ref import Kind, Ref
from tests.conformance.mysql.test_rights import limited
from tests.conformance.shop import PROJECT, Shop
from tests.target import Target, fresh

# 64 characters, which is the most there can be.
ODD = "o`d\"d; drop table `x`; -- 100 % of 'Ünïcode' / %s :name \\ ñ".ljust(63) + "."
QUOTED = '"{}"'.format(ODD.replace('"', '""'))
TRIGGER = {
    "events": ["insert"], "timing": "after", "body": [f"insert into {QUOTED} (id) values (new.a)"],
    "options": {"mysql": {"sql_mode": "ANSI_QUOTES"}},
}  # fmt: skip
ID: dict[str, object] = {"type": "int", "not_null": True}
DOCUMENTS = {name: json.dumps(document) for name, document in {
    "parent": {"table": QUOTED, "columns": {"id": ID, "a": {"type": "int"}}, "primary_key": ["id"]},
    "child": {"table": "child", "columns": {"id": {"type": "int", "references": f"{QUOTED}(id)"}}},
    "watched": {"table": "watched", "columns": {"a": {"type": "int"}}, "triggers": {ODD[1:]: TRIGGER}},
    "seen": {"view": "seen", "query": "select a from `{}`".format(ODD.replace("`", "``"))},
    "said": {"view": "said", "query": "select '\n) ENGINE=x AUTO_INCREMENT=1' as a"},
    "alone": {"table": "alone", "columns": {"a": {"type": "int"}}},
}.items()}  # fmt: skip
ROOTS = {str(Ref.root(Kind.TABLE, name)) for name in (ODD, "child", "watched", "alone")} | {"view.seen", "view.said"}


@pytest.fixture
def shop(my: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(tmp_path, my, monkeypatch, DOCUMENTS)


def test_odd_names_are_set_aside(shop: Shop) -> None:
    assert shop.aside() == ROOTS
    shop.same()


BY_HAND = {
    "parent": "alter table {} modify id int not null comment 'x'",
    "parent's column": "alter table {} rename column a to b",
    "parent less": "drop table {}",
    "what a view says": "alter view said as select '\n) ENGINE=x AUTO_INCREMENT=2' as a",
}


@pytest.mark.parametrize("words", BY_HAND.values(), ids=BY_HAND.keys())
def test_what_happens_to_odd_names_is_seen(shop: Shop, words: str) -> None:
    before = shop.told()
    shop.target.execute("set foreign_key_checks = 0;" + words.format(f"`{ODD.replace('`', '``')}`"))
    assert shop.same() != before, "nobody saw it"


def test_what_names_a_table_of_an_odd_name_is_looked_at_with_it(shop: Shop) -> None:
    shop.write("parent", DOCUMENTS["parent"].replace("int", "bigint"))
    assert shop.aside() == {"table.alone", "view.said"}
    shop.same()


OF_NOBODY = {
    "event": "create event by_hand on schedule every 1 day do delete from alone",
    "procedure": "create procedure by_hand() select 1",
    "database": "alter database collate utf8mb4_bin",
}


@pytest.mark.parametrize("words", OF_NOBODY.values(), ids=OF_NOBODY.keys())
def test_what_is_no_tables_own_counts_for_all(shop: Shop, words: str) -> None:
    shop.target.execute(words)
    assert shop.aside() == set()
    shop.same()


def test_a_sequence_counts_for_all(shop: Shop) -> None:
    if shop.target.dialect == "mysql":
        pytest.skip("there are none")
    for words in ("create sequence by_hand", "alter sequence by_hand increment by 5"):
        shop.target.execute(words)
        assert shop.aside() == set()
        assert shop.aside() == ROOTS


def of(shop: Shop, url: str) -> None:
    """Let the project go by another URL from now on."""
    (shop.folder / "reconcile.yaml").write_text(PROJECT.format(dialect=shop.target.dialect, url=url))


@pytest.mark.parametrize(
    ("begins", "known"),
    [
        ("set default_storage_engine = myisam", set[str]()),
        ("set time_zone = '+03:00'", set[str]()),
        ("set sql_quote_show_create = 0", ROOTS),
        ("set sql_mode = 'ansi'", ROOTS),
    ],
)
def test_what_a_session_begins_with_counts_or_is_pinned(shop: Shop, begins: str, known: set[str]) -> None:
    url = make_url(shop.target.url).update_query_dict({"init_command": begins})
    of(shop, url.render_as_string(hide_password=False))
    assert shop.aside() == known
    shop.same()
    assert shop.aside() == ROOTS


RIGHTS = "select, insert, update, delete, create, alter, drop, references, index, create view, show view, trigger"


# What is told of a right that is missing. MySQL shows no trigger to whoever has no right to it, MariaDB no text of one.
DENIED = {
    "show view": dict.fromkeys(("mysql", "mariadb"), "SHOW VIEW command denied"),
    "trigger": {"mysql": "CREATE TRIGGER", "mariadb": "(at least one of) the TRIGGER privilege"},
}


@pytest.mark.parametrize(("right", "said"), DENIED.items())
def test_a_right_that_is_lost_is_as_if_nothing_were_known(shop: Shop, right: str, said: Mapping[str, str]) -> None:
    with limited(shop.target, f"{RIGHTS}, create temporary tables") as url:
        known = make_url(url)
        account = f"{known.username}@localhost"
        shop.target.execute(f"alter user {account} identified by ''")
        of(shop, known._replace(password=None).render_as_string())
        assert shop.aside() == set()
        assert shop.aside() == ROOTS
        shop.target.execute(f"revoke {right} on {known.database}.* from {account}")
        told = shop.same()
    assert said[shop.target.dialect] in str(told)


def test_a_database_of_another_name_is_another(shop: Shop) -> None:
    """The same tables are the same there; what names a database by itself is not, so nothing is taken over."""
    with fresh(shop.target.dialect, shop.folder) as other:
        of(shop, other.url)
        assert shop.aside() == set()
        workflow.apply(shop.request())
        shop.plan()
        assert shop.aside() == ROOTS
    of(shop, shop.target.url)
    assert shop.aside() == ROOTS


def marks(database: Target) -> dict[str, str]:
    target = base.Target(dialect=database.dialect, url=database.url, label="", access="read")
    with closing(connect(target)) as session:
        return {str(ref): mark for ref, mark in survey(session, target).marks.items()}


def test_the_mark_of_a_view_goes_by_what_it_reads_through_others(shop: Shop) -> None:
    shop.target.execute("create view on_seen as select a from seen; create view on_alone as select a from alone")
    before = marks(shop.target)
    assert marks(shop.target) == before
    shop.target.execute(f"alter table `{ODD.replace('`', '``')}` add b int")
    after = marks(shop.target)
    seen = {"view.seen", "view.on_seen", str(Ref.root(Kind.TABLE, ODD))}
    assert {name for name in before if before[name] != after[name]} == seen


MADE = {
    "table.alone": "drop table alone; create table alone (`{}` int)",
    "view.said": "create or replace view said as select 1 as `{}`",
}


@pytest.mark.parametrize(("root", "words"), MADE.items(), ids=MADE.keys())
def test_what_only_looks_like_a_counter_is_no_counter(shop: Shop, root: str, words: str) -> None:
    found = set()
    for name in ("a", "b\n) ENGINE=x AUTO_INCREMENT=1", "b\n) ENGINE=x AUTO_INCREMENT=2"):
        shop.target.execute(words.format(name))
        found.add(marks(shop.target)[root])
    assert len(found) == 3


def test_what_a_trigger_is_made_under_counts(shop: Shop) -> None:
    found = set()
    for settings, definer in (
        ("sql_mode = ''", "current_user"),
        ("sql_mode = 'ansi'", "current_user"),
        ("sql_mode = ''", "nobody@localhost"),
        ("sql_mode = '', collation_connection = utf8mb4_bin", "current_user"),
        ("sql_mode = '', character_set_client = latin1", "current_user"),
    ):
        shop.target.execute(
            f"set names utf8mb4; set {settings}; drop trigger if exists by_hand;"
            f" create definer = {definer} trigger by_hand after insert on alone for each row delete from child"
        )
        found.add(marks(shop.target)["table.alone"])
    assert len(found) == 5
