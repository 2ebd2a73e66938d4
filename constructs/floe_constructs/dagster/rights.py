"""What Dagster asks of the cluster's API server, and nothing beyond.

The calls were counted in dagster-k8s: it watches, patches and updates nothing.
"""

from collections.abc import Mapping, Sequence

from cdk8s_plus_34 import k8s

from floe_constructs.dagster.code_location import CodeLocation

Rights = Mapping[str, Sequence[str]]
"""Verbs by resource."""

DAEMON: Rights = {
    "jobs": ["create", "delete", "list"],
    "jobs/status": ["get"],
    "pods": ["delete", "list"],
    "pods/log": ["get"],
    "events": ["list"],
}
"""Launch runs, see how they fare, say why one failed, end it."""

ENDING: Rights = {"jobs": ["delete"], "pods": ["delete", "list"]}
"""End runs; the daemon launches them."""

STEPS: Rights = {
    "jobs": ["create", "delete"],
    "jobs/status": ["get"],
    "pods": ["delete", "get", "list"],
}
"""Launch a run's steps, see how they fare, end them; `get` to name the run's pod as their owner."""

PODS: Rights = {
    "pods": ["create", "delete", "list"],
    "pods/log": ["get"],
    "events": ["list"],
}
"""What `PipesK8sClient` does: launch a pod, follow what it says, end it; events, for why it did not
start."""

JOBS: Rights = {
    "jobs": ["create", "delete", "list"],
    "jobs/status": ["get"],
    "pods": ["delete", "list"],
    "pods/log": ["get"],
    "events": ["list"],
}
"""What `k8s_job_op` does: the same with a Job, and its pods with it when it fails."""

_GROUPS = {"jobs": "batch", "jobs/status": "batch"}


def of_runs(location: CodeLocation) -> Rights:
    """Answer what the runs of a code location ask for; nothing, where they launch nothing."""
    wanted = [STEPS] if location.executor == "k8s_job" else []
    wanted += [PODS] if "pods" in location.launches else []
    wanted += [JOBS] if "jobs" in location.launches else []
    resources = dict.fromkeys(resource for rights in wanted for resource in rights)
    return {
        resource: sorted({verb for rights in wanted for verb in rights.get(resource, ())})
        for resource in resources
    }


def rules(rights: Rights) -> list[k8s.PolicyRule]:
    """Answer the rules of a Role."""
    return [
        k8s.PolicyRule(
            api_groups=[_GROUPS.get(resource, "")], resources=[resource], verbs=list(verbs)
        )
        for resource, verbs in rights.items()
    ]
