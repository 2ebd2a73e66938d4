"""NetworkPolicies out of flows."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from pydantic import ValidationError

from conftest import Synth
from floe_constructs.kubernetes.endpoint import Endpoint, External, Flow, Outside, Peer
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.network_policy import DefaultDeny, NetworkPolicies


def labels(component: str) -> Labels:
    return Labels(name="shop", instance="test", component=component)


WEB, API = labels("web"), labels("api")


def policies(synth: Synth, *flows: Flow) -> dict[str, Any]:
    objects = synth(lambda chart: NetworkPolicies(chart, "policies", flows))
    assert {kind for kind, _ in objects} == {"NetworkPolicy"}
    return {name: manifest["spec"] for (_, name), manifest in objects.items()}


def test_a_flow_opens_its_port_at_both_ends_and_nothing_else(synth: Synth) -> None:
    specs = policies(synth, Flow(source=WEB, target=API, port=8080, why="ask"))
    ports = [{"port": 8080, "protocol": "TCP"}]
    assert specs == {
        "shop-web": {
            "podSelector": {"matchLabels": WEB.selector},
            "policyTypes": ["Egress"],
            "egress": [{"to": [{"podSelector": {"matchLabels": API.selector}}], "ports": ports}],
        },
        "shop-api": {
            "podSelector": {"matchLabels": API.selector},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {"matchLabels": WEB.selector}}], "ports": ports}],
        },
    }


@pytest.mark.parametrize(
    ("host", "cidrs", "peers"),
    [
        ("db.example.com", ("10.0.0.5/32",), [{"ipBlock": {"cidr": "10.0.0.5/32"}}]),
        (
            "db.storage.svc.cluster.local",
            (),
            [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "storage"}}}],
        ),
        ("db", (), [{"podSelector": {}}]),
    ],
)
def test_an_endpoint_is_opened_by_what_is_known_of_it(
    synth: Synth, host: str, cidrs: tuple[str, ...], peers: list[dict[str, Any]]
) -> None:
    target = Endpoint(name="postgres", host=host, port=5432, cidrs=cidrs)
    specs = policies(synth, Flow(source=API, target=target, port=5432, why="store"))
    (rule,) = specs["shop-api"]["egress"]
    assert rule["to"] == peers


def test_no_metadata_address_is_open_where_addresses_are_not_known(synth: Synth) -> None:
    target = Endpoint(name="postgres", host="db.example.com", port=80)
    specs = policies(synth, Flow(source=API, target=target, port=80, why="store"))
    (rule,) = specs["shop-api"]["egress"]
    blocks = [peer["ipBlock"] for peer in rule["to"]]
    assert [block["cidr"] for block in blocks] == ["0.0.0.0/0", "::/0"]
    closed = [ip_network(cidr) for block in blocks for cidr in block["except"]]
    nodes = ["169.254.169.254", "169.254.170.23", "168.63.129.16", "100.100.100.200"]
    for address in (*nodes, "fe80::1", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254"):
        assert any(ip_address(address) in network for network in closed), address


def test_nothing_but_names_is_open_by_default(synth: Synth) -> None:
    servers = [Peer(cidrs=("10.96.0.10/32",)), Peer(namespace="dns", pods={"app": "coredns"})]
    objects = synth(lambda chart: DefaultDeny(chart, "deny", labels("all"), servers))
    deny = objects["NetworkPolicy", "default-deny"]["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    (rule,) = objects["NetworkPolicy", "dns"]["spec"]["egress"]
    assert {port["port"] for port in rule["ports"]} == {53}
    assert {"ipBlock": {"cidr": "10.96.0.10/32"}} in rule["to"]
    named = {"matchLabels": {"kubernetes.io/metadata.name": "dns"}}
    coredns = {"matchLabels": {"app": "coredns"}}
    assert {"namespaceSelector": named, "podSelector": coredns} in rule["to"]


def test_no_metadata_address_is_open_within_a_range_that_is_given(synth: Synth) -> None:
    target = Endpoint(name="proxy", host="proxy", port=80, cidrs=("168.0.0.0/6", "10.0.0.0/8"))
    (rule,) = policies(synth, Flow(source=API, target=target, port=80, why="ask"))["shop-api"][
        "egress"
    ]
    assert rule["to"] == [
        {"ipBlock": {"cidr": "168.0.0.0/6", "except": ["169.254.0.0/16", "168.63.129.16/32"]}},
        {"ipBlock": {"cidr": "10.0.0.0/8"}},
    ]


def test_what_connects_from_outside_is_named_by_namespace_labels_or_address(synth: Synth) -> None:
    controller = Peer(namespace="ingress", pods={"app": "nginx"})
    ingress = Outside(name="ingress", peers=(controller, Peer(cidrs=("10.0.0.0/24",))))
    specs = policies(synth, Flow(source=ingress, target=WEB, port=8080, why="show"))
    assert specs == {
        "shop-web": {
            "podSelector": {"matchLabels": WEB.selector},
            "policyTypes": ["Ingress"],
            "ingress": [
                {
                    "from": [
                        {
                            "namespaceSelector": {
                                "matchLabels": {"kubernetes.io/metadata.name": "ingress"}
                            },
                            "podSelector": {"matchLabels": {"app": "nginx"}},
                        },
                        {"ipBlock": {"cidr": "10.0.0.0/24"}},
                    ],
                    "ports": [{"port": 8080, "protocol": "TCP"}],
                }
            ],
        }
    }


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"namespace": "a", "cidrs": ["10.0.0.0/8"]},
        {"pods": {"app": "nginx"}},
        {"pods": {"app": "nginx"}, "cidrs": ["10.0.0.0/8"]},
    ],
)
def test_a_peer_is_pods_of_a_namespace_or_addresses(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Peer.model_validate(given)


@pytest.mark.parametrize("cidr", ["169.254.169.254/32", "169.254.0.0/16", "fd00:ec2::254/128"])
def test_no_service_is_where_metadata_is(cidr: str) -> None:
    with pytest.raises(ValidationError, match="only an `identity` opens it"):
        External.model_validate({"external": "http://trino:8080", "cidrs": [cidr]})
    assert Peer(cidrs=(cidr,)).cidrs == (cidr,)
