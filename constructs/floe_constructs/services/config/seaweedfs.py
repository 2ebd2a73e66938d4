"""What SeaweedFS is told: its command line, and who its users are."""

import json

from floe_constructs.kubernetes.files import digest
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.services.config.secrets import reference
from floe_constructs.services.names import ICEBERG, S3
from floe_constructs.services.spec import SeaweedFsCatalog, ServicesSpec
from floe_constructs.services.used import Holder

DATA, USERS = "/data", "/etc/floe/seaweedfs"
"""Folders: of the image's own list of files, which says where it is, and of the users' file."""

FILE = "s3.json"
FILER = 8888

_VOLUME_MEGABYTES = 128


def command(spec: ServicesSpec) -> list[str]:
    """Answer the command line.

    It goes past the image's entry point, which breaks values at spaces. Each option is always
    given: the program keeps those of the last start, and would go on with one that is left out. It
    is one pod that knows itself by the loopback address, so that another address of the pod is no
    other server.
    """
    catalog = isinstance(spec.catalog, SeaweedFsCatalog)
    options = {
        "dir": DATA,
        "ip": "127.0.0.1",
        "ip.bind": "0.0.0.0",  # noqa: S104  a pod's; policies say who comes
        "s3.config": f"{USERS}/{FILE}",
        "s3.port": S3,
        "s3.port.iceberg": ICEBERG if catalog else 0,
        "s3.port.lance": 0,
        "s3.autoCreateBucket": False,
        "bucket": ",".join(spec.buckets),
        "tableBucket": ",".join(spec.warehouses if catalog else ()),
        "filer.port": FILER,
        "master.telemetry": False,
        "master.volumeSizeLimitMB": _VOLUME_MEGABYTES,
        "webdav": False,
        "admin.ui": False,
    }
    told = [f"-{name}={str(value).lower()}" for name, value in options.items()]
    return ["weed", "-logtostderr=true", "mini", *told]


def ready(spec: ServicesSpec) -> str:
    """Answer the path, of its own port for files, that is there once it has made its buckets.

    It makes them a moment after S3 answers, those of the catalog last.
    """
    catalog = isinstance(spec.catalog, SeaweedFsCatalog)
    made = [*spec.buckets, *(spec.warehouses if catalog else ())]
    return f"/buckets/{made[-1]}/?limit=1" if made else "/readyz"


def users(spec: ServicesSpec) -> str:
    """Answer the file of users, a line for each, with references where their keys are to be."""
    lines = ",\n".join(json.dumps(_user(holder)) for holder in spec.holders)
    return f'{{"identities": [\n{lines}\n]}}\n'


def users_key(spec: ServicesSpec) -> SecretKey:
    """Answer where it is kept: another list of users is another Secret, as none is changed."""
    return SecretKey(name=f"seaweedfs-users-{digest(users(spec))[:10]}", key=FILE)


def _user(holder: Holder) -> dict[str, object]:
    rights = ("Read", "Write", "List", "Tagging")
    pair = {
        "accessKey": reference(holder.access_key_id),
        "secretKey": reference(holder.secret_access_key),
    }
    some = [f"{right}:{bucket}" for bucket in holder.buckets for right in rights]
    actions = ["Admin"] if holder.admin else some
    return {"name": holder.name, "credentials": [pair], "actions": actions}
