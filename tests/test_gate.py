"""The gate: Jobs that check before a release, and CronJobs that check between two."""

import re
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from conftest import Objects, Synth, opens
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.preflight import ClusterNeeds, PreflightConfig, needs
from floe_constructs.preflight.cluster import ClusterGate
from floe_constructs.preflight.config import unknown
from floe_constructs.preflight.credentials import credentials
from floe_constructs.preflight.flows import flows, labels
from floe_constructs.preflight.preflight import Preflight
from floe_constructs.preflight.spec import PreflightSpec
from floe_deploy.rules import gate as gate_rules
from preflight_example import DATABASE, LAKE, SERVICES, SMALL, spec
from rule_cases import POD_RULES, broken
from test_marquez import container, named, names, pod

pytestmark = pytest.mark.requirement("FR-015")

FOLDER = "/etc/floe/preflight"
NEEDS = ClusterNeeds(
    kinds={"external-secrets.io/v1": ("ExternalSecret",)},
    storage_classes=("gp3",),
    ingress_classes=("alb",),
    kubernetes="1.35",
)


def made(synth: Synth, gate: PreflightSpec) -> Objects:
    return synth(lambda chart: Preflight(chart, "preflight", gate))


def cluster(synth: Synth, wanted: ClusterNeeds = NEEDS) -> Objects:
    return synth(lambda chart: ClusterGate(chart, "cluster", spec(), wanted))


@pytest.fixture
def objects(synth: Synth) -> Objects:
    return made(synth, spec())


def job(objects: Objects, suite: str = "services") -> dict[str, Any]:
    return named(objects, "Job", f"preflight-{suite}-")


def command(manifest: dict[str, Any]) -> list[str]:
    return list(container(manifest)["command"])


def test_the_smallest_gate_is_a_job_with_what_it_is_told(synth: Synth) -> None:
    assert names(made(synth, PreflightSpec.model_validate(SMALL))) == {
        ("ServiceAccount", "preflight-services"),
        ("ConfigMap", "preflight-services"),
        ("Job", "preflight-services-HASH"),
    }


def test_each_identity_has_a_job_of_its_own_under_the_account_of_a_workload(
    objects: Objects,
) -> None:
    assert names(objects) == {
        ("ServiceAccount", "preflight-services"),
        ("ConfigMap", "preflight-services"),
        ("ConfigMap", "preflight-dagster-code-shop"),
        *((kind, "preflight-services-scheduled") for kind in ("ConfigMap", "CronJob")),
        *((kind, "preflight-dagster-code-shop-scheduled") for kind in ("ConfigMap", "CronJob")),
        ("Job", "preflight-services-HASH"),
        ("Job", "preflight-dagster-code-shop-HASH"),
    }
    lake = pod(job(objects, "dagster-code-shop"))["spec"]
    assert lake["serviceAccountName"] == "dagster-code-shop"
    assert lake["automountServiceAccountToken"] is False


def test_pods_of_an_identity_have_the_labels_that_a_cloud_looks_for(synth: Synth) -> None:
    identity = {"type": "azure", "client_id": "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f8"}
    account = {"service_account": "dagster-code-shop", "identity": identity}
    objects = made(synth, spec(suites=[LAKE | {"account": account}]))
    for manifest in (
        job(objects, "dagster-code-shop"),
        objects["CronJob", "preflight-dagster-code-shop-scheduled"],
    ):
        assert pod(manifest)["metadata"]["labels"]["azure.workload.identity/use"] == "true"


def test_a_gate_breaks_no_rule_of_pods_or_gates(synth: Synth, objects: Objects) -> None:
    both = {**objects, **cluster(synth)}
    files = {f"30-preflight/{kind}-{name}": manifest for (kind, name), manifest in both.items()}
    assert broken(files, (*POD_RULES, *gate_rules.RULES)) == []


