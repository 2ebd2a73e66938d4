"""Dagster's objects, and how they fit together."""

import json
from typing import Any

import pytest

from conftest import Objects, Synth
from dagster_example import ELSEWHERE, EVENTS, LARGE, RESOURCES, ROLE, SHOP, SMALL, spec
from floe_constructs.dagster import Dagster, DagsterSpec
from floe_constructs.kubernetes.files import digest
from floe_constructs.yaml_text import load

WEBSERVERS = ("dagster-webserver", "dagster-webserver-read-only")
CONTROL_PLANE = (*WEBSERVERS, "dagster-daemon")
SERVERS = ("dagster-code-shop", "dagster-code-events")
DEPLOYMENTS = (*CONTROL_PLANE, *SERVERS)
BASE = {
    ("ConfigMap", "dagster-instance"),
    ("ConfigMap", "dagster-migrate"),
    ("ConfigMap", "dagster-workspace"),
    ("Deployment", "dagster-daemon"),
    ("Deployment", "dagster-webserver"),
    ("Job", "dagster-migrate"),
    ("Role", "dagster-daemon"),
    ("Role", "dagster-webserver"),
    ("RoleBinding", "dagster-daemon"),
    ("RoleBinding", "dagster-webserver"),
    ("Service", "dagster-webserver"),
    ("ServiceAccount", "dagster-daemon"),
    ("ServiceAccount", "dagster-migrate"),
    ("ServiceAccount", "dagster-webserver"),
}
OF_SHOP = {
    ("Deployment", "dagster-code-shop"),
    ("Service", "dagster-code-shop"),
    ("ServiceAccount", "dagster-code-shop"),
    ("ServiceAccount", "dagster-run-shop"),
}


def as_made(synth: Synth, dagster: DagsterSpec) -> Objects:
    return synth(lambda chart: Dagster(chart, "dagster", dagster))


def build(synth: Synth, dagster: DagsterSpec) -> Objects:
    """Answer the objects, with the Job's name cut off before its hash."""
    objects = as_made(synth, dagster)
    (job,) = (key for key in objects if key[0] == "Job")
    return {key: value for key, value in objects.items() if key != job} | {
        ("Job", job[1].rpartition("-")[0]): objects[job]
    }


@pytest.fixture
def objects(synth: Synth) -> Objects:
    return build(synth, spec())


