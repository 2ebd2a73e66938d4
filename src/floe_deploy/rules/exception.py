"""What an overlay says of an object that may break a rule."""

from typing import Annotated

from pydantic import AfterValidator, Field

from floe_constructs.kubernetes.value import Reason
from floe_constructs.problem import nearest
from floe_constructs.spec import Spec
from floe_deploy.rules.catalog import BY_ID


def _known(rule: str) -> str:
    if rule not in BY_ID:
        msg = f"there is no such rule: {nearest(rule, BY_ID) or '`floe lint --rules` lists them'}"
        raise ValueError(msg)
    return rule


class RuleException(Spec):
    """An object that may break a rule, for a reason that reviewers and `floe lint` are told."""

    rule: Annotated[
        str,
        AfterValidator(_known),
        Field(json_schema_extra={"enum": list(BY_ID), "rule": "the id of a rule"}),
    ]
    """Id of the rule."""

    object: Annotated[
        str,
        Field(
            pattern=r"^[A-Z][A-Za-z0-9]*/\S+$",
            json_schema_extra={"rule": "`Kind/name`, as `floe lint` writes it"},
        ),
    ]
    """The object, as `Kind/name`; a Job without the hash at the end of its name."""

    reason: Reason
    """Why it may."""
