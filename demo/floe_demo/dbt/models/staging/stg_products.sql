with
raw as (
    select
        *,
        row_number() over (partition by product_id order by updated_at desc) as place
    from {{ raw('products') }}
)

select
    product_id,
    name,
    category,
    {{ amount('price') }} as price,
    {{ utc('created_at') }} as created_at,
    {{ utc('updated_at') }} as updated_at
from raw
where place = 1
