"""Jaeger: in one pod, or collector and query apart."""

import json
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from conftest import Objects, Synth, opens
from floe_constructs.jaeger import JaegerSpec
from floe_constructs.jaeger.flows import collecting, collector_url, flows
from floe_constructs.jaeger.jaeger import Jaeger
from floe_constructs.kubernetes.value import mebibytes
from jaeger_example import BADGER, LARGE, MEMORY, RESOURCES, SEARCH, SHARED, TAIL, secret, spec
from rule_cases import broken

ALL = {
    "memory": MEMORY,
    "badger": BADGER,
    "search": SEARCH,
    "shared": SHARED,
    "tail": TAIL,
    "large": LARGE,
}
SERVICES = {("Service", "jaeger-collector"), ("Service", "jaeger-query")}


def made(synth: Synth, jaeger: JaegerSpec) -> Objects:
    return synth(lambda chart: Jaeger(chart, "jaeger", jaeger))


@pytest.fixture(params=ALL)
def objects(request: pytest.FixtureRequest, synth: Synth) -> Objects:
    return made(synth, spec(ALL[request.param]))


def workloads(objects: Objects) -> list[dict[str, Any]]:
    return [m for (kind, _), m in objects.items() if kind in {"Deployment", "StatefulSet"}]


def container(workload: dict[str, Any]) -> dict[str, Any]:
    (one,) = workload["spec"]["template"]["spec"]["containers"]
    return dict(one)


def config(objects: Objects, workload: dict[str, Any]) -> dict[str, Any]:
    text = objects["ConfigMap", workload["metadata"]["name"]]["data"]["config.yaml"]
    return dict(yaml.safe_load(text))


def texts(objects: Objects) -> list[dict[str, Any]]:
    return [made for (kind, _), made in objects.items() if kind == "ConfigMap"]


def role(kind: str, component: str) -> set[tuple[str, str]]:
    return {(each, f"jaeger-{component}") for each in ("ServiceAccount", "ConfigMap", kind)}


def test_jaeger_in_memory_is_exactly_these_objects(synth: Synth) -> None:
    objects = made(synth, spec(MEMORY))
    assert set(objects) == SERVICES | role("Deployment", "all-in-one")


def test_jaeger_with_badger_is_exactly_these_objects(synth: Synth) -> None:
    objects = made(synth, spec(BADGER))
    own = role("StatefulSet", "all-in-one") | {("Service", "jaeger-all-in-one")}
    assert set(objects) == SERVICES | own


@pytest.mark.parametrize("kind", ["elasticsearch", "opensearch"])
def test_jaeger_over_a_search_server_is_exactly_these_objects(synth: Synth, kind: str) -> None:
    objects = made(synth, spec(SEARCH, storage=SEARCH["storage"] | {"type": kind}))
    roles = role("Deployment", "collector") | role("Deployment", "query")
    assert set(objects) == SERVICES | roles | {("PodDisruptionBudget", "jaeger-collector")}
    for workload in workloads(objects):
        backends = config(objects, workload)["extensions"]["jaeger_storage"]["backends"]
        assert [list(backend) for backend in backends.values()] == [[kind]]


