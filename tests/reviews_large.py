"""A project with three hundred changes of every sort, and the database that it changes; the same each time."""

from __future__ import annotations

from pathlib import Path

from tests.reviews import project

TENANTS, SHOPS, OLD, RENAMED, LOST, BROKEN = 120, 40, 15, 25, 23, 4
LONG = "customer_relationship_management_synchronisation_events"


def large_project(directory: Path) -> Path:
    """Write the project and its database."""
    return project(directory, "---\n".join(_specs()), "".join(_before()))


def _columns(*lines: str) -> str:
    return "".join(f"  {line}\n" for line in ("id: {type: bigint, identity: true}", *lines))


def _specs() -> list[str]:
    return [
        *(
            f"table: tenant_{n:03}\ncolumns:\n{_columns('tenant_id: {type: int}')}primary_key: [id]\n"
            for n in range(TENANTS)
        ),
        *(
            f"table: shop_{n:02}\ncolumns:\n{_columns('name: {type: varchar(40)}', 'open: {type: bool}')}"
            f"primary_key: [id]\nindexes:\n  shop_{n:02}_name_idx: [name]\n"
            for n in range(SHOPS)
        ),
        *(f"removed: table.old_{n:02}\nreason: not used since 2024\n" for n in range(OLD)),
        *(
            f"table: person_{n:02}\ncolumns:\n{_columns('email: {type: text, renamed_from: mail}')}primary_key: [id]\n"
            for n in range(RENAMED)
        ),
        *(
            f"table: lost_{n:02}\ncolumns:\n{_columns('kept: {type: text}')}primary_key: [id]\n"
            "removed:\n  column.legacy_code: {reason: nobody reads it}\n"
            for n in range(LOST)
        ),
        *(
            f"table: broken_{n}\ncolumns:\n{_columns('email: {type: text, not_null: true}')}primary_key: [id]\n"
            f"unique:\n  broken_{n}_email_key: [email]\n"
            for n in range(BROKEN)
        ),
        f"table: {LONG}\ncolumns:\n{_columns('note: {type: text}')}primary_key: [id]\n"
        f"indexes:\n  {LONG}_by_note_idx: [note]\n",
        "enum: mood\nvalues: [good, bad]\n",
        f"table: moods\ncolumns:\n{_columns('mood: {type: enum(mood)}')}primary_key: [id]\n",
        *(f"view: tenants_{n:02}\nquery: select id, tenant_id from tenant_{n:03}\n" for n in range(30)),
    ]


def _before() -> list[str]:
    return [
        *(f"create table tenant_{n:03} (id integer primary key);" for n in range(TENANTS)),
        *(
            f"create table old_{n:02} (id integer primary key); insert into old_{n:02} values (1), (2);"
            for n in range(OLD)
        ),
        *(f"create table person_{n:02} (id integer primary key, mail text);" for n in range(RENAMED)),
        *(
            f"create table lost_{n:02} (id integer primary key, kept text, legacy_code text);"
            f"insert into lost_{n:02} (legacy_code) values ('a');"
            for n in range(LOST)
        ),
        *(
            f"create table broken_{n} (id integer primary key, email text);"
            f"insert into broken_{n} (email) values ('a'), ('a'), (null);"
            for n in range(BROKEN)
        ),
        *(f"create table foreign_{n:02} (id int);" for n in range(14)),
    ]
