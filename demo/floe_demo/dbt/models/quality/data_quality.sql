with
found as (
    select 'customers' as table_name, 'missing' as defect, 'email' as column_name, count(*) as found
    from {{ raw('customers') }}
    where email is null

    union all

    select 'orders', 'missing', 'shipped_date', count(*)
    from (
        select distinct order_id, status
        from {{ raw('orders') }}
        where status in ('shipped', 'delivered') and shipped_date is null
    ) as unshipped

    union all

    select 'orders', 'late', 'order_date', count(distinct order_id)
    from {{ raw('orders') }}
    where
        status = 'pending'
        and {{ utc('order_date') }} <= {{ dbt.dateadd('hour', -1, utc('updated_at')) }}

    union all

    select 'orders', 'duplicate', '', coalesce(sum(copies - 1), 0)
    from (
        select order_id, status, count(*) as copies
        from {{ raw('orders') }}
        group by order_id, status
    ) as rows_of_orders

    union all

    select 'order_items', 'missing', 'discount', count(distinct order_item_id)
    from {{ raw('order_items') }}
    where discount is null

    union all

    select 'order_items', 'duplicate', '', coalesce(sum(copies - 1), 0)
    from (
        select order_item_id, count(*) as copies
        from {{ raw('order_items') }}
        group by order_item_id
    ) as rows_of_items
),

recorded as (
    select table_name, defect, coalesce(column_name, '') as column_name, count(*) as recorded
    from {{ raw('defects') }}
    group by 1, 2, 3
)

select
    found.table_name,
    found.defect,
    found.column_name,
    cast(found.found as {{ dbt.type_bigint() }}) as found,
    cast(coalesce(recorded.recorded, 0) as {{ dbt.type_bigint() }}) as recorded
from found
left join recorded
    on
        found.table_name = recorded.table_name
        and found.defect = recorded.defect
        and found.column_name = recorded.column_name