def template(manifest: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = manifest["spec"]["template"]
    return found


def container(manifest: dict[str, Any]) -> dict[str, Any]:
    (found,) = template(manifest)["spec"]["containers"]
    return dict(found)


def variables(manifest: dict[str, Any]) -> dict[str, Any]:
    return {
        env["name"]: env.get("value", env.get("valueFrom")) for env in container(manifest)["env"]
    }


def files_hash(manifest: dict[str, Any]) -> str | None:
    annotations: dict[str, str] = template(manifest)["metadata"].get("annotations", {})
    return annotations.get("floe.dev/files")


def rules(role: dict[str, Any]) -> dict[str, set[str]]:
    """Answer a Role's verbs by resource."""
    found: dict[str, set[str]] = {}
    for rule in role["rules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                found[f"{group}/{resource}".lstrip("/")] = set(rule["verbs"])
    return found


@pytest.mark.requirement("FR-005")
def test_a_dagster_without_code_is_exactly_these_objects(synth: Synth) -> None:
    objects = build(synth, DagsterSpec.model_validate(SMALL))
    assert set(objects) == BASE
    workspace = objects["ConfigMap", "dagster-workspace"]["data"]["workspace.yaml"]
    assert load(workspace) == {"load_from": []}


def test_a_dagster_with_everything_is_exactly_these_objects(objects: Objects) -> None:
    assert set(objects) == BASE | OF_SHOP | {
        ("ConfigMap", "compiled-artifacts"),
        ("ConfigMap", "dagster-webserver-read-only"),
        ("Deployment", "dagster-code-events"),
        ("Deployment", "dagster-webserver-read-only"),
        ("PodDisruptionBudget", "dagster-code-events"),
        ("PodDisruptionBudget", "dagster-webserver"),
        ("PodDisruptionBudget", "dagster-webserver-read-only"),
        ("Role", "dagster-run-events"),
        ("RoleBinding", "dagster-run-events"),
        ("Service", "dagster-code-events"),
        ("Service", "dagster-webserver-read-only"),
        ("ServiceAccount", "dagster-code-events"),
        ("ServiceAccount", "dagster-run"),
        ("ServiceAccount", "dagster-run-events"),
        ("ServiceAccount", "dagster-webserver-read-only"),
    }


def test_each_service_selects_the_pods_of_one_deployment(objects: Objects) -> None:
    for name in (*WEBSERVERS, *SERVERS):
        selector = objects["Service", name]["spec"]["selector"].items()
        pods = [objects["Deployment", name] for name in DEPLOYMENTS] + [
            objects["Job", "dagster-migrate"]
        ]
        selected = [pod for pod in pods if selector <= template(pod)["metadata"]["labels"].items()]
        assert [pod["metadata"]["name"] for pod in selected] == [name]


def test_each_port_of_a_service_is_one_of_its_pods(objects: Objects) -> None:
    for name in (*WEBSERVERS, *SERVERS):
        ports = container(objects["Deployment", name])["ports"]
        listened = {port["name"]: port["containerPort"] for port in ports}
        assert {
            port["targetPort"]: port["port"] for port in objects["Service", name]["spec"]["ports"]
        } == listened
        assert str(*listened.values()) in container(objects["Deployment", name])["args"]


def test_the_workspace_names_each_code_server_by_its_service(objects: Objects) -> None:
    workspace = load(objects["ConfigMap", "dagster-workspace"]["data"]["workspace.yaml"])
    servers = [entry["grpc_server"] for entry in workspace["load_from"]]
    for server, location in zip(servers, (SHOP, EVENTS), strict=False):
        service = objects["Service", server["host"]]
        assert {port["name"]: port["port"] for port in service["spec"]["ports"]} == {
            "grpc": server["port"]
        }
        code = container(objects["Deployment", server["host"]])
        assert code["image"] == location["image"]
        assert server["location_name"] == location["name"]
    assert servers[2:] == [
        {"host": ELSEWHERE["host"], "port": ELSEWHERE["port"], "location_name": ELSEWHERE["name"]}
    ]


def test_probes_of_a_code_server_speak_grpc(objects: Objects) -> None:
    for name in SERVERS:
        found = container(objects["Deployment", name])
        (port,) = (port["containerPort"] for port in found["ports"])
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert found[probe]["grpc"] == {"port": port, "service": "DagsterApi"}


def test_no_liveness_depends_on_the_database(objects: Objects) -> None:
    for name in WEBSERVERS:
        webserver = container(objects["Deployment", name])
        assert webserver["livenessProbe"]["tcpSocket"] == {"port": "http"}
        assert webserver["readinessProbe"]["httpGet"] == {"path": "/server_info", "port": "http"}
    assert not [key for key in container(objects["Deployment", "dagster-daemon"]) if "Probe" in key]


def test_a_code_server_has_the_time_that_its_calls_may_take(objects: Objects) -> None:
    for name in SERVERS:
        pod = template(objects["Deployment", name])["spec"]
        assert pod["terminationGracePeriodSeconds"] > 60


def test_there_is_never_more_than_one_daemon(objects: Objects) -> None:
    deployment = objects["Deployment", "dagster-daemon"]["spec"]
    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})


@pytest.mark.requirement("FR-005")
def test_each_component_may_ask_the_api_server_for_what_it_calls_and_nothing_else(
    objects: Objects,
) -> None:
    found = {name: rules(manifest) for (kind, name), manifest in objects.items() if kind == "Role"}
    assert found == {
        "dagster-daemon": {
            "batch/jobs": {"create", "list", "delete"},
            "batch/jobs/status": {"get"},
            "pods": {"list", "delete"},
            "pods/log": {"get"},
            "events": {"list"},
        },
        "dagster-webserver": {"batch/jobs": {"delete"}, "pods": {"list", "delete"}},
        "dagster-run-events": {
            "batch/jobs": {"create", "delete"},
            "batch/jobs/status": {"get"},
            "pods": {"get", "list", "delete"},
        },
    }


def test_each_role_is_bound_to_the_account_of_its_name_alone(objects: Objects) -> None:
    bindings = {name: found for (kind, name), found in objects.items() if kind == "RoleBinding"}
    for name, binding in bindings.items():
        assert binding["roleRef"]["name"] == name
        assert binding["subjects"] == [
            {"kind": "ServiceAccount", "name": name, "namespace": "data"}
        ]
        assert ("ServiceAccount", name) in objects


