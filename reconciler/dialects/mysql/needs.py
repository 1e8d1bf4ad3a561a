"""A statement in, the rights that it needs out, by how it begins; it asks no server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.dialects.mysql.lexer import LexError, Token, each_token
from reconciler.frozen import frozen_in_order

# How a statement begins → the rights that it needs (dev.mysql.com/doc/refman/9.7/en/grant.html, and the pages of the
# statements).
_RIGHTS: Mapping[str, tuple[str, ...]] = {
    "CREATE TABLE": ("CREATE",),
    "CREATE VIEW": ("CREATE VIEW",),
    "CREATE OR REPLACE VIEW": ("CREATE VIEW", "DROP"),
    "CREATE INDEX": ("INDEX",),
    "ALTER TABLE": ("ALTER",),
    "RENAME TABLE": ("ALTER", "DROP", "CREATE", "INSERT"),
    "DROP TABLE": ("DROP",),
    "DROP VIEW": ("DROP",),
    "LOCK TABLES": ("LOCK TABLES", "SELECT"),
    "UPDATE": ("UPDATE", "SELECT"),
    **dict.fromkeys(("GRANT FUNCTION", "GRANT PROCEDURE"), ("GRANT OPTION",)),
    "CREATE SEQUENCE": ("CREATE",),
    "ALTER SEQUENCE": ("ALTER",),
    "DROP SEQUENCE": ("DROP",),
    **dict.fromkeys(("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER", "DROP TRIGGER"), ("TRIGGER",)),
    **dict.fromkeys(("CREATE EVENT", "ALTER EVENT", "DROP EVENT"), ("EVENT",)),
    **dict.fromkeys(("CREATE FUNCTION", "CREATE PROCEDURE"), ("CREATE ROUTINE",)),
    **dict.fromkeys(("CREATE OR REPLACE FUNCTION", "CREATE OR REPLACE PROCEDURE"), ("CREATE ROUTINE", "ALTER ROUTINE")),
    **dict.fromkeys(("ALTER FUNCTION", "ALTER PROCEDURE"), ("ALTER ROUTINE",)),
    **dict.fromkeys(("DROP FUNCTION", "DROP PROCEDURE"), ("ALTER ROUTINE",)),
}
_VERBS = frozenset({"CREATE", "OR", "REPLACE", "ALTER", "DROP", "RENAME", "LOCK", "UPDATE", "GRANT"})
_KINDS = frozenset(
    {"TABLE", "TABLES", "VIEW", "INDEX", "TRIGGER", "FUNCTION", "PROCEDURE", "EVENT", "SEQUENCE", "DATABASE"}
)
# Tokens after which the kind has to have come; a definer and the options of a view stand before it.
_LONGEST = 24

# What a binary log forbids to whoever is not trusted (…/en/stored-programs-logging.html); MariaDB forbids more.
LOGGED = frozenset({"CREATE TRIGGER", "CREATE FUNCTION"})
LOGGED_BY_MARIADB = LOGGED | {"CREATE OR REPLACE TRIGGER", "CREATE OR REPLACE FUNCTION", "DROP TRIGGER"}


@frozen_in_order
class Head:
    """How a statement begins: its verb and kind, and the account whose rights the object is to have, "" for none."""

    words: str
    definer: str = ""


def head_of(text: str) -> Head:
    """Read the beginning of a statement."""
    words: list[str] = []
    definer = ""
    found = list(_beginning(text))
    for index, token in enumerate(found):
        if token.word == "DEFINER":
            definer = "@".join(each.value for each in found[index + 2 : index + 5] if each.text != "@")
        if token.word in _VERBS and (not words or words[-1] in ("CREATE", "OR")):
            words.append(token.word)
        elif token.word in _KINDS:
            return Head(" ".join((*words, token.word)), definer)
    return Head(" ".join(words), definer)


def _beginning(text: str) -> Iterator[Token]:
    try:
        for _, token in zip(range(_LONGEST), each_token(text), strict=False):
            yield token
    except LexError:
        return


def rights_for(head: Head, text: str) -> Iterator[str]:
    """Yield the rights in the database that a statement needs."""
    yield from _RIGHTS.get(head.words, ())
    if head.words in ("ALTER TABLE", "CREATE TABLE") and " FOREIGN KEY " in text:
        yield "REFERENCES"


def unpromised(head: Head, text: str) -> bool:
    """Say whether a statement makes a function that promises neither to give the same nor to change nothing."""
    promises = (" NOT DETERMINISTIC CONTAINS SQL ", " NOT DETERMINISTIC MODIFIES SQL DATA ")
    return head.words.endswith(" FUNCTION") and any(promise in text for promise in promises)
