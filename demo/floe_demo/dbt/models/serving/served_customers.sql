{{ config(alias='customers') }}

select
    customer_id,
    region,
    segment,
    created_at,
    frequency as orders,
    monetary_value as lifetime_value,
    average_order_value
from {{ ref('mart_customer_segments') }}
