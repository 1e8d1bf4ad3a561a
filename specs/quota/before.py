"""Builds the mail service's production database in which one migration was never run. Takes a file name."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

# Everything is there but `user_quota_balances`, which the code asks for: "no such table".
TABLES = """
create table users (
    id integer primary key,
    email text not null,
    password_hash text not null,
    quota integer not null default 0,
    role text not null default 'user',
    is_active boolean not null default 1,
    created_at timestamp default (datetime('now', '+8 hours')),
    updated_at timestamp default (datetime('now', '+8 hours')),
    constraint users_email_key unique (email)
);
create table quota_logs (
    id integer primary key,
    user_id integer not null references users (id) on delete cascade,
    type text not null constraint quota_logs_type_check check (type in ('earn', 'consume')),
    amount integer not null,
    source text not null,
    description text,
    related_id integer,
    created_at timestamp default (datetime('now', '+8 hours')),
    constraint quota_logs_source_check
        check (source in ('register', 'checkin', 'redeem_code', 'admin_adjust', 'create_email'))
);
create index idx_quota_logs_user_id on quota_logs (user_id);
create index idx_quota_logs_created_at on quota_logs (created_at);
create table user_checkins (
    id integer primary key,
    user_id integer not null references users (id) on delete cascade,
    checkin_date text not null,
    quota_reward integer not null default 1,
    created_at timestamp default (datetime('now', '+8 hours')),
    constraint user_checkins_user_date_key unique (user_id, checkin_date)
);
create table redeem_codes (
    code text not null primary key,
    quota integer not null,
    used boolean not null default 0,
    used_by integer references users (id) on delete set null,
    used_at timestamp,
    expires_at timestamp not null
);
create table temp_emails (
    id integer primary key,
    user_id integer not null references users (id) on delete cascade,
    email text not null,
    active boolean not null default 1,
    created_at timestamp default (datetime('now', '+8 hours')),
    constraint temp_emails_email_key unique (email)
);
create index idx_temp_emails_user_id on temp_emails (user_id);
create table emails (
    id integer primary key,
    temp_email_id integer not null references temp_emails (id) on delete cascade,
    sender text not null,
    subject text,
    content text,
    received_at timestamp default (datetime('now', '+8 hours'))
);
create index idx_emails_temp_email_id on emails (temp_email_id, received_at desc);
"""

# Eight movements: a registration worth 5, and a check-in worth 1 on each of the last seven days, today among them. A
# check-in's quota ends with its day, so the first user has 5 + 1 left.
ROWS = """
insert into users (id, email, password_hash, quota) values
    (1, 'ada@example.com', 'x', 6), (2, 'bob@example.com', 'x', 0);
insert into quota_logs (user_id, type, amount, source, description, created_at)
    values (1, 'earn', 5, 'register', 'registered', datetime('now', '+8 hours', '-6 days', 'start of day'));
with recursive days (ago) as (select 6 union all select ago - 1 from days where ago > 0)
insert into user_checkins (user_id, checkin_date, created_at)
    select 1, date('now', '+8 hours', '-' || ago || ' days'), datetime('now', '+8 hours', '-' || ago || ' days')
    from days;
insert into quota_logs (user_id, type, amount, source, description, related_id, created_at)
    select user_id, 'earn', quota_reward, 'checkin', 'checked in', id, created_at from user_checkins order by id;
insert into redeem_codes (code, quota, expires_at) values ('SPRING', 10, datetime('now', '+8 hours', '+30 days'));
insert into temp_emails (id, user_id, email) values (1, 1, 'x7f3@mail.example.com');
insert into emails (temp_email_id, sender, subject, content) values (1, 'news@example.com', 'Hello', 'Hello, Ada');
"""


def build(path: Path) -> None:
    """Put the database at `path`, in the place of one that is there."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(TABLES + ROWS)
        connection.commit()


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("mail.db"))
