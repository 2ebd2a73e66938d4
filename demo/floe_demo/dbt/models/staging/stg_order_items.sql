{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key='order_item_id',
    post_hook="{{ aged() }}"
) }}

with
typed as (
    select
        order_item_id,
        order_id,
        product_id,
        quantity,
        {{ amount('unit_price') }} as unit_price,
        {{ amount('coalesce(discount, 0)') }} as discount,
        {{ amount('subtotal') }} as subtotal,
        {{ utc('updated_at') }} as updated_at
    from {{ raw('order_items') }}
),

placed as (
    select
        *,
        row_number() over (partition by order_item_id order by updated_at desc) as place
    from typed
    {{ newer() }}
)

select
    order_item_id,
    order_id,
    product_id,
    quantity,
    unit_price,
    discount,
    subtotal,
    updated_at
from placed
where place = 1
