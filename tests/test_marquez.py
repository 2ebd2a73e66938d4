"""Marquez: API, interface, migration, retention."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import Objects, Synth, opens
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.marquez import MarquezSpec
from floe_constructs.marquez.flows import API_URL, flows
from floe_constructs.marquez.marquez import Marquez
from marquez_example import LARGE, RESOURCES, SEARCH, SMALL, spec
from rule_cases import broken

PLACEHOLDER = re.compile(r"\$\{([A-Z_]+)(:-[^}]*)?\}")


def made(synth: Synth, marquez: MarquezSpec) -> Objects:
    return synth(lambda chart: Marquez(chart, "marquez", marquez))


@pytest.fixture
def objects(synth: Synth) -> Objects:
    return made(synth, spec())


def pod(manifest: dict[str, Any]) -> dict[str, Any]:
    spec = manifest["spec"]
    template = (
        spec["jobTemplate"]["spec"]["template"] if "jobTemplate" in spec else spec["template"]
    )
    return dict(template)


def container(manifest: dict[str, Any]) -> dict[str, Any]:
    (one,) = pod(manifest)["spec"]["containers"]
    return dict(one)


def named(objects: Objects, kind: str, start: str) -> dict[str, Any]:
    (found,) = [m for (k, name), m in objects.items() if k == kind and name.startswith(start)]
    return found


def names(objects: Objects) -> set[tuple[str, str]]:
    return {(kind, re.sub(r"-[0-9a-f]{10}$", "-HASH", name)) for kind, name in objects}


MIGRATION = {
    ("ServiceAccount", "marquez-migrate"),
    ("ConfigMap", "marquez-migrate"),
    ("Job", "marquez-migrate-HASH"),
}
WEB = {(kind, "marquez-web") for kind in ("ServiceAccount", "Deployment", "Service")}
RETENTION = {(kind, "marquez-retention") for kind in ("ServiceAccount", "ConfigMap", "CronJob")}
API = {(kind, "marquez-api") for kind in ("ServiceAccount", "ConfigMap", "Deployment", "Service")}


def test_the_smallest_marquez_is_api_and_migration(synth: Synth) -> None:
    assert names(made(synth, MarquezSpec.model_validate(SMALL))) == MIGRATION | API


def test_a_large_marquez_is_exactly_these_objects(objects: Objects) -> None:
    budgets = {("PodDisruptionBudget", f"marquez-{role}") for role in ("api", "web")}
    assert names(objects) == MIGRATION | API | WEB | RETENTION | budgets


def test_every_pod_is_restricted_and_has_no_token(objects: Objects) -> None:
    files = {f"{kind}/{name}": manifest for (kind, name), manifest in objects.items()}
    assert broken(files) == []
    accounts = {name for kind, name in objects if kind == "ServiceAccount"}
    for (kind, _), manifest in objects.items():
        if kind in {"Deployment", "Job", "CronJob"}:
            assert pod(manifest)["spec"]["serviceAccountName"] in accounts
            assert pod(manifest)["spec"]["automountServiceAccountToken"] is False


@pytest.mark.parametrize("name", ["marquez-api", "marquez-web"])
def test_a_service_reaches_its_pods(objects: Objects, name: str) -> None:
    service, deployment = objects["Service", name], objects["Deployment", name]
    assert service["spec"]["selector"].items() <= pod(deployment)["metadata"]["labels"].items()
    ports = {port["name"] for port in container(deployment)["ports"]}
    assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def test_the_admin_port_is_asked_by_the_kubelet_alone(objects: Objects) -> None:
    api = container(objects["Deployment", "marquez-api"])
    ports = {port["name"]: port["containerPort"] for port in api["ports"]}
    assert {port["port"] for port in objects["Service", "marquez-api"]["spec"]["ports"]} == {
        ports["http"]
    }
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert api[probe]["httpGet"]["port"] == "admin"


def test_the_api_listens_where_its_container_says(objects: Objects) -> None:
    server = yaml.safe_load(objects["ConfigMap", "marquez-api"]["data"]["config.yml"])["server"]
    (application,), (admin,) = server["applicationConnectors"], server["adminConnectors"]
    ports = container(objects["Deployment", "marquez-api"])["ports"]
    assert {port["name"]: port["containerPort"] for port in ports} == {
        "http": application["port"],
        "admin": admin["port"],
    }


def test_names_of_datasets_may_hold_what_a_strict_parser_refuses_in_paths(
    objects: Objects,
) -> None:
    config = yaml.safe_load(objects["ConfigMap", "marquez-api"]["data"]["config.yml"])
    (connector,) = config["server"]["applicationConnectors"]
    assert connector["httpCompliance"] == "RFC7230_LEGACY"


def test_no_search_server_is_expected(objects: Objects) -> None:
    config = yaml.safe_load(objects["ConfigMap", "marquez-api"]["data"]["config.yml"])
    assert config["search"] == {"enabled": False}


def test_a_service_called_marquez_cannot_change_a_port(objects: Objects) -> None:
    """Kubernetes would set `MARQUEZ_PORT=tcp://…`, which API and interface read as theirs."""
    (port,) = objects["Service", "marquez-api"]["spec"]["ports"]
    for (kind, _), manifest in objects.items():
        if kind in {"Deployment", "Job", "CronJob"}:
            env = {v["name"]: v.get("value") for v in container(manifest)["env"]}
            assert env["MARQUEZ_PORT"] == str(port["port"])
            assert pod(manifest)["spec"]["enableServiceLinks"] is False


def test_only_readiness_asks_the_database(objects: Objects) -> None:
    api = container(objects["Deployment", "marquez-api"])
    paths = {probe: api[f"{probe}Probe"]["httpGet"]["path"] for probe in ("startup", "liveness")}
    assert paths == {"startup": "/ping", "liveness": "/ping"}
    assert api["readinessProbe"]["httpGet"]["path"] == "/healthcheck"


def test_lineage_is_kept_for_ever_unless_days_are_named(synth: Synth) -> None:
    """In the community chart `enabled: false` still deletes (MarquezProject/marquez#3118)."""
    objects = made(synth, spec(retention=None))
    assert not [kind for kind, _ in objects if kind == "CronJob"]
    for (kind, _), manifest in objects.items():
        if kind == "ConfigMap":
            assert "dbRetention" not in yaml.safe_load(manifest["data"]["config.yml"])


def said(synth: Synth, **retention: object) -> str:
    objects = made(synth, spec(retention={"days": 30} | retention))
    return str(container(objects["CronJob", "marquez-retention"])["command"][-1])


def test_retention_deletes_what_is_older_than_the_days_named(synth: Synth) -> None:
    assert " --retention-days 31 --number-of-rows-per-batch 500 " in said(
        synth, days=31, rows_per_batch=500
    )
    assert "--dry-run" not in said(synth)


def test_a_dry_run_says_what_would_go(synth: Synth) -> None:
    assert " --dry-run " in said(synth, dry_run=True)


def test_retention_runs_when_the_schedule_says_and_never_twice_at_once(synth: Synth) -> None:
    retention = {"days": 30, "schedule": "0 4 * * 0", "time_zone": "Europe/Berlin"}
    given = made(synth, spec(retention=retention | {"deadline_minutes": 90}))
    cron = given["CronJob", "marquez-retention"]["spec"]
    assert (cron["schedule"], cron["timeZone"]) == ("0 4 * * 0", "Europe/Berlin")
    assert cron["concurrencyPolicy"] == "Forbid"
    assert cron["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 90 * 60


FAILED = (
    "ERROR [main] marquez.cli.DbRetentionCommand: Failed to apply retention policy of '30' days"
)


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize(
    ("prints", "ends"),
    [("INFO Deleted '7' jobs", (0, 0)), (FAILED, (0, 1)), ("Exception in thread", (3, 3))],
)
def test_retention_fails_when_its_log_says_so_though_the_program_ends_well(
    synth: Synth, tmp_path: Path, shell: str, prints: str, ends: tuple[int, int]
) -> None:
    """Marquez catches the failure of `db-retention`, logs it, and ends with 0."""
    java = tmp_path / "java"
    java.write_text(f'#!/bin/sh\nprintf "%s\\n" "{prints}"\nexit {ends[0]}\n')
    java.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "TMPDIR": str(tmp_path)}
    command = [shell, "-c", said(synth)]
    result = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (ends[1], f"{prints}\n")


PROGRAMS = [
    ("Deployment", "marquez-api"),
    ("Job", "marquez-migrate"),
    ("CronJob", "marquez-retention"),
]


@pytest.mark.parametrize(("kind", "name"), PROGRAMS)
def test_a_heap_follows_the_limit_and_a_process_without_memory_ends(
    objects: Objects, kind: str, name: str
) -> None:
    one = container(named(objects, kind, name))
    env = {v["name"]: v.get("value", "") for v in one["env"]}
    assert env["JAVA_OPTS"].split() == ["-XX:MaxRAMPercentage=75", "-XX:+ExitOnOutOfMemoryError"]
    assert " java $JAVA_OPTS -jar " in one["command"][-1]
    assert '"$MARQUEZ_CONFIG"' in one["command"][-1]


@pytest.mark.parametrize(("kind", "name"), PROGRAMS[:2])
def test_nothing_stands_between_java_and_the_signal_to_end(
    objects: Objects, tmp_path: Path, kind: str, name: str
) -> None:
    """The image's entry point is a shell that waits: it would be killed, and requests cut off."""
    command = container(named(objects, kind, name))["command"]
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho $$\n")
    java.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert int(process.stdout.read()) == process.pid


@pytest.mark.parametrize(("kind", "name"), PROGRAMS)
def test_every_placeholder_of_the_configuration_has_a_value(
    synth: Synth, kind: str, name: str
) -> None:
    """Dropwizard leaves an undefined `${NAME}` as text, and `${NAME:-x}` is x."""
    objects = made(synth, spec(search=SEARCH))
    workload = named(objects, kind, name)
    env = {variable["name"] for variable in container(workload)["env"]}
    (volume,) = [v for v in pod(workload)["spec"]["volumes"] if v["name"] == "config"]
    text = objects["ConfigMap", volume["configMap"]["name"]]["data"]["config.yml"]
    found = PLACEHOLDER.findall(text)
    assert found
    assert all(variable in env or default for variable, default in found)
    assert "${" not in PLACEHOLDER.sub("", text)


@pytest.mark.parametrize("password", ['p"x', "a\\b", "it's", "a: b #c", "0123", "${X}", "%&*!|>"])
def test_a_password_of_any_characters_arrives_as_it_is(objects: Objects, password: str) -> None:
    """Dropwizard puts variables into the text, and reads it as YAML then."""
    text = objects["ConfigMap", "marquez-api"]["data"]["config.yml"]
    read = yaml.safe_load(text.replace("${POSTGRES_PASSWORD}", password))
    assert read["db"]["password"] == password


def test_the_image_never_falls_back_to_its_development_settings(objects: Objects) -> None:
    for kind, name in PROGRAMS:
        one = container(named(objects, kind, name))
        env = {variable["name"]: variable.get("value") for variable in one["env"]}
        (mount,) = [m for m in one["volumeMounts"] if m["name"] == "config"]
        assert env["MARQUEZ_CONFIG"] == f"{mount['mountPath']}/config.yml"


def test_the_api_does_not_migrate_because_a_job_has(objects: Objects) -> None:
    config = yaml.safe_load(objects["ConfigMap", "marquez-api"]["data"]["config.yml"])
    assert config["migrateOnStartup"] is False
    assert "db-migrate" in container(named(objects, "Job", "marquez-migrate"))["command"][-1]


def test_the_migration_is_another_job_when_anything_of_it_changes(synth: Synth) -> None:
    def job(**changes: object) -> str:
        return str(named(made(synth, spec(**changes)), "Job", "marquez-")["metadata"]["name"])

    database = LARGE["database"] | {"host": "other.example.com"}
    assert job() == job() == job(retention=None)
    assert len({job(), job(image="acme/marquez:1"), job(database=database)}) == 3


def test_migration_and_its_configuration_are_there_before_the_platform(objects: Objects) -> None:
    for kind in ("ConfigMap", "Job"):
        manifest = named(objects, kind, "marquez-migrate")
        assert manifest["metadata"]["annotations"]["floe.dev/phase"] == "40-migrate"
    assert "annotations" not in objects["ConfigMap", "marquez-api"]["metadata"]


def test_pods_follow_a_change_of_the_configuration(synth: Synth, objects: Objects) -> None:
    database = LARGE["database"] | {"sslmode": "verify-full"}
    after = made(synth, spec(database=database))
    before, now = (pod(o["Deployment", "marquez-api"])["metadata"] for o in (objects, after))
    assert before["annotations"] != now["annotations"]


def test_the_interface_finds_the_api(objects: Objects) -> None:
    env = {
        variable["name"]: variable["value"]
        for variable in container(objects["Deployment", "marquez-web"])["env"]
    }
    (port,) = objects["Service", "marquez-api"]["spec"]["ports"]
    assert (env["MARQUEZ_HOST"], env["MARQUEZ_PORT"]) == ("marquez-api", str(port["port"]))
    assert f"http://{env['MARQUEZ_HOST']}:{env['MARQUEZ_PORT']}" == API_URL
    (own,) = container(objects["Deployment", "marquez-web"])["ports"]
    assert env["WEB_PORT"] == str(own["containerPort"])


def test_the_login_is_in_no_object(objects: Objects) -> None:
    env = container(objects["Deployment", "marquez-api"])["env"]
    references = {
        variable["name"]: variable["valueFrom"]["secretKeyRef"]
        for variable in env
        if "valueFrom" in variable
    }
    assert references == {
        "POSTGRES_USER": {"name": "database", "key": "user"},
        "POSTGRES_PASSWORD": {"name": "database", "key": "password"},
    }


def test_what_is_replicated_spreads_and_has_a_budget(objects: Objects) -> None:
    for name in ("marquez-api", "marquez-web"):
        deployment = objects["Deployment", name]
        selector = deployment["spec"]["selector"]
        budget = objects["PodDisruptionBudget", name]["spec"]
        assert budget["selector"] == selector
        spread = pod(deployment)["spec"]["topologySpreadConstraints"]
        assert all(constraint["labelSelector"] == selector for constraint in spread)


def talks(marquez: MarquezSpec) -> set[tuple[str, str]]:
    return {
        (
            opens(flow).component,
            flow.target.name if isinstance(flow.target, Endpoint) else flow.target.component,
        )
        for flow in flows(marquez)
    }


def test_the_database_is_reached_by_what_works_on_it_and_the_api_by_the_interface() -> None:
    working = {("api", "postgres"), ("migrate", "postgres")}
    assert talks(spec(retention=None, web=None)) == working
    assert talks(spec()) == working | {("retention", "postgres"), ("web", "api")}


def test_flows_leave_the_pods_that_are_made(objects: Objects) -> None:
    made = {
        tuple(sorted(pod(manifest)["metadata"]["labels"].items()))
        for (kind, _), manifest in objects.items()
        if kind in {"Deployment", "Job", "CronJob"}
    }
    assert {tuple(sorted(opens(flow).all.items())) for flow in flows(spec())} == made


CHANGES: dict[str, Any] = {
    "api": {"resources": RESOURCES},
    "connections": {"most": 20},
    "database": LARGE["database"] | {"port": 6432},
    "graphql": False,
    "image": "acme/marquez:fork",
    "instance": "other",
    "log_format": "json",
    "log_level": "warn",
    "migration": {"resources": RESOURCES, "node_selector": {"pool": "data"}},
    "retention": {"days": 31},
    "search": SEARCH,
    "tags": {"PII": "About a person"},
    "web": None,
}


def test_every_setting_changes_what_is_deployed(synth: Synth) -> None:
    assert set(CHANGES) == set(MarquezSpec.model_fields)
    before = made(synth, spec())
    for name, value in CHANGES.items():
        assert made(synth, spec(**{name: value})) != before, name


ROLE_CHANGES: dict[str, Any] = {  # the others are those of every workload: test_every_setting
    "image": "acme/other:1",
    "node_selector": {"pool": "data"},
    "replicas": 3,
    "resources": {"cpu": "1", "memory": "2Gi"},
    "tolerations": [{"key": "data", "operator": "Exists"}],
}


@pytest.mark.parametrize("role", ["api", "web", "migration"])
def test_every_setting_of_a_role_changes_what_is_deployed(synth: Synth, role: str) -> None:
    settings = LARGE.get(role, {"resources": RESOURCES})
    before = made(synth, spec())
    for name in ROLE_CHANGES.keys() & type(getattr(spec(), role)).model_fields:
        after = made(synth, spec(**{role: settings | {name: ROLE_CHANGES[name]}}))
        assert after != before, name
