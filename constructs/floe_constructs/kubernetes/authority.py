"""Certificates of authorities that servers are verified by, where they are not known everywhere."""

from typing import Annotated

from pydantic import Discriminator, Tag

from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import DnsName, SecretDataKey
from floe_constructs.spec import Spec

CA_FILE = "ca.crt"
"""Name of the file with certificates, in whichever folder pods have it."""


class ConfigMapKey(Spec):
    """One key of a ConfigMap in the environment's namespace, which is made elsewhere."""

    config_map: DnsName
    """Name of the ConfigMap."""

    key: SecretDataKey
    """Key in its data."""


def _form(value: object) -> str:
    if isinstance(value, dict):
        return "config_map" if "config_map" in value else "secret"
    return "config_map" if isinstance(value, ConfigMapKey) else "secret"


Authority = Annotated[
    Annotated[ConfigMapKey, Tag("config_map")] | Annotated[SecretKey, Tag("secret")],
    Discriminator(_form),
]
"""Where certificates of authorities are kept, as PEM: a ConfigMap (`config_map:`) or a Secret."""
