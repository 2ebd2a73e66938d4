"""Which credentials a login gets."""

from floe_constructs.kubernetes.secret import Use, uses
from floe_constructs.login.config import variables
from floe_constructs.login.flows import labels
from floe_constructs.login.spec import LoginSpec


def credentials(spec: LoginSpec) -> list[Use]:
    """Answer those of the client, and what sessions are encrypted with."""
    return uses([labels(spec)], variables(spec))