def test_only_who_talks_to_the_api_server_has_a_token(objects: Objects) -> None:
    pods = {name: objects["Deployment", name] for name in DEPLOYMENTS}
    pods["dagster-migrate"] = objects["Job", "dagster-migrate"]
    mounted = {
        name: template(manifest)["spec"]["automountServiceAccountToken"]
        for name, manifest in pods.items()
    }
    asking = {"dagster-webserver", "dagster-daemon"}
    assert {name for name, token in mounted.items() if token} == asking
    for name, manifest in pods.items():
        assert template(manifest)["spec"]["serviceAccountName"] == name
        assert ("ServiceAccount", name) in objects


def test_a_change_of_locations_replaces_the_webserver_and_not_the_daemon(synth: Synth) -> None:
    few = build(synth, spec(code_locations=[SHOP]))
    many = build(synth, spec(code_locations=[SHOP, EVENTS | {"executor": "in_process"}]))
    changed = {key for key in few | many if few.get(key) != many.get(key)}
    assert changed == {
        ("ConfigMap", "dagster-workspace"),
        ("Deployment", "dagster-code-events"),
        *(("Deployment", name) for name in WEBSERVERS),
        ("PodDisruptionBudget", "dagster-code-events"),
        ("Service", "dagster-code-events"),
        ("ServiceAccount", "dagster-code-events"),
        ("ServiceAccount", "dagster-run-events"),
    }


def test_pods_are_replaced_with_the_files_that_they_read_once(objects: Objects) -> None:
    hashes = {
        name: digest(objects["ConfigMap", name]["data"])
        for name in (
            "compiled-artifacts",
            "dagster-instance",
            "dagster-migrate",
            "dagster-webserver-read-only",
            "dagster-workspace",
        )
    }
    reading = {
        ("Deployment", "dagster-webserver"): {"dagster-instance", "dagster-workspace"},
        ("Deployment", "dagster-webserver-read-only"): {
            "dagster-webserver-read-only",
            "dagster-workspace",
        },
        ("Deployment", "dagster-daemon"): {"dagster-instance"},
        ("Deployment", "dagster-code-shop"): {"compiled-artifacts"},
        ("Deployment", "dagster-code-events"): {"compiled-artifacts"},
        ("Job", "dagster-migrate"): {"dagster-migrate"},
    }
    assert {key for key in objects if key[0] in {"Deployment", "Job"}} == set(reading)
    for key, names in reading.items():
        assert files_hash(objects[key]) == digest({name: hashes[name] for name in names})


def test_the_workspace_is_a_folder_because_only_a_folder_follows_its_config_map(
    objects: Objects,
) -> None:
    for name in CONTROL_PLANE:
        found = container(objects["Deployment", name])
        (mount,) = (at for at in found["volumeMounts"] if at["name"] == "workspace")
        assert "subPath" not in mount
        args = found["args"]
        file = f"{mount['mountPath']}/workspace.yaml"
        assert args[args.index("-w") + 1] == file


def test_every_mount_has_its_volume_and_every_config_map_is_made_here(objects: Objects) -> None:
    for (kind, _), manifest in objects.items():
        if kind not in ("Deployment", "Job"):
            continue
        volumes = {volume["name"]: volume for volume in template(manifest)["spec"]["volumes"]}
        assert {mount["name"] for mount in container(manifest)["volumeMounts"]} == set(volumes)
        for volume in volumes.values():
            if "configMap" in volume:
                assert ("ConfigMap", volume["configMap"]["name"]) in objects


def test_the_instance_is_a_folder_to_write_to_with_its_file_in_it(objects: Objects) -> None:
    for key in (
        *(("Deployment", name) for name in CONTROL_PLANE),
        ("Job", "dagster-migrate"),
    ):
        home = variables(objects[key])["DAGSTER_HOME"]
        mounts = {mount["mountPath"]: mount for mount in container(objects[key])["volumeMounts"]}
        volumes = {volume["name"]: volume for volume in template(objects[key])["spec"]["volumes"]}
        assert "emptyDir" in volumes[mounts[home]["name"]]
        file = mounts[f"{home}/dagster.yaml"]
        assert file["readOnly"]
        assert (
            file["subPath"]
            in objects["ConfigMap", volumes[file["name"]]["configMap"]["name"]]["data"]
        )


