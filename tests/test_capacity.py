"""Where pods run, which come first, what they may take, and what is added to them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from floe_constructs.kubernetes.capacity import Capacity, Priorities
from floe_constructs.kubernetes.scheduling import NodeAffinity, NodeTerm
from floe_constructs.kubernetes.volume import user_mounts
from floe_constructs.kubernetes.workload import Workload
from floe_deploy.errors import InputError
from floe_deploy.linting import held
from floe_deploy.overlay import load
from floe_deploy.project import Project
from floe_deploy.synth import Rendering, render
from test_combinations import objects
from test_dist import ROOT

RESOURCES = {"cpu": "100m", "memory": "128Mi"}
SIZED: dict[str, Any] = {"resources": RESOURCES}
EVERYTHING: dict[str, Any] = {
    "affinity": {
        "required": [{"key": "kubernetes.io/arch", "values": ["amd64", "arm64"]}],
        "preferred": [{"key": "spot", "operator": "DoesNotExist"}],
    },
    "priority_class": "first",
    "env": {"PLAIN": "$(HOME) and ${HOME}", "TOKEN": {"name": "service", "key": "token"}},
    "volumes": [
        {"name": "models", "path": "/models", "claim": "models"},
        {"name": "shared", "path": "/shared", "claim": "shared", "read_only": False},
        {"name": "ca", "path": "/etc/company", "config_map": "company-ca"},
        {"name": "keys", "path": "/keys", "files": {"id.pem": {"name": "service", "key": "pem"}}},
        {"name": "work", "path": "/work", "size": "5Gi"},
    ],
    "labels": {"team": "finance"},
    "annotations": {"example.com/note": "any text, of any kind"},
}


@pytest.fixture
def overlay(tmp_path: Path) -> dict[str, Any]:
    """The settings of prod, whose folder is `tmp_path / "env"`."""
    source = ROOT / "overlays" / "prod"
    (tmp_path / "env").mkdir()
    artifacts = (source / "compiled_artifacts.json").read_bytes()
    (tmp_path / "env" / "compiled_artifacts.json").write_bytes(artifacts)
    settings: dict[str, Any] = yaml.safe_load((source / "environment.yaml").read_text())
    return settings


def rendered(tmp_path: Path, settings: dict[str, Any]) -> Rendering:
    (tmp_path / "env" / "environment.yaml").write_text(json.dumps(settings))
    return render(tmp_path / "env", Project())


def pod(found: dict[str, Any], path: str) -> dict[str, Any]:
    template: dict[str, Any] = found[path]["spec"]["template"]
    return template


WEB = "50-platform/marquez/deployment-marquez-web.yaml"
SERVER = "50-platform/dagster/deployment-dagster-code-finance.yaml"


def test_a_pod_gets_all_that_is_added_to_it(tmp_path: Path, overlay: dict[str, Any]) -> None:
    before = pod(objects(rendered(tmp_path, overlay)), WEB)
    overlay["marquez"]["web"] |= EVERYTHING
    after = pod(objects(rendered(tmp_path, overlay)), WEB)
    assert after["metadata"]["labels"] == before["metadata"]["labels"] | {"team": "finance"}
    assert after["metadata"]["annotations"]["example.com/note"] == "any text, of any kind"
    spec, (container,) = after["spec"], after["spec"]["containers"]
    assert spec["priorityClassName"] == "first"
    assert spec["affinity"] == {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {
                        "matchExpressions": [
                            {
                                "key": "kubernetes.io/arch",
                                "operator": "In",
                                "values": ["amd64", "arm64"],
                            }
                        ]
                    }
                ]
            },
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {
                    "weight": 1,
                    "preference": {
                        "matchExpressions": [{"key": "spot", "operator": "DoesNotExist"}]
                    },
                }
            ],
        }
    }
    (old,) = before["spec"]["containers"]
    added = [variable for variable in container["env"] if variable not in old["env"]]
    assert added == [
        {"name": "PLAIN", "value": "$$(HOME) and ${HOME}"},
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "service", "key": "token"}}},
    ]
    assert [volume for volume in spec["volumes"] if volume not in before["spec"]["volumes"]] == [
        {"name": "user-ca", "configMap": {"name": "company-ca"}},
        {
            "name": "user-keys",
            "projected": {
                "defaultMode": 0o440,
                "sources": [
                    {"secret": {"name": "service", "items": [{"key": "pem", "path": "id.pem"}]}}
                ],
            },
        },
        {"name": "user-models", "persistentVolumeClaim": {"claimName": "models", "readOnly": True}},
        {"name": "user-shared", "persistentVolumeClaim": {"claimName": "shared"}},
        {"name": "user-work", "emptyDir": {"sizeLimit": "5Gi"}},
    ]
    mounts = [mount for mount in container["volumeMounts"] if mount not in old["volumeMounts"]]
    assert {mount["mountPath"]: mount.get("readOnly", False) for mount in mounts} == {
        "/models": True, "/shared": False, "/etc/company": True, "/keys": True, "/work": False,
    }  # fmt: skip


@pytest.mark.requirement("FR-008")
def test_secrets_that_are_added_come_with_the_environment(
    tmp_path: Path, overlay: dict[str, Any]
) -> None:
    overlay["marquez"]["web"] |= EVERYTHING
    secret = objects(rendered(tmp_path, overlay))["10-foundation/externalsecret-service.yaml"]
    assert [item["secretKey"] for item in secret["spec"]["data"]] == ["pem", "token"]


def test_pods_are_spread_as_the_environment_says(tmp_path: Path, overlay: dict[str, Any]) -> None:
    def constraints() -> list[tuple[str, str]]:
        spec = pod(objects(rendered(tmp_path, overlay)), WEB)["spec"]
        given = spec.get("topologySpreadConstraints", [])
        return [(one["topologyKey"], one["whenUnsatisfiable"]) for one in given]

    node, zone = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
    assert constraints() == [(node, "ScheduleAnyway"), (zone, "ScheduleAnyway")]
    overlay["marquez"]["web"]["spread"] = {"rack": "require"}
    assert constraints() == [("rack", "DoNotSchedule")]
    overlay["marquez"]["web"]["replicas"] = 1
    assert constraints() == []


def test_the_platform_comes_before_runs(tmp_path: Path, overlay: dict[str, Any]) -> None:
    found = objects(rendered(tmp_path, overlay))
    classes = {
        manifest["metadata"]["name"]: (manifest["value"], manifest.get("preemptionPolicy"))
        for manifest in found.values()
        if manifest["kind"] == "PriorityClass"
    }
    assert classes == {"data-prod-platform": (100_000, None), "data-prod-runs": (1000, "Never")}
    for manifest in found.values():
        spec = manifest.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            assert spec["template"]["spec"]["priorityClassName"] == "data-prod-platform"


def test_without_priorities_no_pod_names_a_class(tmp_path: Path, overlay: dict[str, Any]) -> None:
    del overlay["capacity"]["priorities"]
    files = rendered(tmp_path, overlay).files
    assert not [path for path, text in files.items() if "priority" in text.lower()]


def test_a_quota_counts_what_it_is_told_and_no_load_balancers() -> None:
    quota = Capacity.model_validate({"quota": {"cpu": "4", "storage": "1Gi"}}).quota
    assert quota
    assert quota.hard == {
        "requests.cpu": "4",
        "requests.storage": "1Gi",
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }


def test_a_quota_that_is_too_small_is_told_with_the_sum(
    tmp_path: Path, overlay: dict[str, Any]
) -> None:
    overlay["capacity"]["quota"]["cpu"] = "70"
    with pytest.raises(InputError) as failure:
        rendered(tmp_path, overlay)
    assert "10-foundation/resourcequota-quota.yaml: quota-room: found requests.cpu of 70" in str(
        failure.value
    )
    assert (
        "at least 83850m: 36900m for what always runs + 6450m for an update + "
        "500m for what runs at times + 40000m for 40 runs" in str(failure.value)
    )


ROOT_REASON = "the vendor's image installs its licence at start"


def test_an_image_that_needs_root_opens_the_namespace_and_is_reported(
    tmp_path: Path, overlay: dict[str, Any]
) -> None:
    overlay["dagster"]["code_locations"][1]["run_as_root"] = ROOT_REASON
    found = objects(rendered(tmp_path, overlay))
    levels = found["00-cluster/namespace-data-prod.yaml"]["metadata"]["labels"]
    assert {
        mode: levels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")
    } == {"enforce": "baseline", "audit": "restricted", "warn": "restricted"}
    rooted = {
        path
        for path, manifest in found.items()
        if manifest["kind"] in {"Deployment", "StatefulSet", "Job"}
        and not manifest["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"]
    }
    assert rooted == {SERVER}
    report = held(load(tmp_path / "env"), found)
    assert [(said.object, said.reason) for said, _ in report.excepted] == [
        ("Deployment/dagster-code-finance", ROOT_REASON)
    ]


@pytest.mark.parametrize(
    ("added", "told"),
    [
        ({"env": {"MARQUEZ_HOST": "x"}}, "variables that are set already: MARQUEZ_HOST"),
        ({"volumes": [{"name": "a", "path": "/tmp", "size": "1Gi"}]}, "taken already: /tmp"),  # noqa: S108
        ({"labels": {"app.kubernetes.io/name": "x"}}, "app.kubernetes.io/name: keys with"),
        ({"annotations": {"argocd.argoproj.io/hook": "Sync"}}, "argocd.argoproj.io/hook: keys"),
        (
            {"volumes": [{"name": "a", "path": f"/{at}", "size": "1Gi"} for at in "ab"]},
            "each volume needs a name of its own",
        ),
        ({"affinity": {}}, "give required or preferred"),
    ],
)
def test_what_is_given_already_cannot_be_given_again(
    tmp_path: Path, overlay: dict[str, Any], added: dict[str, Any], told: str
) -> None:
    overlay["marquez"]["web"] |= added
    with pytest.raises(InputError) as failure:
        rendered(tmp_path, overlay)
    assert told in str(failure.value)


@pytest.mark.parametrize(
    "given",
    [{"operator": "In"}, {"operator": "Exists", "values": ["a"]}, {"operator": "Gt"}],
)
def test_a_term_has_values_exactly_where_they_are_compared(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"values|Input should be"):
        NodeTerm.model_validate({"key": "a"} | given)


def test_runs_cannot_come_before_the_platform() -> None:
    with pytest.raises(ValueError, match="platform has to be above runs"):
        Priorities(platform=5, runs=5)


def test_a_quota_has_no_room_for_any_number_of_runs(
    tmp_path: Path, overlay: dict[str, Any]
) -> None:
    overlay["dagster"]["concurrency"]["runs"]["max_concurrent_runs"] = -1
    with pytest.raises(InputError) as raised:
        rendered(tmp_path, overlay)
    assert "quota-room: found runs without a limit" in str(raised.value)


def test_the_longest_name_of_a_volume_is_a_label_in_the_pod() -> None:
    volumes = [{"name": "v" * 58, "size": "1Gi", "path": "/work"}]
    (mount,) = user_mounts(Workload.model_validate(SIZED | {"volumes": volumes}))
    assert len(mount.volume.name) == 63
    volumes[0]["name"] += "v"
    with pytest.raises(ValueError, match="volumes"):
        Workload.model_validate(SIZED | {"volumes": volumes})


@pytest.mark.parametrize("key", ["job-name", "controller-uid", "batch.kubernetes.io/job-name"])
def test_labels_that_kubernetes_gives_to_the_pods_of_jobs_cannot_be_taken(key: str) -> None:
    """The API server refuses a Job whose pods have any of them."""
    with pytest.raises(ValueError, match="given by floe, Dagster, delivery or Kubernetes"):
        Workload.model_validate(SIZED | {"labels": {key: "other"}})


def test_a_default_cpu_limit_would_hit_our_own_containers() -> None:
    defaults = RESOURCES | {"cpu_limit": "1"}
    with pytest.raises(ValueError, match="limit of all containers without one"):
        Capacity.model_validate({"container_defaults": defaults})
    assert Capacity.model_validate(
        {"container_defaults": defaults, "quota": {"cpu_limit": "100"}}
    ).container_defaults


def test_nothing_is_added_unless_it_is_said() -> None:
    workload = Workload.model_validate({"resources": RESOURCES})
    assert workload.model_dump(exclude_defaults=True) == {"resources": RESOURCES}
    assert NodeAffinity(required=(NodeTerm(key="a", operator="Exists"),)).preferred == ()


def test_a_namespace_leaves_room_for_the_names_of_its_classes(
    tmp_path: Path, overlay: dict[str, Any]
) -> None:
    overlay.pop("delivery", None)  # whose own names leave less
    overlay["namespace"] = "n" * 55
    with pytest.raises(InputError, match="at most 54 characters"):
        rendered(tmp_path, overlay)
    overlay["namespace"] = "n" * 54
    assert (
        "00-cluster/priorityclass-" + "n" * 54 + "-runs.yaml" in rendered(tmp_path, overlay).files
    )


def scaled(tmp_path: Path, overlay: dict[str, Any], **settings: object) -> dict[str, Any]:
    overlay["cube"]["api"] |= settings
    return objects(rendered(tmp_path, overlay))


def test_an_autoscaled_deployment_has_no_number_that_an_apply_could_set_back(
    tmp_path: Path, overlay: dict[str, Any]
) -> None:
    found = scaled(tmp_path, overlay, replicas=2, autoscale={"max_replicas": 9, "cpu_percent": 55})
    folder = "50-platform/cube"
    deployment = found[f"{folder}/deployment-cube-api.yaml"]
    scaler = found[f"{folder}/horizontalpodautoscaler-cube-api.yaml"]["spec"]
    assert "replicas" not in deployment["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 9)
    assert scaler["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    (metric,) = scaler["metrics"]
    (main, *_) = deployment["spec"]["template"]["spec"]["containers"]
    assert metric["containerResource"]["container"] == main["name"]
    assert metric["containerResource"]["target"]["averageUtilization"] == 55


def test_pods_that_may_become_several_are_spread_and_have_a_budget(
    tmp_path: Path, overlay: dict[str, Any]
) -> None:
    found = scaled(tmp_path, overlay, replicas=1, autoscale={"max_replicas": 2})
    template = pod(found, "50-platform/cube/deployment-cube-api.yaml")
    assert "topologySpreadConstraints" in template["spec"]
    assert "50-platform/cube/poddisruptionbudget-cube-api.yaml" in found


def test_a_quota_has_room_for_all_that_an_autoscaler_makes(
    tmp_path: Path, overlay: dict[str, Any]
) -> None:
    overlay["cube"]["api"]["autoscale"] = {"max_replicas": 500}
    with pytest.raises(InputError, match=r"(?s)pods of 160.*at least [56]\d\d"):
        rendered(tmp_path, overlay)


def test_an_autoscaler_without_room_is_refused(tmp_path: Path, overlay: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="max_replicas 3 is not above replicas, 3"):
        scaled(tmp_path, overlay, replicas=3, autoscale={"max_replicas": 3})
