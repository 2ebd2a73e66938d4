select
    items.order_item_id,
    items.order_id,
    items.product_id,
    orders.customer_id,
    products.name as product_name,
    products.category,
    customers.region,
    orders.status,
    orders.order_date,
    {{ day('orders.order_date') }} as order_day,
    items.quantity,
    items.unit_price,
    items.discount,
    items.subtotal,
    case when orders.status = 'cancelled' then 0 else items.quantity end as units_sold,
    {{ amount("case when orders.status = 'cancelled' then 0 else items.subtotal end") }} as revenue,
    not (orders.status in ('shipped', 'delivered') and orders.shipped_date is null) as is_valid,
    greatest(items.updated_at, orders.updated_at) as updated_at
from {{ ref('stg_order_items') }} as items
inner join {{ ref('stg_orders') }} as orders on items.order_id = orders.order_id
inner join {{ ref('stg_products') }} as products on items.product_id = products.product_id
inner join {{ ref('stg_customers') }} as customers on orders.customer_id = customers.customer_id
