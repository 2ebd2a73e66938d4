"""Argo CD's objects for an environment: what it may apply where, and that it does."""

from collections.abc import Collection

from cdk8s import ApiObject, ApiObjectMetadata, JsonPatch
from constructs import Construct

from floe_constructs.gitops.kinds import CHILDREN, Kind
from floe_constructs.gitops.spec import ArgoCdDelivery
from floe_constructs.gitops.sync import API_VERSION, CASCADE, SYNC, source
from floe_constructs.kubernetes.labels import Labels


class ArgoCdProject(Construct):
    """What an environment's Application may do: this repository, this namespace, these kinds.

    Objects: AppProject/NAMESPACE.
    Needs: Argo CD.
    """

    def __init__(  # noqa: PLR0913  cdk8s' two, and what a project is
        self,
        scope: Construct,
        id: str,
        labels: Labels,
        spec: ArgoCdDelivery,
        *,
        namespace: str,
        of_cluster: Collection[Kind],
        of_namespace: Collection[Kind],
    ) -> None:
        super().__init__(scope, id)
        made = ApiObject(
            self,
            "project",
            api_version=API_VERSION,
            kind="AppProject",
            metadata=ApiObjectMetadata(name=namespace, labels=labels.all, finalizers=[CASCADE]),
        )
        body = {
            "description": f"The environment {labels.instance}",
            "sourceRepos": [spec.source.url],
            "destinations": [spec.cluster.reference | {"namespace": namespace}],
            "clusterResourceWhitelist": _allowed(of_cluster),
            "namespaceResourceWhitelist": _allowed({*of_namespace, *CHILDREN}),
        }
        made.add_json_patch(JsonPatch.add("/spec", body))


def _allowed(kinds: Collection[Kind]) -> list[dict[str, str]]:
    return [{"group": kind.group, "kind": kind.name} for kind in sorted(kinds)]


class ArgoCdApplication(Construct):
    """An environment as one Application: its phases are waves, so that a gate is one of them.

    What is deleted with it keeps the namespace and the claims, which say so themselves.

    Objects: Application/NAMESPACE.
    Needs: Argo CD, its login to the repository, and the project.
    """

    def __init__(  # noqa: PLR0913  cdk8s' two, and what an Application is
        self,
        scope: Construct,
        id: str,
        labels: Labels,
        spec: ArgoCdDelivery,
        *,
        namespace: str,
        path: str,
        plugin: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        made = ApiObject(
            self,
            "application",
            api_version=API_VERSION,
            kind="Application",
            metadata=ApiObjectMetadata(name=namespace, labels=labels.all, finalizers=[CASCADE]),
        )
        body = {
            "project": namespace,
            "source": source(spec, path, plugin),
            "destination": spec.cluster.reference | {"namespace": namespace},
            "syncPolicy": SYNC,
        }
        made.add_json_patch(JsonPatch.add("/spec", body))
