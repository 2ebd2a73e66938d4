create table customers (
  customer_id varchar, organization_id varchar, region varchar, created_at timestamp
);
create table products (
  product_id varchar, category varchar, name varchar, price decimal(9, 2)
);
create table orders (
  order_id varchar, customer_id varchar, status varchar, total_amount decimal(9, 2),
  order_date timestamp
);
create table order_items (
  order_item_id varchar, order_id varchar, product_id varchar, quantity integer,
  subtotal decimal(9, 2)
);
insert into customers values
  ('c1', 'acme', 'EMEA', timestamp '2026-01-01 00:00:00'),
  ('c2', 'globex', 'APAC', timestamp '2026-01-02 00:00:00');
insert into products values
  ('p1', 'tools', 'hammer', 10.00),
  ('p2', 'paint', 'red', 5.00);
-- In New York, the second is of the day before.
insert into orders values
  ('o1', 'c1', 'shipped', 10.50, timestamp '2026-01-31 10:00:00'),
  ('o2', 'c2', 'pending', 20.00, timestamp '2026-02-01 03:00:00'),
  ('o3', 'c1', 'shipped', 5.00, timestamp '2026-02-02 10:00:00');
insert into order_items values
  ('i1', 'o1', 'p1', 1, 10.50),
  ('i2', 'o2', 'p1', 2, 20.00),
  ('i3', 'o3', 'p2', 1, 5.00)
