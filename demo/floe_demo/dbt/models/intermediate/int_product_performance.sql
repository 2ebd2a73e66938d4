with
figures as (
    select
        product_id,
        count(distinct order_id) as orders,
        sum(case when status = 'cancelled' then 0 else quantity end) as units_sold,
        {{ amount("sum(case when status = 'cancelled' then 0 else subtotal end)") }} as revenue,
        {{ amount("sum(case when status = 'cancelled' then 0 else discount end)") }} as discount
    from {{ ref('int_order_items_enriched') }}
    group by product_id
)

select
    products.product_id,
    products.name,
    products.category,
    products.price,
    coalesce(figures.orders, 0) as orders,
    coalesce(figures.units_sold, 0) as units_sold,
    {{ amount('coalesce(figures.revenue, 0)') }} as revenue,
    {{ amount('coalesce(figures.discount, 0)') }} as discount
from {{ ref('stg_products') }} as products
left join figures on products.product_id = figures.product_id
