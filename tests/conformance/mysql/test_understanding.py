"""What a spec cannot say of a table is told, stays through every change of the rest, and stops what would lose it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.dialects.mysql.ddl import read_table
from reconciler.model.ref import Kind, Ref
from tests.conformance.imported import Imported
from tests.conformance.mysql.whole_server import alone_with
from tests.process import Reconcile
from tests.target import Target, fresh

# Table → how it is made (column `a` is an int that gets larger), and words of the server that have to stay.
MYSQL = {
    "autoext": ("(id int primary key, a int) autoextend_size=4M", "AUTOEXTEND_SIZE=4194304"),
    "space": ("(id int primary key, a int) tablespace innodb_file_per_table", "TABLESPACE `innodb_file_per_table`"),
    "squeezed": ("(id int primary key, a int) compression='zlib'", "COMPRESSION='zlib'"),
    "column_words": ("(id int primary key, a int storage memory column_format fixed default 3 comment 'x')",
                     "STORAGE MEMORY */ /*!50606 COLUMN_FORMAT FIXED"),
    "index_words": ("(id int primary key, a int, key k (a) secondary_engine_attribute '{}' comment 'y')",
                    "SECONDARY_ENGINE_ATTRIBUTE '{}'"),
    "table_words": ("(id int primary key, a int) secondary_engine_attribute '{}'", "SECONDARY_ENGINE_ATTRIBUTE='{}'"),
    "counted": ("(id int primary key, a int) stats_persistent=1 stats_auto_recalc=0", "STATS_AUTO_RECALC=0"),
    "place": ("(id int primary key, a int, p point not null srid 4326, spatial key s (p))", "SRID 4326"),
    "parsed": ("(id int primary key, a int, t text, fulltext key f (t) with parser ngram)", "WITH PARSER `ngram`"),
    "parts": ("(id int primary key, a int) partition by hash (id) partitions 3", "PARTITION BY HASH (`id`)"),
    "merged": ("(id int primary key, a int) engine=merge union=(mi) insert_method=last", "INSERT_METHOD=LAST"),
    "hashes": ("(id int, a int, b int, primary key (id) using btree, key k (b) using btree) engine=memory",
               "KEY `k` (`b`) USING BTREE"),
}  # fmt: skip
MARIADB = {
    "versions": ("(id int primary key, a int) with system versioning", "WITH SYSTEM VERSIONING"),
    "rows_of_time": ("(id int primary key, a int, b int without system versioning, rs timestamp(6) generated always as "
                     "row start, re timestamp(6) generated always as row end, period for system_time (rs, re)) "
                     "with system versioning", "GENERATED ALWAYS AS ROW START"),
    "period": ("(id int, a int, s date, e date, period for p (s, e), primary key (id, p without overlaps))",
               "`p` WITHOUT OVERLAPS"),
    "periods": ("(id int, a int, s date not null, e date not null, period for p (s, e), "
                "unique u (id, p without overlaps))", "PERIOD FOR `p`"),
    "squeezed": ("(id int primary key, a int, t text compressed comment 'z')", "COMPRESSED"),
    "pages": ("(id int primary key, a int) page_compressed=1 page_compression_level=9", "`page_compression_level`='9'"),
    "safe": ("(id int primary key, a int) engine=aria transactional=1 page_checksum=1", "TRANSACTIONAL=1"),
    "near": ("(id int primary key, a int, v vector(3) not null, vector index (v) m=6 distance=cosine)", "VECTOR KEY"),
    "blocks": ("(id int primary key, a int, key k (a) key_block_size=8 comment 'x')", "KEY_BLOCK_SIZE=8"),
    "parts": ("(id int primary key, a int) partition by hash (id) partitions 3", "PARTITION BY HASH (`id`)"),
    "hashes": ("(id int, a int, b int, primary key (id) using btree, key k (b) using btree) engine=memory",
               "KEY `k` (`b`) USING BTREE"),
}  # fmt: skip
TABLES: Mapping[str, Mapping[str, tuple[str, str]]] = {"mysql": MYSQL, "mariadb": MARIADB}
# What is told; what the others have is carried word for word.
MARKED: Mapping[str, set[str]] = {
    "mysql": {
        *(f"table.{name}" for name in ("autoext", "space", "squeezed", "table_words", "counted", "parts", "merged")),
        "table.hashes.primary_key", "table.hashes.index.k",
    },
    "mariadb": {
        *(f"table.{name}" for name in ("versions", "rows_of_time", "period", "periods", "pages", "safe", "near")),
        "table.rows_of_time.column.rs", "table.rows_of_time.column.re", "table.parts",
        "table.hashes.primary_key", "table.hashes.index.k",
    },
}  # fmt: skip


@pytest.mark.parametrize("server", ["mysql", "mariadb"])
def test_it_is_told_stays_and_stops_what_would_lose_it(server: str, tmp_path: Path, reconcile: Reconcile) -> None:
    with fresh(server, tmp_path) as target:
        target.execute("create table mi (id int primary key, a int) engine=myisam")
        for name, (text, _) in TABLES[server].items():
            target.execute(f"create table {name} {text}")
        specs = Imported(reconcile, tmp_path, target.url)
        assert specs.marked().keys() == MARKED[server]

        # A change of another column goes through, and nothing of it is lost.
        tables = [name for name in TABLES[server] if name != "merged"]  # MERGE wants its tables to be alike
        for name in tables:
            specs.edit(f"tables/{name}.yaml", "a: {type: int", "a: {type: bigint")
        with history_following(target, specs):
            assert specs.apply()["applied"]["steps"] == len(tables)
        shown = {name: target.query(f"show create table {name}")[0][1] for name in TABLES[server]}
        assert [name for name, (_, words) in TABLES[server].items() if words not in shown[name]] == []
        assert [name for name in tables if "`a` bigint" not in shown[name]] == []

        # What would write an index of hashes anew is not done: ours would not say that it is a tree.
        specs.edit("tables/hashes.yaml", "k: [b]", "k: {columns: [b], comment: trees}")
        assert [(ref, "using btree" in why) for ref, why in specs.stopped().items()] == [("table.hashes.index.k", True)]
        specs.apply(code=3)
        assert target.query("show create table hashes")[0][1] == shown["hashes"]


@contextmanager
def history_following(target: Target, specs: Imported) -> Iterator[None]:
    """Let tables that keep their history be altered, which the plan says has to be allowed first (MariaDB)."""
    if target.dialect == "mysql":
        yield
        return
    (stops,) = specs.asked("plan")["obstacles"]
    assert "table.rows_of_time, table.versions" in stops["summary"]
    with alone_with(target):
        target.execute("set global system_versioning_alter_history = keep")
        try:
            yield
        finally:
            target.execute("set global system_versioning_alter_history = error")


@pytest.mark.parametrize(
    ("said", "lost"),
    [
        # Servers that leave out the collation that a character set means; it is not the table's.
        ("`a` varchar(9) CHARACTER SET latin1 DEFAULT NULL", "character set latin1"),
        ("`a` json DEFAULT NULL", ""),
        ("`a` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`a`))", ""),
        ("`a` longtext CHARACTER SET latin1 COLLATE latin1_bin DEFAULT NULL CHECK (json_valid(`a`))", "latin1_bin"),
        ("`a` int(11) DEFAULT NULL FLAVOURED 'mild'", ""),
        ("`a` timestamp(3) NULL DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3)", ""),
        ("`a` int(11) GENERATED ALWAYS AS (1 + 2) VIRTUAL INVISIBLE COMMENT 'it''s NULL'", ""),
    ],
)
def test_only_what_our_own_words_lack_is_marked(said: str, lost: str) -> None:
    text = f"CREATE TABLE `t` (\n  {said}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
    ref = Ref.root(Kind.TABLE, "t")
    column = next(obj for obj in read_table(text, ref) if obj.ref == ref.child(Kind.COLUMN, "a"))
    what = getattr(column, "not_understood")  # noqa: B009
    assert (lost in what) if lost else what == ""
