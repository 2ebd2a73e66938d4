"""What a release brings in, rolls and removes, under Flux' own controller."""

import json

import yaml

from floe_constructs.kubernetes.phase import Phase
from floe_deploy.rules import delivery
from floe_deploy.rules.objects import Objects
from floe_deploy.rules.report import findings
from flux import GROUP, SPACE, URL
from gate_cases import GATE, LATER, install, play, running
from played import ends
from released import Environment
from test_dist import key


def a_gate_that_passes_lets_a_release_in_and_a_rollback_out(environment: Environment) -> None:
    install(environment)
    (gate,) = environment.jobs(GATE)
    environment.until_released(environment.commit("second"))
    (another,) = environment.jobs(GATE)  # the one before is pruned
    assert another["metadata"]["name"] != gate["metadata"]["name"]
    old = {key(manifest) for manifest in environment.objects("first", *LATER)}
    new = {key(manifest) for manifest in environment.objects("second", *LATER)}
    for manifest in environment.objects("first", *LATER):
        assert environment.flux.cluster.has(manifest) == (key(manifest) in new)
    assert old - new
    environment.until_released(environment.commit("first"))
    assert environment.state("first", *LATER).keys() == old


def a_commit_that_changes_nothing_runs_no_job_again(environment: Environment) -> None:
    before = install(environment)
    jobs = {job["metadata"]["uid"] for job in environment.jobs("")}
    assert jobs
    (environment.branch.work / "README.md").write_text("# Platform\n")
    commit = environment.branch.push("Say what this is")
    environment.until_released(commit)
    assert {job["metadata"]["uid"] for job in environment.jobs("")} == jobs
    assert running(environment) == before


def one_kustomization_over_all_phases_gates_nothing(environment: Environment) -> None:
    """Which is why there is one for each phase."""
    play(environment, GATE, ends(78))
    commit = environment.commit("first")
    source, *phases = [
        found
        for found in yaml.safe_load_all(environment.delivery)
        if found["kind"] != "ServiceAccount"
    ]
    root = phases[0]
    root["spec"]["path"] = f"./dist/{environment.name}"
    root["metadata"]["name"] = environment.kustomization(Phase.PREFLIGHT)
    environment.flux.cluster.plane.apply([source, root])
    environment.until_failed(commit)
    found = environment.state("first", Phase.PLATFORM)
    assert found.keys() == {key(each) for each in environment.objects("first", Phase.PLATFORM)}
    told = findings(Objects({"root.yaml": root}, environment=environment.name), delivery.RULES)
    assert "engine-root" in {each.rule.id for each in told}


def only_what_has_changed_rolls_in_an_upgrade_and_back(environment: Environment) -> None:
    cluster = environment.flux.cluster
    install(environment)

    def rolled(revision: str) -> set[str]:
        before = environment.pods()
        environment.until_released(environment.commit(revision))
        cluster.until(lambda: cluster.settled(environment.name), environment.told)
        return {name.rsplit("-", 2)[0] for name in environment.pods().keys() - before}

    assert rolled("more") == {"dagster-code-refunds", "dagster-webserver"}
    assert rolled("first") == {"dagster-webserver"}
    assert rolled("image") == {"dagster-code-orders"}
    assert rolled("first") == {"dagster-code-orders"}


def an_environment_that_leaves_git_leaves_its_data_behind(environment: Environment) -> None:
    """What tells Flux of it is applied by Flux too, as its users have it."""
    cluster, name = environment.flux.cluster, environment.name
    folder = f"delivery/{name}"
    kept = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": SPACE}}
    others = {"others.yaml": json.dumps(kept)}
    environment.branch.replace(folder, others | {"flux.yaml": environment.delivery})
    commit = environment.commit("stateful")
    fleet = {"name": f"fleet-{name}", "namespace": SPACE}
    source = {"url": URL, "ref": {"branch": name}, "interval": "1m"}
    kind = {"kind": "GitRepository", "name": fleet["name"]}
    follow = {"sourceRef": kind, "path": f"./{folder}", "interval": "1h", "prune": True}
    cluster.plane.apply(
        [
            {
                "apiVersion": "source.toolkit.fluxcd.io/v1",
                "kind": "GitRepository",
                "metadata": fleet,
                "spec": source,
            },
            {
                "apiVersion": f"{GROUP}/v1",
                "kind": "Kustomization",
                "metadata": fleet,
                "spec": follow,
            },
        ]
    )
    cluster.until(lambda: environment.flux.applied(fleet["name"], commit))
    environment.until_released(commit)
    environment.branch.replace(folder, others)
    environment.branch.push("Remove an environment")
    cluster.until(lambda: not any(map(environment.flux.has, environment.kustomizations)))
    for manifest in environment.objects("stateful", *Phase):
        protected = manifest["metadata"].get("annotations", {}).get(f"{GROUP}/prune")
        assert cluster.has(manifest) == (protected == "disabled"), key(manifest)
    space = f"/api/v1/namespaces/{name}"
    assert cluster.plane.ask("GET", space)["status"]["phase"] == "Active"
    assert cluster.plane.ask("GET", f"{space}/secrets/dagster-postgres")["data"]
    (claim,) = cluster.plane.ask("GET", f"{space}/persistentvolumeclaims")["items"]
    assert claim["status"]["phase"] == "Bound"


RELEASE_CASES = (
    a_gate_that_passes_lets_a_release_in_and_a_rollback_out,
    a_commit_that_changes_nothing_runs_no_job_again,
    one_kustomization_over_all_phases_gates_nothing,
    only_what_has_changed_rolls_in_an_upgrade_and_back,
    an_environment_that_leaves_git_leaves_its_data_behind,
)
