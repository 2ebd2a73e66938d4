select 1 as order_id, cast('2026-11-24' as date) as order_date, 20 as amount
union all
select 2, cast('2026-11-25' as date), 30
union all
select 3, cast('2026-11-25' as date), 12
