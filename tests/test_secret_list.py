"""`floe secrets`: the list is what pods really get, and its templates lead to a dist."""

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from called import floe
from encryption import Sealing, Sops, like_sealed, plain
from floe_constructs.kubernetes.secret import DOCKER_CONFIG
from floe_constructs.services.names import ADMIN_KEY
from floe_deploy import overlay, wiring
from floe_deploy.rules.objects import pod_of
from floe_deploy.secrets.listing import listing
from floe_deploy.secrets.templates import templates
from test_dist import BIN, ENVIRONMENTS, ROOT, manifests
from test_encrypted_secrets import CANARY, project, wired

Got = tuple[str, str, str, str]
"""Workload, variable or path, Secret, key."""


def from_pod(workload: str, pod: dict[str, Any]) -> Iterator[Got]:
    """Answer what the containers of a pod get, as Kubernetes spells it."""
    for container in (*pod.get("initContainers", ()), *pod["containers"]):
        for variable in container.get("env", ()):
            if key := variable.get("valueFrom", {}).get("secretKeyRef"):
                yield workload, variable["name"], key["name"], key["key"]
        yield from from_volumes(workload, pod.get("volumes", ()), container.get("volumeMounts", ()))


def from_volumes(workload: str, volumes: Any, mounts: Any) -> Iterator[Got]:
    folders = {mount["name"]: mount.get("mountPath") or mount["mount_path"] for mount in mounts}
    for volume in volumes:
        for source in volume.get("projected", {}).get("sources", ()):
            for item in source.get("secret", {}).get("items", ()):
                path = f"{folders[volume['name']]}/{item['path']}"
                yield workload, path, source["secret"]["name"], item["key"]


def from_launcher(workload: str, env: list[dict[str, Any]]) -> Iterator[Got]:
    """Answer what Dagster will give to runs, in Dagster's spelling."""
    for variable in env:
        if key := variable.get("value_from", {}).get("secret_key_ref"):
            yield workload, variable["name"], key["name"], key["key"]


def rendered(environment: str) -> Iterator[Got]:
    """Answer what pods get by the files of dist, with the pods that Dagster makes itself."""
    objects = manifests(environment)
    (config,) = (
        yaml.safe_load(item["data"]["dagster.yaml"])
        for item in objects
        if (item["kind"], item["metadata"]["name"]) == ("ConfigMap", "dagster-instance")
    )
    shared = config["run_launcher"]["config"]["run_k8s_config"]["container_config"]["env"]
    for item in objects:
        made = pod_of(item)
        if made is None:
            continue
        pod = made.spec
        name = re.sub(r"-[0-9a-f]{10}$", "", item["metadata"]["name"])
        yield from from_pod(name, pod)
        for variable in pod["containers"][0].get("env", ()):
            if variable["name"] == "DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT":
                runs = name.replace("dagster-code-", "dagster-run-")
                context = json.loads(variable["value"])["k8s"]
                yield from from_launcher(runs, [*shared, *context["env"]])
                yield from from_volumes(runs, context["volumes"], context["volume_mounts"])


def listed(environment: str) -> Iterator[Got]:
    result = floe("secrets", environment, "--json")
    assert result.returncode == 0, result.stderr
    (told,) = json.loads(result.stdout)
    for secret in told["secrets"]:
        for key in secret["keys"]:
            for use in key["uses"]:
                how = use["variable"] or use["file"]
                yield use["workload"], how, secret["name"], key["key"]


@pytest.mark.requirement("FR-008")
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_list_is_what_pods_get_no_more_and_no_less(environment: str) -> None:
    assert set(listed(environment)) == set(rendered(environment))


@pytest.mark.requirement("FR-008")
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_secret_that_is_needed_has_a_user(environment: str) -> None:
    wired = wiring.wire(overlay.load(ROOT / "overlays" / environment))
    secrets = listing(wired)
    assert {secret.name: tuple(key.key for key in secret.keys) for secret in secrets} == {
        **wired.secrets,
        **wired.made,
    }
    unused = {
        secret.name
        for secret in secrets
        for key in secret.keys
        if not key.uses and key.key != DOCKER_CONFIG
    }
    # For whoever administers the object store by hand, and for an ingress controller.
    assert unused <= {ADMIN_KEY.name, "demo-login"}


def test_the_list_says_where_each_secret_comes_from(tmp_path: Path) -> None:
    prod = floe("secrets", "prod").stdout
    assert "in namespace data-prod, copied from ClusterSecretStore aws-secrets-manager" in prod
    assert re.search(r"^cube-api +floe/prod/cube-api$", prod, re.MULTILINE)
    assert re.search(
        r"^  value +CUBEJS_API_SECRET: cube-api, cube-refresh-worker, preflight-verify$",
        prod,
        re.MULTILINE,
    )
    demo = floe("secrets", "demo").stdout
    assert "demo: 16 Secrets in namespace floe-demo, 16 made in the cluster\n" in demo
    assert re.search(r"^cube-api +made in the cluster$", demo, re.MULTILINE)

    place = project(tmp_path, "sops")
    told = floe("secrets", cwd=tmp_path).stdout
    assert "by Argo CD only with a plugin" in told
    assert re.search(r"^cube-api +secrets/cube-api\.yaml$", told, re.MULTILINE)
    assert "\n  ! no file\n" in told
    overlay_file = place / "environment.yaml"
    text = overlay_file.read_text().replace("strategy: sops", "strategy: sops\n  argocd_plugin: s")
    overlay_file.write_text(text)
    assert "by Flux or by Argo CD's plugin s" in floe("secrets", cwd=tmp_path).stdout


