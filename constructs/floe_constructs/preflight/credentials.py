"""Which pods that check get which credentials."""

from floe_constructs.kubernetes.secret import Use, uses
from floe_constructs.preflight.flows import asking
from floe_constructs.preflight.spec import PreflightSpec


def credentials(spec: PreflightSpec) -> list[Use]:
    """Answer every credential of every suite."""
    return [
        use
        for suite in spec.suites
        for use in uses(asking(spec, suite), suite.variables, suite.files)
    ]
