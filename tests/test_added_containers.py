"""Containers that an environment adds to pods: what they take, get and reach, and what is wrong."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from floe_constructs.kubernetes.workload import Workload
from floe_deploy import overlay, wiring
from floe_deploy.errors import InputError
from floe_deploy.project import Project
from floe_deploy.rules.capacity import need
from floe_deploy.rules.objects import Objects
from floe_deploy.secrets.listing import listing
from floe_deploy.synth import Rendering, render
from test_combinations import objects
from test_dist import ROOT, kubeconform

RESOURCES = {"cpu": "100m", "memory": "128Mi"}
PROXY: dict[str, Any] = {
    "name": "proxy",
    "image": "gcr.io/acme/proxy:v2@sha256:" + "0" * 64,
    "args": ["--port=5432"],
    "env": {"PROXY_KEY": {"name": "proxy", "key": "key"}},
    "mounts": {"keys": "/keys"},
    "resources": RESOURCES,
}
ADDED: dict[str, Any] = {
    "sidecars": [PROXY],
    "volumes": [{"name": "keys", "files": {"id.pem": {"name": "proxy", "key": "pem"}}}],
    "reaches": [{"host": "sql.example.com", "port": 3307, "cidrs": ["10.9.0.0/24"]}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the overlay of prod, with all that is added to the runs of one location."""
    shutil.copytree(ROOT / "overlays" / "prod", tmp_path / "prod")
    file = tmp_path / "prod" / "environment.yaml"
    said = yaml.safe_load(file.read_text())
    (finance,) = (at for at in said["dagster"]["code_locations"] if at["name"] == "finance")
    finance["runs"] |= ADDED
    said["marquez"]["web"] |= ADDED
    file.write_text(json.dumps(said))
    return tmp_path / "prod"


def rendered(folder: Path) -> Rendering:
    return render(folder, Project())


@pytest.mark.slow
def test_images_secrets_and_flows_of_an_added_container_are_known(folder: Path) -> None:
    files = rendered(folder).files
    image = PROXY["image"].replace("gcr.io", "registry.example.com/mirror")
    assert image in files["images.txt"].splitlines()
    assert "gcr.io" not in "".join(files.values())
    (secret,) = (one for one in listing(wiring.wire(overlay.load(folder))) if one.name == "proxy")
    got = {
        (key.key, use.pods.object_name, use.variable or use.file)
        for key in secret.keys
        for use in key.uses
    }
    assert got == {
        (key, pods, place)
        for key, place in (("key", "PROXY_KEY"), ("pem", "/keys/id.pem"))
        for pods in ("dagster-run-finance", "marquez-web")
    } | {  # the gate looks whether they are there
        (key, pods, f"/etc/floe/preflight/proxy__{key}")
        for key in ("key", "pem")
        for pods in ("preflight-services", "preflight-services-scheduled")
    }
    found = objects(rendered(folder))
    opened = {
        name.rpartition("networkpolicy-")[2]
        for name, manifest in found.items()
        if "networkpolicy" in name and "10.9.0.0/24" in json.dumps(manifest)
    }
    assert opened == {"dagster-run-finance.yaml", "marquez-web.yaml"}


@pytest.mark.slow
@pytest.mark.tools
def test_pods_with_added_containers_pass_kubeconform(tmp_path: Path, folder: Path) -> None:
    for path, text in rendered(folder).files.items():
        if "marquez/" in path:
            file = tmp_path / "all" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    assert kubeconform(tmp_path / "all", "1.34").returncode == 0


def pod(**containers: list[dict[str, Any]]) -> Objects:
    template = {"metadata": {"labels": {}}, "spec": containers}
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "any"},
        "spec": {"replicas": 1, "template": template},
    }
    return Objects({"a.yaml": manifest})


def takes(memory: str, **more: str) -> dict[str, Any]:
    return {"name": memory, "resources": {"requests": {"memory": memory}}, **more}


SIDECAR = {"restartPolicy": "Always"}


@pytest.mark.parametrize(
    ("first", "whole"),
    [
        ([], 4),
        ([takes("3Gi")], 4),
        ([takes("9Gi")], 9),
        ([takes("3Gi"), takes("6Gi")], 6),
        ([takes("1Gi", **SIDECAR)], 5),
        ([takes("1Gi", **SIDECAR), takes("6Gi")], 7),
        ([takes("6Gi"), takes("1Gi", **SIDECAR)], 6),
        ([takes("1Gi", **SIDECAR), takes("2Gi", **SIDECAR), takes("1Gi")], 7),
    ],
)
def test_a_quota_counts_added_containers_as_kubernetes_does(
    first: list[dict[str, Any]], whole: int
) -> None:
    """What Kubernetes' page on sidecar containers says of sharing resources within a pod."""
    found = need(pod(initContainers=first, containers=[takes("4Gi")]))
    assert found["what always runs"]["requests.memory"] == whole * 1024**3


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"sidecars": [PROXY]}, r"proxy mounts ['keys']: its volumes are []"),
        ({"volumes": ADDED["volumes"]}, "volumes that no container sees: ['keys']"),
        (
            ADDED
            | {"volumes": [*ADDED["volumes"], {"name": "work", "size": "1Gi"}]}
            | {"sidecars": [PROXY | {"mounts": {"keys": "/keys", "work": "/keys"}}]},
            "proxy mounts several volumes at ['/keys']",
        ),
        (
            ADDED | {"init_containers": [PROXY]},
            "each container needs a name of its own; used more than once: ['proxy']",
        ),
    ],
)
def test_what_does_not_fit_together_is_told(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match="validation error") as raised:
        Workload.model_validate({"resources": RESOURCES} | given)
    assert told in str(raised.value)


@pytest.mark.slow
def test_an_added_container_cannot_take_the_name_of_one_that_is_there(folder: Path) -> None:
    file = folder / "environment.yaml"
    said = json.loads(file.read_text())
    said["marquez"]["web"]["sidecars"][0]["name"] = "web"
    file.write_text(json.dumps(said))
    with pytest.raises(InputError, match="names that are taken already: web"):
        rendered(folder)
