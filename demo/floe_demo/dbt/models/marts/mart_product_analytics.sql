select
    product_id,
    name,
    category,
    price,
    orders,
    units_sold,
    revenue,
    discount,
    {{ ratio('revenue', 'units_sold') }} as average_price,
    {{ ratio('100 * revenue', 'sum(revenue) over (partition by category)') }} as percent_of_category,
    rank() over (partition by category order by revenue desc) as rank_in_category
from {{ ref('int_product_performance') }}
