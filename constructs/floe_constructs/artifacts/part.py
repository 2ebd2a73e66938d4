"""What the parts of the contract have in common: how they are read, and what silence is."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


class Part(BaseModel):
    """A part of the contract: frozen, and deaf to keys that it does not know.

    A program writes the file and a newer minor adds keys, so an unknown key is no slip of anybody's
    hand, in a 1.0 or 1.1 as little as in a 1.7: a patch release of the compiler may add one. What a
    slip would lose is required here, so it is missed and told.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


def _unless_disabled(value: object) -> object:
    disabled = isinstance(value, dict) and value.get("enabled", False) is False
    return None if disabled else value


IfEnabled = BeforeValidator(_unless_disabled)
"""For a block with `enabled`: where that is false, the rest is the compiler's defaults, not read.

So a value that only a newer reader knows is no error in a block that is switched off.
"""

Said = Annotated[str | None, BeforeValidator(lambda value: None if value == "" else value)]
"""A text; the empty one is silence."""


def _checked_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises when it is no number
    except ValueError as cause:
        msg = f"it is no address: {cause}"
        raise ValueError(msg) from cause
    if not parts.scheme or not (parts.hostname or parts.scheme == "file"):
        msg = "it has to be an address of the form scheme://host[:port][/path]"
        raise ValueError(msg)
    if parts.password:
        msg = "it holds a password, which would be readable in every manifest"
        raise ValueError(msg)
    return text


Address = Annotated[str, AfterValidator(_checked_address)]
"""A URL without a password in it."""

Reference = Annotated[
    str,
    Field(
        pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_-]{0,252}$",
        json_schema_extra={"rule": "letters, digits, '-' and '_', at most 253"},
    ),
]
"""The name of a secret."""


class SecretReference(Part):
    """A value that is kept in a secret."""

    secret_ref: Reference
    """Name of the secret."""
