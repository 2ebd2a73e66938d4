"""The object store that an environment brings: its buckets, and who may do what with them."""

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.preflight.targets import S3, Kept, RestCatalog, Target
from floe_constructs.problem import Problem
from floe_constructs.services import names
from floe_constructs.services.flows import is_service
from floe_constructs.services.spec import PolarisSettings, SeaweedFsCatalog, Services
from floe_constructs.services.used import Holder
from floe_constructs.variables import VARIABLES

REGION = "us-east-1"
"""Where nobody says another."""


def buckets(
    services: Services, namespace: str, targets: Iterable[Target], problems: list[Problem]
) -> list[S3]:
    """Answer the targets that are buckets of ours, each of which is logged in to by a key pair."""
    if services.object_store is None:
        return []
    stores = [target for target in targets if isinstance(target, S3)]
    ours = [target for target in stores if leads(target.endpoint, names.SEAWEEDFS, namespace)]
    where = "services.object_store"
    for target in ours:
        if not is_at(target.endpoint, names.s3_url()):
            found, fix = str(target.endpoint), "correct the endpoint of that storage"
            problems.append(Problem(where=where, found=found, allowed=names.s3_url(), fix=fix))
        if not (kept(target.access_key_id) and kept(target.secret_access_key)):
            found = f"bucket {target.bucket}, which is asked without a key pair of a Secret"
            fix = "refer to Secrets, which will be made (in the artifacts: mode static)"
            problems.append(Problem(where=where, found=found, allowed="a key pair", fix=fix))
    if stores and not ours:
        said = ", ".join(sorted({f"{target.bucket} at {_place(target)}" for target in stores}))
        fix = "let the storage of the artifacts have this endpoint, or bring no object store"
        problems.append(Problem(where=where, found=said, allowed=names.s3_url(), fix=fix))
    return ours


def tables(used: Iterable[S3]) -> tuple[str, ...]:
    """Answer the buckets of the artifacts, which user code keeps tables in."""
    return tuple(dict.fromkeys(target.bucket for target in used if _is_of_artifacts(target)))


def _is_of_artifacts(target: S3) -> bool:
    """Tell by the variable of the key: those of components have other names."""
    key = target.access_key_id
    return key is not None and key.env == VARIABLES["s3"]["access_key_id"]


def holders(
    services: Services,
    used: Sequence[S3],
    clients: Sequence[RestCatalog],
    warehouses: Sequence[str],
) -> tuple[Holder, ...]:
    """Answer who there is: an administrator, Polaris, and each key pair with its buckets.

    The warehouses of SeaweedFS' own catalog are buckets as well. It lets nobody but administrators
    make namespaces.
    """
    if services.object_store is None:
        return ()
    found = [_holder("admin", names.ADMIN_KEY, names.ADMIN_SECRET, admin=True)]
    into: dict[tuple[SecretKey, SecretKey], list[str]] = {}
    for target in used:
        key, secret = kept(target.access_key_id), kept(target.secret_access_key)
        if key and secret:
            into.setdefault((key, secret), []).append(target.bucket)
            if isinstance(services.catalog, SeaweedFsCatalog) and _is_of_artifacts(target):
                into[key, secret] += warehouses
    found += [_holder(key.name, key, secret, there) for (key, secret), there in into.items()]
    match services.catalog:
        case PolarisSettings():
            own = names.POLARIS_KEY, names.POLARIS_SECRET
            found.append(_holder(names.POLARIS, *own, tables(used)))
        case SeaweedFsCatalog():
            for client in clients:
                who, password = kept(client.client_id), kept(client.client_secret)
                if who and password:
                    found.append(_holder(who.name, who, password, admin=True))
    return tuple(found)


def _holder(
    name: str, key: SecretKey, secret: SecretKey, into: Iterable[str] = (), *, admin: bool = False
) -> Holder:
    there = tuple(dict.fromkeys(into))
    return Holder(
        name=name, access_key_id=key, secret_access_key=secret, admin=admin, buckets=there
    )


def kept(value: Kept | str | None) -> SecretKey | None:
    """Answer the Secret that a value is in, if it is in one."""
    return value.secret if isinstance(value, Kept) else None


def leads(url: Kept | str | None, name: str, namespace: str) -> bool:
    """Tell whether an address is one of a Service of ours."""
    return isinstance(url, str) and is_service(urlsplit(url).hostname, name, namespace)


def is_at(url: Kept | str | None, service: str) -> bool:
    """Tell whether an address is the service's, however its host is written."""
    if not isinstance(url, str):
        return False
    given, own = urlsplit(url), urlsplit(service)
    return (given.scheme, given.port, given.path.rstrip("/")) == (own.scheme, own.port, own.path)


def _place(target: S3) -> str:
    return target.endpoint if isinstance(target.endpoint, str) else "AWS"
