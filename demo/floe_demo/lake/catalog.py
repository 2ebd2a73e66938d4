"""The catalog that tables are in: in a folder, or the one that the artifacts name."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr
from pyiceberg.catalog import Catalog, load_catalog

from floe_demo import artifacts as said
from floe_demo.artifacts import Artifacts, Reference
from floe_demo.lake.rest import PatientCatalog

NAME = "lake"
"""A catalog in SQLite knows its tables by this as well: whoever opens it has to say the same."""
EMBEDDED_NAMESPACE = "raw"


def opened(
    artifacts: Artifacts | None, home: Path, environment: Mapping[str, str] = os.environ
) -> Catalog:
    """Open the catalog."""
    if artifacts is None:
        return load_catalog(NAME, **embedded(home))
    layer = artifacts.bronze
    return load_catalog(
        NAME, **rest(layer.catalog, environment), **store(layer.storage, environment)
    )


def namespace(artifacts: Artifacts | None, domain: str) -> str:
    """Answer the namespace of a domain's raw tables; the shop's is that of the bronze layer."""
    found = EMBEDDED_NAMESPACE
    if artifacts is not None:
        layer = artifacts.bronze
        found = layer.namespace.removeprefix(f"{layer.catalog.warehouse}.")
    return found if domain == "ecommerce" else f"{found}_{domain}"


def embedded(home: Path) -> dict[str, str]:
    """Answer the properties of a catalog in a folder."""
    folder = home.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "type": "sql",
        "uri": f"sqlite:///{folder / 'catalog.db'}?timeout=60",
        "warehouse": (folder / "warehouse").as_uri(),
    }


def rest(catalog: said.Catalog, environment: Mapping[str, str]) -> dict[str, str]:
    """Answer the properties of a REST catalog (Polaris and its like)."""
    found = {"py-catalog-impl": f"{PatientCatalog.__module__}.{PatientCatalog.__name__}"}
    found |= {"uri": catalog.uri, "warehouse": catalog.warehouse}
    vended = catalog.access_delegation if catalog.access_delegation != "none" else ""
    found["header.X-Iceberg-Access-Delegation"] = vended
    login = catalog.credentials
    if login.client_id and login.client_secret:
        pair = (plain(one, environment) for one in (login.client_id, login.client_secret))
        found["credential"] = ":".join(one.get_secret_value() for one in pair)
        found["oauth2-server-uri"] = f"{catalog.uri.rstrip('/')}/v1/oauth/tokens"
    if login.scope:
        found["scope"] = login.scope
    return found


def store(storage: said.Storage, environment: Mapping[str, str]) -> dict[str, str]:
    """Answer the properties of an object store; clients find identities of a cloud themselves."""
    if storage.type != "s3":
        return {}
    found = {"s3.region": storage.region, "s3.endpoint": storage.endpoint}
    found["s3.force-virtual-addressing"] = str(not storage.path_style_access).lower()
    if storage.credentials.mode == "static":
        found["s3.access-key-id"] = environment.get("AWS_ACCESS_KEY_ID", "")
        found["s3.secret-access-key"] = environment.get("AWS_SECRET_ACCESS_KEY", "")
    return {name: value for name, value in found.items() if value}


def plain(value: str | Reference, environment: Mapping[str, str]) -> SecretStr:
    """Answer what is said, or what is referred to."""
    return value.value(environment) if isinstance(value, Reference) else SecretStr(value)
