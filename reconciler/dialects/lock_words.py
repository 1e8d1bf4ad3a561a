"""A statement and a dialect in, the lock that it takes and what waits meanwhile out, in words, for whoever reviews it.

Sources: postgresql.org/docs/current/explicit-locking.html and …/sql-altertable.html,
dev.mysql.com/doc/refman/9.7/en/innodb-online-ddl-operations.html, sqlite.org/lockingv3.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_EXCLUSIVE = "ACCESS EXCLUSIVE: reads and writes of it wait"
_BESIDE = "SHARE UPDATE EXCLUSIVE: reads and writes go on"
_SHORT = "its definition for a moment: reads and writes go on"

# The first whose words are found says it. Nobody waits for what is only just made.
_POSTGRES = (
    (r"CREATE (UNIQUE )?INDEX CONCURRENTLY|DROP INDEX CONCURRENTLY|REINDEX .*CONCURRENTLY", _BESIDE),
    (r"ALTER TABLE .*VALIDATE CONSTRAINT|ALTER TABLE .*SET STATISTICS|ANALYZE", _BESIDE),
    (r"ALTER TABLE .*ADD (CONSTRAINT \S+ )?FOREIGN KEY|CREATE (OR REPLACE )?(CONSTRAINT )?TRIGGER"
     r"|ALTER TABLE .*(ENABLE|DISABLE) .*TRIGGER", "SHARE ROW EXCLUSIVE: writes wait"),
    (r"CREATE (UNIQUE )?INDEX", "SHARE: writes wait until it is built"),
    (r"ALTER (TABLE|INDEX|VIEW|SEQUENCE|MATERIALIZED)|DROP (TABLE|INDEX|VIEW|TRIGGER|MATERIALIZED)"
     r"|CREATE OR REPLACE VIEW|TRUNCATE", _EXCLUSIVE),
    (r"INSERT|UPDATE|DELETE", "ROW EXCLUSIVE: the rows that it writes"),
)  # fmt: skip
_MYSQL = (
    (r".*ALGORITHM=INSTANT", _SHORT),
    (r".*LOCK=NONE", "its definition for a moment at both ends: reads and writes go on"),
    (r".*LOCK=SHARED|.*ALGORITHM=COPY", "SHARED until it is done: writes wait"),
    (r"LOCK TABLES", "the whole table until UNLOCK TABLES: reads and writes wait"),
    (r"ALTER TABLE|CREATE (UNIQUE |FULLTEXT |SPATIAL )?INDEX", "its definition; the server chooses how"),
    (r"(DROP|RENAME) (TABLE|VIEW)|CREATE OR REPLACE VIEW|DROP TRIGGER|CREATE .*TRIGGER", _SHORT),
    (r"INSERT|UPDATE|DELETE", "the rows that it writes"),
)
_SQLITE = ((r"(?!PRAGMA|SELECT)", "the database until the commit: other writers wait, readers go on in WAL mode"),)
_D1 = ((r"(?!PRAGMA|SELECT)", "the database for its batch: one at a time"),)
_WORDS: Mapping[str, Sequence[tuple[str, str]]] = {
    "postgres": _POSTGRES, "mysql": _MYSQL, "mariadb": _MYSQL, "sqlite": _SQLITE, "d1": _D1,
}  # fmt: skip
_COMPILED = {name: [(re.compile(words, re.DOTALL), said) for words, said in rows] for name, rows in _WORDS.items()}


def lock_words(sql: str, dialect: str) -> str:
    """Return what a statement locks and who waits, "" where nobody else can wait for it."""
    return next((said for words, said in _COMPILED[dialect] if words.match(sql)), "")
