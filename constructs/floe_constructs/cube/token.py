"""Whose tokens Cube's HTTP APIs accept."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from floe_constructs.cube.data_source import Text
from floe_constructs.kubernetes.authority import CA_FILE, Authority
from floe_constructs.kubernetes.endpoint import Endpoint, Url, endpoint_of
from floe_constructs.kubernetes.environment import Variable, Variables
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import Cidr
from floe_constructs.spec import Spec, exactly_one

FOLDER = "/etc/floe/tokens"
"""Where pods find the certificates of whoever publishes keys."""

Algorithm = Literal["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"]
"""A way to sign that needs a private key, so that nobody signs with what is published."""

_Issuer = Annotated[
    str,
    Field(pattern=r"^[^,\s]+$", json_schema_extra={"rule": "a name without ',' and spaces"}),
]


class Jwt(Spec):
    """Tokens that somebody else signs, such as a company's login."""

    jwk_url: Url | None = None
    """Address at which the signer publishes its keys; `api_secret` then signs nothing."""

    key: SecretKey | None = None
    """Where the signer's public key is kept (PEM), if it publishes none."""

    audience: Text
    """Whom the tokens are for (`aud`): without it, any application's tokens would do."""

    issuer: Annotated[tuple[_Issuer, ...], Field(min_length=1)]
    """Who has signed the tokens (`iss`)."""

    subject: Text | None = None
    """Whom the tokens are about (`sub`), if it is always the same."""

    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)] = ("RS256",)
    """How the tokens are signed."""

    claims_namespace: Text | None = None
    """Claim in which those claims are that models and row-level security know; all, when silent."""

    ca: Authority | None = None
    """Certificates of the authorities that the signer's is verified by, beside public ones."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of the signer, for network policies; any but link-local ones when silent."""

    @model_validator(mode="after")
    def _keys_are_from_one_place(self) -> Self:
        exactly_one(self, "jwk_url", "key")
        if self.ca and not self.jwk_url:
            msg = "ca needs jwk_url: nothing is fetched otherwise"
            raise ValueError(msg)
        return self

    @property
    def files(self) -> dict[str, Authority]:
        """What pods get out of Secrets and ConfigMaps as files, by name."""
        return {CA_FILE: self.ca} if self.ca else {}

    @property
    def variables(self) -> Variables:
        """Cube's own names for this, and Node's for authorities beside the public ones."""
        given: dict[str, Variable | None] = {
            "CUBEJS_JWK_URL": self.jwk_url,
            "CUBEJS_JWT_KEY": self.key,
            "CUBEJS_JWT_AUDIENCE": self.audience,
            "CUBEJS_JWT_ISSUER": ",".join(self.issuer),
            "CUBEJS_JWT_SUBJECT": self.subject,
            "CUBEJS_JWT_ALGS": ",".join(self.algorithms),
            "CUBEJS_JWT_CLAIMS_NAMESPACE": self.claims_namespace,
            "NODE_EXTRA_CA_CERTS": f"{FOLDER}/{CA_FILE}" if self.ca else None,
        }
        return {name: value for name, value in given.items() if value is not None}

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where keys are published."""
        return (endpoint_of("token-keys", self.jwk_url, self.cidrs),) if self.jwk_url else ()
