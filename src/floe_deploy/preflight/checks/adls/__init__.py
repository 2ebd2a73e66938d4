"""Checks of Azure's object storage, by the Blob API, which accounts of Data Lake Storage speak too.

The library signs; which account, address and credential, it is told here alone. It would look for
them in the environment and at a metadata address otherwise.
"""

import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import httpx
from obstore import sign_async

from floe_constructs.preflight.targets import Adls
from floe_deploy.preflight import layers
from floe_deploy.preflight.check import Check, Probe
from floe_deploy.preflight.checks import by_obstore, objects
from floe_deploy.preflight.checks.adls import faults, signature
from floe_deploy.preflight.checks.objects import Refusal
from floe_deploy.preflight.code import Answer, Code, Fault, Stage
from floe_deploy.preflight.connection import address_of, place_of
from floe_deploy.preflight.http import ask, client, wrong_service
from floe_deploy.preflight.identity import azure

if TYPE_CHECKING:
    from obstore.store import AzureCredential, AzureStore

_SCOPE = "https://storage.azure.com/.default"
_VERSION = "2021-08-06"

_BY_CODE = {
    "ContainerNotFound": faults.AZ_CONTAINER_MISSING,
    "AuthenticationFailed": faults.AZ_AUTH_FAILED,
    "InvalidAuthenticationInfo": faults.AZ_AUTH_FAILED,
    "NoAuthenticationInformation": faults.AZ_AUTH_FAILED,
    "KeyBasedAuthenticationNotPermitted": faults.AZ_KEYS_OFF,
    "AuthorizationSourceIPMismatch": faults.AZ_FIREWALL,
    "AuthorizationResourceTypeMismatch": faults.AZ_SAS_SCOPE,
    "AuthorizationServiceMismatch": faults.AZ_SAS_SCOPE,
    "AuthorizationProtocolMismatch": faults.AZ_SAS_SCOPE,
    "ServerBusy": faults.AZ_THROTTLED,
}

_ACTS = {"list": "list", "write": "write to", "read": "read from", "delete": "delete from"}


def checks(target: Adls) -> list[Check]:
    """Answer the checks of a container."""
    container = _Container(target)
    return objects.pair(target.root("storage"), container.name, container.listed, container.written)


