"""What the services of an environment hold: whatever its workloads use there, and nothing else.

It follows from the targets of preflight: a target whose address is a service's is made there.
"""

from collections.abc import Iterable, Iterator, Mapping

from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.problem import Problem, nearest
from floe_constructs.services.config import made
from floe_constructs.services.config.secrets import REFERENCE, reference
from floe_constructs.services.spec import ServicesSpec
from floe_deploy.bringing import catalogs, databases, stores
from floe_deploy.environment import Environment
from floe_deploy.errors import InputError
from floe_deploy.gating.derived import Derived


def bring(name: str, environment: Environment, found: Iterable[Derived]) -> ServicesSpec | None:
    """Answer the services with all that is used of them, if there are any.

    Raises:
        InputError: what is used of them is not what they can be.

    """
    services, namespace = environment.services, environment.namespace
    if services is None:
        return None
    problems: list[Problem] = []
    targets = list(dict.fromkeys(derived.target for derived in found))
    buckets = stores.buckets(services, namespace, targets, problems)
    clients = catalogs.clients(services, namespace, targets, problems)
    names = tuple(dict.fromkeys(target.bucket for target in buckets))
    tables = stores.tables(buckets)
    warehouses = catalogs.warehouses(services, clients, names, tables, problems)
    spec = ServicesSpec(
        **dict(services),
        instance=name,
        used=databases.databases(services, namespace, targets, problems),
        holders=stores.holders(services, buckets, clients, warehouses),
        buckets=names,
        tables=tables,
        region=buckets[0].region if buckets else stores.REGION,
        warehouses=warehouses,
        principals=catalogs.principals(services, clients),
    )
    problems += _texts(spec)
    if problems:
        raise InputError(f"{name}: services cannot be what is used of them", problems)
    return spec


def _texts(spec: ServicesSpec) -> Iterator[Problem]:
    """Find texts around values that nobody makes, or in the place of one that is made."""
    random = [
        reference(SecretKey(name=secret.name, key=key))
        for secret in made.made(spec).secrets
        for key in secret.random
    ]
    for number, text in enumerate(spec.texts):
        where = f"services.texts[{number}]"
        for found in dict.fromkeys(it[0] for it in REFERENCE.finditer(text.text)):
            if found not in random:
                allowed = "a value that is made at random, such as one of services.secrets"
                fix = nearest(found, random) or "add it there"
                yield Problem(where=f"{where}.text", found=found, allowed=allowed, fix=fix)
        if reference(text) in random:
            found, fix = f"key {text.key}, which is made at random", "give it a key of its own"
            yield Problem(where=f"{where}.key", found=found, allowed="any other", fix=fix)


def made_here(
    spec: ServicesSpec | None, needed: Mapping[str, Iterable[str]]
) -> dict[str, tuple[str, ...]]:
    """Answer the keys of every Secret that is made in the cluster, by its name.

    Raises:
        InputError: others of the same Secret come from elsewhere.

    """
    if spec is None:
        return {}
    found = made.keys(spec)
    problems = [
        _two_origins(SecretKey(name=name, key=key))
        for name in sorted(found.keys() & needed.keys())
        for key in sorted({*needed[name]} - {*found[name]})
    ]
    if problems:
        raise InputError(f"{spec.instance}: Secrets have two origins", problems)
    return found


def _two_origins(key: SecretKey) -> Problem:
    return Problem(
        where=f"Secret {key.name}",
        found=f"key {key.key}, which nothing brings, beside keys that are made at random",
        allowed="one origin for all keys of a Secret",
        fix=f"keep it in another Secret, or add {{name: {key.name}, key: {key.key}}} to "
        "services.secrets",
    )
