"""`delivery/`: what points Flux and Argo CD at `dist/`, and who may apply what."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from floe_constructs.gitops.kinds import OF_CLUSTER, OF_NAMESPACE, Kind
from floe_constructs.kubernetes.phase import Phase
from test_dist import ENVIRONMENTS, ROOT, kubeconform, manifests_by_file

DELIVERY = ROOT / "delivery"

Manifest = dict[str, Any]


def documents(path: Path) -> list[Manifest]:
    return list(yaml.safe_load_all(path.read_text()))


def of(kind: str, objects: list[Manifest]) -> list[Manifest]:
    return [item for item in objects if item["kind"] == kind]


FLUX = sorted(path.parent.name for path in DELIVERY.glob("*/flux.yaml"))
ARGOCD = sorted(path.parent.name for path in DELIVERY.glob("*/argocd.yaml"))


def test_each_environment_names_one_engine() -> None:
    assert sorted(FLUX + ARGOCD) == ENVIRONMENTS
    assert len(FLUX) > 1
    assert len(ARGOCD) > 1


@pytest.mark.tools
def test_every_object_passes_the_schemas_of_flux_and_argocd() -> None:
    result = kubeconform(DELIVERY, "1.34")
    assert result.returncode == 0, result.stdout
    assert '"skipped": 0' in result.stdout


@pytest.mark.parametrize("environment", FLUX)
def test_each_phase_waits_for_the_one_before_and_reads_the_same_source(environment: str) -> None:
    objects = documents(DELIVERY / environment / "flux.yaml")
    (source,) = of("GitRepository", objects)
    phases = of("Kustomization", objects)
    assert [item["spec"]["path"] for item in phases] == [
        f"./dist/{environment}/{phase}" for phase in Phase
    ]
    before: list[Manifest] = []
    for item in phases:
        assert item["spec"].get("dependsOn", []) == before
        assert item["spec"]["sourceRef"] == {
            "kind": source["kind"],
            "name": source["metadata"]["name"],
        }
        assert item["spec"]["wait"] is True
        assert item["spec"]["prune"] is True
        assert item["spec"]["force"] is False
        before = [{"name": item["metadata"]["name"]}]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_kind_of_an_environment_is_known_to_whoever_applies_it(environment: str) -> None:
    for path, item in manifests_by_file(environment).items():
        kind = Kind(item["apiVersion"].rpartition("/")[0], item["kind"])
        rights = path.startswith(Phase.CLUSTER) and item["kind"] in {"Role", "RoleBinding"}
        known = OF_NAMESPACE if rights or not path.startswith(Phase.CLUSTER) else OF_CLUSTER
        assert kind in known, path
