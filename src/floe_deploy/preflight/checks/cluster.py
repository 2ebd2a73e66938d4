"""What has to be in the cluster, asked of its API server as the account of the pod."""

import os
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from floe_constructs.preflight.targets import ClusterNeeds
from floe_deploy.preflight.check import Check, Probe
from floe_deploy.preflight.code import Answer, Code, Stage
from floe_deploy.preflight.http import ask, client, excerpt, json_of

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds whom it is to the API server, and whom that is verified by."""

_HOST, _PORT = "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"

CLUSTER_NO_ACCOUNT = Code(
    id="CLUSTER_NO_ACCOUNT",
    stage=Stage.CONFIG,
    message="this process is no pod with an account: {seen}",
    remediation="Run it as the gate's Job for the cluster, whose pods have a token "
    "(automountServiceAccountToken: true), or leave `cluster` out",
    detection="the variables and files that Kubernetes gives to pods",
    definitive=True,
)

CLUSTER_UNAUTHORIZED = Code(
    id="CLUSTER_UNAUTHORIZED",
    stage=Stage.AUTH,
    message="the API server at {host} does not take the pod's token",
    remediation="See that the ServiceAccount has not been made anew, and that clocks agree",
    detection="HTTP 401",
)

CLUSTER_FORBIDDEN = Code(
    id="CLUSTER_FORBIDDEN",
    stage=Stage.AUTHZ,
    message="the API server refuses: {said}",
    remediation="Apply the ClusterRole and its binding that come with the gate (00-cluster); "
    "somebody may have changed them",
    detection="HTTP 403",
    definitive=True,
)

CLUSTER_OLDER = Code(
    id="CLUSTER_OLDER",
    stage=Stage.OPERATION,
    message="the cluster is Kubernetes {found}, and the manifests are for {wanted}",
    remediation="Set cluster.kubernetes in the overlay to what the cluster is, or upgrade it",
    detection="`/version`, compared by its minor",
    warning=True,
)

CLUSTER_KIND_MISSING = Code(
    id="CLUSTER_KIND_MISSING",
    stage=Stage.OPERATION,
    message="the cluster does not know {missing}",
    remediation="Install the operator that they belong to, with its CustomResourceDefinitions, "
    "before the platform",
    detection="the group or the kind is not among what the API server serves; an operator may be "
    "about to come",
)

CLUSTER_KIND_VERSION = Code(
    id="CLUSTER_KIND_VERSION",
    stage=Stage.OPERATION,
    message="the cluster knows {group} as {served}, not as {wanted}",
    remediation="Upgrade the operator to a release that serves {wanted}",
    detection="the group is served, the version is not",
    definitive=True,
)

CLUSTER_CLASS_MISSING = Code(
    id="CLUSTER_CLASS_MISSING",
    stage=Stage.OPERATION,
    message="there is no {kind} {missing}",
    remediation="Correct the name in the overlay, or let the cluster's operators make it",
    detection="HTTP 404 for the name; a controller may be about to make it",
)

CLUSTER_NO_DEFAULT_CLASS = Code(
    id="CLUSTER_NO_DEFAULT_CLASS",
    stage=Stage.OPERATION,
    message="none of {count} StorageClasses is the default, and claims of the platform name none",
    remediation="Give storage_class in the overlay, or annotate a StorageClass with "
    "storageclass.kubernetes.io/is-default-class: 'true'",
    detection="the annotation, in the list of StorageClasses",
)

CODES = (
    CLUSTER_NO_ACCOUNT,
    CLUSTER_UNAUTHORIZED,
    CLUSTER_FORBIDDEN,
    CLUSTER_OLDER,
    CLUSTER_KIND_MISSING,
    CLUSTER_KIND_VERSION,
    CLUSTER_CLASS_MISSING,
    CLUSTER_NO_DEFAULT_CLASS,
)
"""Codes of the cluster."""

_CLASSES = {
    "storage_classes": ("StorageClass", "/apis/storage.k8s.io/v1/storageclasses"),
    "ingress_classes": ("IngressClass", "/apis/networking.k8s.io/v1/ingressclasses"),
    "gateway_classes": ("GatewayClass", "/apis/gateway.networking.k8s.io/v1/gatewayclasses"),
    "priority_classes": ("PriorityClass", "/apis/scheduling.k8s.io/v1/priorityclasses"),
}
_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_SERVER = "cluster.server"

Ask = Callable[[str], Coroutine[Any, Any, httpx.Response]]


def checks(needs: ClusterNeeds) -> Iterator[Check]:
    """Answer the checks of what is needed."""

    def check(part: str, title: str, run: Callable[..., Coroutine[Any, Any, Answer]]) -> Check:
        required = "" if f"cluster.{part}" == _SERVER else _SERVER
        return Check(
            id=f"cluster.{part}",
            service="cluster",
            title=title,
            hint=f"{os.environ.get(_HOST, 'the API server')}",
            run=partial(_asking, run, needs),
            requires=required,
        )

    yield check("server", "answers, and is as new as the manifests", _server)
    if needs.kinds:
        yield check("kinds", "knows the kinds of custom resources", _kinds)
    for field, (kind, path) in _CLASSES.items():
        if names := getattr(needs, field):
            part = f"{kind.removesuffix('Class').lower()}-classes"
            yield check(part, f"has each {kind}", partial(_classes, kind, path, names))
    if needs.default_storage_class:
        yield check("default-storage-class", "has a default StorageClass", _default)


async def _asking(
    run: Callable[[ClusterNeeds, Probe, Ask], Coroutine[Any, Any, Answer]],
    needs: ClusterNeeds,
    probe: Probe,
) -> Answer:
    url, headers = _whom(probe)
    http = await client(probe, url, str(ACCOUNT / "ca.crt"))

    async def get(path: str) -> httpx.Response:
        probe.at(Stage.OPERATION)
        answer = await ask(probe, http, "GET", path, headers=headers)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            raise CLUSTER_UNAUTHORIZED(host=probe.waits_for)
        if answer.status_code == HTTPStatus.FORBIDDEN:
            said = json_of(answer, "Kubernetes").get("message", "")
            raise CLUSTER_FORBIDDEN(said=excerpt(said))
        return answer

    return await run(needs, probe, get)


def _whom(probe: Probe) -> tuple[str, dict[str, str]]:
    host = os.environ.get(_HOST, "")
    if not host:
        raise CLUSTER_NO_ACCOUNT(seen=f"{_HOST} is not set")
    try:
        token = (ACCOUNT / "token").read_text("utf-8").strip()
    except OSError:
        raise CLUSTER_NO_ACCOUNT(seen=f"{ACCOUNT / 'token'} cannot be read") from None
    probe.redactor.hide(token)
    host = f"[{host}]" if ":" in host else host
    url = f"https://{host}:{os.environ.get(_PORT, '443')}"
    return url, {"Authorization": f"Bearer {token}"}


async def _server(needs: ClusterNeeds, probe: Probe, get: Ask) -> Answer:
    said = json_of(await get("/version"), "Kubernetes")
    major, minor = str(said.get("major", "")), str(said.get("minor", "")).rstrip("+")
    version = str(said.get("gitVersion", "of no version"))
    probe.details["version"] = version
    wanted = needs.kubernetes
    if wanted and _number(f"{major}.{minor}") < _number(wanted):
        probe.warn(CLUSTER_OLDER(found=version, wanted=wanted))
    return Answer(message=f"Kubernetes {version}")


def _number(version: str) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in version.split(".")]


async def _kinds(needs: ClusterNeeds, probe: Probe, get: Ask) -> Answer:
    missing = []
    for wanted, kinds in needs.kinds.items():
        group = wanted.rpartition("/")[0]
        answer = await get(f"/apis/{group}")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            missing += [f"{kind} ({wanted})" for kind in kinds]
            continue
        served = [str(one["groupVersion"]) for one in _list(answer, "versions")]
        if wanted not in served:
            raise CLUSTER_KIND_VERSION(group=group, served=", ".join(served), wanted=wanted)
        there = {one["kind"] for one in _list(await get(f"/apis/{wanted}"), "resources")}
        missing += [f"{kind} ({wanted})" for kind in kinds if kind not in there]
    if missing:
        raise CLUSTER_KIND_MISSING(missing=", ".join(missing))
    known = sorted(kind for kinds in needs.kinds.values() for kind in kinds)
    probe.details["kinds"] = known
    return Answer(message=f"knows {', '.join(known)}")


async def _classes(
    kind: str, path: str, names: Sequence[str], _needs: ClusterNeeds, _probe: Probe, get: Ask
) -> Answer:
    missing = [
        name for name in names if (await get(f"{path}/{name}")).status_code == HTTPStatus.NOT_FOUND
    ]
    if missing:
        raise CLUSTER_CLASS_MISSING(kind=kind, missing=", ".join(missing))
    return Answer(message=f"{kind} {', '.join(names)}")


async def _default(_needs: ClusterNeeds, _probe: Probe, get: Ask) -> Answer:
    found = _list(await get(_CLASSES["storage_classes"][1]), "items")
    for one in found:
        if one["metadata"].get("annotations", {}).get(_DEFAULT) == "true":
            return Answer(message=f"StorageClass {one['metadata']['name']} is the default")
    raise CLUSTER_NO_DEFAULT_CLASS(count=len(found))


def _list(answer: httpx.Response, key: str) -> list[dict[str, Any]]:
    found = json_of(answer, "Kubernetes").get(key)
    return found if isinstance(found, list) else []
