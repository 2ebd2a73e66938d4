{# An amount of money: sums become wider on most engines, and are to look the same on all. #}
{% macro amount(expression) %}cast({{ expression }} as {{ adapter.dispatch('money', 'floe_demo')() }}){% endmacro %}

{% macro default__money() %}decimal(18, 2){% endmacro %}

{% macro bigquery__money() %}numeric{% endmacro %}

{# One number by another, or 0 where the other is 0. #}
{% macro ratio(over, under) %}{{ amount('coalesce(' ~ over ~ ' / nullif(' ~ under ~ ', 0), 0)') }}{% endmacro %}
