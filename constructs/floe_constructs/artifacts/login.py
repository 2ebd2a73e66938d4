"""How a service is logged in to, as the contract says it: never a value, always a reference."""

from typing import Annotated, Literal

from pydantic import Field

from floe_constructs.artifacts.part import Part, Reference, SecretReference


class CredentialConfig(Part):
    """Credentials of one service."""

    mode: Literal["static", "oauth2", "iam_role", "service_account"] = "static"
    """Kind of login; the compiler writes `static` also where there is none."""

    client_id: str | SecretReference | None = None
    """OAuth2 client, which need not be secret."""

    client_secret: SecretReference | None = None
    """Secret of the OAuth2 client."""

    scope: str | None = None
    """OAuth2 scope."""

    role_arn: (
        Annotated[
            str,
            Field(
                pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+$",
                json_schema_extra={"rule": "arn:aws:iam::ACCOUNT:role/NAME"},
            ),
        ]
        | None
    ) = None
    """AWS role that the pods assume."""

    secret_ref: Reference | None = None
    """All that a login takes, in one secret."""
