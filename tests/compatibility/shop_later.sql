-- The same shop in its second release.
CREATE TABLE customers (
    id bigint NOT NULL PRIMARY KEY,
    email varchar(200) NOT NULL,
    name varchar(100) DEFAULT 'unknown' NOT NULL,
    rating numeric(8, 2) DEFAULT 1.50 NOT NULL,
    UNIQUE (email)
);
CREATE TABLE articles (
    id bigint NOT NULL PRIMARY KEY,
    title text NOT NULL
);
CREATE TABLE orders (
    id bigint NOT NULL PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    article_id bigint REFERENCES articles (id),
    placed date,
    total numeric(12, 2) NOT NULL CHECK (total >= 0)
);
CREATE INDEX orders_placed_idx ON orders (placed, customer_id);
CREATE VIEW dear_customers AS SELECT id, email, name FROM customers WHERE rating > 4;
