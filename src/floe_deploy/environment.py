"""What an overlay says: one environment of the platform."""

from typing import Annotated, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from floe_constructs.cube.source import Trino
from floe_constructs.cube.spec import CubeSettings
from floe_constructs.dagster.demo import DemoSpec
from floe_constructs.dagster.spec import DagsterSettings
from floe_constructs.exposure.spec import Exposure
from floe_constructs.gitops.spec import ArgoCdDelivery, Delivery, FluxDelivery
from floe_constructs.jaeger.spec import JaegerSettings
from floe_constructs.kubernetes.capacity import Capacity, platform_class
from floe_constructs.kubernetes.endpoint import External, Peer
from floe_constructs.kubernetes.phase import Phase
from floe_constructs.kubernetes.value import Cidr, DnsLabel
from floe_constructs.marquez.spec import MarquezSettings
from floe_constructs.monitoring.spec import MonitoringSettings
from floe_constructs.preflight.spec import GateSettings, VerifySettings
from floe_constructs.secrets.spec import SecretsSpec, SopsSecrets
from floe_constructs.services.spec import Services
from floe_constructs.spec import Spec
from floe_deploy.registry import Images
from floe_deploy.rules.exception import RuleException

_LABEL = 63
"""Characters of a DNS label."""


class Cluster(Spec):
    """What only the cluster's operators know."""

    kubernetes: Annotated[
        str,
        Field(
            pattern=r"^1\.(3[1-9]|[4-9][0-9])$",
            json_schema_extra={"rule": "a minor from 1.31 on, in quotes: '1.34'"},
        ),
    ]
    """Kubernetes minor that the manifests are for."""

    api_server_cidrs: tuple[Cidr, ...] = Field(min_length=1)
    """Addresses of the API server: its Service's, and those of `kubectl get endpointslices`."""

    reloader: bool = False
    """Whether Stakater Reloader runs there: workloads then name the Secrets that their pods read,
    so that it replaces the pods when one changes."""

    dns: tuple[Peer, ...] = ()
    """Where DNS servers are, beside kube-dns and the caches on nodes: pods or addresses."""

    monitoring: tuple[Peer, ...] = ()
    """Who reads metrics: the pods of Prometheus. Nobody, when silent."""

    ingress: tuple[Peer, ...] = ()
    """Who hands requests from outside on: pods of an ingress controller or gateway, or the
    addresses of a load balancer that reaches pods itself. Nobody else gets in."""


class Addresses(Spec):
    """Addresses of the services that only the artifacts name, for network policies."""

    storage: tuple[Cidr, ...] = ()
    """Addresses of the object storage."""

    catalog: tuple[Cidr, ...] = ()
    """Addresses of the Iceberg catalog."""

    compute: tuple[Cidr, ...] = ()
    """Addresses of the compute engine."""

    lineage: tuple[Cidr, ...] = ()
    """Addresses of the lineage endpoint."""

    traces: tuple[Cidr, ...] = ()
    """Addresses of the trace endpoint."""

    identity: tuple[Cidr, ...] = ()
    """Addresses of the token service (STS) for the role of user code."""


def _own(namespace: str) -> str:
    if namespace == "default" or namespace.startswith("kube-"):
        msg = "the cluster's own namespaces are not for this: everything in it would be cut off"
        raise ValueError(msg)
    return namespace


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return "external" if "external" in value else "deployed"
    return "external" if isinstance(value, External) else "deployed"


