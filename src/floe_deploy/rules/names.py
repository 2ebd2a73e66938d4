"""Names and labels that the API server takes."""

import re
from collections.abc import Iterator

from floe_deploy.rules.objects import Object
from floe_deploy.rules.rule import Breach, Rule
from floe_deploy.rules.shape import mapping

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*")
_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_KEY = re.compile(rf"({_SUBDOMAIN.pattern}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?")
_LONGEST = 253
_LONGEST_OF = {"CronJob": 52, "StatefulSet": 52, "Job": 63}
"""Names that Kubernetes writes, some with a hash behind them, into labels of pods."""

_AS_LABEL = frozenset({"Namespace", "Service"})
_FREE = frozenset({"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"})
"""RBAC names may hold `:` and capitals."""


def _dns_names(it: Object) -> Iterator[Breach]:
    pattern, what = (
        (_LABEL, "a DNS label: lower-case letters, digits and '-', at most 63")
        if it.kind in _AS_LABEL
        else (_SUBDOMAIN, "DNS labels separated by '.'")
    )
    longest = _LONGEST_OF.get(it.kind, _LONGEST)
    fits = pattern.fullmatch(it.name) and len(it.name) <= longest
    what += f"; at most {longest} in all" if it.kind in _LONGEST_OF else ""
    if it.kind not in _FREE and not fits:
        yield Breach(found=f"{it.kind} called {it.name!r}", allowed=what)


def _labels(it: Object) -> Iterator[Breach]:
    own, pod = mapping(it.metadata.get("labels")), it.pod.labels if it.pod else {}
    for key, value in [*own.items(), *(pair for pair in pod.items() if pair not in own.items())]:
        if not _KEY.fullmatch(str(key)):
            yield Breach(found=f"label {key!r}", allowed="PREFIX/NAME, both as in DNS")
        elif not isinstance(value, str) or not _VALUE.fullmatch(value):
            yield Breach(
                found=f"label {key} with the value {value!r}",
                allowed="text of letters, digits, '-', '_', '.'; at most 63; "
                "a letter or digit at each end",
            )


RULES = (
    Rule(
        id="name-dns",
        summary="Names are DNS names, and short where labels are made of them; Services and "
        "Namespaces are single DNS labels.",
        why="The API server refuses the object.",
        remedy="rename it",
        check=_dns_names,
    ),
    Rule(
        id="label-value",
        summary="Labels have keys and values that the API server takes, numbers in quotes.",
        why="The API server refuses the object. A value in `app.kubernetes.io/name` also names a "
        "folder.",
        remedy="rename it, or write it in quotes",
        check=_labels,
    ),
)
