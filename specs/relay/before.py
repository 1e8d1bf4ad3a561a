"""Builds the relay's database as a migration that stopped half-way left it. Takes a URL, and makes the database."""

from __future__ import annotations

import sys
from contextlib import closing

import pymysql
from sqlalchemy import make_url

# Four of the nineteen tables. In client_users nothing of e-mail verification and password reset, addresses are not
# unique, a balance is kept to the cent only, and `nick` is somebody's own.
TABLES = (
    """
create table client_users (
    id bigint not null auto_increment primary key,
    username varchar(64) not null,
    email varchar(320) not null,
    password_hash varchar(255) not null,
    display_name varchar(128),
    role varchar(16) not null default 'user',
    status enum('pending','active','suspended','deleted') not null default 'pending',
    plan enum('free','basic','pro','enterprise') not null default 'free',
    plan_started_at datetime(6),
    plan_expires_at datetime(6) comment 'Null is never',
    balance decimal(10,2) not null default 0 comment 'US dollars; negative is owed',
    total_requests bigint not null default 0,
    total_tokens bigint not null default 0,
    total_cost decimal(18,6) not null default 0,
    last_login_at datetime(6),
    last_login_ip varchar(45),
    nick varchar(64),
    created_at datetime(6) not null default current_timestamp(6),
    updated_at datetime(6) not null default current_timestamp(6) on update current_timestamp(6),
    unique key client_users_username_key (username),
    key idx_client_users_status (status, created_at desc),
    constraint client_users_role_check check (role in ('user', 'admin'))
) engine=InnoDB
""",
    """
create table client_api_keys (
    id bigint not null auto_increment primary key,
    user_id bigint not null,
    name varchar(128) not null,
    key_prefix varchar(16) not null comment 'The beginning that lists show',
    key_hash char(64) character set ascii collate ascii_bin not null comment 'SHA-256 of the key',
    is_active tinyint(1) not null default 1,
    permissions json comment 'Platforms and models that it may use; null is all',
    rate_limit_requests int comment 'Within the window; null is no limit',
    rate_limit_tokens bigint comment 'Within the window; null is no limit',
    rate_limit_window int not null default 60 comment 'Seconds',
    concurrency_limit int not null default 0 comment '0 is no limit',
    daily_cost_limit decimal(18,6),
    ip_allow_list json comment 'Addresses and networks; null is every address',
    total_requests bigint not null default 0,
    total_tokens bigint not null default 0,
    total_cost decimal(18,6) not null default 0,
    last_used_at datetime(6),
    last_used_ip varchar(45),
    expires_at datetime(6) comment 'Null is never',
    created_at datetime(6) not null default current_timestamp(6),
    updated_at datetime(6) not null default current_timestamp(6) on update current_timestamp(6),
    unique key client_api_keys_key_hash_key (key_hash),
    unique key client_api_keys_user_name_key (user_id, name),
    key idx_client_api_keys_expires_at (expires_at),
    constraint client_api_keys_user_id_fkey foreign key (user_id) references client_users (id) on delete cascade,
    constraint client_api_keys_rate_limit_check check (rate_limit_window > 0 and concurrency_limit >= 0)
) engine=InnoDB comment='Keys that users made for themselves. The key itself is shown once and never kept.'
""",
    """
create table client_sessions (
    id bigint not null auto_increment primary key,
    user_id bigint not null,
    token_hash char(64) character set ascii collate ascii_bin not null,
    refresh_token_hash char(64) character set ascii collate ascii_bin,
    ip_address varchar(45),
    user_agent varchar(512),
    is_active tinyint(1) not null default 1,
    expires_at datetime(6) not null,
    refresh_expires_at datetime(6),
    last_activity_at datetime(6),
    created_at datetime(6) not null default current_timestamp(6),
    unique key client_sessions_token_hash_key (token_hash),
    unique key client_sessions_refresh_token_hash_key (refresh_token_hash),
    key idx_client_sessions_user_id (user_id, is_active),
    key idx_client_sessions_expires_at (expires_at),
    constraint client_sessions_user_id_fkey foreign key (user_id) references client_users (id) on delete cascade
) engine=InnoDB comment='Where users are signed in.'
""",
    """
create table key_value_store (
    `key` varchar(255) collate utf8mb4_bin not null comment 'Upper and lower case differ' primary key,
    value json not null,
    expires_at datetime(6) comment 'Null is never',
    updated_at datetime(6) not null default current_timestamp(6) on update current_timestamp(6),
    key idx_key_value_store_expires_at (expires_at)
) engine=InnoDB comment='What has no table of its own.'
""",
)

ROWS = (
    """
insert into client_users (username, email, password_hash, status, plan, balance, total_requests, total_tokens, nick)
values ('ada', 'ada@example.com', 'x', 'active', 'pro', 12.5, 2, 3000, 'Countess'),
       ('bob', 'bob@example.com', 'y', 'pending', 'free', 0, 0, 0, null)
""",
    """
insert into client_api_keys (user_id, name, key_prefix, key_hash, ip_allow_list, total_requests, total_tokens)
select id, 'laptop', 'cr_1f', sha2('key of ada', 256), '["10.0.0.0/8"]', 2, 3000
from client_users where username = 'ada'
""",
    """
insert into client_sessions (user_id, token_hash, ip_address, user_agent, expires_at)
select id, sha2(username, 256), '10.0.0.7', 'curl/8', current_timestamp(6) + interval 1 day from client_users
""",
    """insert into key_value_store (`key`, value) values ('Motd', '"hello"'), ('motd', '"bye"')""",
)


def build(text: str) -> None:
    """Make the database that a URL names, and in it what is there before."""
    url = make_url(text)
    name = f"`{(url.database or '').replace('`', '``')}`"
    socket = url.query.get("unix_socket")
    with closing(
        pymysql.connect(
            host=url.host or "localhost",
            port=url.port or 3306,
            user=url.username,
            password=str(url.password or ""),
            unix_socket=str(socket) if socket else None,
            ssl_disabled=bool(socket),
            autocommit=True,
        )
    ) as connection:
        cursor = connection.cursor()
        cursor.execute(f"create database {name} character set utf8mb4")
        cursor.execute(f"use {name}")
        for statement in (*TABLES, *ROWS):
            cursor.execute(statement)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: before.py URL")
    build(sys.argv[1])
