"""Cube's objects, and how they fit together."""

import json
import re
from typing import Any

import pytest

from conftest import Objects, Synth, opens
from cube_example import LARGE, LOCAL, RESOURCES, ROLE, S3, SMALL, STORE, spec
from floe_constructs.cube import Cube, CubeSpec
from floe_constructs.cube.flows import API_URL, flows
from floe_constructs.kubernetes.endpoint import Endpoint, Flow
from floe_constructs.kubernetes.network_policy import NetworkPolicies

SERVERS = ("cube-api", "cube-refresh-worker")
NODES = (("StatefulSet", "cube-store-router"), ("StatefulSet", "cube-store-worker"))
PODS = (*(("Deployment", name) for name in SERVERS), *NODES)
BASE = {
    ("ServiceAccount", "cube-api"),
    ("ServiceAccount", "cube-refresh-worker"),
    ("ServiceAccount", "cube-store-router"),
    ("Deployment", "cube-api"),
    ("Deployment", "cube-refresh-worker"),
    ("StatefulSet", "cube-store-router"),
    ("Service", "cube-api"),
    ("Service", "cube-store-router"),
}


def build(synth: Synth, cube: CubeSpec) -> Objects:
    return synth(lambda chart: Cube(chart, "cube", cube))


@pytest.fixture
def objects(synth: Synth) -> Objects:
    return build(synth, spec())


