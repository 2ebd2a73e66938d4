"""What the pages about Secrets show is accepted by those that it is for."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from encryption import Sops
from floe_constructs.secrets.spec import ExternalSecrets, SecretStore
from test_dist import BIN, floe, kubeconform, run
from test_docs import blocks, table
from test_encrypted_secrets import CANARY, needed, project

EXTERNAL, SOPS = "docs/how-to/secrets-external.md", "docs/how-to/secrets-sops.md"


def shown(page: str, kind: str) -> list[dict[str, Any]]:
    found = [yaml.safe_load(block) for block in blocks(page, "yaml")]
    return [item for item in found if isinstance(item, dict) and item.get("kind") == kind]


def references(value: Any) -> list[dict[str, Any]]:
    """Answer what refers to an object by its name."""
    if not isinstance(value, dict):
        return []
    own = [inner for key, inner in value.items() if key.endswith("Ref")]
    return own + [found for inner in value.values() for found in references(inner)]


@pytest.mark.tools
def test_stores_pass_the_schemas_of_the_operator(tmp_path: Path) -> None:
    cluster, own = shown(EXTERNAL, "ClusterSecretStore"), shown(EXTERNAL, "SecretStore")
    providers = {next(iter(store["spec"]["provider"])) for store in cluster}
    assert providers == {"aws", "gcpsm", "azurekv", "vault"}
    for store in (*cluster, *own):
        (tmp_path / f"{store['metadata']['name']}.yaml").write_text(yaml.safe_dump(store))
    result = kubeconform(tmp_path, "1.34")
    assert json.loads(result.stdout)["summary"] == {
        "valid": 5,
        "invalid": 0,
        "errors": 0,
        "skipped": 0,
    }, result.stdout
    for store in cluster:
        assert store["spec"]["conditions"] == [{"namespaces": ["data-prod"]}]
        assert all("namespace" in reference for reference in references(store["spec"]))
    assert not any("namespace" in reference for reference in references(own[0]["spec"]))


def test_each_prefix_makes_names_that_its_store_takes() -> None:
    holds = {
        "AWS Secrets Manager": r"[A-Za-z0-9/_+=.@-]{1,512}",
        "GCP Secret Manager": r"[A-Za-z0-9_-]{1,255}",
        "Azure Key Vault": r"[A-Za-z0-9-]{1,127}",
        "Vault, KV version 2": r"[a-z0-9-]+(/[a-z0-9-]+)*",
    }
    rows = table(EXTERNAL, "store")
    assert {row[0] for row in rows} == set(holds)
    for store, _, prefix, _ in rows:
        spec = ExternalSecrets(
            strategy="external-secrets", store=SecretStore(name="x"), prefix=prefix
        )
        assert re.fullmatch(holds[store], spec.remote("dagster-postgres")), store


@pytest.mark.tools
def test_the_plugin_of_argo_cd_decrypts_a_whole_environment_or_fails(tmp_path: Path) -> None:
    sops = Sops(tmp_path)
    place = project(tmp_path, "sops")
    secrets = needed(place)
    for name, secret in secrets.items():
        (place / "secrets" / f"{name}.yaml").write_text(sops.encrypt(secret))
    assert floe("synth", cwd=tmp_path).returncode == 0
    dist = tmp_path / "dist" / "dev"
    key = {"SOPS_AGE_KEY_FILE": str(sops.key)}

    result = generated(dist, key)
    assert result.returncode == 0, result.stderr
    made = [item for item in yaml.safe_load_all(result.stdout) if item]
    built = run(BIN / "kustomize", "build", dist)
    expected = [item for item in yaml.safe_load_all(built.stdout) if item["kind"] != "Secret"]
    assert texts(made) == texts([*expected, *secrets.values()])
    assert sum(CANARY in json.dumps(item) for item in made) == len(secrets)

    assert generated(dist, {}).returncode != 0
    copy = dist / "10-foundation" / "secret-cube-api.yaml"
    copy.write_text(copy.read_text().replace("name: cube-api", "name: cube"))
    broken = generated(dist, key)
    assert broken.returncode != 0
    assert "MAC mismatch" in broken.stderr


def texts(objects: list[Any]) -> list[str]:
    return sorted(json.dumps(item, sort_keys=True) for item in objects)


def generated(dist: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the plugin's command as Argo CD does: in the folder that the Application names."""
    (config,) = shown(SOPS, "ConfigMap")
    plugin = yaml.safe_load(config["data"]["plugin.yaml"])
    assert plugin["kind"] == "ConfigManagementPlugin"
    generate = plugin["spec"]["generate"]
    return subprocess.run(
        [*generate["command"], *generate["args"]],
        cwd=dist,
        env={"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"} | env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.tools
def test_the_sidecar_fits_a_repo_server_and_pod_security(tmp_path: Path) -> None:
    (patch,) = shown(SOPS, "Deployment")
    labels = {"app": "repo-server"}
    volumes: list[Any] = [{"name": name, "emptyDir": {}} for name in ("var-files", "plugins")]
    pod = {"containers": [{"name": "argocd-repo-server", "image": "a:1"}], "volumes": volumes}
    base = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": patch["metadata"],
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }
    kustomization = {"resources": ["base.yaml"], "patches": [{"path": "patch.yaml"}]}
    for name, data in {"base": base, "patch": patch, "kustomization": kustomization}.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(data))
    built = run(BIN / "kustomize", "build", tmp_path)
    assert built.returncode == 0, built.stderr
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "deployment.yaml").write_text(built.stdout)
    assert kubeconform(tmp_path / "out", "1.34").returncode == 0
    spec = yaml.safe_load(built.stdout)["spec"]["template"]["spec"]
    (sidecar,) = (one for one in spec["containers"] if one["name"] == "sops")
    assert sidecar["securityContext"]["runAsUser"] == 999
    mounted = {mount["name"] for mount in sidecar["volumeMounts"]}
    assert mounted <= {volume["name"] for volume in spec["volumes"]}
    config = shown(SOPS, "ConfigMap")[0]["metadata"]["name"]
    assert {"name": "sops-plugin", "configMap": {"name": config}} in spec["volumes"]


def test_the_name_of_the_plugin_is_the_same_everywhere() -> None:
    (config,) = shown(SOPS, "ConfigMap")
    name = yaml.safe_load(config["data"]["plugin.yaml"])["metadata"]["name"]
    parts = [yaml.safe_load(block) for block in blocks(SOPS, "yaml")]
    (source,) = (part["source"] for part in parts if "source" in part)
    (secrets,) = (part["secrets"] for part in parts if "secrets" in part)
    assert source["plugin"]["name"] == secrets["argocd_plugin"] == name
