{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['order_day', 'region']
) }}

with
items as (
    select * from {{ ref('int_order_items_enriched') }}
),

{% if is_incremental() -%}
{# A day is another as soon as anything of it is, however late; but not for what was let go of it. #}
changed as (
    select distinct
        items.order_day,
        items.region
    from items
    where
        items.updated_at > (select {{ dbt.dateadd('hour', -1, 'max(updated_at)') }} from {{ this }})
        and items.order_day > (
            select {{ dbt.dateadd('day', -days_kept(), 'max(order_day)') }} from {{ this }}
        )
),
{%- else -%}
changed as (
    select distinct
        order_day,
        region
    from items
),
{%- endif %}

figures as (
    select
        items.order_day,
        items.region,
        count(distinct case when items.status = 'cancelled' then null else items.order_id end) as orders,
        sum(items.units_sold) as units_sold,
        {{ amount('sum(items.revenue)') }} as revenue,
        {{ amount("sum(case when items.status = 'cancelled' then 0 else items.discount end)") }} as discount,
        max(items.updated_at) as updated_at
    from items
    inner join changed on items.order_day = changed.order_day and items.region = changed.region
    group by items.order_day, items.region
)

select
    order_day,
    region,
    orders,
    units_sold,
    revenue,
    discount,
    {{ ratio('revenue', 'orders') }} as average_order_value,
    updated_at
from figures
