"""`delivery/`: what points Flux and Argo CD at `dist/`, and who may apply what."""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from called import floe
from conftest import Synth
from delivery_example import GIT, LABELS, OCI, URL, flux
from floe_constructs.gitops.application_set import Listed, application_sets
from floe_constructs.gitops.kinds import OF_CLUSTER, OF_NAMESPACE, Kind
from floe_constructs.gitops.spec import ArgoCdDelivery, FluxDelivery
from floe_constructs.gitops.waiting import checks, timeout
from floe_constructs.kubernetes.phase import Phase
from floe_deploy import delivery, linting, lock, project
from floe_deploy.errors import InputError
from floe_deploy.project import Project
from test_check import states
from test_dist import BIN, ENVIRONMENTS, ROOT, held, kubeconform, manifests_by_file, run
from test_overlay import refused

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
    summary = json.loads(result.stdout)["summary"]
    written = [item for path in DELIVERY.rglob("*.yaml") for item in documents(path)]
    assert summary == {"valid": len(written), "invalid": 0, "errors": 0, "skipped": 0}


# Flux


@pytest.mark.parametrize("environment", FLUX)
def test_each_phase_waits_for_the_one_before_and_reads_the_same_source(environment: str) -> None:
    objects = documents(DELIVERY / environment / "flux.yaml")
    (source,) = of("GitRepository", objects)
    phases = of("Kustomization", objects)
    assert [item["spec"]["path"] for item in phases] == [
        f"./dist/{environment}/{phase}" for phase in Phase
    ]
    reads = {"kind": source["kind"], "name": source["metadata"]["name"]}
    before: list[Manifest] = []
    for item in phases:
        spec = item["spec"]
        assert spec.get("dependsOn", []) == before
        assert spec["sourceRef"] == reads
        assert (spec["wait"], spec["prune"], spec["force"]) == (True, True, False)
        before = [{"name": item["metadata"]["name"]}]


@pytest.mark.tools
@pytest.mark.parametrize("environment", FLUX)
def test_each_path_is_a_folder_that_kustomize_builds(environment: str) -> None:
    built = 0
    for item in of("Kustomization", documents(DELIVERY / environment / "flux.yaml")):
        folder = ROOT / item["spec"]["path"]
        listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
        result = run(BIN / "kustomize", "build", folder)
        assert result.returncode == 0, result.stderr
        objects = [each for each in yaml.safe_load_all(result.stdout) if each]
        assert len(objects) == len(listed)
        built += len(objects)
    assert built == len(manifests_by_file(environment))


@pytest.mark.parametrize("environment", FLUX)
def test_all_but_the_first_phase_is_applied_by_an_account_of_one_namespace(
    environment: str,
) -> None:
    objects = documents(DELIVERY / environment / "flux.yaml")
    (account,) = of("ServiceAccount", objects)
    first, *others = of("Kustomization", objects)
    assert "serviceAccountName" not in first["spec"]
    name, namespace = account["metadata"]["name"], account["metadata"]["namespace"]
    assert {item["spec"]["serviceAccountName"] for item in others} == {name}
    assert {item["metadata"]["namespace"] for item in objects} == {namespace}

    rights = manifests_by_file(environment)
    binding = rights["00-cluster/rolebinding-floe-delivery.yaml"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]
    role = rights["00-cluster/role-floe-delivery.yaml"]
    own = {
        item["metadata"]["namespace"]
        for path, item in rights.items()
        if not path.startswith(Phase.CLUSTER)
    }
    assert own == {role["metadata"]["namespace"]} == {binding["metadata"]["namespace"]}


