"""Every rule, in the order in which they are reported."""

from floe_deploy.rules import capacity, metadata, names, pod_security, pods, secrets
from floe_deploy.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    *pod_security.RULES,
    *pods.RULES,
    *secrets.RULES,
    *names.RULES,
    *capacity.RULES,
    *metadata.RULES,
)

BY_ID = {rule.id: rule for rule in RULES}
