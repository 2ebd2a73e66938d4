"""Who pods are to a cloud: labels, annotations and flows, for each kind of identity."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from floe_deploy import overlay, wiring
from floe_deploy.errors import InputError
from test_capacity import rendered
from test_combinations import objects
from test_dist import ROOT, kubeconform

UUID = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
ROLE = "arn:aws:iam::999888777666:role/floe-prod-bronze-access"
IRSA: dict[str, Any] = {"type": "aws-irsa", "role_arn": ROLE, "cidrs": ["10.9.0.0/24"]}
POD: dict[str, Any] = {"type": "aws-pod-identity"}
GCP: dict[str, Any] = {"type": "gcp"}
GOOGLE = "floe-runs@acme-data.iam.gserviceaccount.com"
AZURE: dict[str, Any] = {"type": "azure", "client_id": UUID}

Case = tuple[dict[str, Any], dict[str, str], dict[str, str], set[tuple[str, int]]]
EXPECTED: list[Case] = [
    (IRSA, {"eks.amazonaws.com/role-arn": ROLE}, {}, {("10.9.0.0/24", 443)}),
    (POD, {}, {}, {("169.254.170.23/32", 80), ("fd00:ec2::23/128", 80)}),
    (
        GCP,
        {},
        {},
        {
            ("169.254.169.252/32", 987), ("169.254.169.252/32", 988),
            ("169.254.169.254/32", 80), ("169.254.169.254/32", 8080),
        },
    ),
    (
        GCP | {"service_account": GOOGLE},
        {"iam.gke.io/gcp-service-account": GOOGLE},
        {},
        {
            ("169.254.169.252/32", 987), ("169.254.169.252/32", 988),
            ("169.254.169.254/32", 80), ("169.254.169.254/32", 8080),
        },
    ),
    (
        AZURE | {"tenant_id": UUID, "cidrs": ["20.190.128.0/18"]},
        {"azure.workload.identity/client-id": UUID, "azure.workload.identity/tenant-id": UUID},
        {"azure.workload.identity/use": "true"},
        {("20.190.128.0/18", 443)},
    ),
]  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """Prod, with artifacts that name no role: who pods are is then for the overlay to say."""
    (tmp_path / "env").mkdir()
    artifacts = ROOT / "overlays" / "demo" / "compiled_artifacts.json"
    (tmp_path / "env" / "compiled_artifacts.json").write_bytes(artifacts.read_bytes())
    text = (ROOT / "overlays" / "prod" / "environment.yaml").read_text()
    found: dict[str, Any] = yaml.safe_load(text)
    found["dagster"]["compute_logs"] = None
    return found


def called(found: dict[str, Any], file: str) -> Any:
    """Answer the object of a file, in whatever phase: that depends on who else runs as it."""
    (manifest,) = (each for path, each in found.items() if path.endswith(f"/{file}"))
    return manifest


def opened(found: dict[str, Any], path: str) -> set[tuple[str, int]]:
    return {
        (peer["ipBlock"]["cidr"], port["port"])
        for rule in found[path]["spec"].get("egress", [])
        for peer in rule["to"]
        if "ipBlock" in peer
        for port in rule["ports"]
    }


@pytest.mark.parametrize("case", EXPECTED)
def test_an_identity_brings_what_its_cloud_looks_for_and_nothing_else(
    tmp_path: Path, settings: dict[str, Any], case: Case
) -> None:
    identity, annotations, labels, reached = case
    without = objects(rendered(tmp_path, settings))
    settings["dagster"]["code_locations"][0]["identity"] = identity
    settings["cube"]["identity"] = identity
    within = objects(rendered(tmp_path, settings))
    workloads = {
        "code-analytics": "dagster/deployment-dagster-code-analytics",
        "api": "cube/deployment-cube-api",
        "refresh-worker": "cube/deployment-cube-refresh-worker",
    }
    for name, file in workloads.items():
        application = file.partition("/")[0]
        account = f"serviceaccount-{application}-{name}.yaml"
        after, before = (called(found, account) for found in (within, without))
        assert added(after, before, "annotations").items() >= annotations.items()
        policy = f"50-platform/{application}/networkpolicy-{application}-{name}.yaml"
        assert opened(within, policy) - opened(without, policy) == reached
        path = f"50-platform/{file}.yaml"
        after, before = (found[path]["spec"]["template"] for found in (within, without))
        assert added(after, before, "labels") == labels
    runs = "50-platform/dagster/serviceaccount-dagster-run-analytics.yaml"
    assert added(within[runs], without[runs], "annotations") == annotations
    policy = "50-platform/dagster/networkpolicy-dagster-run-analytics.yaml"
    assert opened(within, policy) == reached
    changed = {path for path in within if within[path] != without.get(path)}
    changed = {path for path in changed if not path.startswith("30-preflight/job-")}  # named anew
    assert not [path for path in changed if "finance" in path or "cube-store" in path]


def added(after: dict[str, Any], before: dict[str, Any], field: str) -> dict[str, str]:
    given: dict[str, str] = after["metadata"].get(field, {})
    return {k: v for k, v in given.items() if k not in before["metadata"].get(field, {})}


@pytest.mark.tools
def test_every_identity_passes_kubeconform(tmp_path: Path, settings: dict[str, Any]) -> None:
    for number, (identity, *_) in enumerate(EXPECTED):
        settings["dagster"]["code_locations"][0]["identity"] = identity
        settings["cube"]["identity"] = identity
        for path, text in rendered(tmp_path, settings).files.items():
            if path.endswith(".yaml") and "kustomization" not in path:
                target = tmp_path / "all" / str(number) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text)
    assert kubeconform(tmp_path / "all", "1.35").returncode == 0


@pytest.mark.parametrize(
    ("where", "identity", "told"),
    [
        ("store", POD, "identity has to be aws-irsa: Cube Store does not know EKS Pod Identity"),
        ("store", GCP, "aws-irsa"),
        ("store", AZURE, "aws-irsa"),
        ("logs", GCP, "aws-irsa"),
        ("logs", AZURE, "aws-irsa"),
    ],
)
def test_an_identity_that_the_client_does_not_know_is_refused(
    tmp_path: Path, settings: dict[str, Any], where: str, identity: dict[str, Any], told: str
) -> None:
    logs = {"type": "s3", "bucket": "logs", "region": "us-east-1", "identity": identity}
    if where == "store":
        settings["cube"]["store"]["storage"]["identity"] = identity
    else:
        settings["dagster"]["compute_logs"] = logs
    with pytest.raises(InputError) as failure:
        rendered(tmp_path, settings)
    assert told in str(failure.value)


@pytest.mark.parametrize("identity", [IRSA, POD])
def test_webserver_and_daemon_read_compute_logs_by_either_kind_of_aws(
    tmp_path: Path, settings: dict[str, Any], identity: dict[str, Any]
) -> None:
    settings["dagster"]["compute_logs"] = {
        "type": "s3", "bucket": "logs", "region": "us-east-1", "identity": identity,
        "cidrs": ["10.8.0.0/24"],
    }  # fmt: skip
    found = objects(rendered(tmp_path, settings))
    (reached,) = (blocks for given, _, _, blocks in EXPECTED if given is identity)
    for name in ("webserver", "daemon"):
        path = f"50-platform/dagster/networkpolicy-dagster-{name}.yaml"
        assert reached <= opened(found, path)


def test_a_pod_has_one_role_and_the_layers_are_named(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    """The artifacts say which role the storage is reached with; an overlay may not say another."""
    artifacts = ROOT / "overlays" / "prod" / "compiled_artifacts.json"
    (tmp_path / "env" / "compiled_artifacts.json").write_bytes(artifacts.read_bytes())
    location = settings["dagster"]["code_locations"][0]
    for identity in (IRSA | {"role_arn": f"{ROLE}-other"}, GCP, AZURE):
        location["identity"] = identity
        with pytest.raises(InputError) as failure:
            rendered(tmp_path, settings)
        assert "dagster.code_locations.analytics.identity" in str(failure.value)
        assert "resolved_profiles.storage" in str(failure.value)
    for identity in (IRSA, POD):
        location["identity"] = identity
        rendered(tmp_path, settings)
        wired = wiring.wire(overlay.load(tmp_path / "env"))
        assert wired.dagster
        given = wired.dagster.identity(wired.dagster.deployed[0])
        assert given
        assert given.type == identity["type"]
