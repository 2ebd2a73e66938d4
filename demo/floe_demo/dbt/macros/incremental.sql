{# What may be new: rows of a batch differ by seconds, and whatever is seen twice is merged twice. #}
{% macro newer(column='updated_at') -%}
  {%- if is_incremental() %}
  where {{ column }} > (select {{ dbt.dateadd('hour', -1, 'max(updated_at)') }} from {{ this }})
  {%- endif -%}
{%- endmacro %}

{# What is old enough to go: whole days, as in the lake. #}
{% macro aged(column='updated_at') -%}
  delete from {{ this }}
  where {{ day(column) }} < (
    select {{ day(dbt.dateadd('day', -days_kept(), 'max(' ~ column ~ ')')) }} from {{ this }}
  )
{%- endmacro %}

{% macro days_kept() %}{{ return(env_var('FLOE_MODELS_KEPT_DAYS', '30') | int + 1) }}{% endmacro %}
