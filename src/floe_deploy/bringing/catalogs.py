"""The Iceberg catalog that an environment brings: what is in it, and who asks it."""

from collections.abc import Iterable, Sequence

from pydantic import TypeAdapter, ValidationError

from floe_constructs.kubernetes.s3 import Bucket
from floe_constructs.preflight.targets import RestCatalog, Target
from floe_constructs.problem import Problem
from floe_constructs.services import names
from floe_constructs.services.spec import PolarisSettings, Services
from floe_constructs.services.used import Principal
from floe_deploy.bringing.stores import is_at, kept, leads

_SCOPE, _ANY = "PRINCIPAL_ROLE:", "ALL"
_ROLE = "floe"
"""Role of clients whose tokens are for any."""

_BUCKET = TypeAdapter[str](Bucket)


def clients(
    services: Services, namespace: str, targets: Iterable[Target], problems: list[Problem]
) -> list[RestCatalog]:
    """Answer the targets that are our catalog."""
    if services.catalog is None:
        return []
    polaris = isinstance(services.catalog, PolarisSettings)
    host = names.POLARIS if polaris else names.SEAWEEDFS
    url = f"{names.polaris_url()}/api/catalog" if polaris else names.iceberg_url()
    said = [target for target in targets if isinstance(target, RestCatalog)]
    ours = [
        target for target in said if leads(target.uri, host, namespace) and is_at(target.uri, url)
    ]
    where = "services.catalog"
    if said and not ours:
        found = ", ".join(sorted({str(target.uri) for target in said}))
        fix = "let the catalog of the artifacts have this address, or bring another or none"
        problems.append(Problem(where=where, found=found, allowed=url, fix=fix))
    for target in ours:
        if not target.warehouse or not kept(target.client_secret):
            found = "a catalog without a warehouse, or without a client whose secret is in a Secret"
            fix = "compile it in: warehouse, and credentials of mode oauth2"
            problems.append(Problem(where=where, found=found, allowed="both", fix=fix))
        elif not polaris and not kept(target.client_id):
            found = f"the client {target.client_id}, which is no secret"
            fix = "refer to a Secret, which will be made"
            problems.append(Problem(where=where, found=found, allowed="a key pair", fix=fix))
    return ours


def warehouses(
    services: Services,
    asked: Iterable[RestCatalog],
    buckets: Sequence[str],
    tables: Sequence[str],
    problems: list[Problem],
) -> tuple[str, ...]:
    """Answer what clients call the catalogs; SeaweedFS' are buckets beside the others."""
    found = tuple(dict.fromkeys(target.warehouse for target in asked if target.warehouse))
    if found and not tables:
        said = f"warehouse {', '.join(found)}, whose tables are kept nowhere here"
        allowed = f"storage at {names.s3_url()} in the artifacts"
        fix = "compile it in, or bring no catalog"
        problems.append(Problem(where="services.catalog", found=said, allowed=allowed, fix=fix))
    if isinstance(services.catalog, PolarisSettings):
        return found
    for name in found:
        try:
            _BUCKET.validate_python(name)
            fits = "_" not in name and name not in buckets
        except ValidationError:
            fits = False
        if not fits:
            allowed = f"a bucket's name, other than {', '.join(buckets) or 'any bucket'}"
            fix = "call the warehouse otherwise, and compile again"
            said = f"the warehouse {name}, which is a bucket of SeaweedFS' catalog"
            where = "services.catalog"
            problems.append(Problem(where=where, found=said, allowed=allowed, fix=fix))
    return found


def principals(services: Services, asked: Iterable[RestCatalog]) -> tuple[Principal, ...]:
    """Answer the clients of Polaris, each with all catalogs that it asks."""
    if not isinstance(services.catalog, PolarisSettings):
        return ()
    found: dict[object, list[RestCatalog]] = {}
    for target in asked:
        found.setdefault((target.client_id, target.client_secret), []).append(target)
    made = []
    for number, same in enumerate(found.values()):
        first = same[0]
        secret = kept(first.client_secret)
        who = first.client_id if isinstance(first.client_id, str) else kept(first.client_id)
        if secret is None or who is None:  # which is told as a problem
            continue
        made.append(
            Principal(
                name=f"{_ROLE}-{number + 1}" if number else _ROLE,
                client_id=who,
                client_secret=secret,
                role=_role(first.scope),
                warehouses=tuple(dict.fromkeys(each.warehouse for each in same if each.warehouse)),
            )
        )
    return tuple(made)


def _role(scope: str | None) -> str:
    """Answer the role that a scope names; the first of several."""
    first = next(iter((scope or "").split()), _ANY).removeprefix(_SCOPE)
    return _ROLE if first == _ANY else first
