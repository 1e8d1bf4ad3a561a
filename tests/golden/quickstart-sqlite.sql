-- create table.customers
CREATE TABLE "customers" (
  "id" INTEGER PRIMARY KEY,
  "email" VARCHAR(320) NOT NULL,
  "name" TEXT NOT NULL,
  "newsletter" BOOLEAN NOT NULL DEFAULT 0,
  "created_at" TIMESTAMP NOT NULL DEFAULT current_timestamp
);

-- create table.order_lines
CREATE TABLE "order_lines" (
  "id" INTEGER PRIMARY KEY,
  "order_id" BIGINT NOT NULL,
  "article" VARCHAR(40) NOT NULL,
  "quantity" INTEGER NOT NULL DEFAULT 1,
  "unit_price" DECIMAL(12,2) NOT NULL,
  "amount" DECIMAL(14,2) GENERATED ALWAYS AS (quantity * unit_price) STORED,
  CONSTRAINT "order_lines_order_article_key" UNIQUE ("order_id", "article"),
  CONSTRAINT "order_lines_quantity_positive" CHECK (quantity > 0),
  CONSTRAINT "order_lines_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders" ("id") ON DELETE CASCADE
);

-- create table.orders
CREATE TABLE "orders" (
  "id" INTEGER PRIMARY KEY,
  "customer_id" BIGINT NOT NULL,
  "status" TEXT NOT NULL DEFAULT 'new',
  "placed_at" TIMESTAMP NOT NULL DEFAULT current_timestamp,
  CONSTRAINT "orders_status_enum" CHECK ("status" IN ('new', 'paid', 'shipped', 'cancelled')),
  CONSTRAINT "orders_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customers" ("id") ON DELETE RESTRICT
);

-- create table.payments
CREATE TABLE "payments" (
  "id" INTEGER PRIMARY KEY,
  "order_id" BIGINT NOT NULL,
  "amount" DECIMAL(14,2) NOT NULL,
  "paid_at" TIMESTAMP NOT NULL DEFAULT current_timestamp,
  CONSTRAINT "payments_amount_positive" CHECK (amount > 0),
  CONSTRAINT "payments_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders" ("id") ON DELETE RESTRICT
);

-- create table.customers.index.customers_email_key
CREATE UNIQUE INDEX "customers_email_key" ON "customers" (lower(email));

-- create table.orders.index.orders_open_idx
CREATE INDEX "orders_open_idx" ON "orders" ("customer_id") WHERE status = 'new';

-- create table.orders.index.orders_placed_idx
CREATE INDEX "orders_placed_idx" ON "orders" ("placed_at" DESC);

-- create table.payments.index.payments_order_idx
CREATE INDEX "payments_order_idx" ON "payments" ("order_id");

-- create view.order_totals
CREATE VIEW "order_totals" AS
select o.id, o.customer_id, o.status, coalesce(sum(l.amount), 0) as total
from orders as o
left join order_lines as l on l.order_id = o.id
group by o.id, o.customer_id, o.status;

