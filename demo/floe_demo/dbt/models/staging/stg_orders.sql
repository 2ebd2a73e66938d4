{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key='order_id',
    post_hook="{{ aged() }}"
) }}

with
typed as (
    select
        order_id,
        customer_id,
        status,
        {{ amount('total_amount') }} as total_amount,
        {{ utc('order_date') }} as order_date,
        {{ utc('shipped_date') }} as shipped_date,
        {{ utc('updated_at') }} as updated_at
    from {{ raw('orders') }}
),

placed as (
    select
        *,
        row_number() over (partition by order_id order by updated_at desc) as place
    from typed
    {{ newer() }}
)

select
    order_id,
    customer_id,
    status,
    total_amount,
    order_date,
    shipped_date,
    updated_at
from placed
where place = 1
