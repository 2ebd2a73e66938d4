"""What Dagster's own code makes of the files, and of the pods of runs."""

import json
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from dagster._config import process_config
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.instance.ref import InstanceRef
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin
from dagster._core.storage.dagster_run import DagsterRun
from dagster._core.workspace.load import location_origins_from_yaml_paths
from dagster._daemon.cli import run_command
from dagster._serdes import ConfigurableClassData
from dagster_k8s import K8sRunLauncher
from dagster_k8s.container_context import K8sContainerContext
from dagster_k8s.job import construct_dagster_k8s_job
from dagster_webserver.cli import dagster_webserver

from conftest import Objects, Synth
from dagster_example import (
    AZURE,
    ELSEWHERE,
    EVENTS,
    GCS,
    LARGE,
    LOGIN,
    LOGS,
    RESOURCES,
    ROLE,
    SHOP,
    SMALL,
    spec,
)
from floe_constructs.dagster import Dagster, DagsterSpec
from floe_constructs.dagster.compute_logs import S3ComputeLogs
from floe_constructs.dagster.flows import runs, user_code
from floe_constructs.problem import SettingError
from floe_deploy import overlay, wiring
from floe_deploy.images import images
from pods import expanded
from rule_cases import broken

CLIENT: Any = import_module("kubernetes.client")
IN_CLUSTER: Any = import_module("kubernetes.config.incluster_config")


def build(synth: Synth, dagster: DagsterSpec) -> Objects:
    return synth(lambda chart: Dagster(chart, "dagster", dagster))


