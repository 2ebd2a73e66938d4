with
today as (
    select max(last_order_date) as latest from {{ ref('int_customer_orders') }}
),

figures as (
    select
        customers.customer_id,
        customers.region,
        customers.created_at,
        customers.is_valid,
        {{ days_between('customers.last_order_date', 'today.latest') }} as recency_days,
        customers.orders - customers.cancelled_orders as frequency,
        customers.lifetime_value as monetary_value,
        customers.average_order_value
    from {{ ref('int_customer_orders') }} as customers
    cross join today
),

scored as (
    select
        *,
        ntile(5) over (order by recency_days desc, customer_id) as recency_score,
        ntile(5) over (order by frequency, customer_id) as frequency_score,
        ntile(5) over (order by monetary_value, customer_id) as monetary_score
    from figures
    where frequency > 0
)

select
    figures.customer_id,
    figures.region,
    figures.created_at,
    figures.is_valid,
    figures.recency_days,
    figures.frequency,
    figures.monetary_value,
    figures.average_order_value,
    scored.recency_score,
    scored.frequency_score,
    scored.monetary_score,
    case
        when scored.customer_id is null then 'prospect'
        when scored.recency_score >= 4 and scored.frequency_score >= 4 and scored.monetary_score >= 4 then 'champion'
        when scored.frequency_score >= 4 then 'loyal'
        when scored.recency_score >= 4 then 'recent'
        when scored.monetary_score >= 4 then 'big spender'
        when scored.recency_score <= 2 then 'at risk'
        else 'regular'
    end as segment
from figures
left join scored on figures.customer_id = scored.customer_id
