"""What Dagster asks of the cluster's API server, and nothing beyond.

The calls were counted in dagster-k8s: it watches, patches and updates nothing.
"""

from collections.abc import Mapping, Sequence

from cdk8s_plus_34 import k8s

Rights = Mapping[str, Sequence[str]]
"""Verbs by resource."""

DAEMON: Rights = {
    "jobs": ["create", "delete", "list"],
    "jobs/status": ["get"],
    "pods": ["delete", "get", "list"],
    "pods/log": ["get"],
    "events": ["list"],
}
"""Launch runs, see how they fare, say why one failed, end it."""

WEBSERVER: Rights = {"jobs": ["delete"], "pods": ["delete", "list"]}
"""End runs; the daemon launches them."""

STEPS: Rights = {
    "jobs": ["create", "delete"],
    "jobs/status": ["get"],
    "pods": ["delete", "get", "list"],
}
"""Launch a run's steps, see how they fare, end them; `get` to name the run's pod as their owner."""

_GROUPS = {"jobs": "batch", "jobs/status": "batch"}


def rules(rights: Rights) -> list[k8s.PolicyRule]:
    """Answer the rules of a Role."""
    return [
        k8s.PolicyRule(
            api_groups=[_GROUPS.get(resource, "")], resources=[resource], verbs=list(verbs)
        )
        for resource, verbs in rights.items()
    ]
