"""By the account that Flux takes on, a real API server lets one namespace be applied, no more."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from api_server import ApiServer, RefusedError
from test_dist import ROOT, manifests_by_file

pytestmark = [pytest.mark.tools, pytest.mark.slow]

Manifest = dict[str, Any]

OBJECTS = manifests_by_file("prod")
FIRST = [item for path, item in OBJECTS.items() if path.startswith("00-cluster/")]
_BUILT_IN = ("networking.k8s.io/", "rbac.authorization.k8s.io/")
OTHERS = [
    item
    for path, item in OBJECTS.items()
    if not path.startswith("00-cluster/")
    if "." not in item["apiVersion"] or item["apiVersion"].startswith(_BUILT_IN)
]
"""What every cluster knows the kind of."""

QUERY = "?fieldManager=kustomize-controller&force=true"
DRY = f"{QUERY}&dryRun=All"
APPLY = "application/apply-patch+yaml"


@pytest.fixture(scope="module")
def account(plane: ApiServer) -> Iterator[ApiServer]:
    """The account, after Flux itself has applied the first phase."""
    (said, *_) = yaml.safe_load_all((ROOT / "delivery" / "prod" / "flux.yaml").read_text())
    flux = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "flux-system"}}
    plane.apply([flux, said, *sorted(FIRST, key=lambda item: item["kind"] != "Namespace")])
    yield plane.account("flux-system", said["metadata"]["name"])
    for item in [flux, *FIRST]:
        if "namespace" not in item["metadata"]:
            plane.ask("DELETE", plane.path(item))


def test_all_of_the_namespace_is_tried_applied_and_deleted(account: ApiServer) -> None:
    kinds = {item["kind"] for item in OTHERS}
    assert {"Deployment", "Job", "NetworkPolicy", "Role", "RoleBinding", "Ingress"} <= kinds
    for item in OTHERS:  # Flux tries all of a phase before it applies any: a Role is not there yet
        account.ask("PATCH", account.path(item) + DRY, item, APPLY)
    account.apply(OTHERS)
    for kind in ("replicasets", "deployments"):
        account.ask("GET", f"/apis/apps/v1/namespaces/data-prod/{kind}")
    account.ask("GET", "/api/v1/namespaces/data-prod/pods")
    for item in OTHERS:
        account.ask("DELETE", account.path(item))


def elsewhere(item: Manifest) -> Manifest:
    moved: Manifest = json.loads(json.dumps(item))
    moved["metadata"]["namespace"] = "default"
    return moved


def wider(_: Manifest) -> Manifest:
    (role,) = [item for item in FIRST if item["kind"] == "Role"]
    rule = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    return role | {"rules": [*role["rules"], rule]}


def granting(_: Manifest) -> Manifest:
    (binding,) = [item for item in FIRST if item["kind"] == "RoleBinding"]
    metadata = binding["metadata"] | {"name": "more"}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    return binding | {"metadata": metadata, "roleRef": role}


def another_role(_: Manifest) -> Manifest:
    role = wider({})
    return role | {"metadata": {"name": "mine", "namespace": "data-prod"}}


@pytest.mark.parametrize("change", [elsewhere, wider, granting, another_role])
def test_nothing_elsewhere_and_no_more_rights_are_to_be_had(
    account: ApiServer, change: Callable[[Manifest], Manifest]
) -> None:
    (config, *_) = [item for item in OTHERS if item["kind"] == "ConfigMap"]
    item = change(config)
    with pytest.raises(RefusedError) as refused:
        account.ask("PATCH", account.path(item) + DRY, item, APPLY)
    assert refused.value.code == 403


@pytest.mark.parametrize("kind", ["Namespace", "PriorityClass", "ClusterRole"])
def test_what_has_no_namespace_is_not_for_the_account(account: ApiServer, kind: str) -> None:
    (item, *_) = [item for item in FIRST if item["kind"] == kind]
    with pytest.raises(RefusedError) as refused:
        account.ask("PATCH", account.path(item) + DRY, item, APPLY)
    assert refused.value.code == 403
