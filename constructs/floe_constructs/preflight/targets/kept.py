"""Values, and where they are kept: never a credential itself."""

from contextlib import suppress
from ipaddress import ip_address
from typing import Annotated, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from floe_constructs.kubernetes.endpoint import Url
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import VariableName
from floe_constructs.spec import Spec, exactly_one

Path = Annotated[
    str,
    Field(min_length=1, max_length=4096, json_schema_extra={"rule": "a file's path"}),
]
"""A file, as the process that checks sees it."""

Text = Annotated[str, Field(min_length=1, max_length=255)]
"""A text of at least one character."""


class Kept(Spec):
    """Where a value is kept, as the process that checks sees it."""

    env: VariableName | None = None
    """Environment variable that holds it."""

    file: Path | None = None
    """File that holds it."""

    secret: SecretKey | None = None
    """The Secret that the variable or file is filled from, which messages name."""

    @model_validator(mode="after")
    def _is_in_one_place(self) -> Self:
        exactly_one(self, "env", "file")
        return self

    @property
    def told(self) -> str:
        """The place in a message's words."""
        place = f"variable {self.env}" if self.env else f"file {self.file}"
        if self.secret is None:
            return place
        return f"{place}, from Secret {self.secret.name}, key {self.secret.key}"


def _form(value: object) -> str:
    return "text" if isinstance(value, str) else "kept"


Value = Annotated[Annotated[Text, Tag("text")] | Annotated[Kept, Tag("kept")], Discriminator(_form)]
"""A text that need not be secret, or where it is kept."""

Address = Annotated[
    Annotated[Url, Tag("text")] | Annotated[Kept, Tag("kept")], Discriminator(_form)
]
"""An HTTP address, or where it is kept."""


def is_host(text: str) -> bool:
    """Tell whether a text may be a host's name or address, without scheme, user and port."""
    with suppress(ValueError):
        ip_address(text)
        return True
    return not any(character in "/@:" or character.isspace() for character in text)


def _host(text: str) -> str:
    if not is_host(text):
        msg = "it has to be a host name or an address, without scheme, user and port"
        raise ValueError(msg)
    return text


Host = Annotated[
    Annotated[Text, AfterValidator(_host), Tag("text")] | Annotated[Kept, Tag("kept")],
    Discriminator(_form),
]
"""A host's name or address, or where it is kept."""
