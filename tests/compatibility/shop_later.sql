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
    customer_id bigint NOT NULL,
    article_id bigint,
    placed date,
    total numeric(12, 2) NOT NULL CHECK (total >= 0),
    CONSTRAINT orders_customer_fk FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE,
    CONSTRAINT orders_article_fk FOREIGN KEY (article_id) REFERENCES articles (id)
);
CREATE INDEX orders_placed_idx ON orders (placed, customer_id);
CREATE VIEW dear_customers AS SELECT id, email, name FROM customers WHERE rating > 4;
