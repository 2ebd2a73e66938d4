"""Objects that others use: applied early enough, changed late enough, taken from nobody."""

from typing import Any

import pytest

from floe_constructs.kubernetes.phase import ANNOTATION, Phase
from floe_deploy.manifests import Manifest, phase_of, placed
from floe_deploy.placing import PRUNE, settled
from test_dist import ENVIRONMENTS, manifests_by_file

RBAC = "rbac.authorization.k8s.io/v1"
GATE, MIGRATE, PLATFORM = Phase.PREFLIGHT, Phase.MIGRATE, Phase.PLATFORM


def thing(kind: str, name: str, phase: Phase | None = None, **parts: Any) -> Manifest:
    metadata: dict[str, Any] = {"name": name, "namespace": "shop"}
    if phase:
        metadata["annotations"] = {ANNOTATION: phase.value}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **parts}


def runs(name: str, phase: Phase, account: str = "shop", **spec: Any) -> Manifest:
    kind = "Deployment" if phase is PLATFORM else "Job"
    pod = {"serviceAccountName": account, "containers": [], **spec}
    return thing(kind, name, phase, spec={"template": {"spec": pod}})


def binding(kind: str, role: str, *accounts: str, of: str = "ClusterRole") -> Manifest:
    subjects = [{"kind": "ServiceAccount", "name": name} for name in accounts]
    return thing(kind, role, roleRef={"kind": of, "name": role}, subjects=subjects)


def where(name: str, *objects: Manifest) -> set[tuple[str, bool]]:
    """Answer phases of objects of a name, and whether Flux leaves them where they are."""
    return {
        (phase_of(each), each["metadata"].get("annotations", {}).get(PRUNE) == "disabled")
        for each in settled(objects)
        if each["metadata"]["name"] == name
    }


ACCOUNT = thing("ServiceAccount", "shop")


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        ([], (PLATFORM, False)),
        ([PLATFORM], (PLATFORM, False)),
        ([Phase.VERIFY], (PLATFORM, False)),
        ([Phase.SERVICES], (Phase.FOUNDATION, False)),
        ([GATE], (Phase.FOUNDATION, False)),
        ([MIGRATE], (Phase.FOUNDATION, False)),
        ([GATE, PLATFORM], (Phase.FOUNDATION, True)),
        ([MIGRATE, PLATFORM], (Phase.FOUNDATION, True)),
    ],
)
def test_an_account_comes_with_those_who_run_as_it_and_stays_for_those_who_run(
    users: list[Phase], expected: tuple[Phase, bool]
) -> None:
    others = [runs(f"user-{each}", each) for each in users]
    for order in ([ACCOUNT, *others], [*others, ACCOUNT]):
        assert where("shop", *order) == {expected}


def test_an_account_that_only_runs_of_dagster_use_comes_with_the_platform() -> None:
    launcher = 'run_launcher: {config: {service_account_name: "shop", image_pull_secrets: []}}'
    instance = thing("ConfigMap", "instance", data={"dagster.yaml": launcher})
    assert where("shop", ACCOUNT, instance, runs("gate", GATE)) == {(Phase.FOUNDATION, True)}
    assert where("shop", ACCOUNT, instance) == {(PLATFORM, False)}


def test_an_account_that_says_its_phase_has_it() -> None:
    said = thing("ServiceAccount", "shop", Phase.FOUNDATION)
    assert where("shop", said, runs("web", PLATFORM)) == {(Phase.FOUNDATION, True)}


def test_an_account_is_there_before_what_binds_a_role_to_it() -> None:
    early = thing("RoleBinding", "early", MIGRATE, subjects=[{"kind": "ServiceAccount",
                  "name": "shop"}], roleRef={"kind": "Role", "name": "early"})  # fmt: skip
    assert where("shop", ACCOUNT, early) == {(Phase.FOUNDATION, False)}


