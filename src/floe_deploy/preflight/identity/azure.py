"""Tokens of an Azure identity: the pod's own token for one of Microsoft Entra ID."""

import os
import re

import httpx

from floe_deploy.preflight.check import Probe
from floe_deploy.preflight.code import Code, Stage
from floe_deploy.preflight.http import ask, client, excerpt, json_of
from floe_deploy.preflight.identity import token_in, variables

AZ_NO_IDENTITY = Code(
    id="AZ_NO_IDENTITY",
    stage=Stage.CONFIG,
    message="the pod has no Azure workload identity: {names} not set",
    remediation='Label the pod azure.workload.identity/use: "true", annotate its ServiceAccount '
    "with azure.workload.identity/client-id, and start the pod anew",
    detection="AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_FEDERATED_TOKEN_FILE, which the webhook "
    "sets when a pod is made",
)

AZ_TOKEN_FILE = Code(
    id="AZ_TOKEN_FILE",
    stage=Stage.CONFIG,
    message="the token in {file} cannot be read: {reason}",
    remediation="Look at the pod's projected volume",
    detection="the file that AZURE_FEDERATED_TOKEN_FILE names",
)

AZ_TENANT = Code(
    id="AZ_TENANT",
    stage=Stage.AUTH,
    message="Entra ID refuses client {client} of tenant {tenant}: {error}",
    remediation="Compare both ids, and the federated credential's issuer (to the last slash), "
    "subject system:serviceaccount:NAMESPACE:SERVICEACCOUNT and audience "
    "api://AzureADTokenExchange",
    detection="an AADSTS number in the answer of the token endpoint with an HTTP status of 4xx",
    definitive=True,
    source="https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes",
)

AZ_LOGIN_FAILED = Code(
    id="AZ_LOGIN_FAILED",
    stage=Stage.AUTH,
    message="{host} gives no token: {error}",
    remediation="Try again; check AZURE_AUTHORITY_HOST, and what is between here and there",
    detection="any other answer of the token endpoint without a token: HTTP status 429 or 5xx, or "
    "temporarily_unavailable",
)

CODES = (AZ_NO_IDENTITY, AZ_TOKEN_FILE, AZ_TENANT, AZ_LOGIN_FAILED)


async def token(probe: Probe, scope: str) -> str:
    """Answer an access token of the pod's identity, which reports hide.

    Scopes are a service's own: `https://storage.azure.com/.default`.

    Raises:
        Fault: the pod has no such identity, or Entra ID does not accept it.

    """
    names = ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE")
    client_id, tenant, file = variables(names, AZ_NO_IDENTITY)
    assertion = token_in(probe, file, AZ_TOKEN_FILE)
    host = os.environ.get("AZURE_AUTHORITY_HOST") or "https://login.microsoftonline.com"
    http = await client(probe, host)
    probe.at(Stage.AUTH)
    form = {
        "client_id": client_id,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
        "grant_type": "client_credentials",
        "scope": scope,
    }
    answer = await ask(probe, http, "POST", f"{tenant}/oauth2/v2.0/token", data=form)
    told = json_of(answer, "Microsoft Entra ID")
    access = told.get("access_token")
    if answer.status_code == httpx.codes.OK and isinstance(access, str) and access:
        probe.redactor.hide(access)
        return access
    said = str(told.get("error_description") or told.get("error") or "")
    probe.details["answer"] = excerpt(said)
    number = re.search(r"AADSTS\d+", said)
    passing = answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS
    if number and not passing and told.get("error") != "temporarily_unavailable":
        raise AZ_TENANT(client=client_id, tenant=tenant, error=number[0])
    error = number[0] if number else f"HTTP {answer.status_code}"
    raise AZ_LOGIN_FAILED(host=http.base_url.host, error=error)
