"""Every combination of components: deployed here, elsewhere, or absent."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from floe_constructs.kubernetes.labels import Labels
from floe_constructs.yaml_text import load
from floe_deploy import overlay, wiring
from floe_deploy.project import COMPOSE, Project, imported
from floe_deploy.synth import Rendering, render
from test_dist import ROOT, each_once, kubeconform, where_it_is

FORMS = ("deployed", "external", "absent")
COMPONENTS = ("dagster", "cube", "marquez", "jaeger")
EXPOSED = {
    "dagster": {"dagster"},
    "cube": {"cube", "cube_sql"},
    "marquez": {"marquez", "openlineage"},
    "jaeger": {"jaeger"},
}
"""What an environment can only expose with the component."""

COMBINATIONS = list(itertools.product(FORMS, repeat=len(COMPONENTS)))


def rendered(folder: Path, environment: str, **forms: str) -> Rendering:
    """Render an environment of this repository with its components in other forms."""
    source = ROOT / "overlays" / environment
    settings = yaml.safe_load((source / "environment.yaml").read_text())
    where_it_is(settings, source)
    for component, form in forms.items():
        if form == "external":
            settings[component] = {"external": f"https://{component}.example.com"}
        elif form == "absent":
            settings[component] = None
        if form != "deployed" and (exposure := settings.get("exposure")):
            for name in EXPOSED[component]:
                exposure.pop(name, None)
            if not exposure.keys() & {"dagster", "marquez", "jaeger"}:
                exposure.pop("login", None)
    if "deployed" not in [forms.get(component, "deployed") for component in COMPONENTS]:
        settings.pop("verify", None)  # there is nothing to verify
    if forms.get("dagster", "deployed") != "deployed":
        settings.pop("demo", None)  # nobody would run it
    folder.mkdir(parents=True)
    (folder / "environment.yaml").write_text(yaml.safe_dump(settings))
    (folder / "compiled_artifacts.json").write_bytes(
        (source / "compiled_artifacts.json").read_bytes()
    )
    return render(folder, Project())


def texts(rendering: Rendering, phase: str = "") -> dict[str, str]:
    return {
        path: text
        for path, text in rendering.files.items()
        if path.startswith(phase) and path.endswith(".yaml") and "kustomization" not in path
    }


def objects(rendering: Rendering, phase: str = "") -> dict[str, Any]:
    return {path: load(text) for path, text in texts(rendering, phase).items()}


@pytest.mark.tools
@pytest.mark.slow
@pytest.mark.requirement("FR-010")
@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_every_combination_synthesizes_and_passes_kubeconform(
    tmp_path: Path, environment: str
) -> None:
    made: set[str] = set()
    for forms in COMBINATIONS:
        name = "-".join(form[0] for form in forms)
        rendering = rendered(
            tmp_path / name / environment, environment, **dict(zip(COMPONENTS, forms, strict=True))
        )
        parts = {path.split("/")[1] for path in rendering.files if path.startswith("50-platform/")}
        deployed = {c for c, form in zip(COMPONENTS, forms, strict=True) if form == "deployed"}
        assert parts - {"kustomization.yaml", "floe", "login", "preflight"} == deployed
        made |= set(texts(rendering).values())
    result = kubeconform(each_once(tmp_path / "all", made), "1.34")
    summary = json.loads(result.stdout)
    assert summary["summary"]["valid"] == len(made)
    assert summary["summary"] | {"valid": 0} == {
        "valid": 0,
        "invalid": 0,
        "errors": 0,
        "skipped": 0,
    }


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_adding_cube_changes_no_object_of_dagster(tmp_path: Path, environment: str) -> None:
    without = objects(rendered(tmp_path / "without" / "env", environment, cube="absent"))
    within = objects(rendered(tmp_path / "within" / "env", environment))
    for path, manifest in without.items():
        if "dagster" in path and not path.startswith("30-preflight/job-"):
            assert within[path] == manifest, path


def test_lineage_goes_where_marquez_is(tmp_path: Path) -> None:
    def told(**forms: str) -> str | None:
        folder = tmp_path / "-".join(forms.values())
        files = objects(rendered(folder, "dev", **forms))
        server = files["50-platform/dagster/deployment-dagster-code-analytics.yaml"]
        (container,) = server["spec"]["template"]["spec"]["containers"]
        env = {item["name"]: item.get("value") for item in container["env"]}
        return env.get("OPENLINEAGE_URL")

    assert told(marquez="deployed") == "http://marquez-api:5000"
    assert told(marquez="external") == "https://marquez.example.com"
    assert told(marquez="absent") is None


def test_flows_between_components_end_at_pods_that_are_deployed(tmp_path: Path) -> None:
    for forms in COMBINATIONS:
        folder = tmp_path / "-".join(forms)
        rendering = rendered(folder, "demo", **dict(zip(COMPONENTS, forms, strict=True)))
        files = objects(rendering, "50-platform") | objects(rendering, "20-services")
        made = [
            manifest["spec"]["template"]["metadata"]["labels"]
            for manifest in files.values()
            if manifest["kind"] in {"Deployment", "StatefulSet"}
        ]
        for manifest in files.values():
            if (
                manifest["kind"] != "NetworkPolicy"
                or manifest["metadata"]["name"] == "dns-platform"
            ):
                continue
            spec = manifest["spec"]
            peers = [peer for rule in spec.get("egress", []) for peer in rule["to"]]
            for labels in (peer.get("podSelector", {}).get("matchLabels") for peer in peers):
                assert not labels or any(labels.items() <= pod.items() for pod in made), labels


def test_wiring_is_complete_for_every_environment() -> None:
    for folder in sorted((ROOT / "overlays").glob("*/")):
        wired = wiring.wire(overlay.load(folder))
        ends = [end for flow in wired.flows for end in (flow.source, flow.target)]
        assert {end.instance for end in ends if isinstance(end, Labels)} == {folder.name}
        assert all(keys for keys in wired.secrets.values())
    assert imported(COMPOSE).__name__ == "compose"