@pytest.mark.requirement("FR-007")
def test_code_servers_find_the_artifacts_where_they_are_told(objects: Objects) -> None:
    for name in SERVERS:
        file = variables(objects["Deployment", name])["FLOE_COMPILED_ARTIFACTS"]
        mounts = container(objects["Deployment", name])["volumeMounts"]
        (mount,) = (mount for mount in mounts if mount["mountPath"] == file)
        assert objects["ConfigMap", "compiled-artifacts"]["data"] == {
            mount["subPath"]: LARGE["artifacts"]
        }


def test_without_artifacts_nothing_speaks_of_them(synth: Synth) -> None:
    objects = build(synth, spec(artifacts=None))
    assert "artifacts" not in json.dumps(list(objects.values())).lower()


@pytest.mark.requirement("FR-008")
def test_a_credential_file_is_where_its_variable_says(objects: Objects) -> None:
    variable, secret = "GOOGLE_APPLICATION_CREDENTIALS", {"name": "gcp", "key": "key.json"}
    for name in SERVERS:
        pod = template(objects["Deployment", name])["spec"]
        (volume,) = (volume for volume in pod["volumes"] if "projected" in volume)
        (mount,) = (
            mount
            for mount in container(objects["Deployment", name])["volumeMounts"]
            if mount["name"] == volume["name"]
        )
        (source,) = volume["projected"]["sources"]
        (item,) = source["secret"]["items"]
        path = f"{mount['mountPath']}/{item['path']}"
        assert variables(objects["Deployment", name])[variable] == path
        assert {"name": source["secret"]["name"], "key": item["key"]} == secret
        assert volume["projected"]["defaultMode"] & 0o007 == 0


@pytest.mark.parametrize("user", ["dagster", {"name": "database", "key": "user"}])
def test_every_pod_knows_what_its_configuration_leaves_to_the_environment(
    synth: Synth, user: object
) -> None:
    objects = build(synth, spec(database=SMALL["database"] | {"user": user}))
    text = objects["ConfigMap", "dagster-instance"]["data"]["dagster.yaml"]
    database = load(text)["storage"]["postgres"]["postgres_db"]
    asked = {
        value["env"] for value in database.values() if isinstance(value, dict) and "env" in value
    }
    assert len(asked) == (1 if isinstance(user, str) else 2)
    for name in DEPLOYMENTS:
        env = variables(objects["Deployment", name])
        assert all("secretKeyRef" in env[variable] for variable in asked)
        assert asked == {variable for variable in env if "_PG_" in variable}


def test_the_migration_knows_the_same_storage_and_no_launcher(objects: Objects) -> None:
    migrate, instance = (
        load(objects["ConfigMap", name]["data"]["dagster.yaml"])
        for name in ("dagster-migrate", "dagster-instance")
    )
    assert set(migrate) == {"storage", "telemetry"}
    assert {key: instance[key] for key in migrate} == migrate


def test_the_migration_is_there_before_what_it_migrates_for(objects: Objects) -> None:
    for key in (("Job", "dagster-migrate"), ("ConfigMap", "dagster-migrate")):
        assert objects[key]["metadata"]["annotations"]["floe.dev/phase"] == "40-migrate"


def test_another_image_is_another_migration(synth: Synth) -> None:
    jobs = [
        [name for kind, name in as_made(synth, spec(image=image)) if kind == "Job"]
        for image in ("acme/dagster:v1", "acme/dagster:v1", "acme/dagster:v2")
    ]
    assert jobs[0] == jobs[1] != jobs[2]


def server_id(objects: Objects, name: str = "dagster-code-events") -> str | None:
    args = container(objects["Deployment", name])["args"]
    return args[args.index("--fixed-server-id") + 1] if "--fixed-server-id" in args else None


def events(**server: Any) -> dict[str, Any]:
    return {"code_locations": [EVENTS | {"server": EVENTS["server"] | server}]}