def test_a_gate_is_neither_deleted_nor_suspended_nor_tried_where_it_is_of_no_use(
    objects: Objects,
) -> None:
    gate = job(objects)["spec"]
    assert not {"ttlSecondsAfterFinished", "suspend"} & gate.keys()
    final, disrupted = gate["podFailurePolicy"]["rules"]
    assert final["action"] == "FailJob"
    assert final["onExitCodes"]["values"] == [78]
    assert final["onExitCodes"]["containerName"] == container(job(objects))["name"]
    assert (disrupted["action"], disrupted["onPodConditions"][0]["type"]) == (
        "Ignore",
        "DisruptionTarget",
    )
    assert pod(job(objects))["spec"]["restartPolicy"] == "Never"


def option(told: list[str], name: str) -> int:
    (found,) = [part for part in told if part.startswith(f"--{name}=")]
    return int(found.partition("=")[2])


@pytest.mark.parametrize("wait", [0, 60, 600])
def test_what_is_within_ends_before_what_is_around_it(synth: Synth, wait: int) -> None:
    manifest = job(made(synth, spec(wait_seconds=wait)))
    told = command(manifest)
    check, run = option(told, "timeout"), option(told, "deadline")
    program = run + option(told, "wait")
    one, gate = pod(manifest)["spec"]["activeDeadlineSeconds"], manifest["spec"]
    assert option(told, "wait") == wait
    assert check < run <= program < one < gate["activeDeadlineSeconds"]
    tries = gate["backoffLimit"] + 1
    assert tries * program + 10 + 20 + 40 < gate["activeDeadlineSeconds"]


def test_the_job_is_told_where_its_configuration_is_and_finds_it_there(objects: Objects) -> None:
    (config,) = [part for part in command(job(objects)) if part.startswith("--config=")]
    folder, _, file = config.partition("=")[2].rpartition("/")
    (mount,) = [at for at in container(job(objects))["volumeMounts"] if at["mountPath"] == folder]
    volumes = {volume["name"]: volume for volume in pod(job(objects))["spec"]["volumes"]}
    first = volumes[mount["name"]]["projected"]["sources"][0]["configMap"]
    text = objects["ConfigMap", first["name"]]["data"][first["items"][0]["key"]]
    assert first["items"][0]["path"] == file
    assert PreflightConfig.model_validate(yaml.safe_load(text)) == spec().suites[0].config


def test_its_configuration_tells_no_credential_only_where_they_are(objects: Objects) -> None:
    said = yaml.safe_load(objects["ConfigMap", "preflight-services"]["data"]["preflight.yaml"])
    (database,) = said["postgres"]
    assert database["password"] == DATABASE["password"]


@pytest.mark.requirement("FR-008")
def test_no_pod_waits_for_a_secret_or_for_a_certificate(synth: Synth) -> None:
    added = {
        "env": {"HTTPS_PROXY": {"name": "proxy", "key": "url"}},
        "volumes": [{"name": "keys", "path": "/keys", "files": {"k": {"name": "k", "key": "k"}}}],
        "sidecars": [
            {
                "name": "proxy",
                "image": "acme/proxy:1",
                "resources": {"cpu": "10m", "memory": "16Mi"},
                "env": {"TOKEN": {"name": "proxy", "key": "token"}},
            }
        ],
    }
    manifest = job(made(synth, spec(**added)))
    inside = pod(manifest)["spec"]
    containers = [*inside["containers"], *inside["initContainers"]]
    keys = [
        variable["valueFrom"]["secretKeyRef"]
        for one in containers
        for variable in one["env"]
        if "valueFrom" in variable
    ]
    assert {key["name"] for key in keys} == {"database", "proxy"}
    sources = [
        source.get("secret") or source["configMap"]
        for volume in inside["volumes"]
        for source in volume.get("projected", {}).get("sources", [])
    ]
    theirs = [source for source in sources if source["name"] != "preflight-services"]
    assert {source["name"] for source in theirs} == {"authorities", "google", "k"}
    assert all(reference["optional"] is True for reference in [*keys, *theirs])


