"""What an environment decides about who applies it, and from where."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from floe_constructs.kubernetes.value import DnsLabel, DnsName
from floe_constructs.spec import Spec, exactly_one

GitUrl = Annotated[
    str,
    Field(
        max_length=2048,
        pattern=r"^(https://[^\s@/]+|ssh://([^\s@/:]+@)?[^\s@/]+)/\S+$",
        json_schema_extra={"rule": "https://HOST/PATH or ssh://USER@HOST/PATH, without a password"},
    ),
]
"""Address of a Git repository; what it asks for is in a Secret."""

GitName = Annotated[
    str,
    Field(
        max_length=255,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/+-]*$",
        json_schema_extra={"rule": "the name of a branch or tag"},
    ),
]
"""Name of a branch or tag."""

Versions = Annotated[
    str,
    Field(
        max_length=255,
        pattern=r"^[0-9A-Za-z*^~<>=., |+-]*[0-9xX*][0-9A-Za-z*^~<>=., |+-]*$",
        json_schema_extra={"rule": "a range of semantic versions, in quotes: '>=1.0.0', '1.x'"},
    ),
]
"""Tags as semantic versions, of which the highest is taken."""

Interval = Annotated[
    str,
    Field(
        pattern=r"^[1-9][0-9]*[smh]$",
        json_schema_extra={"rule": "seconds, minutes or hours: 30s, 1m, 1h"},
    ),
]
"""A time between two looks."""

Path = Annotated[
    str,
    Field(
        max_length=1024,
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$",
        json_schema_extra={"rule": "folders separated by '/', without '..': platform/dist"},
    ),
]
"""A folder below the root of a repository or artifact."""


class FluxGit(Spec):
    """A Git repository, of which Flux takes one branch or tag."""

    type: Literal["git"]
    """What Flux reads."""

    url: GitUrl
    """Address of the repository."""

    branch: GitName | None = None
    """Branch whose head is applied."""

    semver: Versions | None = None
    """Tags whose highest version is applied."""

    tag: GitName | None = None
    """Tag that is applied."""

    secret: DnsName | None = None
    """Secret beside the Kustomizations, with what the repository asks for; none when silent."""

    interval: Interval = "1m"
    """How often the repository is looked at; a webhook makes it sooner."""

    @model_validator(mode="after")
    def _one_revision(self) -> Self:
        exactly_one(self, "branch", "semver", "tag")
        return self

    @property
    def reference(self) -> dict[str, str]:
        """What of it is taken."""
        return {
            name: value for name in ("branch", "semver", "tag") if (value := getattr(self, name))
        }


class CosignKey(Spec):
    """A signature by a key of yours."""

    type: Literal["key"]
    """How the artifact is signed."""

    secret: DnsName
    """Secret beside the Kustomizations, with public keys as `NAME.pub`."""


class CosignIdentity(Spec):
    """A signature without a key, by who signed in; it needs the internet or a Sigstore of yours."""

    type: Literal["keyless"]
    """How the artifact is signed."""

    issuer: Annotated[str, Field(min_length=1, max_length=1024)]
    """Regular expression of the token's issuer."""

    subject: Annotated[str, Field(min_length=1, max_length=1024)]
    """Regular expression of the token's subject."""