@pytest.mark.parametrize(
    "change",
    [
        {"code_locations": [EVENTS | {"image": "acme/events:v2"}]},
        {"code_locations": [EVENTS | {"module": "events.other"}]},
        {"code_locations": [EVENTS | {"attribute": "other"}]},
        {"code_locations": [EVENTS | {"working_directory": "/srv"}]},
        {"code_locations": [EVENTS | {"runs": {"resources": RESOURCES}}]},
        {"code_locations": [EVENTS | {"runs": EVENTS["runs"] | {"image": "acme/gpu:v1"}}]},
        events(env={"OTHER": "text"}),
        events(volumes=[{"name": "dbt", "path": "/dbt", "config_map": "dbt"}]),
        events(restart="today"),
        {"artifacts": "{}"},
        {"variables": {"PLAIN": "other"}},
        {"variables": {"PLAIN": {"name": "plain", "key": "other"}}},
    ],
)
def test_replicas_share_an_id_that_changes_with_what_they_serve(
    synth: Synth, change: dict[str, Any]
) -> None:
    before, again, after = (
        server_id(build(synth, spec(**({"code_locations": [EVENTS]} | changes))))
        for changes in ({}, {}, change)
    )
    assert before == again
    assert None not in (before, after)
    assert before != after


@pytest.mark.parametrize(
    "change",
    [
        events(replicas=3),
        events(resources=RESOURCES | {"cpu": "2"}),
        events(startup_seconds=240),
        events(log_level="debug", log_format="json"),
        events(node_selector={"pool": "code"}, labels={"team": "data"}, priority_class="high"),
        {"code_locations": [EVENTS, SHOP]},
        {"image": "acme/dagster:v2"},
        {"concurrency": {"runs": {"max_concurrent_runs": 3}}},
    ],
)
def test_replicas_keep_their_id_when_what_they_serve_is_the_same(
    synth: Synth, change: dict[str, Any]
) -> None:
    before, after = (
        server_id(build(synth, spec(**({"code_locations": [EVENTS]} | changes))))
        for changes in ({}, change)
    )
    assert before == after is not None


@pytest.mark.parametrize("seconds", [30, 300, 301, 1800])
def test_a_rollout_waits_longer_than_loading_code_may_take(synth: Synth, seconds: int) -> None:
    monitoring = {"start_timeout_seconds": 3600}
    objects = build(synth, spec(**events(startup_seconds=seconds), run_monitoring=monitoring))
    server = objects["Deployment", "dagster-code-events"]
    probe = container(server)["startupProbe"]
    assert seconds <= probe["periodSeconds"] * probe["failureThreshold"] < seconds + 3
    assert server["spec"]["progressDeadlineSeconds"] == seconds + 300


def test_runs_may_have_another_identity_than_their_servers(synth: Synth) -> None:
    runs = SHOP["runs"] | {"identity": EVENTS["identity"]}
    objects = build(synth, spec(code_locations=[SHOP | {"runs": runs}]))
    for account, role in (("dagster-code-shop", ROLE), ("dagster-run-shop", EVENTS["identity"])):
        annotations = objects["ServiceAccount", account]["metadata"]["annotations"]
        assert annotations["eks.amazonaws.com/role-arn"] == role["role_arn"]


def test_a_single_server_makes_up_its_own_id(objects: Objects) -> None:
    assert server_id(objects, "dagster-code-shop") is None


def test_a_location_may_have_an_identity_of_its_own(objects: Objects) -> None:
    role = "eks.amazonaws.com/role-arn"
    found = {
        name: manifest["metadata"].get("annotations", {}).get(role)
        for (kind, name), manifest in objects.items()
        if kind == "ServiceAccount" and ("-code-" in name or "-run-" in name)
    }
    assert found == {
        "dagster-code-shop": ROLE["role_arn"],
        "dagster-run-shop": ROLE["role_arn"],
        "dagster-code-events": EVENTS["identity"]["role_arn"],
        "dagster-run-events": EVENTS["identity"]["role_arn"],
    }


def test_webserver_and_daemon_read_compute_logs_as_someone(synth: Synth) -> None:
    keys = build(synth, spec())
    logs = LARGE["compute_logs"] | {"credentials": None, "identity": ROLE}
    identity = build(synth, spec(compute_logs=logs, code_identity=None))
    for name in CONTROL_PLANE:
        signed = {key for key in variables(keys["Deployment", name]) if key.startswith("AWS_")}
        assert signed == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"}
        assert signed & set(variables(identity["Deployment", name])) == {"AWS_DEFAULT_REGION"}
        assert "annotations" not in keys["ServiceAccount", name]["metadata"]
        annotations = identity["ServiceAccount", name]["metadata"]["annotations"]
        assert ROLE["role_arn"] in annotations.values()


