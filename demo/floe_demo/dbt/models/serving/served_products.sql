{{ config(alias='products') }}

select
    product_id,
    name,
    category,
    price,
    units_sold,
    revenue,
    average_price
from {{ ref('mart_product_analytics') }}