@pytest.mark.parametrize("environment", FLUX)
def test_the_account_may_apply_prune_and_watch_all_that_is_in_its_phases(environment: str) -> None:
    objects = manifests_by_file(environment)
    role = objects["00-cluster/role-floe-delivery.yaml"]
    may = {
        (group, resource, verb)
        for rule in role["rules"]
        if "resourceNames" not in rule
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert not {each for each in may if "*" in each}
    for path, item in objects.items():
        if not path.startswith(Phase.CLUSTER):
            kind = Kind(item["apiVersion"].rpartition("/")[0], item["kind"])
            for verb in ("get", "list", "watch", "create", "patch", "delete"):
                assert (kind.group, kind.resource, verb) in may, path
    for group, resource in (("", "pods"), ("apps", "replicasets")):
        assert {verb for g, r, verb in may if (g, r) == (group, resource)} == {
            "get",
            "list",
            "watch",
        }
    named = [rule for rule in role["rules"] if "resourceNames" in rule]
    roles = sorted(
        item["metadata"]["name"]
        for path, item in objects.items()
        if item["kind"] == "Role" and not path.startswith(Phase.CLUSTER)
    )
    assert [(rule["resourceNames"], rule["verbs"]) for rule in named] == [
        (roles, ["bind", "escalate"])
    ]


@pytest.mark.parametrize("environment", FLUX)
def test_flux_waits_longer_for_a_phase_than_its_jobs_may_take(environment: str) -> None:
    objects = manifests_by_file(environment)
    for item in of("Kustomization", documents(DELIVERY / environment / "flux.yaml")):
        phase = item["spec"]["path"].rpartition("/")[2]
        longest = max(
            (
                one["spec"]["activeDeadlineSeconds"]
                for path, one in objects.items()
                if path.startswith(phase) and one["kind"] == "Job"
            ),
            default=30,
        )
        assert int(item["spec"]["timeout"].removesuffix("m")) * 60 > longest + 5


def test_a_rollout_and_a_job_decide_how_long_flux_waits() -> None:
    job = {"kind": "Job", "spec": {"activeDeadlineSeconds": 1801}}
    rollout: Manifest = {"kind": "Deployment", "spec": {}}
    assert timeout([]) == "5m"
    assert timeout([rollout]) == "11m"
    assert timeout([rollout, job]) == "32m"
    assert timeout([{"kind": "Deployment", "spec": {"progressDeadlineSeconds": 900}}]) == "16m"


EXTERNAL: Manifest = {
    "apiVersion": "external-secrets.io/v1",
    "kind": "ExternalSecret",
    "spec": {},
}


def test_secrets_are_waited_for_as_they_are_specified_now() -> None:
    sealed = {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "spec": {}}
    ready = "status.conditions.exists(c, c.type == 'Ready' && c.status == '{}')".format
    synced = "status.conditions.exists(c, c.type == 'Synced' && c.status == '{}')".format
    seen = "status.syncedResourceVersion.startsWith(string(metadata.generation) + '-')"
    assert checks([EXTERNAL, sealed, EXTERNAL]) == [
        {
            "apiVersion": "bitnami.com/v1alpha1",
            "kind": "SealedSecret",
            "failed": synced("False"),
            "current": synced("True"),
        },
        {
            "apiVersion": "external-secrets.io/v1",
            "kind": "ExternalSecret",
            "failed": ready("False"),
            "current": f"{ready('True')} && {seen}",
        },
    ]
    once = EXTERNAL | {"spec": {"refreshPolicy": "CreatedOnce"}}
    assert checks([EXTERNAL, once])[0]["current"] == ready("True")
    assert checks([]) == []


@pytest.mark.parametrize("environment", FLUX)
def test_secrets_of_an_operator_are_waited_for_in_their_phase(environment: str) -> None:
    objects = manifests_by_file(environment)
    for item in of("Kustomization", documents(DELIVERY / environment / "flux.yaml")):
        phase = item["spec"]["path"].rpartition("/")[2]
        there = {one["kind"] for path, one in objects.items() if path.startswith(phase)}
        told = {each["kind"] for each in item["spec"].get("healthCheckExprs", [])}
        assert told == there & {"ExternalSecret", "SealedSecret"}


def test_only_the_phase_with_encrypted_secrets_is_decrypted(synth: Synth) -> None:
    spec = FluxDelivery.model_validate(GIT | {"decryption": "age"})
    objects = synth(lambda chart: flux(chart, spec))
    told = {name: item["spec"].get("decryption") for (_, name), item in objects.items()
            if "spec" in item and "path" in item["spec"]}  # fmt: skip
    assert told.pop("data-10-foundation") == {"provider": "sops", "secretRef": {"name": "age"}}
    assert set(told.values()) == {None}


def test_an_artifact_is_verified_by_key_or_by_who_signed_in(synth: Synth) -> None:
    for said, told in (
        ({"type": "key", "secret": "cosign"}, {"secretRef": {"name": "cosign"}}),
        (
            {"type": "keyless", "issuer": "i", "subject": "s"},
            {"matchOIDCIdentity": [{"issuer": "i", "subject": "s"}]},
        ),
    ):
        source = OCI["source"] | {"verify": said}
        spec = FluxDelivery.model_validate(OCI | {"source": source})
        objects = synth(lambda chart, spec=spec: flux(chart, spec))  # type: ignore[misc]
        body = objects["OCIRepository", "data"]["spec"]
        assert body["verify"] == {"provider": "cosign"} | told
        assert body["ref"] == {"tag": "latest"}
    assert LABELS.instance == "test"


# Argo CD


@pytest.mark.parametrize("environment", ARGOCD)
def test_a_project_allows_one_repository_one_namespace_and_known_kinds(environment: str) -> None:
    (made,) = of("AppProject", documents(DELIVERY / environment / "argocd.yaml"))
    (application,) = of("Application", documents(DELIVERY / environment / "argocd.yaml"))
    spec, told = made["spec"], application["spec"]
    assert spec["sourceRepos"] == [told["source"]["repoURL"]]
    assert spec["destinations"] == [told["destination"]]
    assert told["project"] == made["metadata"]["name"]
    assert {Kind(**_kind(each)) for each in spec["clusterResourceWhitelist"]} == OF_CLUSTER
    allowed = {Kind(**_kind(each)) for each in spec["namespaceResourceWhitelist"]}
    assert allowed > OF_NAMESPACE
    assert (ROOT / told["source"]["path"] / "kustomization.yaml").is_file()


def _kind(said: dict[str, str]) -> dict[str, str]:
    return {"group": said["group"], "name": said["kind"]}


@pytest.mark.parametrize("environment", ARGOCD)
def test_the_application_set_makes_the_application_of_each_environment(environment: str) -> None:
    (application,) = of("Application", documents(DELIVERY / environment / "argocd.yaml"))
    (made,) = documents(DELIVERY / delivery.SETS)
    (generator,) = made["spec"]["generators"]
    elements = generator["list"]["elements"]
    assert [each["environment"] for each in elements] == ARGOCD
    (element,) = [each for each in elements if each["environment"] == environment]
    text = json.dumps(made["spec"]["template"])
    for key, value in element.items():
        text = text.replace(f"{{{{.{key}}}}}", value)
    rendered = json.loads(text)
    assert rendered["spec"] == application["spec"]
    assert rendered["metadata"]["name"] == application["metadata"]["name"]
    assert rendered["metadata"]["finalizers"] == application["metadata"]["finalizers"]


def test_environments_of_a_plugin_or_of_another_argocd_have_a_set_of_their_own() -> None:
    def listed(name: str, plugin: str | None = None, **said: Any) -> Listed:
        given = {"type": "argocd", "source": {"url": URL, "revision": "main"}} | said
        spec = ArgoCdDelivery.model_validate(given)
        return Listed(environment=name, namespace=name, spec=spec, path=name, plugin=plugin)

    made = application_sets(
        [
            listed("a"),
            listed("b", cluster={"name": "west"}),
            listed("c", "sops"),
            listed("d", namespace="other"),
        ]
    )
    names = [(each["metadata"]["namespace"], each["metadata"]["name"]) for each in made]
    assert names == [("argocd", "platform"), ("argocd", "platform-sops"), ("other", "platform")]
    first = made[0]["spec"]
    elements = first["generators"][0]["list"]["elements"]
    assert [(each["name"], bool(each["server"])) for each in elements] == [
        ("", True),
        ("west", False),
    ]
    assert first["template"]["spec"]["destination"].keys() == {"name", "namespace", "server"}
    assert made[1]["spec"]["template"]["spec"]["source"]["plugin"] == {"name": "sops"}


# kinds


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_kind_of_an_environment_is_known_to_whoever_applies_it(environment: str) -> None:
    for path, item in manifests_by_file(environment).items():
        kind = Kind(item["apiVersion"].rpartition("/")[0], item["kind"])
        rights = path.startswith(Phase.CLUSTER) and item["kind"] in {"Role", "RoleBinding"}
        known = OF_NAMESPACE if rights or not path.startswith(Phase.CLUSTER) else OF_CLUSTER
        assert kind in known, path


def test_kinds_are_called_as_the_api_server_calls_them() -> None:
    plurals = {
        "Ingress": "ingresses", "NetworkPolicy": "networkpolicies", "Gateway": "gateways",
        "IngressClass": "ingressclasses", "HTTPRoute": "httproutes", "Proxy": "proxies",
    }  # fmt: skip
    assert {name: Kind("", name).resource for name in plurals} == plurals


# what an overlay may say


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (GIT | {"source": GIT["source"] | {"semver": "1.x"}}, "found branch and semver"),
        (GIT | {"source": {"type": "git", "url": URL}}, "semver and tag; found none"),
        (GIT | {"source": GIT["source"] | {"url": "https://u:p@git.example.com/a"}}, "without a p"),
        (GIT | {"source": GIT["source"] | {"url": "http://git.example.com/a"}}, "https://HOST"),
        (GIT | {"decryption": "age"}, "delivery.decryption is for the strategy sops"),
        (OCI | {"source": OCI["source"] | {"digest": "sha256:" + "a" * 64}}, "exactly one of sem"),
        (OCI | {"source": OCI["source"] | {"provider": "aws", "secret": "a"}}, "leave one out"),
        (
            {"type": "argocd", "source": {"url": URL, "revision": "main"}}
            | {"cluster": {"server": "https://a:6443", "name": "a"}},
            "exactly one of server and name",
        ),
        ({"type": "helm"}, "delivery.type"),
    ],
)
def test_a_delivery_that_contradicts_itself_is_told(
    tmp_path: Path, said: Manifest, told: str
) -> None:
    (line,) = refused(tmp_path, "dev", lambda overlay, _: overlay.update(delivery=said))
    assert told in line
    assert "u:p" not in line


