"""Jobs in which `floe prepare` makes what has to be there."""

from collections.abc import Mapping

from constructs import Construct

from floe_constructs.kubernetes.config_map import config_map
from floe_constructs.kubernetes.container import container
from floe_constructs.kubernetes.environment import Variable
from floe_constructs.kubernetes.files import Files
from floe_constructs.kubernetes.job import job
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.pod import pod_template
from floe_constructs.kubernetes.volume import folder, scratch
from floe_constructs.services.spec import ServicesSpec

DEADLINE_SECONDS = 1200
"""Of every Job of the services: images are pulled meanwhile, and servers started."""

_FOLDER, _TMP = "/etc/floe/prepare", "/tmp"  # noqa: S108  the pod's own


def run(  # noqa: PLR0913  a Job has that many independent parts
    scope: Construct,
    spec: ServicesSpec,
    pods: Labels,
    *,
    what: str,
    file: tuple[str, str],
    service_account: str,
    env: Mapping[str, Variable] | None = None,
    token: bool = False,
) -> None:
    """The Job that makes `what` as a file says, and the ConfigMap of the file."""
    name, text = file
    told = Files(name=pods.object_name, path=_FOLDER, data={name: text})
    mounts = [folder("config", told), scratch("tmp", _TMP)]
    config_map(scope, pods, told)
    template = pod_template(
        pods,
        spec.preparation,
        [
            container(
                "prepare",
                image=spec.preparation.image,
                command=["floe", "prepare", what, f"--config={_FOLDER}/{name}"],
                env={"HOME": _TMP, **(env or {})},
                settings=spec.preparation,
                mounts=mounts,
            )
        ],
        service_account=service_account,
        mounts=mounts,
        files=[told],
        token=token,
        restart_policy="Never",
    )
    job(scope, pods, template, phase=pods.phase, deadline_seconds=DEADLINE_SECONDS, retries=5)