@pytest.fixture
def objects(synth: Synth) -> Objects:
    return build(synth, spec())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Answer a folder for files, where the variables of logins are set."""
    for name in ("ACCESS_KEY_OR_SAS_TOKEN", "CLIENT_SECRET", "TENANT_ID"):
        monkeypatch.setenv(f"DAGSTER_LOGS_{name}", "something")
    monkeypatch.setenv("DAGSTER_PG_USER", "someone")
    monkeypatch.setenv("DAGSTER_PG_PASSWORD", "something")
    return tmp_path


def instance(objects: Objects, folder: Path, config_map: str = "dagster-instance") -> InstanceRef:
    (folder / "dagster.yaml").write_text(objects["ConfigMap", config_map]["data"]["dagster.yaml"])
    return InstanceRef.from_dir(str(folder))


def accepted(data: ConfigurableClassData | None) -> Any:
    """Let a configured class check its configuration; answer what it makes of it."""
    assert data
    configured = getattr(import_module(data.module_name), data.class_name)
    result = process_config(configured.config_type(), data.config_dict)
    assert result.success, result.errors
    return result.value


OVERLAYS = sorted((Path(__file__).parents[1] / "overlays").glob("*/"))


def of_environment(folder: Path) -> DagsterSpec:
    dagster = wiring.wire(overlay.load(folder)).dagster
    assert dagster
    return dagster


ALL = [
    *map(of_environment, OVERLAYS),
    spec(),
    DagsterSpec.model_validate(SMALL),
    spec(compute_logs=LOGS | {"endpoint": "http://s3.example.com:8333", "prefix": "a/b"}),
    spec(compute_logs=LOGS | {"credentials": None, "identity": ROLE}),
    *(spec(compute_logs=logs) for logs in (GCS, *AZURE)),
    spec(code_locations=[]),
]


@pytest.mark.requirement("FR-005")
@pytest.mark.parametrize("dagster", ALL)
def test_dagster_accepts_its_instance(synth: Synth, folder: Path, dagster: DagsterSpec) -> None:
    ref = instance(build(synth, dagster), folder)
    database = dagster.database
    for data in (ref.run_storage_data, ref.event_storage_data, ref.schedule_storage_data):
        found = accepted(data)["postgres_db"]
        assert found["username"] == ("someone" if not isinstance(database.user, str) else "dagster")
        assert found["password"] == "something"
        assert (found["hostname"], found["port"]) == (database.host, database.port)
    assert accepted(ref.run_launcher_data)["job_namespace"] == dagster.namespace
    accepted(ref.run_coordinator_data)
    logs = accepted(ref.compute_logs_data)
    if isinstance(dagster.compute_logs, S3ComputeLogs):
        assert logs["bucket"] == dagster.compute_logs.bucket
        assert logs["prefix"] == dagster.compute_logs.prefix
        assert logs["region"] == dagster.compute_logs.region
        assert logs.get("endpoint_url") == dagster.compute_logs.endpoint


@pytest.mark.parametrize("environment", OVERLAYS, ids=lambda path: path.name)
def test_dagster_finds_the_code_locations_of_every_environment(
    folder: Path, environment: Path
) -> None:
    manifest = environment.parents[1].joinpath(
        "dist", environment.name, "50-platform", "dagster", "configmap-dagster-workspace.yaml"
    )
    file = folder / "workspace.yaml"
    file.write_text(yaml.safe_load(manifest.read_text())["data"]["workspace.yaml"])
    found = {origin.location_name for origin in location_origins_from_yaml_paths([str(file)])}
    assert found == {location.name for location in of_environment(environment).code_locations}


def test_limits_of_runs_are_what_the_environment_says(synth: Synth, folder: Path) -> None:
    said = spec(
        concurrency={"runs": {"max_concurrent_runs": 3}},
        run_retries={"max_retries": 2},
        run_monitoring={"max_runtime_seconds": 60},
    )
    settings: Any = instance(build(synth, said), folder).settings
    assert settings["concurrency"]["runs"]["max_concurrent_runs"] == 3
    assert settings["run_retries"]["max_retries"] == 2
    assert settings["run_monitoring"]["max_runtime_seconds"] == 60


@pytest.mark.parametrize("config_map", ["dagster-instance", "dagster-migrate"])
def test_telemetry_is_off(objects: Objects, folder: Path, config_map: str) -> None:
    settings = instance(objects, folder, config_map).settings
    assert settings["telemetry"] == {"enabled": False}


def test_the_migration_has_no_launcher_that_needs_a_cluster(objects: Objects, folder: Path) -> None:
    migration = instance(objects, folder, "dagster-migrate")
    assert migration.run_launcher_data
    assert migration.run_launcher_data.class_name == "DefaultRunLauncher"


@pytest.mark.parametrize("locations", [LARGE["code_locations"], [SHOP], []])
def test_dagster_finds_the_code_locations(
    synth: Synth, folder: Path, locations: list[dict[str, Any]]
) -> None:
    objects = build(synth, spec(code_locations=locations))
    file = folder / "workspace.yaml"
    file.write_text(objects["ConfigMap", "dagster-workspace"]["data"]["workspace.yaml"])
    origins = location_origins_from_yaml_paths([str(file)])
    assert [origin.location_name for origin in origins] == [at["name"] for at in locations]
    assert all(isinstance(origin, GrpcServerCodeLocationOrigin) for origin in origins)


@pytest.mark.parametrize("ssl", [False, True])
def test_dagster_asks_an_external_location_over_tls_where_told(
    synth: Synth, folder: Path, *, ssl: bool
) -> None:
    objects = build(synth, spec(code_locations=[ELSEWHERE | {"ssl": ssl}]))
    file = folder / "workspace.yaml"
    file.write_text(objects["ConfigMap", "dagster-workspace"]["data"]["workspace.yaml"])
    (origin,) = location_origins_from_yaml_paths([str(file)])
    assert isinstance(origin, GrpcServerCodeLocationOrigin)
    assert bool(origin.use_ssl) == ssl


# Run pods, as Dagster merges them from the launcher's part and the code location's.


def code_server(objects: Objects, location: dict[str, Any]) -> dict[str, str]:
    """Answer the variables of a code server that are texts, as the process sees them."""
    deployment = objects["Deployment", f"dagster-code-{location['name']}"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    env: dict[str, str] = {}
    for variable in container["env"]:
        if "value" in variable:
            env[variable["name"]] = expanded(variable["value"], env)
    return env


@pytest.fixture
def launcher(objects: Objects, folder: Path, monkeypatch: pytest.MonkeyPatch) -> K8sRunLauncher:
    return cluster_launcher(objects, folder, monkeypatch)


def in_cluster(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Kubernetes' client find what it looks for in a pod."""
    for name, file in (("TOKEN", "token"), ("CERT", "ca.crt")):
        (folder / file).write_text("something")
        monkeypatch.setattr(IN_CLUSTER, f"SERVICE_{name}_FILENAME", str(folder / file))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "localhost")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "1")


