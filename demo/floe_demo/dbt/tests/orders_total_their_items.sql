{{ config(meta={'dagster': {'ref': {'name': 'stg_orders'}}}) }}

select orders.order_id
from {{ ref('stg_orders') }} as orders
inner join {{ ref('stg_order_items') }} as items on orders.order_id = items.order_id
group by orders.order_id, orders.total_amount
having orders.total_amount != sum(items.subtotal)
