"""What pods are to be like that runs launch themselves, by `PipesK8sClient`."""

from collections.abc import Mapping
from typing import Any

PIPES_VARIABLE = "FLOE_PIPES"
"""Variable of runs with the JSON of `base_pod_meta` and `base_pod_spec`, which
`PipesK8sClient.run` takes by these names."""

_SCRATCH = "tmp"
"""Of the volumes that all runs have, the one that is not for Dagster's instance and database."""


def keywords(launcher: Mapping[str, Any], own: Mapping[str, Any], image: str) -> dict[str, Any]:
    """Answer a pod like those of runs, but for the database, the token and what is added to them.

    Its parts are the launcher's configuration and the code location's, which Dagster merges for
    runs and not for these pods. Containers beside the main one would forbid to name another image.
    """
    shared, location = launcher["run_k8s_config"], own["run_k8s_config"]
    container = shared["container_config"]
    pods = shared["pod_spec_config"], location["pod_spec_config"]
    mounts = [
        *(mount for mount in container["volume_mounts"] if mount["name"] == _SCRATCH),
        *own["volume_mounts"],
    ]
    seen = {mount["name"] for mount in mounts}
    main = {
        "image": image,
        "image_pull_policy": launcher["image_pull_policy"],
        "env": own["env"],
        "resources": own["resources"],
        "security_context": container["security_context"],
        "termination_message_policy": container["termination_message_policy"],
        "volume_mounts": mounts,
    }
    annotations = location.get("pod_template_spec_metadata", {}).get("annotations", {})
    pod = (
        pods[0]
        | pods[1]
        | {
            "automount_service_account_token": False,
            "security_context": pods[0]["security_context"] | pods[1].get("security_context", {}),
            "service_account_name": own["service_account_name"],
            "image_pull_secrets": [
                *launcher.get("image_pull_secrets", ()),
                *own.get("image_pull_secrets", ()),
            ],
            "volumes": [
                volume
                for volume in (*pods[0]["volumes"], *own["volumes"])
                if volume["name"] in seen
            ],
            "containers": [main],
        }
    )
    pod.pop("init_containers", None)
    return {
        "base_pod_meta": {
            "labels": launcher["labels"] | own["labels"],
            "annotations": shared["pod_template_spec_metadata"]["annotations"] | annotations,
        },
        "base_pod_spec": {name: value for name, value in pod.items() if value != []},
    }
