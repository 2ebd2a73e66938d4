"""ExternalSecrets: how the External Secrets Operator makes one Secret."""

from collections.abc import Collection

from cdk8s import ApiObject, ApiObjectMetadata, JsonPatch
from constructs import Construct

from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.secret import OPAQUE, secret_type
from floe_constructs.secrets.spec import ExternalSecrets


class ExternalSecret(Construct):
    """One Secret copied from a store, key by key.

    The Secret stays when its ExternalSecret goes (`creationPolicy: Orphan`): pods of a running
    release may still need it.

    Objects: ExternalSecret/NAME.
    Needs: the External Secrets Operator and the store.
    """

    def __init__(  # noqa: PLR0913, PLR0917  cdk8s' two, and what a Secret is
        self,
        scope: Construct,
        id: str,
        labels: Labels,
        spec: ExternalSecrets,
        name: str,
        keys: Collection[str],
    ) -> None:
        super().__init__(scope, id)
        external = ApiObject(
            self,
            "external-secret",
            api_version="external-secrets.io/v1",
            kind="ExternalSecret",
            metadata=ApiObjectMetadata(name=name, labels=labels.all),
        )
        target = {"name": name, "creationPolicy": "Orphan", "deletionPolicy": "Retain"}
        kind = secret_type(keys)
        body = {
            "refreshInterval": spec.refresh,
            "secretStoreRef": {"kind": spec.store.kind, "name": spec.store.name},
            # A template without data leaves the data as they come from the store.
            "target": target | ({"template": {"type": kind}} if kind != OPAQUE else {}),
            "data": [
                {
                    "secretKey": key,
                    "remoteRef": {"key": spec.remote(name), "property": spec.property_of(key)},
                }
                for key in sorted(keys)
            ],
        }
        external.add_json_patch(JsonPatch.add("/spec", body))
