"""The gate as one thing: a Job for each identity."""

from constructs import Construct

from floe_constructs.preflight.gate import PreflightGate
from floe_constructs.preflight.spec import PreflightSpec


class Preflight(Construct):
    """The Jobs that check all services, each as one of those that use them.

    Objects: those of a `PreflightGate` for each suite.
    Needs: what they need.
    """

    def __init__(self, scope: Construct, id: str, spec: PreflightSpec) -> None:
        super().__init__(scope, id)
        for suite in spec.suites:
            PreflightGate(self, suite.name, spec, suite)