def test_other_workloads_do_wait_for_their_secrets() -> None:
    from rule_cases import PROD

    own = ("30-preflight/", "60-verify/")
    gates = {file for file in PROD if file.startswith(own) or "cronjob-pre" in file}
    assert "'optional'" not in str([PROD[file] for file in PROD.keys() - gates])


def test_every_credential_and_certificate_is_told_by_whoever_lists_them() -> None:
    found = {
        (use.pods.object_name, use.secret.name, use.variable or use.file)
        for use in credentials(spec())
    }
    assert found == {
        (f"preflight-services{end}", secret, told)
        for end in ("", "-scheduled")
        for secret, told in (
            ("database", "DAGSTER_PG_PASSWORD"),
            ("google", f"{FOLDER}/logs.json"),
        )
    }


def test_checks_that_are_left_out_are_named_where_they_are(synth: Synth) -> None:
    skip = ("postgres.dagster.rights", "storage", "cluster.kinds")
    gate = spec(skip=skip, ignore=("PLAIN_TRAFFIC",), strict=True)
    objects = made(synth, gate)
    services, lake = command(job(objects)), command(job(objects, "dagster-code-shop"))
    assert [part for part in services if "skip" in part] == [
        "--skip=postgres.dagster.rights",
        "--skip=storage",
    ]
    assert [part for part in lake if "skip" in part] == ["--skip=storage"]
    for told in (services, lake):
        assert told[-2:] == ["--ignore=PLAIN_TRAFFIC", "--strict"]
    assert unknown(gate) == []
    assert unknown(spec(skip=("postgres.marquez", "cluster"))) == ["postgres.marquez"]


def test_between_releases_the_same_is_checked_with_ordinary_exit_codes(objects: Objects) -> None:
    again = objects["CronJob", "preflight-services-scheduled"]
    assert again["spec"]["schedule"] == "*/15 * * * *"
    assert command(again) == [part for part in command(job(objects)) if part != "--gate"]
    assert container(again)["env"] == container(job(objects))["env"]
    told, asked = (objects["ConfigMap", f"preflight-services{end}"] for end in ("-scheduled", ""))
    assert told["data"] == asked["data"]
    one, limit = pod(again)["spec"], again["spec"]["jobTemplate"]["spec"]
    assert 2 * one["activeDeadlineSeconds"] < limit["activeDeadlineSeconds"]
    for own in (again, told):  # the gate's are another release's while it is closed
        assert "floe.dev/phase" not in own["metadata"].get("annotations", {})
    assert "preflight-services'" not in str(pod(again)["spec"]["volumes"])


@pytest.mark.parametrize(
    "change",
    [{"attempt": 1}, {"release": "1.4.2"}, {"wait_seconds": 61}, {"image": "acme/preflight:2"},
     {"suites": [SERVICES | {"config": {"postgres": [DATABASE | {"host": "other"}]}}]}],
)  # fmt: skip
def test_by_itself_a_gate_is_another_job_for_another_content(
    synth: Synth, change: dict[str, Any]
) -> None:
    before, after = made(synth, spec(schedule=None)), made(synth, spec(schedule=None, **change))
    assert job(before)["metadata"]["name"] != job(after)["metadata"]["name"]


def test_pods_reach_what_they_check_and_prove_who_they_are() -> None:
    found = {
        (opens(flow).object_name, flow.target.host, flow.port)
        for flow in flows(spec())
        if isinstance(flow.target, Endpoint)
    }
    assert found == {
        (f"preflight-{pods}{end}", host, port)
        for end in ("", "-scheduled")
        for pods, host, port in (
            ("services", "db.example.com", 5432),
            ("services", "storage.googleapis.com", 443),
            ("services", "oauth2.googleapis.com", 443),
            ("dagster-code-shop", "s3.us-east-1.amazonaws.com", 443),
            ("dagster-code-shop", "sts.amazonaws.com", 443),
        )
    }