class FluxOci(Spec):
    """An OCI artifact, of which Flux takes one tag or digest."""

    type: Literal["oci"]
    """What Flux reads."""

    url: Annotated[
        str,
        Field(
            max_length=512,
            pattern=r"^oci://[a-zA-Z0-9.-]+(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+$",
            json_schema_extra={"rule": "oci://HOST/NAME, without a tag"},
        ),
    ]
    """Address of the artifact."""

    semver: Versions | None = None
    """Tags whose highest version is applied."""

    tag: (
        Annotated[
            str,
            Field(
                pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$",
                json_schema_extra={"rule": "a tag of a registry"},
            ),
        ]
        | None
    ) = None
    """Tag that is applied."""

    digest: (
        Annotated[
            str,
            Field(
                pattern=r"^sha256:[a-f0-9]{64}$",
                json_schema_extra={"rule": "sha256:… with 64 hexadecimal digits"},
            ),
        ]
        | None
    ) = None
    """Digest that is applied."""

    secret: DnsName | None = None
    """Secret beside the Kustomizations, of type dockerconfigjson; none when silent."""

    provider: Literal["generic", "aws", "azure", "gcp"] = "generic"
    """Whose registry it is: a cloud's is logged in to with Flux' own identity there."""

    verify: Annotated[CosignKey | CosignIdentity, Field(discriminator="type")] | None = None
    """Which signature by cosign the artifact has to have; none when silent."""

    interval: Interval = "1m"
    """How often the registry is looked at; a webhook makes it sooner."""

    @model_validator(mode="after")
    def _one_revision(self) -> Self:
        exactly_one(self, "semver", "tag", "digest")
        if self.secret and self.provider != "generic":
            msg = f"a login in a Secret, and one by identity for {self.provider}: leave one out"
            raise ValueError(msg)
        return self

    @property
    def reference(self) -> dict[str, str]:
        """What of it is taken."""
        return {
            name: value for name in ("semver", "tag", "digest") if (value := getattr(self, name))
        }


class FluxDelivery(Spec):
    """Flux applies the environment, one phase after the other."""

    type: Literal["flux"]
    """Who applies the environment."""

    source: Annotated[FluxGit | FluxOci, Field(discriminator="type")]
    """Where Flux reads it."""

    path: Path | None = None
    """Folder there in which environments are; the output of `cdk8s.yaml` when silent."""

    namespace: DnsLabel = "flux-system"
    """Namespace of Flux' objects for this environment."""

    interval: Interval = "1h"
    """How often what was changed in the cluster by hand is set right."""

    retry: Interval = "2m"
    """How long after a failure it is tried again."""

    decryption: DnsName | None = None
    """Secret beside the Kustomizations, with the key that SOPS decrypts by."""


class ArgoCdSource(Spec):
    """A Git repository, of which Argo CD takes one revision."""

    url: GitUrl
    """Address of the repository; Argo CD has its login by itself."""

    revision: Annotated[
        str,
        Field(
            max_length=255,
            pattern=r"^[A-Za-z0-9^~<>=*][A-Za-z0-9._/+^~<>=*, |-]*$",
            json_schema_extra={"rule": "a branch, a tag, a commit or a range of versions"},
        ),
    ]
    """Branch, tag, commit or range of versions."""


class ArgoCdCluster(Spec):
    """A cluster that Argo CD knows."""

    server: (
        Annotated[
            str,
            Field(
                max_length=2048,
                pattern=r"^https://[^\s@/]+(/\S*)?$",
                json_schema_extra={"rule": "https://HOST:PORT"},
            ),
        ]
        | None
    ) = None
    """Address of its API server, as Argo CD knows it."""

    name: DnsName | None = None
    """Its name, as Argo CD knows it."""

    @model_validator(mode="after")
    def _one_cluster(self) -> Self:
        exactly_one(self, "server", "name")
        return self

    @property
    def reference(self) -> dict[str, str]:
        """How Argo CD's objects name it."""
        return {"name": self.name} if self.name else {"server": str(self.server)}


class ArgoCdDelivery(Spec):
    """Argo CD applies the environment, in waves of one Application."""

    type: Literal["argocd"]
    """Who applies the environment."""

    source: ArgoCdSource
    """Where Argo CD reads it."""

    path: Path | None = None
    """Folder there in which environments are; the output of `cdk8s.yaml` when silent."""

    namespace: DnsLabel = "argocd"
    """Namespace of Argo CD's objects."""

    cluster: ArgoCdCluster = ArgoCdCluster(server="https://kubernetes.default.svc")
    """Cluster that it is applied to; the one that Argo CD runs in when silent."""


Delivery = Annotated[FluxDelivery | ArgoCdDelivery, Field(discriminator="type")]
"""Who applies an environment."""