class Environment(Spec):
    """One environment: one namespace of one cluster, with one installation of the platform."""

    namespace: Annotated[DnsLabel, AfterValidator(_own)]
    """Namespace of every object; it is the environment's own."""

    cluster: Cluster
    """What the cluster is like."""

    secrets: SecretsSpec
    """Where Secrets come from."""

    images: Images = Images()
    """Where images come from; from where they are named, when silent."""

    compute: Trino | None = None
    """The compute engine, where it is one that the artifacts cannot name; it wins over theirs."""

    addresses: Addresses = Addresses()
    """Addresses of the services that only the artifacts name."""

    exposure: Exposure | None = None
    """What is reached from outside of the namespace, and how; nothing when silent."""

    exceptions: tuple[RuleException, ...] = ()
    """Objects that may break a rule; one that would not is an error."""

    capacity: Capacity = Capacity()
    """How much the environment may take, and which of its pods come first."""

    cube_model: str | None = None
    """Folder of Cube's model files, from the overlay's folder on; else the image holds them."""

    dagster: (
        Annotated[
            Annotated[DagsterSettings, Tag("deployed")] | Annotated[External, Tag("external")],
            Discriminator(_kind),
        ]
        | None
    )
    """Dagster: deployed here, running elsewhere (`external:`), or absent (null)."""

    cube: (
        Annotated[
            Annotated[CubeSettings, Tag("deployed")] | Annotated[External, Tag("external")],
            Discriminator(_kind),
        ]
        | None
    )
    """Cube: deployed here, running elsewhere (`external:`), or absent (null)."""

    marquez: (
        Annotated[
            Annotated[MarquezSettings, Tag("deployed")] | Annotated[External, Tag("external")],
            Discriminator(_kind),
        ]
        | None
    )
    """Marquez: deployed here, running elsewhere (`external:`), or absent (null)."""

    jaeger: (
        Annotated[
            Annotated[JaegerSettings, Tag("deployed")] | Annotated[External, Tag("external")],
            Discriminator(_kind),
        ]
        | None
    )
    """Jaeger: deployed here, elsewhere (`external:` its OTLP over HTTP), or absent (null)."""

    demo: DemoSpec | None = None
    """The demo, where a code location loads `floe_demo.definitions`; none when silent."""

    services: Services | None = None
    """Services that the environment brings itself instead of finding them; none when silent."""

    monitoring: MonitoringSettings | None = None
    """Metrics, alerts and dashboards, for a cluster with the Prometheus operator."""

    gate: GateSettings | None = None
    """The gate: Jobs that prove, before each release, that the services it needs work; none when
    silent."""

    verify: VerifySettings | None = None
    """The verification: a Job that asks, after each release, every service that is deployed here
    for an answer; none when silent. In Flux it is a report. In Argo CD the sync fails where it
    finds a fault, and prunes nothing."""

    delivery: Delivery | None = None
    """Who applies the environment: Flux or Argo CD; nothing is written for either when silent."""

    @model_validator(mode="after")
    def _can_be_watched(self) -> Self:
        if self.monitoring and not self.cluster.monitoring:
            msg = "monitoring needs cluster.monitoring, the pods that read metrics: give it as well"
            raise ValueError(msg)
        dagster = self.dagster if isinstance(self.dagster, DagsterSettings) else None
        if dagster and dagster.hours_between_runs and not self.monitoring:
            msg = "dagster.hours_between_runs is for an alert: it needs monitoring"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _verifies_with_an_image(self) -> Self:
        if self.verify and not (self.verify.image or self.gate):
            msg = "verify.image is missing: there is no gate whose image it could take"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _classes_have_names(self) -> Self:
        if self.capacity.priorities and len(platform_class(self.namespace)) > _LABEL:
            room = _LABEL - len(platform_class(""))
            msg = (
                f"capacity.priorities: classes are called after the namespace, which is too long "
                f"for it: at most {room} characters"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _engine_decrypts(self) -> Self:
        sops = self.secrets if isinstance(self.secrets, SopsSecrets) else None
        match self.delivery:
            case FluxDelivery(decryption=None) if sops:
                msg = "Flux needs a key to decrypt by: name its Secret in delivery.decryption"
            case FluxDelivery(decryption=str()) if not sops:
                msg = "delivery.decryption is for the strategy sops: leave it out"
            case FluxDelivery() if self.argocd_plugin:
                msg = "secrets.argocd_plugin is for Argo CD, and Flux delivers: leave it out"
            case FluxDelivery() if len(self.namespace) > _LABEL - len(Phase.FOUNDATION) - 1:
                msg = (
                    "namespace: Flux writes NAMESPACE-PHASE into a label: "
                    f"at most {_LABEL - len(Phase.FOUNDATION) - 1} characters"
                )
            case ArgoCdDelivery() if sops and not self.argocd_plugin:
                msg = (
                    "Argo CD decrypts what SOPS has encrypted by a plugin only: "
                    "name it in secrets.argocd_plugin, or choose another strategy"
                )
            case _:
                return self
        raise ValueError(msg)

    @property
    def argocd_plugin(self) -> str | None:
        """What decrypts for Argo CD."""
        return self.secrets.argocd_plugin if isinstance(self.secrets, SopsSecrets) else None

    @property
    def allowed(self) -> tuple[RuleException, ...]:
        """The exceptions that are said, and those that follow from a setting with a reason."""
        locations = self.dagster.deployed if isinstance(self.dagster, DagsterSettings) else ()
        rooted = (
            RuleException(
                rule="pod-restricted",
                object=f"Deployment/dagster-code-{at.name}",
                reason=at.run_as_root,
            )
            for at in locations
            if at.run_as_root
        )
        vouched = (
            RuleException(rule="exposed-without-login", object=name, reason=reason)
            for name, reason in (self.exposure.vouched if self.exposure else {}).items()
        )
        return (*self.exceptions, *rooted, *vouched)
