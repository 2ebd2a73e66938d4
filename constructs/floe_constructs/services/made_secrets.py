"""The Secrets that are made in the cluster, and nowhere else."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.kubernetes.access import role, service_account
from floe_constructs.services import preparation
from floe_constructs.services.config import made
from floe_constructs.services.config.secrets import FILE
from floe_constructs.services.flows import secrets
from floe_constructs.services.spec import ServicesSpec
from floe_constructs.yaml_text import dump


class MadeSecrets(Construct):
    """The Job that makes Secrets at random where they are not there yet, and changes none.

    Its rights are to read those by their names, and to make Secrets: RBAC cannot say which, as a
    request to make one has no name. It can neither change nor delete nor list any.

    Objects: ServiceAccount/floe-secrets, Role/floe-secrets, RoleBinding/floe-secrets,
    ConfigMap/floe-secrets, Job/floe-secrets-HASH.
    Needs: nothing.
    """

    def __init__(self, scope: Construct, id: str, spec: ServicesSpec) -> None:
        super().__init__(scope, id)
        pods, told = secrets(spec), made.made(spec)
        wanted = [secret.name for secret in told.secrets]
        what = {"api_groups": [""], "resources": ["secrets"]}
        role(
            self,
            pods,
            [
                k8s.PolicyRule(**what, verbs=["create"]),
                k8s.PolicyRule(**what, resource_names=wanted, verbs=["get"]),
            ],
        )
        text = dump(told.model_dump(mode="json", exclude_defaults=True))
        preparation.run(
            self,
            spec,
            pods,
            what="secrets",
            file=(FILE, text),
            service_account=service_account(self, pods),
            token=True,
        )