@pytest.mark.parametrize(
    ("engine", "changes", "told"),
    [
        ("argocd", {"secrets": {"strategy": "sops"}}, "name it in secrets.argocd_plugin"),
        ("flux", {"secrets": {"strategy": "sops"}}, "name its Secret in delivery.decryption"),
        (
            "flux",
            {"secrets": {"strategy": "sops", "argocd_plugin": "a"}, "decryption": "age"},
            "secrets.argocd_plugin is for Argo CD",
        ),
        ("flux", {"namespace": "n" * 50}, "at most 49 characters"),
    ],
)
def test_an_engine_that_cannot_do_what_the_overlay_says_is_told(
    tmp_path: Path, engine: str, changes: Manifest, told: str
) -> None:
    def change(overlay: Manifest, _: Manifest) -> None:
        delivered = GIT if engine == "flux" else overlay["delivery"]
        key = {name: changes[name] for name in changes.keys() & {"decryption"}}
        overlay.update({name: changes[name] for name in changes.keys() - {"decryption"}})
        overlay["delivery"] = delivered | key

    assert told in "\n".join(refused(tmp_path, "dev", change))


# files


@dataclass
class Rendering:
    """An environment as it was rendered, without its objects."""

    environment: str
    delivery: dict[str, str] = field(default_factory=dict)
    listed: Listed | None = None


