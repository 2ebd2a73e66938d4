{{ config(meta={'dagster': {'ref': {'name': 'stg_order_items'}}}) }}

select *
from {{ ref('stg_order_items') }}
where subtotal != quantity * unit_price - discount
