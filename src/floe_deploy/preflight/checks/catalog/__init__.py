"""Checks of an Iceberg REST catalog: token, configuration, namespaces."""

import httpx

from floe_constructs.preflight.targets import RestCatalog
from floe_deploy.preflight.check import Check, Probe
from floe_deploy.preflight.checks.catalog import faults
from floe_deploy.preflight.checks.catalog.refusal import SERVICE, Told, refusal
from floe_deploy.preflight.checks.catalog.token import token
from floe_deploy.preflight.code import Answer, Stage
from floe_deploy.preflight.connection import place_of
from floe_deploy.preflight.http import ask, client, json_of, wrong_service

_FEW, _MOST = 3, 100
"""Namespaces that a message names, and that a report lists."""

_SCOPES = {"polaris": "PRINCIPAL_ROLE:ALL", "rest": "catalog"}
"""Scopes that clients ask for when nothing is said; the latter is Iceberg's own."""


def checks(target: RestCatalog) -> list[Check]:
    """Answer the checks of a catalog: a login, then namespaces by the same token."""
    login_id = target.root("catalog")
    catalog = _Catalog(target)
    return [
        Check(
            id=login_id,
            service="catalog",
            title="login and configuration",
            hint=catalog.hint,
            run=catalog.configuration,
        ),
        Check(
            id=f"{login_id}.namespaces",
            service="catalog",
            title="namespaces",
            hint=catalog.hint,
            run=catalog.namespaces,
            requires=login_id,
        ),
    ]


class _Catalog:
    """A catalog, and what it has said of itself."""

    http: httpx.AsyncClient
    headers: dict[str, str]
    told: Told
    prefix: str

    def __init__(self, target: RestCatalog) -> None:
        self.target = target
        place = target.uri if isinstance(target.uri, str) else target.uri.told
        self.hint = f"{place}, warehouse {target.warehouse}" if target.warehouse else place

    async def configuration(self, probe: Probe) -> Answer:
        """Log in, and ask for the configuration of the warehouse.

        Nothing of the configuration is told but its prefix: it may hold what only clients may know.
        """
        target = self.target
        uri = probe.text(target.uri)
        scope = target.scope or _SCOPES[target.type]
        self.told = told = Told(target=target, uri=uri, scope=scope)
        self.headers = {"Polaris-Realm": target.realm} if target.realm else {}
        self.http = http = await client(probe, uri, target.ca_file)
        if target.client_id is not None:
            bearer = await token(probe, http, told, self.headers)
            self.headers["Authorization"] = f"Bearer {bearer}"
        probe.at(Stage.OPERATION)
        query = {"warehouse": target.warehouse} if target.warehouse else {}
        answer = await ask(probe, http, "GET", "v1/config", params=query, headers=self.headers)
        if not answer.is_success:
            raise refusal(answer, told, f"read the configuration of {told.warehouse}")
        content = json_of(answer, SERVICE)
        given = [content.get(key) for key in ("defaults", "overrides")]
        if not any(isinstance(part, dict) for part in given):
            raise wrong_service(answer, SERVICE, "JSON without a configuration")
        said = {key: it for part in given if isinstance(part, dict) for key, it in part.items()}
        self.prefix = str(said.get("prefix") or "").strip("/")
        probe.details |= {"warehouse": target.warehouse, "prefix": self.prefix or None}
        login = f"login as client {told.client}" if target.client_id else "without a login"
        return Answer(message=f"Iceberg REST catalog {told.warehouse}, {login}")

    async def namespaces(self, probe: Probe) -> Answer:
        """List the namespaces."""
        told = self.told
        probe.at(Stage.OPERATION, place_of(told.uri))
        path = "/".join(part for part in ("v1", self.prefix, "namespaces") if part)
        answer = await ask(probe, self.http, "GET", path, headers=self.headers)
        if not answer.is_success:
            raise refusal(answer, told, f"list namespaces in {told.warehouse}")
        listed = json_of(answer, SERVICE).get("namespaces")
        if not isinstance(listed, list):
            raise wrong_service(answer, SERVICE, "JSON without namespaces")
        names = [".".join(map(str, it)) if isinstance(it, list) else str(it) for it in listed]
        probe.details |= {"namespaces": names[:_MOST], "namespace_count": len(names)}
        if not names:
            probe.warn(faults.CAT_EMPTY(warehouse=told.warehouse))
            return Answer(message="")  # the warning says it
        few = ", ".join(names[:_FEW]) + (", …" if len(names) > _FEW else "")
        many = "namespaces" if len(names) > 1 else "namespace"
        return Answer(message=f"{len(names)} {many}: {few}")