@pytest.mark.parametrize("kind", ["ClusterRoleBinding", "RoleBinding"])
def test_rights_in_the_cluster_come_with_the_accounts_that_have_them(kind: str) -> None:
    role, bound = thing("ClusterRole", "reader"), binding(kind, "reader", "shop")
    cluster = {"ClusterRoleBinding"} & {kind}
    for users, phase, kept in (
        ([PLATFORM], PLATFORM, False),
        ([GATE], Phase.CLUSTER, kind == "RoleBinding"),  # which itself comes with the platform
        ([GATE, PLATFORM], Phase.CLUSTER, True),
    ):
        others = [runs(f"user-{each}", each) for each in users]
        found = where("reader", role, bound, ACCOUNT, *others)
        assert found == ({(phase, kept)} if cluster else {(phase, kept), (PLATFORM, False)})


def test_rights_of_groups_come_with_the_platform_and_unbound_ones_as_their_kind_says() -> None:
    subjects = [{"kind": "Group", "name": "engineers"}]
    bound = thing("ClusterRoleBinding", "reader", subjects=subjects,
                  roleRef={"kind": "ClusterRole", "name": "reader"})  # fmt: skip
    assert where("reader", thing("ClusterRole", "reader"), bound) == {(PLATFORM, False)}
    assert where("reader", thing("ClusterRole", "reader")) == {(Phase.CLUSTER, False)}


def test_a_priority_that_pods_of_the_platform_have_stays_and_one_of_the_gate_alone_does_not() -> (
    None
):
    priority = thing("PriorityClass", "high")
    gate = runs("gate", GATE, priorityClassName="high")
    assert where("high", priority, gate) == {(Phase.CLUSTER, False)}
    web = runs("web", PLATFORM, priorityClassName="high")
    assert where("high", priority, gate, web) == {(Phase.CLUSTER, True)}


def test_what_has_no_namespace_has_none_in_a_later_phase_either() -> None:
    (role, *_) = settled([thing("ClusterRole", "reader"), binding("RoleBinding", "reader", "shop")])
    phase, written = placed(role)
    assert (phase, written["metadata"]) == (PLATFORM, {"name": "reader"})


def test_nothing_is_changed_in_objects_that_say_nothing_or_nonsense() -> None:
    odd = [thing("ConfigMap", "x") | {"metadata": {"name": "x", "annotations": {ANNOTATION: "y"}}},
           {"apiVersion": "v1", "kind": "ServiceAccount"},
           thing("RoleBinding", "b", subjects="?", roleRef=[])]  # fmt: skip
    assert [each.get("metadata", {}).get("name") for each in settled(odd)] == ["x", None, "b"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_before_the_gate_there_is_nothing_that_running_pods_lose_with_its_file(
    environment: str,
) -> None:
    """Secrets stay when what makes them goes; nothing takes away what denies by default.

    Services that an environment brings itself are there before the gate, which asks them.
    """
    files = manifests_by_file(environment)
    (namespace,) = (
        each["metadata"]["name"] for each in files.values() if each["kind"] == "Namespace"
    )
    brought = [files[path] for path in files if path.startswith(Phase.SERVICES)]
    early = {
        path: each for path, each in files.items() if path < Phase.PREFLIGHT and each not in brought
    }
    serving = {
        ("ServiceAccount", each["spec"]["template"]["spec"]["serviceAccountName"])
        for each in brought
        if each["kind"] in {"Deployment", "StatefulSet", "Job"}
    }
    lost = {
        (each["kind"], each["metadata"]["name"])
        for each in early.values()
        if each["metadata"].get("annotations", {}).get(PRUNE) != "disabled"
        and not (each["kind"] == "ExternalSecret"
                 and each["spec"]["target"]["creationPolicy"] == "Orphan"
                 and each["spec"]["target"]["deletionPolicy"] == "Retain")
    }  # fmt: skip
    migrating = {("ServiceAccount", f"{name}-migrate") for name in ("dagster", "marquez")}
    cluster = {
        *((kind, f"{namespace}-preflight-cluster")
          for kind in ("ClusterRole", "ClusterRoleBinding")),
        *(("ServiceAccount", f"preflight-{suite}") for suite in ("cluster", "services")),
    }  # fmt: skip
    more_room = {("ResourceQuota", "quota"), ("LimitRange", "container-defaults")}
    denying = {("NetworkPolicy", "default-deny"), ("NetworkPolicy", "dns")}
    assert lost - migrating - cluster - more_room - serving == denying
    platform = [each["metadata"]["name"] for path, each in files.items() if path > PLATFORM]
    assert "dns-platform" in platform