class _Container:
    """A container, and what the first check has found out about it for the second."""

    def __init__(self, target: Adls) -> None:
        self.target = target
        # Not abfss://CONTAINER@ACCOUNT: reports hide what looks like a login.
        self.name = "/".join(filter(None, (target.account, target.container, target.prefix)))
        self.where = ""
        self.key = ""
        self.store: AzureStore | None = None

    async def listed(self, probe: Probe) -> Answer:
        url, target = self._url(probe), self.target
        credential = await _credential(probe, target)
        try:
            http = await client(probe, url, target.ca_file)
        except Fault as fault:
            if fault.code is not layers.DNS_NOT_FOUND or target.endpoint:
                raise
            host, _ = address_of(url)
            raise faults.AZ_ACCOUNT_MISSING(account=target.account, host=host) from fault
        self.where = place_of(url)
        probe.at(Stage.OPERATION, self.where)
        await self._look(probe, http)
        self.store = _store(target, url, credential)
        try:
            await by_obstore.list_objects(probe, self.store, target.prefix)
        except Refusal as refusal:
            raise self._named(probe, "list", refusal) from refusal
        await self._look_at_account(probe, http, credential)
        return Answer(message=f"{self.name}: may be listed, at {self.where}")

    async def written(self, probe: Probe) -> Answer:
        assert self.store  # noqa: S101  the check that it requires has opened it
        probe.waits_for = self.where
        self.key = objects.new_key(self.target.prefix)
        return await objects.write_read_delete(
            probe, by_obstore.StoredObjects(probe, self.store), self.name, self.key, self._named
        )

    def _url(self, probe: Probe) -> str:
        target = self.target
        if not target.endpoint:
            return f"https://{target.account}.blob.core.windows.net"
        return probe.text(target.endpoint).strip().replace(".dfs.", ".blob.", 1)

    async def _look(self, probe: Probe, http: httpx.AsyncClient) -> None:
        """Ask without a credential: the answer says whether it is Azure, and its time."""
        listing = {"restype": "container", "comp": "list", "maxresults": "1"}
        answer = await ask(probe, http, "GET", self.target.container, params=listing)
        if "x-ms-request-id" not in answer.headers and not answer.is_server_error:
            raise wrong_service(answer, "Azure's object storage")

    async def _look_at_account(
        self, probe: Probe, http: httpx.AsyncClient, credential: Mapping[str, object]
    ) -> None:
        """Warn of an account without folders; whoever may not ask for that is not warned."""
        assert self.store  # noqa: S101  it has just been opened
        headers, path = {"x-ms-version": _VERSION}, self.target.container
        pairs: list[tuple[str, str]] = []
        if token := credential.get("token"):
            headers["Authorization"] = f"Bearer {token}"
        elif sas := credential.get("sas_token"):
            pairs = parse_qsl(str(sas))
        else:
            path = f"{path}/_floe_preflight"
            signed = await sign_async(self.store, "GET", "_floe_preflight", timedelta(minutes=5))
            pairs = parse_qsl(signed.partition("?")[2])
        params = [("restype", "account"), ("comp", "properties"), *pairs]
        answer = await ask(probe, http, "GET", path, params=params, headers=headers)
        if answer.headers.get("x-ms-is-hns-enabled", "").lower() == "false":
            probe.warn(faults.AZ_NOT_HNS(account=self.target.account))

    def _named(self, probe: Probe, step: str, refusal: Refusal) -> Fault:
        if refusal.said:
            probe.details["answer"] = refusal.said
        host, port = self.where.rsplit(":", 1)
        if refusal.status == httpx.codes.OK:
            seen, service = "its answer could not be read", "Azure's object storage"
            return layers.WRONG_SERVICE(host=host, port=port, service=service, seen=seen)
        target = self.target
        return _code(step, refusal)(
            account=target.account,
            container=target.container,
            credential="key" if target.account_key else "SAS" if target.sas else "token",
            act=_ACTS[step],
            key=self.key,
            status=refusal.status,
            error=refusal.code or "no reason",
        )


def _code(step: str, refusal: Refusal) -> Code:
    if step == "delete":
        return faults.AZ_NO_DELETE
    if refusal.code == "AuthorizationFailure":  # the emulator says it of wrong keys too
        wrong_key = refusal.said.startswith("Server failed to authenticate")
        return faults.AZ_AUTH_FAILED if wrong_key else faults.AZ_FIREWALL
    if refusal.code in _BY_CODE:
        return _BY_CODE[refusal.code]
    return objects.by_status(
        refusal.status,
        busy=faults.AZ_THROTTLED,
        unavailable=faults.AZ_UNAVAILABLE,
        denied=faults.AZ_PERMISSION,
        refused=faults.AZ_REFUSED,
    )


async def _credential(probe: Probe, target: Adls) -> "AzureCredential":
    if target.account_key:
        key = probe.text(target.account_key).strip()
        try:
            base64.b64decode(key, validate=True)
        except ValueError as failure:
            raise faults.AZ_KEY_MALFORMED(place=target.account_key.told) from failure
        return {"access_key": key, "expires_at": None}
    if target.sas:
        sas = probe.text(target.sas).strip().removeprefix("?")
        signature.look_at(probe, sas, target.sas.told)
        return {"sas_token": sas, "expires_at": None}
    if target.identity:
        return {"token": await azure.token(probe, _SCOPE), "expires_at": None}
    raise faults.AZ_NO_CREDENTIALS(container=target.container)


def _store(target: Adls, url: str, credential: "AzureCredential") -> "AzureStore":
    from obstore.store import AzureStore

    return AzureStore(
        target.container,
        config={
            "account_name": target.account,
            "endpoint": url,
            "use_emulator": False,
            "use_fabric_endpoint": False,
            "use_azure_cli": False,
            "skip_signature": False,
        },
        client_options=by_obstore.client_options(target.ca_file),
        retry_config=by_obstore.NO_RETRIES,
        credential_provider=lambda: credential,
    )