def cluster_launcher(
    objects: Objects, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> K8sRunLauncher:
    """Answer the launcher of the instance, in a pod of a cluster that nobody asks."""
    in_cluster(folder, monkeypatch)
    found = instance(objects, folder).run_launcher
    assert isinstance(found, K8sRunLauncher)
    return found


def test_a_run_that_failed_is_a_job_that_failed(launcher: K8sRunLauncher) -> None:
    """Who watches Jobs would see nothing otherwise: the process of a failed run ends with 0."""
    assert launcher.fail_pod_on_run_failure is True


def run_pod(
    launcher: K8sRunLauncher,
    env: dict[str, str],
    *,
    step: bool = False,
    tags: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Answer the Job of a run, or of one of its steps, from what a code server is told."""
    context = json.loads(env["DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT"])
    image = env["DAGSTER_CURRENT_IMAGE"]
    origin = RepositoryPythonOrigin(
        executable_path="python",
        code_pointer=ModuleCodePointer("definitions", "defs"),
        container_image=image,
        container_context=context,
    )
    run = DagsterRun("job", job_code_origin=JobPythonOrigin("job", origin), tags=tags)
    merged = K8sContainerContext.create_for_run(run, launcher, include_run_tags=not step)
    job = construct_dagster_k8s_job(
        merged.get_k8s_job_config(image, launcher),
        ["dagster", "api", "execute_run"],
        "dagster-run-1",
        merged.run_k8s_config,
        component="step_worker" if step else "run_worker",
        labels={"dagster/job": "job"},
    )
    assert merged.namespace == LARGE["namespace"]
    found: dict[str, Any] = CLIENT.ApiClient().sanitize_for_serialization(job)
    return found


@pytest.fixture(params=[SHOP, EVENTS], ids=["shop", "events"])
def location(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = request.param
    return found


@pytest.fixture(params=[False, True], ids=["run", "step"])
def job(
    request: pytest.FixtureRequest,
    launcher: K8sRunLauncher,
    objects: Objects,
    location: dict[str, Any],
) -> dict[str, Any]:
    return run_pod(launcher, code_server(objects, location), step=request.param)


def pod(job: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = job["spec"]["template"]["spec"]
    return found


def container(job: dict[str, Any]) -> dict[str, Any]:
    (found,) = pod(job)["containers"]
    return dict(found)


@pytest.mark.requirement("FR-005")
def test_pods_of_runs_are_as_restricted_as_all_others(job: dict[str, Any]) -> None:
    assert broken({"job.yaml": job}) == []
    assert pod(job)["enableServiceLinks"] is False


def test_pods_of_runs_are_found_by_our_labels(
    job: dict[str, Any], location: dict[str, Any]
) -> None:
    labels = job["spec"]["template"]["metadata"]["labels"].items()
    deployed = {at.name: at for at in spec().deployed}
    assert user_code(spec())[-1].selector.items() <= labels
    for name, at in deployed.items():
        assert (runs(spec(), at).selector.items() <= labels) == (name == location["name"])


def test_no_workload_selects_the_pods_of_runs(job: dict[str, Any], objects: Objects) -> None:
    labels = job["spec"]["template"]["metadata"]["labels"].items()
    for (kind, _), manifest in objects.items():
        if kind == "Service":
            assert not manifest["spec"]["selector"].items() <= labels
        if kind == "Deployment":
            assert not manifest["spec"]["selector"]["matchLabels"].items() <= labels


def test_pods_of_runs_have_the_account_of_their_location(
    job: dict[str, Any], location: dict[str, Any], objects: Objects
) -> None:
    account = pod(job)["serviceAccountName"]
    assert account == f"dagster-run-{location['name']}"
    assert ("ServiceAccount", account) in objects
    assert pod(job)["automountServiceAccountToken"] == (("Role", account) in objects)


def test_pods_of_runs_get_the_settings_of_runs(
    job: dict[str, Any], location: dict[str, Any]
) -> None:
    settings = location["runs"]
    given = settings["resources"]
    limits = {"memory": given.get("memory_limit", given["memory"])}
    limits |= {"cpu": given["cpu_limit"]} if "cpu_limit" in given else {}
    assert container(job)["resources"] == {
        "requests": {"cpu": given["cpu"], "memory": given["memory"]},
        "limits": limits,
    }
    assert container(job)["image"] == location["image"]
    assert pod(job).get("nodeSelector") == settings.get("node_selector")
    tolerations = [{"operator": "Equal"} | taint for taint in settings.get("tolerations", [])]
    assert pod(job).get("tolerations", []) == tolerations


def test_pods_of_runs_get_the_logins_of_registries_once(
    job: dict[str, Any], location: dict[str, Any], objects: Objects
) -> None:
    assert pod(job)["imagePullSecrets"] == location["runs"]["pull_secrets"]
    server = objects["Deployment", f"dagster-code-{location['name']}"]
    assert pod(server)["imagePullSecrets"] == location["server"]["pull_secrets"]


SPOT = {"key": "spot", "operator": "NotIn", "values": ["yes"]}
ADDED: dict[str, Any] = {
    "affinity": {"required": [{"key": "gpu", "operator": "Exists"}], "preferred": [SPOT]},
    "priority_class": "batch",
    "env": {"PLAIN_TOO": "$(HOME)", "TOKEN": {"name": "service", "key": "token"}},
    "volumes": [
        {"name": "models", "path": "/models", "claim": "models"},
        {"name": "ca", "path": "/etc/company", "config_map": "company-ca"},
        {"name": "keys", "path": "/keys", "files": {"id": {"name": "service", "key": "pem"}}},
        {"name": "work", "path": "/work", "size": "5Gi"},
        {"name": "sockets", "size": "1Mi"},
    ],
    "labels": {"team": "finance"},
    "annotations": {"example.com/note": "any text"},
    "scheduler": "volcano",
    "sidecars": [
        {
            "name": "proxy",
            "image": "acme/proxy:v1",
            "args": ["--port=5432", "$(INSTANCE)"],
            "env": {"INSTANCE": "acme:db", "KEY": {"name": "proxy", "key": "key"}},
            "mounts": {"sockets": "/cloudsql"},
            "resources": RESOURCES | {"cpu_limit": "1"},
            "ready": {"port": 9801, "path": "/startup"},
        },
        {
            "name": "agent",
            "image": "acme/agent:v1",
            "resources": RESOURCES,
            "ready": {"port": 4318},
        },
    ],
    "init_containers": [
        {
            "name": "models",
            "image": "acme/models:v1",
            "command": ["fetch", "--all"],
            "mounts": {"work": "/out", "ca": "/ca"},
            "resources": RESOURCES,
        }
    ],
}


@pytest.mark.parametrize("step", [False, True], ids=["run", "step"])
def test_pods_of_runs_get_what_is_added_to_them(
    synth: Synth, folder: Path, monkeypatch: pytest.MonkeyPatch, *, step: bool
) -> None:
    """What Dagster makes of it is what a code server gets that is given the same."""
    both = SHOP | {"runs": SHOP["runs"] | ADDED, "server": SHOP["server"] | ADDED}
    objects = build(synth, spec(code_locations=[both]))
    job = run_pod(
        cluster_launcher(objects, folder, monkeypatch), code_server(objects, both), step=step
    )
    server = objects["Deployment", "dagster-code-shop"]["spec"]["template"]
    for field in ("affinity", "priorityClassName", "schedulerName", "initContainers"):
        assert pod(job)[field] == server["spec"][field]
    assert broken({"job.yaml": job}) == []
    (of_server,) = server["spec"]["containers"]
    for name in ("PLAIN_TOO", "TOKEN"):
        (variable,) = (one for one in of_server["env"] if one["name"] == name)
        assert variable in container(job)["env"]
    for name in ("user-models", "user-ca", "user-keys", "user-work"):
        (volume,) = (one for one in server["spec"]["volumes"] if one["name"] == name)
        (mount,) = (one for one in of_server["volumeMounts"] if one["name"] == name)
        assert volume in pod(job)["volumes"]
        assert mount in container(job)["volumeMounts"]
    (sockets,) = (one for one in server["spec"]["volumes"] if one["name"] == "user-sockets")
    assert sockets in pod(job)["volumes"]
    assert "user-sockets" not in str([container(job)["volumeMounts"], of_server["volumeMounts"]])
    metadata = job["spec"]["template"]["metadata"]
    assert metadata["labels"]["team"] == "finance"
    assert metadata["annotations"]["example.com/note"] == "any text"
    assert metadata["annotations"]["karpenter.sh/do-not-disrupt"] == "true"


def test_sidecars_start_first_and_stay_and_do_not_keep_a_run_from_ending(
    synth: Synth, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = SHOP | {"runs": SHOP["runs"] | ADDED}
    objects = build(synth, spec(code_locations=[added]))
    job = run_pod(cluster_launcher(objects, folder, monkeypatch), code_server(objects, added))
    first = [(one["name"], one.get("restartPolicy")) for one in pod(job)["initContainers"]]
    assert first == [("proxy", "Always"), ("agent", "Always"), ("models", None)]
    assert [one["name"] for one in pod(job)["containers"]] == ["dagster"]
    proxy, agent, _ = pod(job)["initContainers"]
    assert proxy["startupProbe"]["httpGet"] == {"path": "/startup", "port": 9801}
    assert agent["startupProbe"]["tcpSocket"] == {"port": 4318}
    assert {"acme/proxy:v1", "acme/agent:v1", "acme/models:v1"} <= set(
        images([objects["Deployment", "dagster-code-shop"]]).split()
    )


def test_what_runs_get_fits_into_a_variable_that_a_process_can_start_with(synth: Synth) -> None:
    def texts(length: int) -> DagsterSpec:
        env = {f"TEXT_{number}": "x" * length for number in range(4)}
        return spec(code_locations=[SHOP | {"runs": SHOP["runs"] | {"env": env}}])

    build(synth, texts(31_000))
    with pytest.raises(SettingError, match=r"found \d{6} bytes.* at most 131071\b"):
        build(synth, texts(32_768))
    subprocess.run(["true"], env={"A": "x" * (131_071 - len("A="))}, check=True)
    with pytest.raises(OSError, match="Argument list too long"):
        subprocess.run(["true"], env={"A": "x" * (131_072 - len("A="))}, check=True)


def test_a_container_cannot_be_called_like_a_runs_own(synth: Synth) -> None:
    proxy = ADDED["sidecars"][1] | {"name": "dagster"}
    location = SHOP | {"runs": SHOP["runs"] | {"sidecars": [proxy]}}
    with pytest.raises(SettingError, match="names that are taken already: dagster"):
        build(synth, spec(code_locations=[location]))


@pytest.mark.parametrize("step", [False, True], ids=["run", "step"])
def test_pods_of_runs_are_root_only_where_their_image_needs_it(
    synth: Synth, folder: Path, monkeypatch: pytest.MonkeyPatch, *, step: bool
) -> None:
    root = SHOP | {"run_as_root": "its licence manager writes to /root"}
    objects = build(synth, spec(code_locations=[root, EVENTS]))
    launcher = cluster_launcher(objects, folder, monkeypatch)
    for location, user in ((root, 0), (EVENTS, 10001)):
        job = run_pod(launcher, code_server(objects, location), step=step)
        security = pod(job)["securityContext"]
        assert security["runAsNonRoot"] == (user > 0)
        assert security["runAsUser"] == security["fsGroup"] == user
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container(job)["securityContext"]["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("step", [False, True], ids=["run", "step"])
def test_pods_of_runs_may_have_an_image_and_a_gpu_of_their_own(
    synth: Synth, folder: Path, monkeypatch: pytest.MonkeyPatch, *, step: bool
) -> None:
    resources = SHOP["runs"]["resources"] | {"extended": {"nvidia.com/gpu": 2}}
    runs = SHOP["runs"] | {"image": "acme/gpu:v3", "resources": resources}
    gpu = SHOP | {"runs": runs}
    objects = build(synth, spec(code_locations=[gpu, EVENTS]))
    launcher = cluster_launcher(objects, folder, monkeypatch)
    job = run_pod(launcher, code_server(objects, gpu), step=step)
    assert container(job)["image"] == "acme/gpu:v3"
    for kind in ("requests", "limits"):
        assert container(job)["resources"][kind]["nvidia.com/gpu"] == "2"
    assert "acme/gpu:v3" in images(objects.values())
    other = run_pod(launcher, code_server(objects, EVENTS), step=step)
    assert container(other)["image"] == EVENTS["image"]
    assert "gpu" not in json.dumps(other)


@pytest.mark.parametrize("step", [False, True], ids=["run", "step"])
def test_pods_of_runs_carry_what_azure_looks_for(
    synth: Synth, folder: Path, monkeypatch: pytest.MonkeyPatch, *, step: bool
) -> None:
    client = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
    azure = SHOP | {"identity": {"type": "azure", "client_id": client}}
    objects = build(synth, spec(code_locations=[azure, EVENTS]))
    launcher = cluster_launcher(objects, folder, monkeypatch)
    for location, use in ((azure, "true"), (EVENTS, None)):
        job = run_pod(launcher, code_server(objects, location), step=step)
        labels = job["spec"]["template"]["metadata"]["labels"]
        assert labels.get("azure.workload.identity/use") == use


def test_runs_of_an_external_location_wait_like_all_runs(
    synth: Synth, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = build(synth, spec(run_priority="data-runs"))
    env = {"DAGSTER_CURRENT_IMAGE": "acme/elsewhere:v1"}
    env |= {"DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT": "{}"}
    job = run_pod(cluster_launcher(objects, folder, monkeypatch), env)
    assert pod(job)["priorityClassName"] == "data-runs"


@pytest.mark.requirement("FR-008")
def test_pods_of_runs_are_told_what_their_code_server_is_told(
    job: dict[str, Any], location: dict[str, Any], objects: Objects
) -> None:
    texts: dict[str, str] = {}
    secrets: dict[str, dict[str, str]] = {}
    names = [variable["name"] for variable in container(job)["env"]]
    assert len(names) == len(set(names))
    for variable in container(job)["env"]:
        if "value" in variable:
            texts[variable["name"]] = expanded(variable["value"], texts)
        else:
            secrets[variable["name"]] = variable["valueFrom"]["secretKeyRef"]
    of_server = code_server(objects, location)
    own = {"DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT", "DAGSTER_CURRENT_IMAGE"}
    assert texts == {name: text for name, text in of_server.items() if name not in own}
    assert texts["PLAIN"] == LARGE["variables"]["PLAIN"]
    assert secrets == {
        "DAGSTER_PG_PASSWORD": LARGE["database"]["password"],
        "DAGSTER_PG_USER": LARGE["database"]["user"],
        "POLARIS_CLIENT_ID": LARGE["variables"]["POLARIS_CLIENT_ID"],
    }


@pytest.mark.requirement("FR-007")
def test_pods_of_runs_mount_what_their_code_server_mounts(
    job: dict[str, Any], location: dict[str, Any], objects: Objects
) -> None:
    server = objects["Deployment", f"dagster-code-{location['name']}"]["spec"]["template"]["spec"]
    (of_server,) = server["containers"]

    def by_name(entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        assert len({entry["name"] for entry in entries}) == len(entries)
        sizeless = ({k: v for k, v in entry.items() if k != "emptyDir"} for entry in entries)
        return {entry["name"]: entry for entry in sizeless}

    assert by_name(pod(job)["volumes"]) == by_name(server["volumes"])
    assert by_name(container(job)["volumeMounts"]) == by_name(of_server["volumeMounts"])
    writable = {volume["name"] for volume in pod(job)["volumes"] if "emptyDir" in volume}
    mounts = {mount["mountPath"]: mount["name"] for mount in container(job)["volumeMounts"]}
    home = next(env["value"] for env in container(job)["env"] if env["name"] == "DAGSTER_HOME")
    assert {mounts[home], mounts["/tmp"]} == writable  # noqa: S108


def test_a_run_is_not_moved_and_its_job_goes_when_it_is_done(job: dict[str, Any]) -> None:
    annotations = job["spec"]["template"]["metadata"]["annotations"]
    assert annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "false"
    assert annotations["karpenter.sh/do-not-disrupt"] == "true"
    assert 0 < job["spec"]["ttlSecondsAfterFinished"] <= 3600
    assert pod(job)["restartPolicy"] == "Never"


def test_runs_of_an_external_location_are_restricted_as_well(launcher: K8sRunLauncher) -> None:
    env = {"DAGSTER_CURRENT_IMAGE": "acme/elsewhere:v1"}
    job = run_pod(launcher, env | {"DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT": "{}"})
    assert broken({"job.yaml": job}) == []
    assert pod(job)["imagePullSecrets"] == [LOGIN]
    assert pod(job)["automountServiceAccountToken"] is False
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert user_code(spec())[-1].selector.items() <= labels.items()


def tagged(pod: dict[str, Any]) -> dict[str, str]:
    return {"dagster-k8s/config": json.dumps(pod)}


SIZED: dict[str, Any] = {
    "container_config": {
        "env": [{"name": "LOG_LEVEL", "value": "debug"}],
        "resources": {"requests": {"memory": "64Gi"}, "limits": {"memory": "64Gi"}},
    },
    "pod_spec_config": {"node_selector": {"size": "large"}},
    "pod_template_spec_metadata": {"labels": {"cost": "shop"}},
}


def test_tags_say_how_large_a_run_is_and_where(launcher: K8sRunLauncher, objects: Objects) -> None:
    job = run_pod(launcher, code_server(objects, SHOP), tags=tagged(SIZED))
    assert container(job)["resources"]["limits"]["memory"] == "64Gi"
    assert {"name": "LOG_LEVEL", "value": "debug"} in container(job)["env"]
    assert pod(job)["nodeSelector"] == {"size": "large"}


CLOSED: list[dict[str, Any]] = [
    {"container_config": {"image": "acme/other:v1"}},
    {"container_config": {"env_from": [{"secret_ref": {"name": "database"}}]}},
    {"container_config": {"security_context": {"privileged": True}}},
    {"pod_spec_config": {"host_network": True}},
    {"pod_spec_config": {"init_containers": [{"name": "other", "image": "other"}]}},
    {"job_spec_config": {"backoff_limit": 3}},
    {"job_config": {"metadata": {"namespace": "other"}}},
]


@pytest.mark.parametrize("tags", CLOSED, ids=str)
def test_tags_change_nothing_else_of_a_run(
    launcher: K8sRunLauncher, objects: Objects, tags: dict[str, Any]
) -> None:
    ((part, fields),) = tags.items()
    (field,) = fields
    with pytest.raises(Exception, match=rf"allowed list: {part}\.{field}$"):
        run_pod(launcher, code_server(objects, SHOP), tags=tagged(tags))


def test_tags_change_what_the_environment_allows(
    synth: Synth, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = ["container_config.image"]
    for allowed in (fields, None):
        said = spec(run_launcher={"only_allow_user_defined_k8s_config_fields": allowed})
        objects = build(synth, said)
        launcher = cluster_launcher(objects, folder, monkeypatch)
        job = run_pod(launcher, code_server(objects, SHOP), tags=tagged(CLOSED[0]))
        assert container(job)["image"] == "acme/other:v1"


def test_tags_set_only_the_variables_that_the_environment_names(
    synth: Synth, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = build(synth, spec(run_launcher={"only_allow_user_defined_env_vars": ["LOG_LEVEL"]}))
    launcher = cluster_launcher(objects, folder, monkeypatch)
    server = code_server(objects, SHOP)
    given = [{"name": name, "value": "said"} for name in ("LOG_LEVEL", "OTHER")]
    tags = tagged({"container_config": {"env": given}})
    before, after = (
        {variable["name"] for variable in container(job)["env"]}
        for job in (run_pod(launcher, server), run_pod(launcher, server, tags=tags))
    )
    assert after - before == {"LOG_LEVEL"}
    assert before <= after


# Command lines, read by Dagster's own parsers.

WEBSERVER = {
    "resources": RESOURCES,
    "path_prefix": "/dagster",
    "statement_timeout_seconds": 30,
    "pool_recycle_seconds": 600,
    "pool_max_overflow": 5,
    "live_data_seconds": 0.5,
    "log_level": "debug",
    "log_format": "json",
}


def parsed(command: click.Command, args: list[str], workspace: Path) -> dict[str, Any]:
    """Answer what a command makes of its arguments; it refuses what it does not know."""
    workspace.touch()  # it has to be there
    given = [str(workspace) if arg.endswith("workspace.yaml") else arg for arg in args]
    with command.make_context("", given) as context:
        return dict(context.params)


def test_webservers_are_told_what_their_settings_say(synth: Synth, tmp_path: Path) -> None:
    objects = build(synth, spec(webserver=WEBSERVER, webserver_read_only=WEBSERVER))
    for name, read_only in (("webserver", False), ("webserver-read-only", True)):
        program, *args = container(objects["Deployment", f"dagster-{name}"])["args"]
        found = parsed(dagster_webserver, args, tmp_path / "workspace.yaml")
        assert program == "dagster-webserver"
        assert found["read_only"] is read_only
        assert found["path_prefix"] == "/dagster"
        assert (found["db_statement_timeout"], found["live_data_poll_rate"]) == (30_000, 500)
        assert (found["db_pool_recycle"], found["db_pool_max_overflow"]) == (600, 5)
        assert found["dagster_log_level"] == found["uvicorn_log_level"] == "debug"
        assert found["log_format"] == "json"
        probe = container(objects["Deployment", f"dagster-{name}"])["readinessProbe"]
        assert probe["httpGet"]["path"] == "/dagster/server_info"


def test_the_daemon_is_told_what_its_settings_say(synth: Synth, tmp_path: Path) -> None:
    settings = {"resources": RESOURCES, "log_level": "warning", "log_format": "json"}
    objects = build(synth, spec(daemon=settings))
    program, command, *args = container(objects["Deployment", "dagster-daemon"])["args"]
    assert (program, command) == ("dagster-daemon", "run")
    found = parsed(run_command, args, tmp_path / "workspace.yaml")
    assert (found["log_level"], found["log_format"]) == ("warning", "json")


def test_a_read_only_webserver_knows_no_launcher(objects: Objects, folder: Path) -> None:
    found = instance(objects, folder, "dagster-webserver-read-only")
    assert found.run_launcher_data
    assert found.run_launcher_data.class_name == "DefaultRunLauncher"
    assert found.settings.get("run_monitoring") is None
    whole = instance(objects, folder)
    assert found.run_storage_data == whole.run_storage_data
    assert found.compute_logs_data == whole.compute_logs_data
