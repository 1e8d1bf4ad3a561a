"""What somebody may do by hand to the shop of test_set_aside.py, as SQL by a name: what a plan sees, and what not."""

# What somebody does to the database by hand, all of it after everything was found to agree.
BY_HAND = {
    "column": "alter table alone add extra int",
    "column elsewhere": "alter table customers add extra int",
    "no column": "alter table alone drop b",
    "column renamed": "alter table customers rename column name to called",
    "column behind a view": "alter table orders rename column id to number",
    "type": "alter table alone modify b bigint",
    "unsigned": "alter table alone modify b int unsigned",
    "not null": "alter table alone modify b int not null",
    "default": "alter table customers alter name set default 'somebody'",
    "no default": "alter table customers alter name drop default",
    "comment": "alter table alone modify a int comment 'x'",
    "comment that looks like what is left out": r"alter table customers comment 'x\n) ENGINE=InnoDB AUTO_INCREMENT=7'",
    "comment of a table": "alter table alone comment 'x'",
    "collation": "alter table customers modify email varchar(80) collate utf8mb4_general_ci",
    "collation of a table": "alter table alone collate utf8mb4_bin",
    "character set": "alter table log convert to character set latin1",
    "enum value": "alter table customers modify mood enum('calm', 'wild', 'gay') default 'calm'",
    "option": "alter table alone row_format = compressed",
    "number of an option": "alter table alone max_rows = 1000",
    "engine": "alter table alone engine = myisam",
    "generated": "alter table orders modify doubled decimal(13,2) as (price * 3) virtual",
    "generated and stored": "alter table orders drop doubled, add doubled decimal(13,2) as (price * 2) stored",
    "not generated": "alter table orders drop doubled, add doubled decimal(13,2)",
    "not counted": "set foreign_key_checks = 0; alter table orders modify id bigint not null",
    "on update": "alter table alone add at timestamp default current_timestamp on update current_timestamp",
    "visible": "alter table orders modify hidden int",
    "invisible": "alter table twin add seen int, modify b int invisible",
    "index": "create index by_hand on alone (b)",
    "index of a part": "create index by_hand on customers (email(7))",
    "full text": "create fulltext index by_hand on log (what)",
    "no index": "drop index orders_price_idx on orders",
    "index renamed": "alter table orders rename index orders_price_idx to other_idx",
    "comment of an index": "alter table twin drop index twin_a_key, add unique twin_a_key (a) comment 'x'",
    "unique": "alter table alone drop index alone_a_key, add index alone_a_key (a)",
    "primary key": "alter table alone add primary key (b)",
    "check": "alter table alone add constraint by_hand check (a > 0)",
    "another check": "alter table orders drop constraint orders_price_check,"
    " add constraint orders_price_check check (price >= 1)",
    "no check": "alter table orders drop constraint orders_price_check",
    "no foreign key": "alter table `lines` drop foreign key lines_order_id_fkey",
    "foreign key by another name": "alter table `lines` drop foreign key lines_order_id_fkey;"
    "alter table `lines` add constraint others foreign key (order_id) references orders (id)",
    "foreign key elsewhere": "alter table `lines` drop foreign key lines_order_id_fkey;"
    "alter table `lines` add constraint lines_order_id_fkey foreign key (order_id) references customers (id)",
    "foreign key on delete": "alter table `lines` drop foreign key lines_order_id_fkey;"
    "alter table `lines` add constraint lines_order_id_fkey foreign key (order_id) references orders (id)"
    " on delete cascade",
    "foreign key to what is not there": "set foreign_key_checks = 0; drop table customers",
    "trigger": "create trigger by_hand after insert on alone for each row delete from twin",
    "no trigger": "drop trigger watched_logged",
    "another trigger": "drop trigger watched_logged; create trigger watched_logged after insert on watched"
    " for each row insert into log (what) values (concat('It''s ', new.a))",
    "trigger before the other": "create trigger by_hand after insert on watched for each row"
    " precedes watched_logged insert into log (what) values ('x')",
    "trigger of another mode": "drop trigger watched_logged; set sql_mode = 'ansi';"
    "create trigger watched_logged after insert on watched for each row"
    " insert into log (what) values (concat('it''s ', new.a))",
    "event": "create event by_hand on schedule every 1 day do delete from alone",
    "another event": "alter event nightly do delete from kept where at > 6",
    "event of another time": "alter event nightly on schedule every 2 day",
    "event that is off": "alter event nightly disable",
    "procedure": "create procedure by_hand() delete from alone",
    "another procedure": "drop procedure take; create procedure take(p_from int) delete from called where at >= p_from",
    "comment of a procedure": "alter procedure take comment 'x'",
    "function": "create function by_hand() returns int deterministic return (select max(a) from twin)",
    "view": "alter view dearest as select id from dear where price > 99",
    "view option": "alter sql security invoker view dear as select id, price from orders where price > 100",
    "view checked": "alter view dear as select id, price from orders where price > 100 with check option",
    "no view": "drop view dearest",
    "view on a view": "create view by_hand as select id from dearest",
    "view of what is gone": "create view by_hand as select b from alone; alter table alone drop b",
    "table": "create table by_hand (id bigint, foreign key (id) references customers (id))",
    "table with a column of another's name": "create table by_hand (alone int)",
    "no table": "drop table `lines`",
    "table renamed": "rename table customers to clients",
    "swapped": "rename table alone to x, twin to alone, x to twin",
    "view in the place of a table": "drop table twin; create view twin as select a, b from alone",
    "partitions": "alter table log partition by key (what) partitions 2",
}
MYSQL = {
    "check that is not enforced": "alter table orders alter check orders_price_check not enforced",
    "index that is seen": "alter table orders alter index orders_hidden_idx visible",
    "index of an expression": "create index by_hand on alone ((a + b))",
    "descending": "alter table orders drop index orders_price_idx, add index orders_price_idx (price desc)",
    "default that is an expression": "alter table alone alter b set default (a + 1)",
    "spatial reference": "alter table log add place point not null srid 4326",
    "engine attribute": "alter table alone secondary_engine_attribute '{}'",
}
MARIADB = {
    "system versions": "alter table alone add system versioning",
    "system versions left out": "alter table alone add system versioning; set system_versioning_alter_history = keep;"
    "alter table alone modify b int without system versioning",
    "sequence": "alter sequence numbers increment by 5",
    "sequence more": "create sequence by_hand",
    "sequence drawn from": "create sequence by_hand; alter table alone alter b set default nextval(by_hand)",
    "sequence renamed": "rename table numbers to numerals",
    "index not ignored": "alter table orders alter index orders_hidden_idx not ignored",
    "check of a column": "alter table alone modify b int check (b > 0)",
    "application periods": "alter table `lines` add x date, add y date, add period for p (x, y)",
    "page compression": "alter table alone page_compressed = 1",
    "uuid": "alter table alone add u uuid",
}
# What is no part of the specs: a plan may say nothing of it, and nothing else either.
ROWS = "insert into customers (name) values ('a'), ('b')"
COUNTED = "alter table customers auto_increment = 1000"
UNSEEN = {
    "rows": ROWS,
    "counted": COUNTED,
    "order of columns": "alter table alone modify b int first",
    "role that may read": "create role if not exists by_hand; grant select on dear to by_hand",
    "role that may call": "create role if not exists by_hand; grant execute on procedure take to by_hand",
    "statistics": "analyze table customers",
    "written anew": "alter table customers force",
    "renamed and back": "rename table customers to x; rename table x to customers",
    "character set of the database": "alter database character set latin1",
}
UNSEEN_ON_MYSQL = {"format of a column": "alter table alone modify b int column_format fixed"}
UNSEEN_ON_MARIADB = {"compressed": "alter table log modify what varchar(99) compressed"}
