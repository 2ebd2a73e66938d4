{# Each day, for metrics over time. #}
with
digits as (
    {% for digit in range(10) -%}
    select {{ digit }} as digit{{ ' union all' if not loop.last }}
    {% endfor %}
),

numbers as (
    select ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit as number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
)

select cast({{ dbt.dateadd('day', 'number', "cast('2023-01-01' as date)") }} as date) as date_day
from numbers
