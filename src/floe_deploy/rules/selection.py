"""Which pods a selector selects."""

from collections.abc import Mapping
from typing import Any

from floe_deploy.rules.shape import entries, mapping


def selects(selector: object, labels: Mapping[str, Any]) -> bool:
    """Tell whether a LabelSelector selects labels; an empty one selects everything."""
    said = mapping(selector)
    wanted = mapping(said.get("matchLabels"))
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _fits(expression, labels) for expression in entries(said.get("matchExpressions"))
    )


def is_everything(selector: object) -> bool:
    """Tell whether a LabelSelector leaves nothing out."""
    said = mapping(selector)
    return not said.get("matchLabels") and not said.get("matchExpressions")


def _fits(expression: dict[str, Any], labels: Mapping[str, Any]) -> bool:
    key, values = str(expression.get("key")), expression.get("values")
    among = isinstance(values, list) and labels.get(key) in values
    match expression.get("operator"):
        case "In":
            return key in labels and among
        case "NotIn":
            return key not in labels or not among
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False
