"""Keys of an AWS identity: web identity (IRSA) or EKS Pod Identity."""

import os
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Literal

import httpx

from floe_deploy.preflight.check import Probe
from floe_deploy.preflight.code import Code, Stage
from floe_deploy.preflight.http import ask, client, excerpt, json_of
from floe_deploy.preflight.identity import token_in, variables

AWS_NO_WEB_IDENTITY = Code(
    id="AWS_NO_WEB_IDENTITY",
    stage=Stage.CONFIG,
    message="the pod has no AWS web identity: {names} not set",
    remediation="Annotate its ServiceAccount with eks.amazonaws.com/role-arn and start the pod "
    "anew; where the ServiceAccount has an EKS Pod Identity association too, that one wins",
    detection="AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE, which EKS sets when a pod is made",
)

AWS_NO_POD_IDENTITY = Code(
    id="AWS_NO_POD_IDENTITY",
    stage=Stage.CONFIG,
    message="the pod has no EKS Pod Identity: {names} not set",
    remediation="Associate the role with this namespace and ServiceAccount in EKS, install the "
    "add-on eks-pod-identity-agent, and start the pod anew",
    detection="AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, "
    "both set by EKS when a pod is made",
)

AWS_TOKEN_FILE = Code(
    id="AWS_TOKEN_FILE",
    stage=Stage.CONFIG,
    message="the token in {file} cannot be read: {reason}",
    remediation="Look at the pod's projected volume; on old clusters a user that is not root needs "
    "fsGroup",
    detection="the file that the variable of EKS names",
)

AWS_ROLE_REFUSED = Code(
    id="AWS_ROLE_REFUSED",
    stage=Stage.AUTH,
    message="STS does not let this pod be {role}: {error}",
    remediation="Compare the role's trust policy with the pod: the cluster's OIDC provider, the "
    "audience sts.amazonaws.com, and sub = system:serviceaccount:NAMESPACE:SERVICEACCOUNT",
    detection="an error of sts:AssumeRoleWithWebIdentity with HTTP status 4xx",
    definitive=True,
    source="https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html",
)

AWS_STS_FAILED = Code(
    id="AWS_STS_FAILED",
    stage=Stage.AUTH,
    message="STS could not answer for {role}: {error}",
    remediation="Try again; then see whether STS reaches the cluster's OIDC provider",
    detection="HTTP status 429 or 5xx, IDPCommunicationError or Throttling, of "
    "sts:AssumeRoleWithWebIdentity",
    source="https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html",
)

AWS_POD_IDENTITY_REFUSED = Code(
    id="AWS_POD_IDENTITY_REFUSED",
    stage=Stage.AUTH,
    message="the EKS Pod Identity agent gives no keys: {error}",
    remediation="Compare the association's namespace, ServiceAccount and role with the pod, and "
    "let the role trust pods.eks.amazonaws.com (sts:AssumeRole, sts:TagSession)",
    detection="any other HTTP status than 200 of the agent",
    source="https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html",
)

Identity = Literal["aws-irsa", "aws-pod-identity"]
"""How EKS hands an identity to a pod."""

CODES = (
    AWS_NO_WEB_IDENTITY,
    AWS_NO_POD_IDENTITY,
    AWS_TOKEN_FILE,
    AWS_ROLE_REFUSED,
    AWS_STS_FAILED,
    AWS_POD_IDENTITY_REFUSED,
)


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What requests to AWS are signed with."""

    access_key_id: str
    """Id of the key."""

    secret_access_key: str = field(repr=False)
    """The key."""

    session_token: str | None = field(default=None, repr=False)
    """What makes it a session's."""


async def keys(
    probe: Probe, identity: Literal["aws-irsa", "aws-pod-identity"], region: str
) -> Keys:
    """Answer the keys of the pod's identity; reports hide them.

    Raises:
        Fault: the pod has no such identity, or AWS does not accept it.

    """
    found = await (_web_identity(probe, region) if identity == "aws-irsa" else _pod_identity(probe))
    return hidden(probe, found)


def domain(region: str) -> str:
    """Answer the domain of AWS that a region is in."""
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def element(xml: str, name: str) -> str:
    """Answer the text of the first element of that name in XML, empty if there is none."""
    found = re.search(rf"<{name}>([^<]*)</{name}>", xml)
    return unescape(found[1]) if found else ""


async def _web_identity(probe: Probe, region: str) -> Keys:
    role, file = variables(("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"), AWS_NO_WEB_IDENTITY)
    token = token_in(probe, file, AWS_TOKEN_FILE)
    sts = os.environ.get("AWS_ENDPOINT_URL_STS") or f"https://sts.{region}.{domain(region)}"
    http = await client(probe, sts)
    probe.at(Stage.AUTH)
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": role,
        "RoleSessionName": "floe-preflight",
        "WebIdentityToken": token,
    }
    answer = await ask(probe, http, "POST", "/", data=form)
    if answer.status_code != httpx.codes.OK:
        error = element(answer.text, "Code") or f"HTTP {answer.status_code}"
        probe.details["answer"] = excerpt(element(answer.text, "Message"))
        passing = answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS
        later = passing or error.startswith(("IDPCommunication", "Throttl"))
        raise (AWS_STS_FAILED if later else AWS_ROLE_REFUSED)(role=role, error=error)
    return _complete(
        element(answer.text, "AccessKeyId"),
        element(answer.text, "SecretAccessKey"),
        element(answer.text, "SessionToken"),
        AWS_STS_FAILED(role=role, error="an answer without keys"),
    )


async def _pod_identity(probe: Probe) -> Keys:
    names = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    url, file = variables(names, AWS_NO_POD_IDENTITY)
    token = token_in(probe, file, AWS_TOKEN_FILE)
    http = await client(probe, url)
    probe.at(Stage.AUTH)
    answer = await ask(probe, http, "GET", url, headers={"Authorization": token})
    if answer.status_code != httpx.codes.OK:
        probe.details["answer"] = excerpt(answer.text)
        raise AWS_POD_IDENTITY_REFUSED(error=f"HTTP {answer.status_code}")
    told = json_of(answer, "an EKS Pod Identity agent")
    return _complete(
        str(told.get("AccessKeyId", "")),
        str(told.get("SecretAccessKey", "")),
        str(told.get("Token", "")),
        AWS_POD_IDENTITY_REFUSED(error="an answer without keys"),
    )


def _complete(id: str, secret: str, token: str, otherwise: Exception) -> Keys:
    if not (id and secret and token):
        raise otherwise
    return Keys(access_key_id=id, secret_access_key=secret, session_token=token)


def hidden(probe: Probe, keys: Keys) -> Keys:
    """Hide keys in reports, and answer them."""
    for secret in (keys.secret_access_key, keys.session_token, keys.access_key_id):
        if secret:
            probe.redactor.hide(secret)
    return keys
