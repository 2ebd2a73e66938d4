"""Where traces are kept."""

from typing import Annotated, Literal, Self

from pydantic import Field, PositiveInt, model_validator

from floe_constructs.kubernetes.authority import Authority
from floe_constructs.kubernetes.endpoint import Url
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import Cidr
from floe_constructs.kubernetes.workload import Storage
from floe_constructs.spec import Spec


class MemoryStorage(Spec):
    """Traces in memory: gone with the pod."""

    type: Literal["memory"]
    """Kind of storage."""

    max_traces: PositiveInt = 50_000
    """How many traces are kept; older ones give way."""


class BadgerStorage(Storage):
    """Traces on a volume of the one pod that uses it."""

    type: Literal["badger"]
    """Kind of storage."""

    keep: Annotated[str, Field(pattern=r"^[1-9][0-9]*h$", json_schema_extra={"rule": "hours: 72h"})]
    """How long spans are kept."""


class KeyPair(Spec):
    """A certificate and its key, as cert-manager keeps them: `tls.crt` and `tls.key`."""

    certificate: SecretKey
    """Where the certificate is kept, as PEM, with those between it and its authority."""

    key: SecretKey
    """Where its private key is kept, as PEM."""


class SearchStorage(Spec):
    """Traces in an Elasticsearch or OpenSearch that exists elsewhere."""

    type: Literal["elasticsearch", "opensearch"]
    """Kind of storage."""

    urls: tuple[Url, ...] = Field(min_length=1)
    """Addresses of the servers."""

    username: str | None = None
    """User to log in as."""

    password: SecretKey | None = None
    """Where the user's password is kept."""

    api_key: SecretKey | None = None
    """Where an API key is kept, in base64 as the server gives it, in place of a user."""

    bearer_token: SecretKey | None = None
    """Where a bearer token is kept, in place of a user."""

    ca: Authority | None = None
    """Certificates of the authorities that the servers' are verified by; those that are known
    everywhere when silent."""

    client_certificate: KeyPair | None = None
    """What Jaeger shows the servers, where they ask who it is."""

    index_prefix: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")] | None = None
    """Start of the indices' names, where several Jaegers share a server."""

    rotation: Literal["day", "hour"] = "day"
    """How often a new index begins: by the hour where a day's would be too large."""

    keep_days: PositiveInt | None = None
    """Days for which a trace is found: as long as its index is there. Jaeger looks back three days
    when silent, whatever is there. Nothing is deleted by this alone: see `index_cleaner`."""

    shards: PositiveInt = 1
    """Primary shards of an index."""

    replicas: int = Field(default=1, ge=0)
    """Copies of a shard."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of the servers, for network policies; any but link-local ones when silent."""

    @model_validator(mode="after")
    def _login_is_complete(self) -> Self:
        if (self.username is None) != (self.password is None):
            msg = "username and password go together: give both or neither"
            raise ValueError(msg)
        logins = {"username": self.username, "api_key": self.api_key}
        logins |= {"bearer_token": self.bearer_token}
        if len(given := [name for name, value in logins.items() if value]) > 1:
            msg = f"Jaeger logs in one way: {' and '.join(given)} exclude each other"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _nothing_is_said_in_clear(self) -> Self:
        encrypted = all(url.startswith("https:") for url in self.urls)
        if not encrypted and (self.ca or self.client_certificate):
            msg = "ca and client_certificate are for https: with http nobody shows a certificate"
            raise ValueError(msg)
        return self
