{{ config(alias='order_items') }}

select
    order_item_id,
    order_id,
    product_id,
    category,
    region,
    order_date,
    quantity,
    units_sold,
    revenue
from {{ ref('int_order_items_enriched') }}
