{{ config(meta={'dagster': {'ref': {'name': 'mart_revenue'}}}) }}

{# Only days that the lake still has whole. #}
with
items as (
    select order_day, region, sum(revenue) as revenue
    from {{ ref('int_order_items_enriched') }}
    group by order_day, region
)

select marts.*
from {{ ref('mart_revenue') }} as marts
inner join items on marts.order_day = items.order_day and marts.region = items.region
where
    marts.revenue != items.revenue
    and marts.order_day > (
        select {{ dbt.dateadd('day', -days_kept() + 8, 'max(order_day)') }} from {{ ref('mart_revenue') }}
    )
