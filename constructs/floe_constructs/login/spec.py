"""What an environment decides about the login in front of its interfaces."""

from typing import Annotated

from pydantic import AfterValidator, Field

from floe_constructs.kubernetes.endpoint import Endpoint, Url, endpoint_of
from floe_constructs.kubernetes.resources import Resources
from floe_constructs.kubernetes.secret import SecretKey, TextOrSecret
from floe_constructs.kubernetes.value import Cidr, DnsLabel, DnsName, Image
from floe_constructs.kubernetes.workload import Replicated


def _encrypted(url: str) -> str:
    if not url.startswith("https://"):
        msg = "it has to begin with https://: browsers bring passwords there"
        raise ValueError(msg)
    return url


EmailDomain = Annotated[
    str,
    Field(
        max_length=253,
        pattern=r"^(\*|[a-z0-9-]+(\.[a-z0-9-]+)+)$",
        json_schema_extra={"rule": "a domain such as example.com, or '*' for all"},
    ),
]
"""The domain of e-mail addresses."""

Group = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        pattern=r"^[^,\s]([^,]*[^,\s])?$",
        json_schema_extra={"rule": "a group as the provider writes it, without a comma"},
    ),
]
"""A group of users, as the provider's claim `groups` has it."""

Scope = Annotated[str, Field(pattern=r"^[!-~]+$", json_schema_extra={"rule": "one word"})]
"""A scope of OpenID Connect."""


Certificates = Annotated[
    str,
    Field(
        max_length=100_000,
        pattern=(
            r"^(-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+\n"
            r"-----END CERTIFICATE-----\n?)+$"
        ),
        json_schema_extra={"rule": "certificates: text from -----BEGIN CERTIFICATE----- on"},
    ),
]
"""Certificates in PEM."""


class LoginSettings(Replicated):
    """The login of this environment, by OpenID Connect: an oauth2-proxy before each interface."""

    image: Image
    """Image of oauth2-proxy, 7.15.2 or newer: older ones can be passed by without a login."""

    resources: Resources = Resources(cpu="50m", memory="64Mi")
    """CPU and memory of each oauth2-proxy."""

    issuer: Annotated[Url, AfterValidator(_encrypted)]
    """Address of the provider, as its tokens name it; pods and browsers both have to reach it."""

    client_id: TextOrSecret
    """Name of the client that is registered with the provider: itself, or where it is kept."""

    client_secret: SecretKey
    """Where the client's secret is kept."""

    cookie_secret: SecretKey
    """Where 32 random bytes in base64 are kept, which sessions are encrypted with."""

    email_domains: tuple[EmailDomain, ...] = Field(min_length=1)
    """Domains of the e-mail addresses that are let in."""

    groups: tuple[Group, ...] = ()
    """Groups that are let in; everybody with such an address when silent."""

    scopes: tuple[Scope, ...] = ("openid", "email", "profile")
    """What the provider is asked for; many want `groups` among it to tell groups."""

    session_hours: int = Field(default=12, ge=1, le=168)
    """Hours until somebody has to log in again; till then the provider is not asked."""

    authority: Certificates | None = None
    """Certificates of who signs the provider's, where no public authority does."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of the provider, for network policies; any but link-local ones when silent."""

    @property
    def endpoint(self) -> Endpoint:
        """Where the provider listens."""
        return endpoint_of("oidc", self.issuer, self.cidrs)


class LoginSpec(LoginSettings):
    """All that the construct needs, for one interface."""

    instance: str
    """Name of the installation."""

    interface: DnsLabel
    """What it stands in front of: `dagster`."""

    upstream: Url
    """Address of the interface."""

    hosts: tuple[DnsName, ...] = Field(min_length=1)
    """Names that browsers know it by."""

    trusted: tuple[Cidr, ...] = ()
    """Whose word about a request's origin counts; that of whoever reaches it when silent."""