def test_a_long_name_of_an_account_leaves_room_for_the_names_of_jobs_and_pods() -> None:
    one, other = ("dagster-run-" + "very-" * 9 + end for end in ("long", "wide"))
    names = {labels(spec(), name).object_name for name in (one, other)}
    assert len(names) == 2
    assert all(len(name) <= 46 for name in names)
    assert all(re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", name) for name in names)


@pytest.mark.parametrize(
    ("suite", "told"),
    [
        (SERVICES | {"authorities": {"/etc/ssl/ca.crt": {"name": "a", "key": "b"}}}, "/etc/ssl"),
        (
            SERVICES
            | {
                "config": {
                    "postgres": [
                        DATABASE,
                        DATABASE
                        | {
                            "name": "marquez",
                            "password": {
                                "env": "DAGSTER_PG_PASSWORD",
                                "secret": {"name": "marquez", "key": "password"},
                            },
                        },
                    ]
                }
            },
            "DAGSTER_PG_PASSWORD is from two Secrets",
        ),
    ],
)
def test_what_a_pod_cannot_be_told_is_refused(suite: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(told)):
        spec(suites=[suite])


def test_the_cluster_is_asked_by_an_account_that_may_read_exactly_what_is_asked_for(
    synth: Synth,
) -> None:
    objects = cluster(synth)
    assert names(objects) == {
        ("ServiceAccount", "preflight-cluster"),
        ("ClusterRole", "data-preflight-cluster"),
        ("ClusterRoleBinding", "data-preflight-cluster"),
        ("ConfigMap", "preflight-cluster"),
        ("Job", "preflight-cluster-HASH"),
    }
    binding = objects["ClusterRoleBinding", "data-preflight-cluster"]
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "preflight-cluster", "namespace": "data"}
    ]
    assert binding["roleRef"]["name"] == "data-preflight-cluster"
    rules = objects["ClusterRole", "data-preflight-cluster"]["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get"}
    assert all("nonResourceURLs" in rule or rule["resourceNames"] for rule in rules)
    inside = pod(job(objects, "cluster"))["spec"]
    assert inside["automountServiceAccountToken"] is True
    assert inside["serviceAccountName"] == "preflight-cluster"


def claim(**said: object) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c"},
            "spec": said}  # fmt: skip


def test_what_objects_need_of_a_cluster_is_what_they_name_and_do_not_bring() -> None:
    custom = {"metadata": {"name": "a"}, "spec": {}}
    stateful = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "s"},
        "spec": {
            "volumeClaimTemplates": [{"spec": {"storageClassName": "gp3"}}],
            "template": {"spec": {"priorityClassName": "data-platform"}},
        },
    }
    cron = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "c"},
        "spec": {"jobTemplate": {"spec": {"template": {"spec": {"priorityClassName": "others"}}}}},
    }
    ingress = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "i"},
               "spec": {"ingressClassName": "alb"}}  # fmt: skip
    brought: list[dict[str, Any]] = [
        {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
         "metadata": {"name": "data-platform"}, "value": 1},
        {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
         "metadata": {"name": "own.acme.io"},
         "spec": {"group": "acme.io", "names": {"kind": "Own"}}},
    ]  # fmt: skip
    found = needs(
        [
            custom | {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret"},
            custom | {"apiVersion": "acme.io/v1", "kind": "Own"},
            custom | {"apiVersion": "acme.io/v1", "kind": "Other"},
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {}},
            stateful, cron, ingress, claim(storageClassName=""), *brought,
        ],
        "1.35",
    )  # fmt: skip
    assert found == ClusterNeeds(
        kinds={"acme.io/v1": ("Other",), "external-secrets.io/v1": ("ExternalSecret",)},
        storage_classes=("gp3",),
        ingress_classes=("alb",),
        priority_classes=("others",),
        kubernetes="1.35",
    )
    assert needs([claim()]).default_storage_class
