{{ config(alias='revenue') }}

select
    order_day,
    region,
    orders,
    units_sold,
    revenue,
    discount,
    average_order_value
from {{ ref('mart_revenue') }}