def test_user_code_is_told_where_lineage_and_traces_go(objects: Objects) -> None:
    env = variables(objects["Deployment", "dagster-code-shop"])
    told = {name: text for name, text in env.items() if name.startswith(("OPENLINEAGE_", "OTEL_"))}
    assert told == {
        "OPENLINEAGE_URL": LARGE["lineage"]["url"],
        "OPENLINEAGE_NAMESPACE": LARGE["lineage"]["namespace"],
        "OTEL_EXPORTER_OTLP_ENDPOINT": LARGE["traces"]["url"],
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_SERVICE_NAME": "shop",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=${STAGE:-test},team=data%2C%20platform",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": "0.5",
    }


def test_without_receivers_user_code_is_told_nothing_of_them(synth: Synth) -> None:
    env = variables(
        build(synth, spec(lineage=None, traces=None))["Deployment", "dagster-code-shop"]
    )
    assert not [name for name in env if name.startswith(("OPENLINEAGE_", "OTEL_"))]


def test_settings_of_servers_and_runs_are_apart(objects: Objects) -> None:
    pod = template(objects["Deployment", "dagster-code-events"])["spec"]
    assert "nodeSelector" not in pod
    assert "tolerations" not in pod
    context = json.loads(
        variables(objects["Deployment", "dagster-code-shop"])[
            "DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT"
        ]
    )
    own = container(objects["Deployment", "dagster-code-shop"])["resources"]
    assert own["requests"]["cpu"] == SHOP["server"]["resources"]["cpu"]
    assert context["k8s"]["resources"]["requests"]["cpu"] == SHOP["runs"]["resources"]["cpu"]


CHANGES: dict[str, Any] = {
    "run_priority": "data-runs",
    "artifacts": "{}",
    "code_identity": None,
    "code_locations": [SHOP],
    "compute_logs": None,
    "credential_files": {},
    "daemon": {"resources": RESOURCES, "node_selector": {"pool": "data"}},
    "database": LARGE["database"] | {"sslmode": "verify-full"},
    "image": "acme/dagster:v2",
    "instance": "other",
    "lineage": None,
    "migration": {"resources": RESOURCES},
    "namespace": "other",
    "pull_secrets": [],
    "auto_materialize": {"num_workers": 2},
    "backfills": {"num_workers": 2},
    "concurrency": {"pools": {"default_limit": 1}},
    "freshness": {"enabled": False},
    "python_logs": {"python_log_level": "INFO"},
    "retention": {"sensor": {"purge_after_days": {"skipped": 1}}},
    "run_launcher": {"ttl_seconds_after_finished": 600},
    "run_monitoring": {"max_runtime_seconds": 60},
    "run_queue": {"dequeue_num_workers": 2},
    "run_retries": {"max_retries": 1},
    "scheduler": {"max_catchup_runs": 1},
    "schedules": {"num_workers": 2},
    "sensors": {"num_workers": 2},
    "traces": None,
    "variables": {},
    "webserver": {"resources": RESOURCES, "replicas": 3},
    "webserver_read_only": None,
}


def test_every_setting_changes_what_is_deployed(synth: Synth) -> None:
    # An alert waits for the one; the other is for the demo's location alone (test_demo_overlay).
    elsewhere = {"hours_between_runs", "demo"}
    assert set(CHANGES) | elsewhere == set(DagsterSpec.model_fields)
    before = as_made(synth, spec())
    for name, value in CHANGES.items():
        assert as_made(synth, spec(**{name: value})) != before, name


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"image": "acme/shop:v2"},
        {"module": "shop.other"},
        {"server": {"resources": RESOURCES, "replicas": 3}},
        {"runs": {"resources": RESOURCES}},
        {"executor": "k8s_job"},
        {"identity": EVENTS["identity"]},
    ],
)
def test_every_setting_of_a_location_changes_what_is_deployed(
    synth: Synth, change: dict[str, Any]
) -> None:
    before, after = (
        as_made(synth, spec(code_locations=[location])) for location in (SHOP, SHOP | change)
    )
    assert before != after
