"""What becomes of rendered objects: a phase, a file name and bytes for each."""

from typing import Any

import pytest
import yaml

from floe_constructs.kubernetes.phase import ANNOTATION, Phase
from floe_deploy.errors import InputError
from floe_deploy.images import images
from floe_deploy.kustomization import kustomizations
from floe_deploy.manifests import Manifest, files_of, phase_of, placed


def manifest(kind: str, name: str = "thing", api: str = "v1", **metadata: Any) -> Manifest:
    base = {"name": name, "namespace": "data", "labels": {"app.kubernetes.io/name": "shop"}}
    return {"apiVersion": api, "kind": kind, "metadata": base | metadata}


@pytest.mark.parametrize(
    ("kind", "phase"),
    [
        ("Namespace", Phase.CLUSTER),
        ("PriorityClass", Phase.CLUSTER),
        ("ServiceAccount", Phase.FOUNDATION),
        ("ExternalSecret", Phase.FOUNDATION),
        ("ConfigMap", Phase.PLATFORM),
        ("Role", Phase.PLATFORM),
        ("NetworkPolicy", Phase.PLATFORM),
        ("PersistentVolumeClaim", Phase.PLATFORM),
        ("Deployment", Phase.PLATFORM),
    ],
)
def test_the_phase_follows_from_the_kind(kind: str, phase: Phase) -> None:
    assert phase_of(manifest(kind)) == phase


def test_an_object_may_say_its_phase_and_the_saying_is_not_written() -> None:
    phase, written = placed(
        manifest("Job", annotations={ANNOTATION: Phase.MIGRATE.value, "a": "b"})
    )
    assert phase is Phase.MIGRATE
    assert written["metadata"]["annotations"] == {"a": "b", "argocd.argoproj.io/sync-wave": "-20"}


def test_waves_rise_with_the_phases_and_the_platform_is_wave_nought() -> None:
    waves = [phase.wave for phase in sorted(Phase)]
    assert waves == sorted(set(waves))
    assert Phase.PLATFORM.wave == 0


def test_cluster_scoped_objects_lose_the_namespace_that_a_chart_stamps_on_them() -> None:
    assert "namespace" not in placed(manifest("Namespace"))[1]["metadata"]
    assert placed(manifest("Service"))[1]["metadata"]["namespace"] == "data"


def test_files_of_workloads_are_grouped_by_application() -> None:
    files = files_of(
        "prod", [manifest("Service"), manifest("ServiceAccount"), manifest("Namespace")]
    )
    assert list(files) == [
        "00-cluster/namespace-thing.yaml",
        "10-foundation/serviceaccount-thing.yaml",
        "50-platform/shop/service-thing.yaml",
    ]


def test_the_file_of_a_job_named_by_its_content_keeps_its_name() -> None:
    said = {ANNOTATION: Phase.MIGRATE.value}
    (path,) = files_of("prod", [manifest("Job", "shop-migrate-0123456789", annotations=said)])
    assert path == "40-migrate/job-shop-migrate.yaml"


def test_every_file_says_how_it_was_made_and_nothing_that_changes_by_itself() -> None:
    ((text, _),) = files_of("prod", [manifest("Service")]).values()
    assert text.startswith('# Made by "floe synth" for the environment prod')
    assert yaml.safe_load(text)["kind"] == "Service"


def test_two_objects_of_one_identity_are_an_error_that_names_them() -> None:
    with pytest.raises(InputError, match="Service/thing more than once"):
        files_of("prod", [manifest("Service"), manifest("Service")])


def test_two_objects_that_would_share_a_file_are_an_error() -> None:
    other = manifest("Service", api="serving.knative.dev/v1")
    with pytest.raises(InputError, match=r"service-thing\.yaml"):
        files_of("prod", [manifest("Service"), other])


def test_kustomizations_list_every_file_once_and_every_phase_even_if_it_is_empty() -> None:
    texts = kustomizations(
        "prod", ["00-cluster/a.yaml", "50-platform/x/c.yaml", "50-platform/b.yaml"]
    )
    resources = {path: yaml.safe_load(text)["resources"] for path, text in texts.items()}
    assert resources.pop("kustomization.yaml") == list(Phase)
    assert resources == {f"{phase}/kustomization.yaml": [] for phase in Phase} | {
        "00-cluster/kustomization.yaml": ["a.yaml"],
        "50-platform/kustomization.yaml": ["b.yaml", "x/c.yaml"],
    }


def test_images_named_only_inside_configuration_are_found() -> None:
    pod = {"containers": [{"image": "b:1"}], "initContainers": [{"image": "a:1"}]}
    workload = manifest("Deployment", api="apps/v1") | {"spec": {"template": {"spec": pod}}}
    config = manifest("ConfigMap") | {"data": {"dagster.yaml": "run_launcher:\n  job_image: c:1\n"}}
    assert images([workload, config]) == "a:1\nb:1\nc:1\n"
