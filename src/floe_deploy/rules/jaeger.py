"""What Jaeger's configuration needs to be right."""

import re
from collections.abc import Iterator
from typing import Any

from floe_deploy.rules.objects import Object
from floe_deploy.rules.rule import Breach, Rule
from floe_deploy.rules.shape import inside, mapping, number, text

_IN_PROCESS = ("memory", "badger")
_LOCAL = re.compile(r"^(localhost|127\.\d+\.\d+\.\d+|\[::1\])?:")
_BASE_PATH = re.compile(r"(/(?!\.{1,2}(/|$))[^/\s?#]+)+")
_GATE = "storage.clickhouse"


def _configs(it: Object) -> list[dict[str, Any]]:
    """Answer the configurations of Jaeger in a ConfigMap."""
    return [mapping(said) for said in it.files.values() if _backends(said)]


def _backends(config: object) -> dict[str, Any]:
    return inside(config, "extensions", "jaeger_storage", "backends")


def _storages(it: Object) -> Iterator[Breach]:
    for config in _configs(it):
        extensions, backends = mapping(config.get("extensions")), _backends(config)
        metrics = inside(extensions, "jaeger_storage", "metric_backends")
        for name, backend in backends.items():
            if len(mapping(backend)) != 1:
                kinds = ", ".join(sorted(mapping(backend))) or "nothing"
                yield Breach(found=f"storage {name} of {kinds}", allowed="one kind")
        for use, name in inside(extensions, "jaeger_query", "storage").items():
            there = metrics if use == "metrics" else backends
            if name not in there:
                yield Breach(found=f"{use}: {name}", allowed=", ".join(there) or "none")
        exporter = inside(config, "exporters", "jaeger_storage_exporter")
        if exporter and exporter.get("trace_storage") not in list(backends):
            named = exporter.get("trace_storage")
            yield Breach(found=f"trace_storage: {named}", allowed=", ".join(backends))


def _mounted(it: Object) -> list[Object]:
    """Answer the workloads that read a ConfigMap."""
    return [
        user
        for user in it.among
        if any((one.kind, one.name) == ("ConfigMap", it.name) for one in user.references)
    ]


def _one_pod(it: Object) -> Iterator[Breach]:
    kinds = {
        kind
        for config in _configs(it)
        for backend in _backends(config).values()
        for kind in _IN_PROCESS
        if kind in mapping(backend)
    }
    for user in _mounted(it) if kinds else ():
        kind = min(kinds)
        if number(user.spec.get("replicas"), 1) > 1:
            yield Breach(found=f"{user} with {user.spec['replicas']} pods and {kind} storage")
        for scaler in it.among.of("HorizontalPodAutoscaler"):
            if mapping(scaler.spec.get("scaleTargetRef")).get("name") == user.name:
                yield Breach(found=f"{user} with {kind} storage and {scaler}")
        if user.kind == "Deployment" and inside(user.spec, "strategy").get("type") != "Recreate":
            yield Breach(
                found=f"{user} with {kind} storage, whose next pod starts before the last ends",
                allowed="strategy.type: Recreate",
            )


def _listeners(it: Object) -> Iterator[Breach]:
    for config in _configs(it):
        health = inside(config, "extensions", "healthcheckv2")
        if health.get("use_v2") is not True:
            yield Breach(found="no healthcheckv2 with use_v2: true")
        endpoints = {"healthcheckv2.http": inside(health, "http").get("endpoint")}
        for name, receiver in mapping(config.get("receivers")).items():
            if name.partition("/")[0] == "zipkin":
                endpoints[name] = mapping(receiver).get("endpoint")
            for protocol, said in inside(receiver, "protocols").items():
                endpoints[f"{name}.{protocol}"] = mapping(said).get("endpoint")
        for where, endpoint in endpoints.items():
            if not text(endpoint) or _LOCAL.match(text(endpoint)):
                found = f"{where} listens on {endpoint or 'localhost, its default'}"
                yield Breach(found=found, allowed="0.0.0.0:PORT")


def _base_path(it: Object) -> Iterator[Breach]:
    for config in _configs(it):
        path = inside(config, "extensions", "jaeger_query").get("base_path", "/")
        if path != "/" and not _BASE_PATH.fullmatch(text(path)):
            yield Breach(found=f"base_path: {path}")


def _gate(it: Object) -> Iterator[Breach]:
    stores = [one for config in _configs(it) for one in _backends(config).values()]
    for user in _mounted(it) if any("clickhouse" in mapping(one) for one in stores) else ():
        said = [str(one) for container in user.containers for one in _arguments(container)]
        if not any("feature-gates" in one and _GATE in one for one in [*said, " ".join(said)]):
            yield Breach(found=f"{user} with ClickHouse", allowed=f"--feature-gates={_GATE}")


def _arguments(container: dict[str, Any]) -> list[Any]:
    given = [container.get("command"), container.get("args")]
    return [one for part in given if isinstance(part, list) for one in part]


RULES = (
    Rule(
        id="jaeger-storage",
        summary="Every storage that Jaeger's configuration refers to is there, and of one kind.",
        why="Jaeger does not start.",
        remedy="correct the name, or the storage",
        check=_storages,
    ),
    Rule(
        id="jaeger-one-pod",
        summary="A Jaeger that keeps traces in memory or in Badger is one pod, never two at once.",
        why="Each pod would know a part of the traces; two cannot open one Badger.",
        remedy="set one replica that is recreated, or use a storage outside the pod",
        check=_one_pod,
    ),
    Rule(
        id="jaeger-listener",
        summary="Jaeger's health check and receivers listen to more than localhost.",
        why="Their default is localhost: probes fail, and nobody can send spans.",
        remedy="give every endpoint an address",
        check=_listeners,
    ),
    Rule(
        id="jaeger-base-path",
        summary="`base_path` begins with '/', does not end with one, and has no empty or dotted "
        "parts.",
        why="Jaeger does not start.",
        remedy="write it as /jaeger",
        check=_base_path,
    ),
    Rule(
        id="jaeger-feature-gate",
        summary="A Jaeger with ClickHouse has its feature gate open.",
        why="ClickHouse is experimental: without the gate Jaeger does not start.",
        remedy=f"add the argument --feature-gates={_GATE}",
        check=_gate,
    ),
)
