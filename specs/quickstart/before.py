"""Builds the shop's database as it is before: populated, and far from what the specs say. Takes a file name."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

# customers: `mail` for `email`, `fax` still there, `newsletter` missing, e-mail addresses not unique.
# orders: customer_id is text and refers to nothing, status takes any word, both indexes are missing.
# order_lines: no `amount`, no unique article, quantity may be negative. payments and order_totals: missing.
# audit_notes is somebody else's.
BEFORE = """
create table customers (
    id integer primary key,
    mail varchar(320) not null,
    name text not null,
    fax text,
    created_at timestamp not null default current_timestamp
);
create table orders (
    id integer primary key,
    customer_id text not null,
    status text not null default 'new',
    placed_at timestamp not null default current_timestamp
);
create table order_lines (
    id integer primary key,
    order_id bigint not null references orders (id) on delete cascade,
    article varchar(40) not null,
    quantity integer not null default 1,
    unit_price decimal(12,2) not null
);
create table audit_notes (noted_at text, note text);

insert into customers (id, mail, name, fax) values
    (1, 'Ada@example.com', 'Ada', '+44 20 0000 0001'),
    (2, 'grace@example.com', 'Grace', null),
    (3, 'edsger@example.com', 'Edsger', null);
insert into orders (id, customer_id, status) values
    (1, '1', 'paid'), (2, '1', 'new'), (3, '2', 'shipped'), (4, '3', 'cancelled');
insert into order_lines (order_id, article, quantity, unit_price) values
    (1, 'engine', 1, 1250.5), (1, 'card', 40, 0.25), (2, 'gear', 12, 3.75), (3, 'compiler', 1, 99), (4, 'goto', 1, 1);
insert into audit_notes values ('2024-01-01', 'counted by hand');
"""


def build(path: Path) -> None:
    """Put the database at `path`, in the place of one that is there."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(BEFORE)
        connection.commit()


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("shop.db"))