@pytest.fixture
def settings(tmp_path: Path) -> Project:
    shutil.copytree(ROOT / "overlays", tmp_path / "overlays")
    (tmp_path / "demo").symlink_to(ROOT / "demo")
    shutil.copytree(DELIVERY, tmp_path / "delivery")
    return Project(overlays=tmp_path / "overlays", delivery=tmp_path / "delivery")


def write(settings: Project, *renderings: Rendering) -> dict[str, bytes]:
    assert settings.delivery
    delivery.write(settings.delivery, renderings, settings)
    return held(settings.delivery)


def test_writing_one_environment_leaves_the_others_as_they_are(settings: Project) -> None:
    before = held(DELIVERY)
    assert settings.delivery
    path = settings.delivery / "staging" / "argocd.yaml"
    path.write_text(path.read_text().replace("limit: 10", "limit: 1"))
    after = write(settings, Rendering("prod", {"flux.yaml": "new"}))
    changed = {path for path in before | after if before.get(path) != after.get(path)}
    assert changed == {"prod/flux.yaml", "staging/argocd.yaml", "lock.json"}
    known = lock.read(settings.delivery)
    assert known
    assert known.files["prod/flux.yaml"] == lock.sha256(b"new")
    assert known.files["staging/argocd.yaml"] == lock.sha256(before["staging/argocd.yaml"])


def test_without_a_lock_the_others_are_known_by_their_first_line(settings: Project) -> None:
    before = held(DELIVERY)
    assert settings.delivery
    (settings.delivery / lock.FILE).unlink()
    (settings.delivery / "dev" / "own.yaml").write_text("a: 1")
    after = write(settings, Rendering("prod", {"flux.yaml": "new"}))
    assert before.keys() | {"dev/own.yaml"} == after.keys()
    known = lock.read(settings.delivery)
    assert known
    assert "dev/own.yaml" not in known.files
    assert known.files["dev/argocd.yaml"] == lock.sha256(before["dev/argocd.yaml"])


def test_an_overlay_that_cannot_be_read_leaves_the_list_as_it_is(settings: Project) -> None:
    (settings.overlays / "dev" / "environment.yaml").write_text("namespace: [")
    after = write(settings, Rendering("prod", {"flux.yaml": "new"}))
    assert after[delivery.SETS] == (DELIVERY / delivery.SETS).read_bytes()
    assert "dev/argocd.yaml" in after


