{# A raw table as of the last batch that all tables have. DuckDB's plugin pins them by itself. #}
{% macro raw(table) -%}
  {{ source('raw', table) }}{{ adapter.dispatch('pinned', 'floe_demo')(table) }}
{%- endmacro %}

{% macro default__pinned(table) %}{% endmacro %}

{% macro trino__pinned(table) -%}
  {%- set snapshot = fromjson(env_var('FLOE_MODELS_PINS', '{}')).get(table) -%}
  {%- if snapshot %} for version as of {{ snapshot }}{% endif -%}
{%- endmacro %}

{# Which batch the raw tables are as of. DuckDB's plugin says it. #}
{% macro batch() %}{{ adapter.dispatch('batch', 'floe_demo')() }}{% endmacro %}

{% macro default__batch() %}{{ env_var('FLOE_MODELS_BATCH', '-1') }}{% endmacro %}

{% macro duckdb__batch() -%}
  (select batch from "{{ env_var('FLOE_MODELS_RAW_SCHEMA', 'raw') }}".floe_batch)
{%- endmacro %}
