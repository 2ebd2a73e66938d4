"""Every rule, in the order in which they are reported."""

from floe_deploy.rules import (
    capacity,
    configuration,
    credentials,
    cube,
    cube_rows,
    dagster,
    delivery,
    engines,
    existence,
    exposure,
    gate,
    identity,
    jaeger,
    jobs,
    marquez,
    metadata,
    names,
    network,
    pod_security,
    pods,
    secrets,
    selectors,
)
from floe_deploy.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    *secrets.RULES,
    *credentials.RULES,
    *names.RULES,
    *configuration.RULES,
    *pod_security.RULES,
    *pods.RULES,
    *identity.RULES,
    *existence.RULES,
    *selectors.RULES,
    *network.RULES,
    *exposure.RULES,
    *metadata.RULES,
    *capacity.RULES,
    *jobs.RULES,
    *gate.RULES,
    *engines.RULES,
    *delivery.RULES,
    *cube.RULES,
    *cube_rows.RULES,
    *dagster.RULES,
    *jaeger.RULES,
    *marquez.RULES,
)

BY_ID = {rule.id: rule for rule in RULES}
