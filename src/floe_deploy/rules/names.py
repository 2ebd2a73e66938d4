"""Names that the API server accepts."""

import re
from collections.abc import Iterator

from floe_deploy.manifests import Manifest
from floe_deploy.rules.finding import Finding

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*")
_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_AS_LABEL = frozenset({"Namespace", "Service"})
_FREE = frozenset({"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"})
"""RBAC names may hold `:` and capitals."""


def dns_labels(manifest: Manifest) -> Iterator[Finding]:
    """Names are DNS names; those that become host names or label values are single labels."""
    name, kind = manifest["metadata"]["name"], manifest["kind"]
    pattern, what = (
        (_LABEL, "a DNS label: lower-case letters, digits and '-', at most 63")
        if kind in _AS_LABEL
        else (_SUBDOMAIN, "DNS labels separated by '.'")
    )
    if kind not in _FREE and (not pattern.fullmatch(name) or len(name) > 253):  # noqa: PLR2004
        yield Finding(found=f"{kind} called {name!r}", allowed=what, fix="rename it")


def label_values(manifest: Manifest) -> Iterator[Finding]:
    """Values of labels, one of which names a folder."""
    for label, value in manifest["metadata"].get("labels", {}).items():
        if not _VALUE.fullmatch(value):
            yield Finding(
                found=f"label {label} with the value {value!r}",
                allowed="letters, digits, '-', '_', '.'; at most 63; a letter or digit at each end",
                fix="rename it",
            )
