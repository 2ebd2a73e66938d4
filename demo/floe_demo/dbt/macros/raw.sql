{# A raw table as of the last batch that all tables have. DuckDB's plugin pins them by itself. #}
{% macro raw(table) -%}
  {{ source('raw', table) }}{{ adapter.dispatch('pinned', 'floe_demo')(table) }}
{%- endmacro %}

{% macro default__pinned(table) %}{% endmacro %}

{% macro trino__pinned(table) -%}
  {%- set snapshot = fromjson(env_var('FLOE_MODELS_PINS', '{}')).get(table) -%}
  {%- if snapshot %} for version as of {{ snapshot }}{% endif -%}
{%- endmacro %}
