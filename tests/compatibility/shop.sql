-- What the test of this folder loads first: a shop in its first release, in SQL that every dialect reads.
CREATE TABLE customers (
    id bigint NOT NULL PRIMARY KEY,
    email varchar(100) NOT NULL,
    fax varchar(40),
    rating numeric(8, 2) DEFAULT 0.0 NOT NULL,
    UNIQUE (email)
);
CREATE TABLE orders (
    id bigint NOT NULL PRIMARY KEY,
    customer_id bigint NOT NULL,
    placed date,
    total numeric(12, 2) NOT NULL CHECK (total >= 0),
    CONSTRAINT orders_customer_fk FOREIGN KEY (customer_id) REFERENCES customers (id)
);
CREATE INDEX orders_customer_idx ON orders (customer_id);
CREATE VIEW dear_customers AS SELECT id, email FROM customers WHERE rating > 3;
