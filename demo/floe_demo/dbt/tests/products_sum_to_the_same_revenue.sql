{{ config(meta={'dagster': {'ref': {'name': 'mart_product_analytics'}}}) }}

with
products as (
    select sum(revenue) as revenue from {{ ref('mart_product_analytics') }}
),

items as (
    select sum(revenue) as revenue from {{ ref('int_order_items_enriched') }}
)

select products.revenue
from products
cross join items
where products.revenue != items.revenue
