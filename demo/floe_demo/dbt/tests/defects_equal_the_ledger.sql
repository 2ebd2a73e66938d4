{{ config(meta={'dagster': {'ref': {'name': 'data_quality'}}}) }}

select *
from {{ ref('data_quality') }}
where found != recorded
