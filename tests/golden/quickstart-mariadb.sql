-- create table.customers
CREATE TABLE `customers` (
    `id` bigint NOT NULL AUTO_INCREMENT,
    `email` varchar(320) NOT NULL COMMENT 'As the customer wrote it',
    `name` longtext NOT NULL,
    `newsletter` tinyint(1) NOT NULL DEFAULT 0,
    `created_at` datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    PRIMARY KEY (`id`),
    UNIQUE KEY `customers_email_key` (`email`)
) COMMENT 'Whoever has ordered something, or might.';

-- create table.order_lines
CREATE TABLE `order_lines` (
    `id` bigint NOT NULL AUTO_INCREMENT,
    `order_id` bigint NOT NULL,
    `article` varchar(40) NOT NULL,
    `quantity` int NOT NULL DEFAULT 1,
    `unit_price` decimal(12,2) NOT NULL,
    `amount` decimal(14,2) GENERATED ALWAYS AS (quantity * unit_price) STORED,
    PRIMARY KEY (`id`),
    UNIQUE KEY `order_lines_order_article_key` (`order_id`, `article`),
    CONSTRAINT `order_lines_quantity_positive` CHECK (quantity > 0)
) COMMENT 'What an order consists of; gone with its order.';

-- create table.orders
CREATE TABLE `orders` (
    `id` bigint NOT NULL AUTO_INCREMENT,
    `customer_id` bigint NOT NULL,
    `status` enum('new','paid','shipped','cancelled') NOT NULL DEFAULT 'new',
    `placed_at` datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    PRIMARY KEY (`id`),
    KEY `orders_open_idx` (`customer_id`),
    KEY `orders_placed_idx` (`placed_at` DESC)
) COMMENT 'One row per order of a customer.';

-- create table.payments
CREATE TABLE `payments` (
    `id` bigint NOT NULL AUTO_INCREMENT,
    `order_id` bigint NOT NULL,
    `amount` decimal(14,2) NOT NULL,
    `paid_at` datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    PRIMARY KEY (`id`),
    KEY `payments_order_idx` (`order_id`),
    CONSTRAINT `payments_amount_positive` CHECK (amount > 0)
) COMMENT 'Money that came in for an order.';

-- create table.order_lines.foreign_key.order_lines_order_id_fkey
ALTER TABLE `order_lines` ADD CONSTRAINT `order_lines_order_id_fkey` FOREIGN KEY (`order_id`) REFERENCES `orders` (`id`) ON DELETE CASCADE;

-- create table.orders.foreign_key.orders_customer_id_fkey
ALTER TABLE `orders` ADD CONSTRAINT `orders_customer_id_fkey` FOREIGN KEY (`customer_id`) REFERENCES `customers` (`id`);

-- create table.payments.foreign_key.payments_order_id_fkey
ALTER TABLE `payments` ADD CONSTRAINT `payments_order_id_fkey` FOREIGN KEY (`order_id`) REFERENCES `orders` (`id`);

-- create view.order_totals
CREATE VIEW `order_totals` AS
SELECT o.id, o.customer_id, o.status, COALESCE(SUM(l.amount), 0) AS total FROM orders AS o LEFT JOIN order_lines AS l ON l.order_id = o.id GROUP BY o.id, o.customer_id, o.status;

