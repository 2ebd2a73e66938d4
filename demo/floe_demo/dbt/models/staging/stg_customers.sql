with
raw as (
    select
        *,
        row_number() over (partition by customer_id order by updated_at desc) as place
    from {{ raw('customers') }}
)

select
    customer_id,
    lower(email) as email,
    name,
    region,
    {{ utc('created_at') }} as created_at,
    {{ utc('updated_at') }} as updated_at
from raw
where place = 1
