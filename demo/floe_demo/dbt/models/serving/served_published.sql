{{ config(alias='published') }}

{# Last of all: whoever sees another batch here finds everything of it. -#}
-- depends_on: {{ ref('served_customers') }}, {{ ref('served_order_items') }}
-- depends_on: {{ ref('served_products') }}, {{ ref('served_revenue') }}
select
    {{ batch() }} as batch,
    max(order_date) as last_order_date
from {{ ref('served_orders') }}