def test_every_pod_is_restricted_and_has_no_token(objects: Objects) -> None:
    files = {f"{kind}/{name}": manifest for (kind, name), manifest in objects.items()}
    assert broken(files) == []
    for workload in workloads(objects):
        pod = workload["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False


@pytest.mark.parametrize("service", ["jaeger-collector", "jaeger-query"])
def test_clients_do_not_see_how_traces_are_kept(objects: Objects, service: str) -> None:
    found = objects["Service", service]["spec"]
    reached = [
        workload
        for workload in workloads(objects)
        if found["selector"].items() <= workload["spec"]["template"]["metadata"]["labels"].items()
    ]
    (workload,) = reached
    ports = {port["name"] for port in container(workload)["ports"]}
    assert {port["targetPort"] for port in found["ports"]} <= ports


def test_the_address_that_spans_are_sent_to_is_the_collectors(objects: Objects) -> None:
    ports = objects["Service", "jaeger-collector"]["spec"]["ports"]
    (http,) = [port["port"] for port in ports if port["name"] == "otlp-http"]
    assert f"http://jaeger-collector:{http}" == collector_url(spec(MEMORY))


@pytest.mark.parametrize("values", [MEMORY, BADGER], ids=["memory", "badger"])
def test_traces_of_one_process_are_never_two_processes(
    synth: Synth, values: dict[str, Any]
) -> None:
    (workload,) = workloads(made(synth, spec(values)))
    assert workload["spec"]["replicas"] == 1
    if workload["kind"] == "Deployment":
        assert workload["spec"]["strategy"] == {"type": "Recreate"}
    with pytest.raises(ValidationError, match="replicas"):
        spec(values, all_in_one={"resources": RESOURCES, "replicas": 2})


def test_badgers_files_are_on_the_claim_and_outlive_it(synth: Synth) -> None:
    objects = made(synth, spec(BADGER))
    workload = objects["StatefulSet", "jaeger-all-in-one"]
    (claim,) = workload["spec"]["volumeClaimTemplates"]
    (mount,) = [
        m for m in container(workload)["volumeMounts"] if m["name"] == claim["metadata"]["name"]
    ]
    backend = config(objects, workload)["extensions"]["jaeger_storage"]["backends"]["main"]
    folders = backend["badger"]["directories"].values()
    assert all(folder.startswith(f"{mount['mountPath']}/") for folder in folders)
    assert backend["badger"]["ephemeral"] is False
    policy = workload["spec"]["persistentVolumeClaimRetentionPolicy"]
    assert set(policy.values()) == {"Retain"}
    assert workload["spec"]["serviceName"] in {name for kind, name in objects if kind == "Service"}


def listeners(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [inner for key, inner in value.items() if key in {"endpoint", "host"}]
        deeper = [inner for key, inner in value.items() if key != "metric_backends"]
        return own + [found for inner in deeper for found in listeners(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in listeners(inner)]
    return []


def test_nothing_listens_on_localhost_where_no_probe_would_find_it(objects: Objects) -> None:
    for workload in workloads(objects):
        found = listeners(config(objects, workload))
        assert found
        assert all(address.startswith("0.0.0.0") for address in found)


def test_every_port_of_a_container_is_listened_on(objects: Objects) -> None:
    for workload in workloads(objects):
        said = config(objects, workload)
        numbers = {int(address.rpartition(":")[2]) for address in listeners(said) if ":" in address}
        (reader,) = said["service"]["telemetry"]["metrics"]["readers"]
        numbers.add(reader["pull"]["exporter"]["prometheus"]["port"])
        assert {port["containerPort"] for port in container(workload)["ports"]} <= numbers


def test_metrics_are_called_as_documented_in_every_version(objects: Objects) -> None:
    """Silence has meant suffixes in some, and none in others: alerts would look for other names."""
    for workload in workloads(objects):
        (reader,) = config(objects, workload)["service"]["telemetry"]["metrics"]["readers"]
        exporter = reader["pull"]["exporter"]["prometheus"]
        named = {key: value for key, value in exporter.items() if key.startswith("without_")}
        assert named == dict.fromkeys(
            ("without_scope_info", "without_type_suffix", "without_units"), True
        )


def test_probes_ask_the_health_extension(objects: Objects) -> None:
    for workload in workloads(objects):
        one = container(workload)
        ports = {port["name"]: port["containerPort"] for port in one["ports"]}
        health = config(objects, workload)["extensions"]["healthcheckv2"]
        assert health["use_v2"] is True
        assert health["http"]["endpoint"].endswith(f":{ports['health']}")
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert one[probe]["httpGet"] == {"path": "/status", "port": "health"}


def test_every_name_in_the_pipelines_is_configured(objects: Objects) -> None:
    for workload in workloads(objects):
        said = config(objects, workload)
        assert set(said["service"]["extensions"]) == set(said["extensions"])
        pipelines, connectors = (
            said["service"]["pipelines"].values(),
            set(said.get("connectors", {})),
        )
        for part in ("receivers", "processors", "exporters"):
            named = {name for pipeline in pipelines for name in pipeline.get(part, [])}
            assert named - connectors == set(said.get(part, {}))
            assert part == "processors" or connectors <= named


def test_every_storage_that_is_named_is_configured(objects: Objects) -> None:
    """`jaeger validate` accepts a name that nothing has; the process then ends at its start."""
    for workload in workloads(objects):
        said = config(objects, workload)
        backends = set(said["extensions"]["jaeger_storage"]["backends"])
        named = {
            *said["extensions"].get("jaeger_query", {}).get("storage", {}).values(),
            said["exporters"].get("jaeger_storage_exporter", {}).get("trace_storage", "main"),
        }
        storage = said["extensions"]["jaeger_storage"]
        assert named == backends | set(storage.get("metric_backends", {}))


def test_memory_is_limited_before_spans_pile_up_in_a_batch(objects: Objects) -> None:
    for workload in workloads(objects):
        said = config(objects, workload)
        for pipeline in said["service"]["pipelines"].values():
            if set(pipeline["receivers"]) & {"otlp"}:
                assert pipeline["processors"][0] == "memory_limiter"


def test_jaeger_reads_the_file_that_is_mounted(objects: Objects) -> None:
    for workload in workloads(objects):
        one = container(workload)
        (mount,) = [m for m in one["volumeMounts"] if m["name"] == "config"]
        files = objects["ConfigMap", workload["metadata"]["name"]]["data"]
        assert one["args"] == ["--config", f"{mount['mountPath']}/config.yaml"]
        told = json.dumps(config(objects, workload))
        for file in files.keys() - {"config.yaml"}:
            assert f"{mount['mountPath']}/{file}" in told


def test_jaeger_does_not_trace_itself(objects: Objects) -> None:
    for workload in workloads(objects):
        assert {"name": "OTEL_TRACES_SAMPLER", "value": "always_off"} in container(workload)["env"]


def test_only_the_query_answers_and_only_the_collector_receives(synth: Synth) -> None:
    objects = made(synth, spec(SEARCH))
    collector, query = (
        config(objects, objects["Deployment", name])
        for name in ("jaeger-collector", "jaeger-query")
    )
    assert "jaeger_query" not in collector["extensions"]
    assert "otlp" in collector["receivers"]
    assert "jaeger_query" in query["extensions"]
    assert "otlp" not in query["receivers"]


def test_the_password_is_a_file_because_in_the_text_it_would_be_read_as_yaml(synth: Synth) -> None:
    objects = made(synth, spec(SEARCH))
    for workload in workloads(objects):
        storage = config(objects, workload)["extensions"]["jaeger_storage"]["backends"]["main"]
        login = storage["opensearch"]["auth"]["basic"]
        assert set(login) == {"username", "password_file", "reload_interval"}
        pod = workload["spec"]["template"]["spec"]
        (volume,) = [v for v in pod["volumes"] if "projected" in v]
        (mount,) = [m for m in container(workload)["volumeMounts"] if m["name"] == volume["name"]]
        (source,) = volume["projected"]["sources"]
        (item,) = source["secret"]["items"]
        assert login["password_file"] == f"{mount['mountPath']}/{item['path']}"
        reference = {"name": source["secret"]["name"], "key": item["key"]}
        assert reference == SEARCH["storage"]["password"]


def test_without_a_user_nobody_logs_in(synth: Synth) -> None:
    storage = SEARCH["storage"] | {"username": None, "password": None}
    objects = made(synth, spec(SEARCH, storage=storage))
    for workload in workloads(objects):
        backends = config(objects, workload)["extensions"]["jaeger_storage"]["backends"]
        assert "auth" not in backends["main"]["opensearch"]
        assert not [v for v in workload["spec"]["template"]["spec"]["volumes"] if "projected" in v]


def test_gos_memory_limit_is_below_the_containers(objects: Objects) -> None:
    for workload in workloads(objects):
        one = container(workload)
        env = {v["name"]: v.get("value", "") for v in one["env"]}
        limit = int(env["GOMEMLIMIT"].removesuffix("MiB"))
        assert 0 < limit < mebibytes(one["resources"]["limits"]["memory"])


def test_pods_follow_a_change_of_the_configuration(synth: Synth) -> None:
    before = workloads(made(synth, spec(MEMORY)))
    changed = {"type": "memory", "max_traces": 7}
    after = workloads(made(synth, spec(MEMORY, storage=changed)))
    notes = [w[0]["spec"]["template"]["metadata"]["annotations"] for w in (before, after)]
    assert notes[0] != notes[1]


def test_only_a_search_server_is_talked_to() -> None:
    assert flows(spec(MEMORY)) == flows(spec(BADGER)) == []
    assert {opens(flow).component for flow in flows(spec(SEARCH))} == {"collector", "query"}
    assert {flow.port for flow in flows(spec(SEARCH))} == {9200}
    assert collecting(spec(SEARCH)).component == "collector"
    assert collecting(spec(MEMORY)).component == "all-in-one"


@pytest.mark.parametrize(
    ("values", "change", "message"),
    [
        (MEMORY, {"all_in_one": None}, "exactly the settings of all_in_one"),
        (MEMORY, {"query": {"resources": RESOURCES}}, "exactly the settings of all_in_one"),
        (SEARCH, {"query": None}, "takes collector and query, or all_in_one"),
        (SEARCH, {"storage": SEARCH["storage"] | {"password": None}}, "go together"),
        (SEARCH, {"storage": SEARCH["storage"] | {"urls": []}}, "at least 1"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    values: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        spec(values, **change)


SEARCH_CHANGES: dict[str, Any] = {
    "type": "elasticsearch",
    "ca": secret("authorities/ca.crt"),
    "client_certificate": LARGE["storage"]["client_certificate"],
    "keep_days": 7,
    "rotation": "hour",
    "urls": ["https://other.example.com"],
    "username": "other",
    "password": {"name": "other", "key": "x"},
    "index_prefix": None,
    "shards": 5,
    "replicas": 0,
}


def test_every_setting_of_the_search_server_changes_what_is_deployed(synth: Synth) -> None:
    storage = SEARCH["storage"]
    others = {"api_key", "bearer_token", "cidrs"}
    assert {*SEARCH_CHANGES, *others} == set(type(spec(SEARCH).storage).model_fields)
    before = made(synth, spec(SEARCH))
    for name, value in SEARCH_CHANGES.items():
        after = made(synth, spec(SEARCH, storage=storage | {name: value}))
        assert after != before, name
    for login in ("api_key", "bearer_token"):
        alone = storage | {"username": None, "password": None, login: secret("search/token")}
        after = made(synth, spec(SEARCH, storage=alone))
        assert any(login in text["data"]["config.yaml"] for text in texts(after))
    known = spec(SEARCH, storage=storage | {"cidrs": ["10.0.0.0/24"]})
    assert flows(known) != flows(spec(SEARCH))


@pytest.mark.parametrize(
    ("values", "change"),
    [
        (MEMORY, {"image": "acme/jaeger:2.21.0"}),
        (MEMORY, {"instance": "other"}),
        (BADGER, {"storage": BADGER["storage"] | {"size": "6Gi"}}),
        (BADGER, {"storage": BADGER["storage"] | {"storage_class": "fast"}}),
        (BADGER, {"storage": BADGER["storage"] | {"keep": "1h"}}),
    ],
)
def test_every_other_setting_changes_what_is_deployed(
    synth: Synth, values: dict[str, Any], change: dict[str, Any]
) -> None:
    assert made(synth, spec(values, **change)) != made(synth, spec(values))


ROLE_CHANGES: dict[str, Any] = {  # the others are those of every workload: test_every_setting
    "node_selector": {"pool": "data"},
    "replicas": 3,
    "resources": {"cpu": "1", "memory": "2Gi"},
    "tolerations": [{"key": "data", "operator": "Exists"}],
}


@pytest.mark.parametrize(
    ("values", "role"), [(MEMORY, "all_in_one"), (SEARCH, "collector"), (SEARCH, "query")]
)
def test_every_setting_of_a_role_changes_what_is_deployed(
    synth: Synth, values: dict[str, Any], role: str
) -> None:
    before = made(synth, spec(values))
    settings = type(getattr(spec(values), role)).model_fields.keys()
    alone = {"replicas"} if values is MEMORY else set()
    for name in ROLE_CHANGES.keys() & settings - alone:
        after = made(synth, spec(values, **{role: values[role] | {name: ROLE_CHANGES[name]}}))
        assert after != before, name
