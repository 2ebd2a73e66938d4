with
figures as (
    select
        customer_id,
        count(*) as orders,
        sum(case when status = 'cancelled' then 1 else 0 end) as cancelled_orders,
        {{ amount("sum(case when status = 'cancelled' then 0 else total_amount end)") }} as lifetime_value,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date
    from {{ ref('stg_orders') }}
    group by customer_id
)

select
    customers.customer_id,
    customers.email,
    customers.name,
    customers.region,
    customers.created_at,
    coalesce(figures.orders, 0) as orders,
    coalesce(figures.cancelled_orders, 0) as cancelled_orders,
    {{ amount('coalesce(figures.lifetime_value, 0)') }} as lifetime_value,
    {{ ratio('figures.lifetime_value', '(figures.orders - figures.cancelled_orders)') }} as average_order_value,
    figures.first_order_date,
    figures.last_order_date,
    customers.email is not null as is_valid
from {{ ref('stg_customers') }} as customers
left join figures on customers.customer_id = figures.customer_id
