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
from floe_deploy.preflight.checks.cluster import faults
from floe_deploy.preflight.code import Answer, Stage
from floe_deploy.preflight.http import ask, client, excerpt, json_of, wrong_service

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds whom it is to the API server, and whom that is verified by."""

_HOST, _PORT = "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"

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
            raise faults.CLUSTER_UNAUTHORIZED(host=probe.waits_for)
        if answer.status_code == HTTPStatus.FORBIDDEN:
            said = json_of(answer, "Kubernetes").get("message", "")
            raise faults.CLUSTER_FORBIDDEN(said=excerpt(said))
        if answer.status_code not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
            raise wrong_service(answer, "Kubernetes", f"HTTP {answer.status_code}")
        return answer

    return await run(needs, probe, get)


def _whom(probe: Probe) -> tuple[str, dict[str, str]]:
    host = os.environ.get(_HOST, "")
    if not host:
        raise faults.CLUSTER_NO_ACCOUNT(seen=f"{_HOST} is not set")
    try:
        token = (ACCOUNT / "token").read_text("utf-8").strip()
    except OSError:
        raise faults.CLUSTER_NO_ACCOUNT(seen=f"{ACCOUNT / 'token'} cannot be read") from None
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
        probe.warn(faults.CLUSTER_OLDER(found=version, wanted=wanted))
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
            raise faults.CLUSTER_KIND_VERSION(group=group, served=", ".join(served), wanted=wanted)
        there = {one["kind"] for one in _list(await get(f"/apis/{wanted}"), "resources")}
        missing += [f"{kind} ({wanted})" for kind in kinds if kind not in there]
    if missing:
        raise faults.CLUSTER_KIND_MISSING(missing=", ".join(missing))
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
        raise faults.CLUSTER_CLASS_MISSING(kind=kind, missing=", ".join(missing))
    return Answer(message=f"{kind} {', '.join(names)}")


async def _default(_needs: ClusterNeeds, _probe: Probe, get: Ask) -> Answer:
    found = _list(await get(_CLASSES["storage_classes"][1]), "items")
    for one in found:
        if one["metadata"].get("annotations", {}).get(_DEFAULT) == "true":
            return Answer(message=f"StorageClass {one['metadata']['name']} is the default")
    raise faults.CLUSTER_NO_DEFAULT_CLASS(count=len(found))


def _list(answer: httpx.Response, key: str) -> list[dict[str, Any]]:
    found = json_of(answer, "Kubernetes").get(key)
    return found if isinstance(found, list) else []
