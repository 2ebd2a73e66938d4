"""Who a pod is, to the cloud and to the API server."""

from collections.abc import Iterator
from typing import Any

from floe_deploy.rules.objects import Object
from floe_deploy.rules.references import launched
from floe_deploy.rules.rule import Breach, Rule, Severity
from floe_deploy.rules.shape import entries, text

_CLOUDS = {
    "eks.amazonaws.com/role-arn": (
        "AWS",
        ("AWS_ACCESS_KEY_ID", "CUBESTORE_AWS_ACCESS_KEY_ID", "CUBEJS_AWS_KEY"),
    ),
    "iam.gke.io/gcp-service-account": (
        "GCP",
        ("GOOGLE_APPLICATION_CREDENTIALS", "CUBESTORE_GCP_CREDENTIALS", "CUBESTORE_GCP_KEY_FILE"),
    ),
    "azure.workload.identity/client-id": ("Azure", ("AZURE_CLIENT_SECRET", "AZURE_STORAGE_KEY")),
}
"""Annotation of a ServiceAccount: the cloud, and variables that a client takes before it."""


def _pods(it: Object) -> list[dict[str, Any]]:
    """Answer the pods that an object makes, and those that Dagster makes of it."""
    return [*([it.pod.spec] if it.pod else []), *(launched(settings) for settings in it.runs)]


def _account(it: Object, pod: dict[str, Any]) -> Object | None:
    return it.among.find("ServiceAccount", pod.get("serviceAccountName") or "default")


def _one(it: Object) -> Iterator[Breach]:
    if it.kind == "ServiceAccount":
        clouds = [cloud for key, (cloud, _) in _CLOUDS.items() if key in it.annotations]
        if len(clouds) > 1:
            yield Breach(found=f"an identity of {' and one of '.join(clouds)}")


def _keys(it: Object) -> Iterator[Breach]:
    for pod in _pods(it):
        account = _account(it, pod)
        for container in entries(pod.get("containers")):
            names = {text(variable.get("name")) for variable in entries(container.get("env"))}
            for key, (cloud, variables) in _CLOUDS.items():
                given = sorted(names & set(variables))
                if account and key in account.annotations and given:
                    yield Breach(found=f"{', '.join(given)}, and the {cloud} identity of {account}")


def _token(it: Object) -> Iterator[Breach]:
    if it.pod is None:
        return
    account = _account(it, it.pod.spec)
    said = it.pod.spec.get("automountServiceAccountToken")
    if said is None and account:
        said = account.manifest.get("automountServiceAccountToken")
    if said is not False and not (account and _is_bound(account)):
        yield Breach(
            found=f"a token of {account or 'ServiceAccount/default'}, which may do nothing"
        )


def _is_bound(account: Object) -> bool:
    return any(
        (subject.get("kind"), subject.get("name")) == ("ServiceAccount", account.name)
        for binding in account.among.of("RoleBinding", "ClusterRoleBinding")
        for subject in entries(binding.manifest.get("subjects"))
    )


RULES = (
    Rule(
        id="identity-one",
        summary="A ServiceAccount has the identity of one cloud.",
        why="Which of two a client takes depends on the client.",
        remedy="give each workload an account of its own",
        check=_one,
    ),
    Rule(
        id="identity-or-keys",
        summary="A pod has an identity or keys of a cloud, not both.",
        why="Clients take the keys, so that the identity is never used, and nobody notices until "
        "the keys expire.",
        remedy="leave out one of them",
        check=_keys,
        severity=Severity.WARNING,
    ),
    Rule(
        id="token-needed",
        summary="Only pods whose ServiceAccount may do something have a token for the API server.",
        why="A token that nothing needs is one more thing to steal.",
        remedy="set automountServiceAccountToken: false, or bind a Role",
        check=_token,
    ),
)
