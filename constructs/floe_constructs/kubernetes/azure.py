"""Azure's object storage."""

from typing import Annotated

from pydantic import Field

StorageAccount = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9]{3,24}$",
        json_schema_extra={"rule": "an account's name: lower-case letters and digits, 3 to 24"},
    ),
]
"""Name of a storage account."""

Container = Annotated[
    str,
    Field(
        max_length=63,
        pattern=r"^[a-z0-9](-?[a-z0-9]){2,62}$",
        json_schema_extra={"rule": "a container's name: dagster-logs"},
    ),
]
"""Name of a container in a storage account."""
