"""Cases of what the network lets through, and of who pods are."""

from typing import Any

from floe_constructs.kubernetes.value import METADATA
from rule_cases import DELETE, Cases, Change, drop, put

WEB, POLICY = "Deployment/marquez-web", "NetworkPolicy/marquez-web"
POD = "spec template spec"
EGRESS, INGRESS = "spec egress 1", "spec ingress"
ROUTER = "StatefulSet/cube-store-router"
ACCOUNT = "ServiceAccount/marquez-web"
KEY = {"name": "CUBESTORE_AWS_ACCESS_KEY_ID",
       "valueFrom": {"secretKeyRef": {"name": "cube-sql", "key": "username"}}}  # fmt: skip


def egress(cidr: str, *out: str) -> tuple[Change, ...]:
    block: dict[str, Any] = {"cidr": cidr} | ({"except": list(out)} if out else {})
    return (put(POLICY, EGRESS, {"to": [{"ipBlock": block}], "ports": [{"port": 443}]}),)


def ingress(*rules: dict[str, Any]) -> tuple[Change, ...]:
    return (put(POLICY, INGRESS, list(rules)),)


BROKEN: Cases = {
    "network-default-deny": [
        (drop("NetworkPolicy/default-deny"),),
        (put("NetworkPolicy/default-deny", "spec policyTypes", ["Ingress"]),),
        (put("NetworkPolicy/default-deny", "spec ingress", [{"from": [{"podSelector": {}}]}]),),
    ],
    "egress-open": [
        egress("0.0.0.0/0", *(one for one in METADATA if "." in one)),
        egress("::/0", *(one for one in METADATA if ":" in one)),
    ],
    "ingress-open": [
        ingress({"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}),
        ingress({"ports": [{"port": 3000}]}),
    ],
    "identity-one": [
        (
            put(
                ACCOUNT,
                "metadata annotations",
                {
                    "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/a",
                    "iam.gke.io/gcp-service-account": "a@b.iam.gserviceaccount.com",
                },
            ),
        ),
    ],
    "identity-or-keys": [
        (put(ROUTER, f"{POD} containers 0 env 0", KEY),),
        (
            put(
                "ServiceAccount/dagster-code-finance",
                "metadata annotations eks.amazonaws.com/role-arn",
                "arn:aws:iam::123456789012:role/a",
            ),
            put(
                "Deployment/dagster-code-finance",
                f"{POD} containers 0 env 1",
                KEY | {"name": "AWS_ACCESS_KEY_ID"},
            ),
        ),
    ],
    "token-needed": [
        (put(WEB, f"{POD} automountServiceAccountToken", value=True),),
        (
            put(WEB, f"{POD} automountServiceAccountToken", DELETE),
            put(ACCOUNT, "automountServiceAccountToken", DELETE),
        ),
    ],
}

KEPT: Cases = {
    "network-default-deny": [
        (put("NetworkPolicy/default-deny", "spec policyTypes", ["Egress", "Ingress"]),),
    ],
    "egress-open": [egress("10.0.0.0/8")],
    "ingress-open": [ingress({"from": [{"podSelector": {}}]})],
    "identity-one": [
        (
            put(
                ACCOUNT,
                "metadata annotations",
                {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/a"},
            ),
        ),
    ],
    "identity-or-keys": [
        (
            put(ROUTER, f"{POD} containers 0 env 0", KEY),
            put(
                "ServiceAccount/cube-store-router",
                "metadata annotations eks.amazonaws.com/role-arn",
                DELETE,
            ),
        ),
    ],
    "token-needed": [
        (put(WEB, f"{POD} automountServiceAccountToken", DELETE),),
    ],
}
