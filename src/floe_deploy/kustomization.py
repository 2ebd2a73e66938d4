"""The `kustomization.yaml` of an environment and of each of its phases."""

from collections.abc import Sequence

from floe_constructs.kubernetes.phase import Phase
from floe_constructs.yaml_text import dump
from floe_deploy.manifests import header


def kustomizations(environment: str, paths: Sequence[str]) -> dict[str, str]:
    """Answer the `kustomization.yaml` of the environment and of each phase, by path.

    A phase without objects has one as well: what a controller was told once, to take these folders
    one after the other, stays true when an environment gets a gate, or loses it.
    """
    phases: dict[str, list[str]] = {phase.value: [] for phase in Phase}
    for path in paths:
        phase, _, rest = path.partition("/")
        phases[phase].append(rest)
    warning = (
        "# For Argo CD and `kubectl diff`. One Flux Kustomization over this folder would apply\n"
        "# the workloads together with their gate: Flux takes a phase at a time.\n"
    )
    root = header(environment) + warning + _kustomization(sorted(phases))
    return {"kustomization.yaml": root} | {
        f"{phase}/kustomization.yaml": header(environment) + _kustomization(sorted(resources))
        for phase, resources in sorted(phases.items())
    }


def _kustomization(resources: list[str]) -> str:
    return dump(
        {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": resources,
        }
    )
