"""Volumes that an environment adds to pods."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import DnsName, Memory
from floe_constructs.spec import Spec

MountPath = Annotated[
    str,
    Field(
        max_length=512,
        pattern=r"^(/[A-Za-z0-9._-]+)+$",
        json_schema_extra={"rule": "an absolute path without '/' at its end: /models"},
    ),
]
"""A folder in a container."""

FileName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}$",
        json_schema_extra={"rule": "a file's name without a folder: ca.crt"},
    ),
]
"""A file's name."""


VolumeName = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9]([-a-z0-9]{0,56}[a-z0-9])?$",
        json_schema_extra={
            "rule": "lower-case letters, digits and '-', at most 58, no '-' at either end"
        },
    ),
]
"""A volume's name, which becomes `user-NAME` in the pod: that has to be a DNS label."""


class _Volume(Spec):
    name: VolumeName
    """Name of the volume within the pod."""

    path: MountPath | None = None
    """Folder of the main container in which it is seen; when silent, only containers that are added
    see it (`mounts`)."""


class ClaimVolume(_Volume):
    """Space that a PersistentVolumeClaim of the namespace holds, which is made elsewhere."""

    claim: DnsName
    """Name of the PersistentVolumeClaim."""

    read_only: bool = True
    """Whether the pods may only read."""


class ConfigMapVolume(_Volume):
    """Files of a ConfigMap of the namespace, which is made elsewhere; they are read only."""

    config_map: DnsName
    """Name of the ConfigMap."""


class SecretVolume(_Volume):
    """Files out of Secrets; they are read only."""

    files: dict[FileName, SecretKey] = Field(min_length=1)
    """Where the text of each file is kept."""


class ScratchVolume(_Volume):
    """Writable space that ends with the pod."""

    size: Memory
    """How much; a pod that uses more is evicted."""


def _form(value: object) -> str | None:
    kinds = {"claim": ClaimVolume, "config_map": ConfigMapVolume, "files": SecretVolume}
    kinds["size"] = ScratchVolume
    if isinstance(value, dict):
        return next((key for key in kinds if key in value), None)
    return next((key for key, kind in kinds.items() if isinstance(value, kind)), None)


UserVolume = Annotated[
    Annotated[ClaimVolume, Tag("claim")]
    | Annotated[ConfigMapVolume, Tag("config_map")]
    | Annotated[SecretVolume, Tag("files")]
    | Annotated[ScratchVolume, Tag("size")],
    Discriminator(_form),
]
"""A volume: a claim, a ConfigMap's files, files out of Secrets, or scratch space."""