def test_the_list_is_there_while_files_are_not_yet_encrypted(tmp_path: Path) -> None:
    place = project(tmp_path, "sops")
    secret = plain("cube-api", "data-dev", {"value": CANARY})
    (place / "secrets" / "cube-api.yaml").write_text(yaml.safe_dump(secret))
    result = floe("secrets", "dev", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "\n  ! a Secret in clear\n" in result.stdout
    told = json.loads(floe("secrets", "--json", cwd=tmp_path).stdout)
    assert CANARY not in result.stdout + json.dumps(told)
    assert told[0]["secrets"][0]["problems"]


def test_nothing_starts_node() -> None:
    blocked = (
        "import sys\n"
        "for name in ('cdk8s', 'cdk8s_plus_34', 'constructs', 'jsii'): sys.modules[name] = None\n"
        "from floe_deploy.cli import main\n"
        "sys.argv = ['floe', 'secrets', 'prod']\n"
        "main()\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", blocked], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("prod: ")


def fill(directory: Path) -> None:
    for path in directory.iterdir():
        secret = yaml.safe_load(path.read_text())
        assert set(secret["stringData"].values()) == {""}
        secret["stringData"] = {key: f"{CANARY}-{key}" for key in secret["stringData"]}
        path.write_text(yaml.safe_dump(secret))


@pytest.mark.tools
@pytest.mark.requirement("FR-014")
@pytest.mark.parametrize("strategy", ["sealed-secrets", "sops"])
def test_templates_filled_in_and_encrypted_as_the_command_says_make_a_dist(
    strategy: str, tmp_path: Path
) -> None:
    place = project(tmp_path, strategy)
    env = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    if strategy == "sops":
        env["SOPS_AGE_RECIPIENTS"] = Sops(tmp_path).recipient
    else:
        Sealing(tmp_path)
    said = floe("secrets", "dev", "--template", "plain", cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    written = said.stdout.splitlines()
    assert written[0] == "plain/cube-api.yaml"
    assert stat.S_IMODE((tmp_path / "plain" / "cube-api.yaml").stat().st_mode) == 0o600
    assert floe("synth", cwd=tmp_path).returncode == 2, "templates are no Secrets"

    fill(tmp_path / "plain")
    commands = said.stderr.partition("\n  ")[2]
    shell = subprocess.run(
        ["bash", "-ec", commands],
        cwd=tmp_path,
        env=os.environ | env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shell.returncode == 0, shell.stderr
    assert not (tmp_path / "plain").exists()
    result = floe("synth", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert not [listed.problems for listed in listing(wired(place)) if listed.problems]


def test_templates_are_never_written_among_the_overlays_or_over_anything(tmp_path: Path) -> None:
    project(tmp_path, "sops")
    result = floe("secrets", "--template", "overlays/dev/secrets", cwd=tmp_path)
    assert result.returncode == 2
    assert "values in clear do not belong there" in result.stderr
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "dagster-postgres.yaml").write_text(CANARY)
    result = floe("secrets", "--template", "plain", cwd=tmp_path)
    assert result.returncode == 2
    assert "plain/dagster-postgres.yaml: found a file" in result.stderr
    assert [path.name for path in (tmp_path / "plain").iterdir()] == ["dagster-postgres.yaml"]


def test_a_sealed_secret_that_is_there_is_kept(tmp_path: Path) -> None:
    place = project(tmp_path, "sealed-secrets")
    there = place / "secrets" / "cube-api.yaml"
    there.write_text(yaml.safe_dump(like_sealed(plain("cube-api", "data-dev", {"value": ""}))))
    before = there.read_text()
    result = floe("secrets", "--template", str(tmp_path / "plain"), cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert there.read_text() == before
    assert "overlays/dev/secrets/dagster-postgres.yaml" in result.stdout.splitlines()


def test_templates_can_be_printed(tmp_path: Path) -> None:
    result = floe("secrets", "prod", "--template", "-")
    assert json.loads(result.stdout)["floe/prod/cube-sql"] == {"password": "", "username": ""}
    project(tmp_path, "existing")
    result = floe("secrets", "--template", "-", cwd=tmp_path)
    secrets = list(yaml.safe_load_all(result.stdout))
    assert {secret["metadata"]["namespace"] for secret in secrets} == {"data-dev"}
    assert "kubectl apply" in result.stderr


def test_a_store_gets_json() -> None:
    prod = wiring.wire(overlay.load(ROOT / "overlays" / "prod"))
    assert json.loads(templates(prod)["cube-sql.json"]) == {"password": "", "username": ""}


@pytest.mark.parametrize("arguments", [("dev", "prod"), ("dev", "--json")])
def test_a_template_is_of_one_environment(arguments: tuple[str, ...]) -> None:
    result = floe("secrets", *arguments, "--template", "-")
    assert result.returncode == 2
    assert "--template takes one environment" in result.stderr