def pod(manifest: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = manifest["spec"]["template"]["spec"]
    return found


def container(manifest: dict[str, Any]) -> dict[str, Any]:
    (found,) = pod(manifest)["containers"]
    return dict(found)


def variables(manifest: dict[str, Any]) -> dict[str, Any]:
    return {
        env["name"]: env.get("value", env.get("valueFrom")) for env in container(manifest)["env"]
    }


def ports(manifest: dict[str, Any]) -> dict[str, int]:
    return {port["name"]: port["containerPort"] for port in container(manifest)["ports"]}


def service_ports(service: dict[str, Any]) -> dict[str, int]:
    return {port["name"]: port["port"] for port in service["spec"]["ports"]}


def test_the_smallest_cube_is_exactly_these_objects(synth: Synth) -> None:
    assert set(build(synth, CubeSpec.model_validate(SMALL))) == BASE


def test_a_cube_with_workers_and_models_is_exactly_these_objects(objects: Objects) -> None:
    assert set(objects) == BASE | {
        ("ConfigMap", "cube-config"),
        ("ConfigMap", "cube-model"),
        ("ConfigMap", "cube-model-cubes"),
        ("HorizontalPodAutoscaler", "cube-api"),
        ("PodDisruptionBudget", "cube-api"),
        ("PodDisruptionBudget", "cube-store-worker"),
        ("ServiceAccount", "cube-store-worker"),
        ("StatefulSet", "cube-store-worker"),
        ("Service", "cube-sql"),
        ("Service", "cube-store-worker"),
    }


def test_each_service_selects_the_pods_of_one_workload(objects: Objects) -> None:
    for name in ("cube-api", "cube-store-router", "cube-store-worker"):
        selector = objects["Service", name]["spec"]["selector"]
        selected = [
            key
            for key in PODS
            if selector.items() <= objects[key]["spec"]["template"]["metadata"]["labels"].items()
        ]
        assert [workload for _, workload in selected] == [name]


@pytest.mark.parametrize("sql_api", [LARGE["sql_api"], None])
def test_each_port_of_a_service_is_one_of_its_pods(synth: Synth, sql_api: object) -> None:
    objects = build(synth, spec(sql_api=sql_api))
    for kind, name in PODS:
        if service := objects.get(("Service", name)):
            listened = ports(objects[kind, name])
            assert service_ports(service).items() <= listened.items()
            for port in service["spec"]["ports"]:
                assert port["targetPort"] in listened


def test_the_sql_port_exists_only_where_it_is_asked_for(synth: Synth) -> None:
    asked, silent = (build(synth, spec(sql_api=sql)) for sql in (LARGE["sql_api"], None))
    port = service_ports(asked["Service", "cube-sql"])["sql"]
    assert variables(asked["Deployment", "cube-api"])["CUBEJS_PG_SQL_PORT"] == str(port)
    for name in SERVERS:
        assert not [key for key in variables(silent["Deployment", name]) if "SQL" in key]
    assert ("Service", "cube-sql") not in silent
    for objects in (asked, silent):
        assert set(service_ports(objects["Service", "cube-api"])) == {"http"}
    assert set(ports(asked["Deployment", "cube-refresh-worker"])) == {"http"}


def test_every_probe_asks_a_port_of_its_container(objects: Objects) -> None:
    for key in PODS:
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = container(objects[key])[probe]
            port = asked.get("httpGet", asked.get("tcpSocket"))["port"]
            assert port in ports(objects[key]), (key, probe)


def test_only_readiness_asks_the_data_source(objects: Objects) -> None:
    for name in SERVERS:
        found = container(objects["Deployment", name])
        assert found["readinessProbe"]["httpGet"]["path"] == "/readyz"
        assert "tcpSocket" in found["livenessProbe"]
        assert "tcpSocket" in found["startupProbe"]


def test_a_status_is_asked_only_of_the_router_because_workers_serve_none(objects: Objects) -> None:
    router, worker = (container(objects[key]) for key in NODES)
    assert router["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "status"}
    assert router["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "status"}
    assert "httpGet" not in json.dumps(worker)
    assert "status" not in service_ports(objects["Service", "cube-store-router"])


def test_the_workers_that_everyone_knows_are_the_pods_that_the_stateful_set_makes(
    objects: Objects,
) -> None:
    workers = objects["StatefulSet", "cube-store-worker"]
    headless = objects["Service", workers["spec"]["serviceName"]]
    assert headless["spec"]["clusterIP"] == "None"
    port = ports(workers)["worker"]
    made = [
        f"cube-store-worker-{number}.{headless['metadata']['name']}:{port}"
        for number in range(workers["spec"]["replicas"])
    ]
    for key in NODES:
        assert variables(objects[key])["CUBESTORE_WORKERS"] == ",".join(made)
    own = variables(workers)["CUBESTORE_SERVER_NAME"]
    assert variables(workers)["POD_NAME"] == {"fieldRef": {"fieldPath": "metadata.name"}}
    assert own.replace("$(POD_NAME)", "cube-store-worker-0") == made[0]


def test_workers_are_found_before_they_are_ready(objects: Objects) -> None:
    workers = objects["StatefulSet", "cube-store-worker"]
    assert objects["Service", "cube-store-worker"]["spec"]["publishNotReadyAddresses"] is True
    assert workers["spec"]["podManagementPolicy"] == "Parallel"
    assert "initContainers" not in pod(workers)


def test_a_variable_expands_only_variables_before_it(objects: Objects) -> None:
    expanded = 0
    for key in PODS:
        before: set[str] = set()
        for env in container(objects[key])["env"]:
            used = set(re.findall(r"(?<!\$)\$\((\w+)\)", env.get("value", "")))
            expanded += len(used)
            assert used <= before, (key, env)
            before.add(env["name"])
    assert expanded


def test_there_is_never_a_second_router(objects: Objects) -> None:
    router = objects["StatefulSet", "cube-store-router"]["spec"]
    assert router["replicas"] == 1
    assert ("PodDisruptionBudget", "cube-store-router") not in objects
    assert ("Deployment", "cube-store-router") not in objects


def test_a_broken_router_gives_way_to_the_next_revision(objects: Objects) -> None:
    router = objects["StatefulSet", "cube-store-router"]["spec"]
    assert router["podManagementPolicy"] == "Parallel"


def test_a_router_is_no_worker_and_a_worker_no_router(objects: Objects) -> None:
    router, worker = (variables(objects[key]) for key in NODES)
    assert {"CUBESTORE_WORKER_PORT", "CUBESTORE_META_ADDR"} & set(router) == set()
    assert "CUBESTORE_META_PORT" not in worker
    service = objects["Service", "cube-store-router"]
    address = f"{service['metadata']['name']}:{service_ports(service)['meta']}"
    assert worker["CUBESTORE_META_ADDR"] == address == router["CUBESTORE_SERVER_NAME"]
    assert router["CUBESTORE_META_PORT"] == str(ports(objects[NODES[0]])["meta"])
    assert worker["CUBESTORE_WORKER_PORT"] == str(ports(objects[NODES[1]])["worker"])


def test_ports_are_said_although_services_would_set_variables_of_the_same_name(
    objects: Objects,
) -> None:
    for key in PODS:
        assert pod(objects[key])["enableServiceLinks"] is False
    for key in NODES:
        said = variables(objects[key])
        listened = ports(objects[key])
        for name, port in (("CUBESTORE_HTTP_PORT", "http"), ("CUBESTORE_STATUS_PORT", "status")):
            assert said[name] == str(listened.get(port, int(said[name])))
        assert said["CUBESTORE_PORT"].isdigit()
        assert int(said["CUBESTORE_PORT"]) not in listened.values()
    for name in SERVERS:
        said = variables(objects["Deployment", name])
        assert said["PORT"] == str(ports(objects["Deployment", name])["http"])


def test_the_refresh_worker_alone_builds_pre_aggregations(objects: Objects) -> None:
    for variable in ("CUBEJS_REFRESH_WORKER", "CUBEJS_PRE_AGGREGATIONS_BUILDER"):
        said = {name: variables(objects["Deployment", name])[variable] for name in SERVERS}
        assert said == {"cube-api": "false", "cube-refresh-worker": "true"}


def test_cube_finds_its_store(objects: Objects) -> None:
    service = objects["Service", "cube-store-router"]
    for name in SERVERS:
        said = variables(objects["Deployment", name])
        assert said["CUBEJS_CUBESTORE_HOST"] == service["metadata"]["name"]
        assert said["CUBEJS_CUBESTORE_PORT"] == str(service_ports(service)["http"])
        assert said["CUBEJS_CACHE_AND_QUEUE_DRIVER"] == "cubestore"


def test_the_address_of_the_api_is_that_of_its_service(objects: Objects) -> None:
    service = objects["Service", "cube-api"]
    assert f"http://{service['metadata']['name']}:{service_ports(service)['http']}" == API_URL


def test_model_files_are_mounted_one_by_one_where_cube_looks_for_them(objects: Objects) -> None:
    for name in SERVERS:
        deployment = objects["Deployment", name]
        volumes = {volume["name"]: volume for volume in pod(deployment)["volumes"]}
        found = {}
        for mount in container(deployment)["volumeMounts"]:
            if source := volumes[mount["name"]].get("configMap"):
                config_map = objects["ConfigMap", source["name"]]
                found[mount["mountPath"]] = config_map["data"][mount["subPath"]]
        folder = f"/cube/conf/{variables(deployment)['CUBEJS_SCHEMA_PATH']}"
        model = {path: text for path, text in found.items() if path.startswith(folder)}
        assert model == {f"{folder}/{path}": text for path, text in LARGE["model"].items()}


def test_pods_follow_a_change_of_the_model(synth: Synth, objects: Objects) -> None:
    model = LARGE["model"] | {"orders.yml": "cubes: [{}]\n"}
    changed = build(synth, spec(model=model))
    for name in SERVERS:
        before, after = (
            them["Deployment", name]["spec"]["template"]["metadata"]["annotations"]
            for them in (objects, changed)
        )
        assert before != after
    assert [objects[key] for key in NODES] == [changed[key] for key in NODES]


def test_a_model_in_the_image_needs_no_config_map(synth: Synth) -> None:
    objects = build(synth, spec(model=None, row_level_security=None, sql_api=None))
    assert not [name for kind, name in objects if kind == "ConfigMap"]
    assert "configMap" not in json.dumps(pod(objects["Deployment", "cube-api"]))


@pytest.mark.parametrize("name", ["cube-store-router", "cube-store-worker"])
def test_a_cache_is_on_the_disk_of_the_node_or_a_claim(synth: Synth, name: str) -> None:
    role = name.removeprefix("cube-store-").replace("worker", "workers")
    settings = STORE[role] | {"cache": {"size": "50Gi", "storage_class": "fast"}}
    claimed = build(synth, spec(store=STORE | {role: settings}))["StatefulSet", name]
    (claim,) = claimed["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == "fast"
    assert claim["spec"]["resources"]["requests"]["storage"] == "50Gi"
    sized = build(synth, spec(store=STORE | {role: STORE[role] | {"cache": "7Gi"}}))
    volumes = {volume["name"]: volume for volume in pod(sized["StatefulSet", name])["volumes"]}
    assert volumes["cache"]["emptyDir"]["sizeLimit"] == "7Gi"
    assert "volumeClaimTemplates" not in sized["StatefulSet", name]["spec"]
    for manifest in (claimed, sized["StatefulSet", name]):
        (mount,) = (m for m in container(manifest)["volumeMounts"] if m["name"] == "cache")
        assert variables(manifest)["CUBESTORE_DATA_DIR"].startswith(f"{mount['mountPath']}/")


def test_local_storage_is_a_claim_apart_from_the_cache(synth: Synth) -> None:
    router = build(synth, CubeSpec.model_validate(SMALL))["StatefulSet", "cube-store-router"]
    (claim,) = router["spec"]["volumeClaimTemplates"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container(router)["volumeMounts"]}
    said = variables(router)
    assert said["CUBESTORE_REMOTE_DIR"] == mounts[claim["metadata"]["name"]]
    assert not said["CUBESTORE_DATA_DIR"].startswith(said["CUBESTORE_REMOTE_DIR"])
    assert "CUBESTORE_WORKERS" not in said
    assert claim["spec"]["resources"]["requests"]["storage"] == LOCAL["size"]


def test_an_identity_belongs_to_cube_store_alone(synth: Synth) -> None:
    storage = {key: value for key, value in S3.items() if key != "credentials"}
    storage |= {"identity": {"type": "aws-irsa", "role_arn": ROLE}}
    objects = build(synth, spec(store=STORE | {"storage": storage}))
    holders = {
        pod(objects[key])["serviceAccountName"]: objects[
            "ServiceAccount", pod(objects[key])["serviceAccountName"]
        ]["metadata"].get("annotations")
        for key in PODS
    }
    identity = {"eks.amazonaws.com/role-arn": ROLE}
    assert holders == {
        "cube-api": None,
        "cube-refresh-worker": None,
        "cube-store-router": identity,
        "cube-store-worker": identity,
    }


def test_no_pod_has_a_token_of_the_api_server(objects: Objects) -> None:
    for key in PODS:
        assert pod(objects[key])["automountServiceAccountToken"] is False


def test_what_is_replicated_spreads(objects: Objects) -> None:
    spreading = {
        name for kind, name in PODS if "topologySpreadConstraints" in pod(objects[kind, name])
    }
    assert spreading == {"cube-api", "cube-store-worker"}


def test_the_refresh_worker_has_the_scratch_space_it_was_given(synth: Synth) -> None:
    settings = {"resources": RESOURCES, "scratch": "33Gi"}
    objects = build(synth, spec(refresh_worker=settings))
    volumes = pod(objects["Deployment", "cube-refresh-worker"])["volumes"]
    assert "33Gi" in [volume.get("emptyDir", {}).get("sizeLimit") for volume in volumes]


def test_images_are_those_of_the_spec(synth: Synth) -> None:
    objects = build(synth, spec(image="cube:a", store=STORE | {"image": "store:b"}))
    assert [container(objects[key])["image"] for key in PODS] == [
        "cube:a",
        "cube:a",
        "store:b",
        "store:b",
    ]


def _reached(found: list[Flow]) -> set[tuple[str, str | None, int]]:
    return {
        (
            opens(flow).object_name,
            flow.target.host if isinstance(flow.target, Endpoint) else flow.target.object_name,
            flow.port,
        )
        for flow in found
    }


def test_cube_store_is_reached_by_cube_and_by_itself_alone(synth: Synth) -> None:
    found = flows(spec())
    assert _reached(found) == {
        ("cube-api", "db.example.com", 5432),
        ("cube-refresh-worker", "db.example.com", 5432),
        ("cube-api", "cube-store-router", 3030),
        ("cube-refresh-worker", "cube-store-router", 3030),
        ("cube-store-worker", "cube-store-router", 9999),
        ("cube-store-router", "cube-store-worker", 10001),
        ("cube-store-worker", "cube-store-worker", 10001),
        ("cube-store-router", "s3.eu-central-1.amazonaws.com", 443),
        ("cube-store-worker", "s3.eu-central-1.amazonaws.com", 443),
    }
    policies = synth(lambda chart: NetworkPolicies(chart, "policies", found))
    for name in ("cube-store-router", "cube-store-worker"):
        policy = policies["NetworkPolicy", name]["spec"]
        assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
        for rule in policy["ingress"]:
            (peer,) = rule["from"]
            labels = peer["podSelector"]["matchLabels"]
            assert labels["app.kubernetes.io/name"] == "cube"


def test_flows_end_at_ports_that_are_listened_on(objects: Objects) -> None:
    listened = {name: set(ports(objects[kind, name]).values()) for kind, name in PODS}
    for flow in flows(spec()):
        if not isinstance(flow.target, Endpoint):
            assert flow.port in listened[flow.target.object_name]


def test_flows_start_and_end_at_pods_that_exist(objects: Objects) -> None:
    selectors = [objects[key]["spec"]["selector"]["matchLabels"] for key in PODS]
    for flow in flows(spec()):
        assert opens(flow).selector in selectors
        assert isinstance(flow.target, Endpoint) or flow.target.selector in selectors


def test_a_router_without_workers_talks_to_no_worker() -> None:
    assert _reached(flows(CubeSpec.model_validate(SMALL))) == {
        ("cube-api", "db.example.com", 5432),
        ("cube-refresh-worker", "db.example.com", 5432),
        ("cube-api", "cube-store-router", 3030),
        ("cube-refresh-worker", "cube-store-router", 3030),
    }


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        (("api",), ("Deployment", "cube-api")),
        (("refresh_worker",), ("Deployment", "cube-refresh-worker")),
        (("store", "router"), ("StatefulSet", "cube-store-router")),
        (("store", "workers"), ("StatefulSet", "cube-store-worker")),
    ],
)
def test_where_a_workload_runs_is_its_own_affair(
    synth: Synth, objects: Objects, path: tuple[str, ...], changed: tuple[str, str]
) -> None:
    values = json.loads(json.dumps(LARGE))
    settings = values
    for name in path:
        settings = settings[name]
    settings["node_selector"] = {"disk": "fast"}
    found = build(synth, CubeSpec.model_validate(values))
    assert {key for key in objects if objects[key] != found[key]} == {changed}
    assert pod(found[changed])["nodeSelector"] == {"disk": "fast"}


def test_the_api_goes_on_while_queries_are_still_sent_to_it_and_ends_by_itself(
    synth: Synth,
) -> None:
    api = container(build(synth, spec())["Deployment", "cube-api"])
    leaving = api["lifecycle"]["preStop"]["sleep"]["seconds"]
    told = {one["name"]: one.get("value") for one in api["env"]}
    assert leaving > 0
    assert leaving + int(told["CUBEJS_GRACEFUL_SHUTDOWN"]) + 1 < 30  # what Kubernetes waits for
