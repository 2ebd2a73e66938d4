{# Every value is there and more than 0. #}
{% test positive(model, column_name) %}
select *
from {{ model }}
where {{ column_name }} is null or {{ column_name }} <= 0
{% endtest %}

{# Every value is there and not less than 0. #}
{% test not_negative(model, column_name) %}
select *
from {{ model }}
where {{ column_name }} is null or {{ column_name }} < 0
{% endtest %}
