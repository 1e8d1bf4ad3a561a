"""What a table or view has beyond the model is told, stays, and stops what would lose it; no catalog is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.dialects.postgres import catalog, catalog_beyond, catalog_programs
from tests.conformance.imported import Imported
from tests.process import Reconcile
from tests.target import Target

# Columns of the catalogs that no query of ours reads, and why. One of a new major version fails here until it is read.
UNREAD: Mapping[str, Mapping[str, str]] = {
    "pg_class": {
        "follows from other rows": "reltype relhasindex relnatts relchecks relhasrules relhastriggers relhassubclass",
        "is how it is stored at the moment": "relfilenode relpages reltuples relallvisible relallfrozen relfrozenxid "
        "relminmxid relrewrite relispopulated",
        "is of what is listed, and not managed": "relisshared relpartbound",
    },
    "pg_attribute": {
        "follows from the type": "attlen attbyval attalign attndims",
        "follows from other rows": "atthasdef attcacheoff",
        "is how it is stored at the moment": "atthasmissing attmissingval",
        "is of what is listed, and not managed": "attislocal attinhcount attfdwoptions",
    },
    "pg_index": {
        "follows from the constraint": "indisprimary indisexclusion indimmediate",
        "is how far a build is": "indcheckxmin indisready indislive",
    },
    "pg_constraint": {
        "follows from other rows": "connamespace conpfeqop conppeqop conffeqop",
        "is of what is listed, and not managed": "conparentid conislocal coninhcount",
    },
    "pg_trigger": {
        "follows from other rows": "tgconstrindid tgnargs",
        "is of what is listed, and not managed": "tgparentid",
    },
    "pg_sequence": {},
    "pg_proc": {
        "follows from the arguments": "provariadic pronargs proargdefaults",
        "is of what is listed, and not managed": "probin",
    },
}
FEATURES = frozenset({"compression", "nulls_not_distinct", "not_enforced", "sql_body"})


def queries() -> Iterator[str]:
    for module in (catalog, catalog_programs, catalog_beyond):
        for value in vars(module).values():
            if isinstance(value, str):
                yield value
            elif getattr(value, "__module__", "") == module.__name__:
                yield value(FEATURES)


def test_every_column_of_the_catalogs_is_accounted_for(pg: Target) -> None:
    read = set(re.findall(r"\w+", "\n".join(queries())))
    for name, reasons in UNREAD.items():
        rows = pg.query(f"select attname from pg_attribute where attrelid = '{name}'::regclass and attnum > 0")
        unread = {word for words in reasons.values() for word in words.split()}
        assert {column for (column,) in rows} - read - unread == set(), name
        assert unread & read == set(), name


SCHEMA = """
create table t (id int primary key, a int, b int, g int, h int, u int unique);
alter table t alter g set (n_distinct = 5);
comment on index t_pkey is 'tells rows apart';
comment on index t_u_key is 'so does this';
alter table t replica identity full;
create materialized view mv as select a, b from t;
alter materialized view mv alter a set statistics 7;
alter materialized view mv alter b set (n_distinct = 3);
create materialized view plain as select a from t;
"""
NOT_VALID = "create table n (a int, b int); alter table n add constraint n_a not null a not valid;"
NO_INHERIT = "alter table n add constraint n_b not null b no inherit;"


def test_it_is_told_stays_and_stops_what_would_lose_it(pg: Target, tmp_path: Path, reconcile: Reconcile) -> None:
    pg.execute(SCHEMA)
    marked = {
        "table.t": "REPLICA IDENTITY FULL", "table.t.column.g": "SET (n_distinct=5)",
        "table.t.primary_key": "COMMENT ON INDEX 'tells rows apart'",
        "table.t.unique.t_u_key": "COMMENT ON INDEX 'so does this'",
        "view.mv": "column a SET STATISTICS 7, column b SET (n_distinct=3)",
    }  # fmt: skip
    if pg.query("show server_version_num")[0][0] >= "180000":
        pg.execute(NOT_VALID + NO_INHERIT)
        marked |= {"table.n.column.a": "NOT NULL NOT VALID", "table.n.column.b": "NOT NULL NO INHERIT"}
    specs = Imported(reconcile, tmp_path, pg.url)
    assert specs.marked() == marked

    # In place, whatever is done takes none of it away.
    specs.edit("tables/t.yaml", "a: {type: int}", "a: {type: int, default: 3, comment: changed}")
    specs.edit("tables/t.yaml", "table: t\n", "table: t\ncomment: changed\n")
    specs.apply()
    assert specs.marked() == marked

    # What is dropped and made again would lose it: the column with a setting of its own, and not the one without.
    before = pg.observe()
    for column in "gh":
        generated = "{type: int, generated: {sql: a + 1, stored: true}}"
        specs.edit("tables/t.yaml", f"{column}: {{type: int}}", f"{column}: {generated}")
    specs.edit("tables/t.yaml", "primary_key: [id]", "primary_key: [id, b]")
    specs.edit("views/mv.yaml", "b\n", "b + 0 AS b\n")
    assert specs.stopped().keys() == {"table.t.column.g", "table.t.primary_key", "view.mv"}
    specs.apply(code=3)
    assert pg.observe() == before
