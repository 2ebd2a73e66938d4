"""Volumes of pods, and where containers see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cdk8s_plus_34 import k8s

from floe_constructs.kubernetes.authority import CA_FILE, Authority, ConfigMapKey
from floe_constructs.kubernetes.files import Files
from floe_constructs.kubernetes.postgres import CA_FOLDER
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.user import SECRET_MODE
from floe_constructs.kubernetes.user_volume import (
    ClaimVolume,
    ConfigMapVolume,
    ScratchVolume,
    SecretVolume,
    UserVolume,
)
from floe_constructs.kubernetes.workload import Workload


@dataclass(frozen=True, kw_only=True)
class Mount:
    """A volume and where a container sees it."""

    volume: k8s.Volume
    path: str
    sub_path: str | None = None
    read_only: bool = False


def scratch(name: str, path: str, size: str = "1Gi", *, memory: bool = False) -> Mount:
    """Writable space that ends with the pod, on the node's disk or in the containers' memory."""
    source = k8s.EmptyDirVolumeSource(
        size_limit=k8s.Quantity.from_string(size), medium="Memory" if memory else None
    )
    return Mount(volume=k8s.Volume(name=name, empty_dir=source), path=path)


def folder(name: str, files: Files) -> Mount:
    """All files of a ConfigMap; a change reaches running pods."""
    source = k8s.ConfigMapVolumeSource(name=files.name)
    return Mount(volume=k8s.Volume(name=name, config_map=source), path=files.path, read_only=True)


def single(name: str, files: Files) -> list[Mount]:
    """Each file of a ConfigMap on its own, for readers that trip over a ConfigMap's links."""
    volume = k8s.Volume(name=name, config_map=k8s.ConfigMapVolumeSource(name=files.name))
    return [
        Mount(volume=volume, path=f"{files.path}/{file}", sub_path=file, read_only=True)
        for file in sorted(files.data)
    ]


def secret_files(
    name: str,
    path: str,
    keys: Mapping[str, SecretKey | ConfigMapKey],
    *,
    optional: bool = False,
) -> Mount:
    """Keys of Secrets and ConfigMaps as files of one folder; the pod's group may read them.

    `optional` ones are left out while they are not there; otherwise the pod waits for them.
    """
    sources = [projection(keys[file], file, optional=optional) for file in sorted(keys)]
    projected = k8s.ProjectedVolumeSource(default_mode=SECRET_MODE, sources=sources)
    return Mount(volume=k8s.Volume(name=name, projected=projected), path=path, read_only=True)


def projection(
    key: SecretKey | ConfigMapKey, file: str, *, optional: bool = False
) -> k8s.VolumeProjection:
    """One key as a file of a folder that several make up."""
    given: Any = {"items": [k8s.KeyToPath(key=key.key, path=file)], "optional": optional or None}
    if isinstance(key, SecretKey):
        return k8s.VolumeProjection(secret=k8s.SecretProjection(name=key.name, **given))
    return k8s.VolumeProjection(config_map=k8s.ConfigMapProjection(name=key.config_map, **given))


def authority(ca: Authority | None) -> list[Mount]:
    """Certificates that a PostgreSQL server's is verified by, if they are not known everywhere."""
    return trusted("postgres-ca", f"{CA_FOLDER}/{CA_FILE}", ca)


def trusted(name: str, path: str, ca: Authority | None) -> list[Mount]:
    """Authorities that a server's certificate is verified by, as the one file of a folder."""
    folder, _, file = path.rpartition("/")
    return [secret_files(name, folder, {file: ca})] if ca else []


def user_mounts(settings: Workload) -> list[Mount]:
    """Volumes that an environment adds, where the main container sees them."""
    optional = settings.optional_secrets
    return [
        _user_mount(volume, volume.path, optional=optional)
        for volume in settings.volumes
        if volume.path
    ]


def added_mounts(settings: Workload, places: Mapping[str, str]) -> list[Mount]:
    """Volumes that an environment adds, where a container sees them that it adds too."""
    by_name = {volume.name: volume for volume in settings.volumes}
    optional = settings.optional_secrets
    return [
        _user_mount(by_name[name], path, optional=optional) for name, path in sorted(places.items())
    ]


def _user_mount(volume: UserVolume, path: str, *, optional: bool) -> Mount:
    """Call the volume so that it cannot be taken for ours."""
    name = f"user-{volume.name}"
    match volume:
        case ClaimVolume():
            source = k8s.PersistentVolumeClaimVolumeSource(
                claim_name=volume.claim, read_only=volume.read_only or None
            )
            claimed = k8s.Volume(name=name, persistent_volume_claim=source)
            return Mount(volume=claimed, path=path, read_only=volume.read_only)
        case ConfigMapVolume():
            files = k8s.ConfigMapVolumeSource(name=volume.config_map)
            return Mount(volume=k8s.Volume(name=name, config_map=files), path=path, read_only=True)
        case SecretVolume():
            return secret_files(name, path, volume.files, optional=optional)
        case ScratchVolume():
            return scratch(name, path, volume.size)
