"""The values that Kubernetes gives a form to: names, images, quantities."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import AfterValidator, Field

from floe_constructs.kubernetes.image import ImageReference

_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"

DnsLabel = Annotated[
    str,
    Field(
        pattern=rf"^{_LABEL}$",
        json_schema_extra={
            "rule": "lower-case letters, digits and '-', at most 63, no '-' at either end"
        },
    ),
]
"""A name that may become a DNS label (RFC 1123): Service, Namespace, container, port."""

DnsName = Annotated[
    str,
    Field(
        max_length=253,
        pattern=rf"^{_LABEL}(\.{_LABEL})*$",
        json_schema_extra={
            "rule": "lower-case DNS labels separated by '.', at most 253 characters"
        },
    ),
]
"""A name of one or more DNS labels: most objects, among them Secrets; also a host name."""

SecretName = Annotated[
    str,
    Field(
        max_length=253,
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        json_schema_extra={
            "rule": "lower-case letters, digits, '-' and '.', at most 253, a letter or digit at "
            "each end"
        },
    ),
]
"""Name of a Secret: a DNS subdomain, whose labels the API server does not limit (RFC 1123)."""

SecretDataKey = Annotated[
    str,
    Field(
        max_length=253,
        pattern=r"^[-._a-zA-Z0-9]+$",
        json_schema_extra={"rule": "letters, digits, '-', '_' and '.'"},
    ),
]
"""A key of a Secret's or ConfigMap's data."""


def _image(text: str) -> ImageReference:
    if text.endswith(":latest"):
        msg = "latest is whatever was pushed last: name a version, or a digest"
        raise ValueError(msg)
    return ImageReference(text)


Image = Annotated[
    str,
    Field(
        max_length=512,
        pattern=(
            r"^([a-zA-Z0-9.-]+(:[0-9]+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*"
            r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[a-f0-9]{64})?|@sha256:[a-f0-9]{64})$"
        ),
        json_schema_extra={
            "rule": "a reference with a tag, a digest or both: registry/name:tag@sha256:…"
        },
    ),
    AfterValidator(_image),
]
"""An image reference; without a tag or digest it would mean `latest`, which is refused too."""

Registry = Annotated[
    str,
    Field(
        max_length=255,
        pattern=(
            r"^([a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]+)?|[a-z0-9-]+:[0-9]+|localhost)"
            r"(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$"
        ),
        json_schema_extra={
            "rule": "a registry's host and, where there is one, a path in it, without https:// "
            "and without '/' at the end: registry.example.com/mirror"
        },
    ),
]
"""A registry, or a path in one."""

Cpu = Annotated[
    str,
    Field(
        pattern=r"^(0*[1-9][0-9]*(\.[0-9]{1,3})?|0\.[0-9]{0,2}[1-9]|0*[1-9][0-9]*m)$",
        json_schema_extra={"rule": "cores or thousandths of a core, in quotes: '2', '0.5', 250m"},
    ),
]
"""An amount of CPU time."""

Memory = Annotated[
    str,
    Field(
        pattern=r"^[1-9][0-9]*(Ki|Mi|Gi|Ti)$",
        json_schema_extra={"rule": "a whole number with Ki, Mi, Gi or Ti: 512Mi"},
    ),
]
"""An amount of memory or storage, in binary units: `512M` is often a slip for `512Mi`."""

_UNITS = {"Ki": 1 / 1024, "Mi": 1, "Gi": 1024, "Ti": 1024 * 1024}


def _extended(name: str) -> str:
    domain = name.partition("/")[0]
    if f".{domain}".endswith(".kubernetes.io"):
        msg = "Kubernetes keeps its own domain for what every node has"
        raise ValueError(msg)
    return name


ExtendedResource = Annotated[
    str,
    Field(
        max_length=253,
        pattern=rf"^{_LABEL}(\.{_LABEL})+"
        r"/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$",
        json_schema_extra={"rule": "a name with a domain that is not Kubernetes': nvidia.com/gpu"},
    ),
    AfterValidator(_extended),
]
"""What a node offers beside CPU, memory and storage."""


def mebibytes(memory: str) -> int:
    """Answer an amount of `Memory` in MiB, rounded down."""
    return int(int(memory[:-2]) * _UNITS[memory[-2:]])


def _range(text: str) -> str:
    try:
        ip_network(text)
    except ValueError as cause:
        msg = f"the API server would refuse it: {cause}"
        raise ValueError(msg) from cause
    return text


Port = Annotated[int, Field(ge=1, le=65535)]
"""A TCP port."""

AnyCidr = Annotated[
    str,
    Field(
        pattern=r"^([0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}|[0-9a-fA-F:]+/[0-9]{1,3})$",
        json_schema_extra={"rule": "an address range such as 10.0.0.0/16 or fd00::/8"},
    ),
    AfterValidator(_range),
]
"""A range of IP addresses, as its first address and its length."""

METADATA = (
    "169.254.0.0/16",
    "168.63.129.16/32",
    "100.100.100.200/32",
    "fe80::/10",
    "fd00:ec2::/32",
    "fd20:ce::254/128",
)
"""Where clouds tell a pod who its node is, link-local and otherwise (AWS, Azure, Alibaba, GCP)."""


def within(inner: str, outer: str) -> bool:
    """Tell whether one range of addresses is all within another."""
    one, other = ip_network(inner), ip_network(outer)
    if isinstance(one, IPv4Network):
        return isinstance(other, IPv4Network) and one.subnet_of(other)
    return isinstance(other, IPv6Network) and one.subnet_of(other)


def _no_metadata(cidr: str) -> str:
    if any(within(cidr, closed) for closed in METADATA):
        msg = "a cloud's metadata is there, or what is link-local: only an `identity` opens it"
        raise ValueError(msg)
    return cidr


Cidr = Annotated[AnyCidr, AfterValidator(_no_metadata)]
"""Where a service is: a range of addresses that no cloud's metadata is all of."""

LabelKey = Annotated[
    str,
    Field(
        pattern=rf"^({_LABEL}(\.{_LABEL})*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?$",
        json_schema_extra={"rule": "a label's key: workload, or example.com/workload"},
    ),
]
"""The key of a label or taint."""

LabelValue = Annotated[
    str,
    Field(
        pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$",
        json_schema_extra={"rule": "a label's value: letters, digits, '-', '_', '.', at most 63"},
    ),
]
"""The value of a label or taint."""

VariableName = Annotated[
    str,
    Field(
        max_length=255,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        json_schema_extra={"rule": "letters, digits and '_', not a digit first"},
    ),
]
"""The name of an environment variable."""

Reason = Annotated[
    str,
    Field(
        min_length=10,
        max_length=1000,
        json_schema_extra={"rule": "why, in a sentence that a reviewer can judge"},
    ),
]
"""Why something is as it should not be."""
