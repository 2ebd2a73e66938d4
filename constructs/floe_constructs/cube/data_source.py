"""What all databases have alike that Cube can be put in front of."""

from typing import Annotated

from pydantic import Field

from floe_constructs.kubernetes.authority import CA_FILE, Authority
from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.environment import Variables
from floe_constructs.spec import Spec

Text = Annotated[str, Field(min_length=1, max_length=255)]
"""A name in a database."""


class DataSource(Spec):
    """A database that Cube asks, without what each kind has of its own: variables and endpoints."""

    @property
    def in_folder(self) -> dict[str, Authority]:
        """What pods get out of Secrets and ConfigMaps as files, by name in the source's folder."""
        return {}

    @property
    def clouds(self) -> frozenset[str]:
        """Clouds of which Cube has to be somebody, because no key is given."""
        return frozenset()

    @property
    def bucket(self) -> Endpoint | None:
        """Where the bucket is through which it hands over large results, if it has one."""
        return None


def authority_file(ca: Authority | None) -> dict[str, Authority]:
    """Answer the file with certificates of authorities, if they are given."""
    return {CA_FILE: ca} if ca else {}


def encryption(folder: str, *, encrypted: bool, verified: bool, ca: Authority | None) -> Variables:
    """Say what is encrypted and verified: by its own default Cube takes any certificate."""
    if not encrypted:
        return {"CUBEJS_DB_SSL": "false"}
    return {
        "CUBEJS_DB_SSL": "true",
        "CUBEJS_DB_SSL_REJECT_UNAUTHORIZED": "true" if verified else "false",
        **({"CUBEJS_DB_SSL_CA": f"{folder}/{CA_FILE}"} if ca else {}),
    }