def test_what_points_to_an_environment_goes_with_its_overlay(settings: Project) -> None:
    assert settings.delivery
    (settings.delivery / "notes.md").write_text("ours")
    for gone in ("dev", "demo"):
        shutil.rmtree(settings.overlays / gone)
    after = write(settings, Rendering("prod", {"flux.yaml": "new"}))
    assert {path for path in after if "/" in path} == {"prod/flux.yaml", "staging/argocd.yaml"}
    assert after["notes.md"] == b"ours"
    assert b"dist/dev" not in after[delivery.SETS]


def test_nothing_is_written_where_no_overlay_says_who_delivers(settings: Project) -> None:
    for folder in settings.overlays.glob("*/"):
        shutil.rmtree(folder)
    assert write(settings) == {}
    assert settings.delivery
    settings.delivery.rmdir()
    assert write(settings, Rendering("dev")) == {}
    assert not settings.delivery.exists()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    for folder in ("overlays", "dist"):
        shutil.copytree(ROOT / folder / "dev", tmp_path / folder / "dev")
    return tmp_path


def test_synth_and_check_look_after_delivery_and_leave_it_where_they_write_elsewhere(
    repo: Path,
) -> None:
    assert floe("synth", "--output", "other", cwd=repo).returncode == 0
    assert not (repo / "delivery").exists()
    result = floe("check", cwd=repo)
    found = states(result.stdout)
    assert found["delivery/dev/argocd.yaml"] == "missing"

    assert floe("synth", cwd=repo).returncode == 0
    assert (repo / "delivery" / "dev" / "argocd.yaml").read_bytes() == (
        DELIVERY / "dev" / "argocd.yaml"
    ).read_bytes()
    assert floe("check", cwd=repo).returncode == 0
    path = repo / "delivery" / "dev" / "argocd.yaml"
    path.write_text(path.read_text().replace("targetRevision: main", "targetRevision: other"))
    (repo / "delivery" / "applicationset.yaml").unlink()
    (repo / "delivery" / "dev" / "mine.yaml").write_text("a: 1")
    (repo / "delivery" / "README.md").write_text("ours")
    shutil.copytree(repo / "delivery" / "dev", repo / "delivery" / "gone")
    (repo / "delivery" / "gone" / "mine.yaml").unlink()
    result = floe("check", cwd=repo)
    assert result.returncode == 1
    assert {path: state for path, state in states(result.stdout).items() if "dist" not in path} == {
        "delivery/applicationset.yaml": "missing",
        "delivery/dev/argocd.yaml": "edited",
        "delivery/dev/mine.yaml": "untracked",
        "delivery/gone/argocd.yaml": "stale",
    }


def test_the_folder_is_a_setting_and_apart_from_the_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cdk8s.yaml").write_text("output: manifests\ndelivery: controllers\n")
    settings = project.load()
    assert settings.delivery == Path("controllers")
    assert settings.committed == Path("manifests")
    assert project.load(output=Path("manifests/")).delivery == Path("controllers")
    assert project.load(output=tmp_path / "manifests").delivery == Path("controllers")
    assert project.load(output=Path("dist")).delivery is None
    monkeypatch.setenv("CDK8S_OUTDIR", "elsewhere")
    assert project.load().delivery is None
    Path("cdk8s.yaml").write_text("delivery: dist/pointing\n")
    with pytest.raises(InputError, match="none of them in the other"):
        project.load()


def test_lint_reads_what_users_have_written_themselves(settings: Project) -> None:
    pointing = settings.overlays.parent / "delivery"
    settings = Project(settings.overlays, ROOT / "dist", delivery=pointing)
    folder = settings.overlays / "prod"
    known = {finding.rule.id for finding in linting.lint(folder, settings).findings}
    assert not known & {"engine-root", "flux-wait", "argocd-sync"}
    (pointing / "prod" / "own.yml").write_text(
        yaml.safe_dump_all(
            [
                {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
                 "metadata": {"name": "all"}, "spec": {"path": "./dist/prod", "wait": True}},
                {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
                 "metadata": {"name": "all"}, "spec": {"source": {"path": "dist/prod"}}},
            ]
        )
    )  # fmt: skip
    (pointing / "broken.yaml").write_text("{")
    found = [
        (finding.rule.id, finding.object, Path(finding.file).name)
        for finding in linting.lint(folder, settings).findings
        if finding.rule.id not in known
    ]
    assert found == [
        ("engine-root", "Kustomization/all", "own.yml"),
        ("argocd-sync", "Application/all", "own.yml"),
    ]
