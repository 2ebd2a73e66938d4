{# A time of the lake as one without a zone, in UTC. #}
{% macro utc(column) %}{{ adapter.dispatch('utc', 'floe_demo')(column) }}{% endmacro %}

{% macro default__utc(column) %}({{ column }} at time zone 'UTC'){% endmacro %}

{% macro trino__utc(column) %}cast({{ column }} at time zone 'UTC' as timestamp(6)){% endmacro %}

{% macro snowflake__utc(column) %}cast(convert_timezone('UTC', {{ column }}) as timestamp_ntz){% endmacro %}

{% macro bigquery__utc(column) %}datetime({{ column }}, 'UTC'){% endmacro %}

{# The day of a time. #}
{% macro day(column) %}cast({{ column }} as date){% endmacro %}

{# How many days before another time it was. #}
{% macro days_between(earlier, later) %}{{ dbt.datediff(earlier, later, 'day') }}{% endmacro %}
