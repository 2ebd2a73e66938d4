{{ config(alias='orders') }}

select
    orders.order_id,
    orders.customer_id,
    orders.status,
    customers.region,
    orders.order_date,
    orders.shipped_date,
    orders.total_amount
from {{ ref('stg_orders') }} as orders
inner join {{ ref('stg_customers') }} as customers on orders.customer_id = customers.customer_id
