"""Who can talk to whom, as an independent program reads it out of pods and NetworkPolicies.

`network-config-analyzer` knows nothing of our flows. What it computes has to be exactly them, pair
by pair and port by port, and beside them the look-up of names.
"""

import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network
from ipaddress import summarize_address_range as summarized
from pathlib import Path
from typing import Any

import pytest
import yaml

from floe_constructs.dagster import flows as dagster_flows
from floe_constructs.kubernetes.endpoint import Endpoint, Flow, Outside, Peer
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.yaml_text import load
from floe_deploy import overlay, wiring
from floe_deploy.project import Project
from floe_deploy.synth import render
from floe_deploy.wiring import Wired
from test_dist import ENVIRONMENTS, ROOT, manifests, run

Network = IPv4Network | IPv6Network
Reached = dict[tuple[str, str, int], set[str | Network]]
"""What can be reached, by who opens the connection, protocol and port."""

NCA = ROOT / ".tools" / "nca" / "bin" / "nca"
EVERYWHERE = [ip_network("0.0.0.0/0"), ip_network("::/0")]
CLOSED = [
    ip_network(cidr)
    for cidr in (
        "169.254.0.0/16", "168.63.129.16/32", "100.100.100.200/32",
        "fe80::/10", "fd00:ec2::/32", "fd20:ce::254/128",
    )
]  # fmt: skip
"""Where clouds tell a pod who its node is."""

IDENTITIES = [
    ip_network(cidr)
    for cidr in (
        "169.254.170.23/32", "fd00:ec2::23/128", "169.254.169.252/32", "169.254.169.254/32",
    )
]  # fmt: skip
"""Where EKS Pod Identity and GKE answer for a pod."""

DNS = 53
CACHES = [ip_network(cidr) for cidr in ("169.254.20.10/32", "169.254.10.10/31")]
"""Where nodes answer for DNS servers."""

Objects = list[dict[str, Any]]
NAME_LABEL = "kubernetes.io/metadata.name"


def pod(namespace: str, name: str, labels: dict[str, str]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    spec = {"containers": [{"name": "a", "image": "a:1"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def pods_of(manifests: Objects, wired: Wired) -> Iterator[dict[str, Any]]:
    """Answer two pods of each workload, two of each location's runs, and strangers."""
    namespace = wired.environment.namespace
    for manifest in manifests:
        spec = manifest.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            for number in (1, 2):
                name = f"{manifest['metadata']['name']}-{number}"
                yield pod(namespace, name, spec["template"]["metadata"]["labels"])
    if wired.dagster:
        for location in wired.dagster.deployed:
            labels = dagster_flows.runs(wired.dagster, location).selector
            yield from (pod(namespace, f"run-{location.name}-{n}", labels) for n in (1, 2))
    yield pod(namespace, "guest", {"app": "guest"})
    yield pod("kube-system", "dns", {"k8s-app": "kube-dns"})
    yield pod("kube-system", "cache", {"k8s-app": "node-local-dns"})
    yield pod("kube-system", "other", {"k8s-app": "metrics-server"})
    yield pod("elsewhere", "stranger", {"app": "stranger"})
    for flow in wired.flows:
        if isinstance(flow.source, Outside):
            for number, peer in enumerate(flow.source.peers):
                if peer.namespace:
                    yield pod(peer.namespace, f"{flow.source.name}-{number}", dict(peer.pods))
                    yield pod(peer.namespace, "stranger", {"app": "stranger"})


def computed(folder: Path, pods: Objects, policies: Objects) -> list[tuple[str, str, str]]:
    """Answer the lines of the analyzer: who, whom, and over what."""
    namespaces = [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": {NAME_LABEL: name}},
        }
        for name in sorted({one["metadata"]["namespace"] for one in pods})
    ]
    text = yaml.safe_dump_all([*namespaces, *pods, *policies])
    (folder / "cluster.yaml").write_text(text)
    result = run(
        str(NCA), "--connectivity", str(folder), "-r", str(folder), "--print_ipv6",
        "--output_format", "txt_no_fw_rules", "--output_endpoints", "pods", cwd=folder,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return re.findall(r"^(\S+) => (\S+) : (.*)$", result.stdout, re.MULTILINE)


def ends(text: str) -> list[str | Network]:
    """Answer a pod by its name, or a range of addresses as networks."""
    if "/" in text and not text[0].isdigit():
        return [text]
    first, _, last = text.partition("-")
    return list(summarized(ip_address(first), ip_address(last or first)))


def connections(text: str) -> Iterator[tuple[str, int]]:
    if text == "All connections":
        yield "all", 0
    for protocols, ports in re.findall(r"\{protocols:([A-Z, ]+),dst_ports:([0-9,-]+)\}", text):
        for part in ports.split(","):
            first, _, last = part.partition("-")
            for port in range(int(first), int(last or first) + 1):
                yield from ((protocol.strip(), port) for protocol in protocols.split(","))


def found(lines: Iterable[tuple[str, str, str]], namespace: str) -> Reached:
    """Answer what the analyzer found of the namespace's pods, in and out."""
    reached: Reached = {}
    for who, whom, over in lines:
        if not (who.startswith(f"{namespace}/") or whom.startswith(f"{namespace}/")):
            continue
        for source in ends(who):
            for protocol, port in connections(over):
                reached.setdefault((str(source), protocol, port), set()).update(ends(whom))
    return {key: merged(targets) for key, targets in reached.items()}


def merged(targets: Iterable[str | Network]) -> set[str | Network]:
    """Answer targets with adjacent networks made one."""
    targets = set(targets)
    names = {target for target in targets if isinstance(target, str)}
    four = [target for target in targets if isinstance(target, IPv4Network)]
    six = [target for target in targets if isinstance(target, IPv6Network)]
    return {*names, *collapse_addresses(four), *collapse_addresses(six)}


def without(network: Network, closed: Iterable[Network]) -> list[Network]:
    """Answer a network without the parts that are closed in it."""
    left = [network]
    for one in closed:
        left = [
            part
            for outer in left
            for part in (
                outer.address_exclude(one)  # type: ignore[arg-type]
                if outer.version == one.version and outer != one and one.subnet_of(outer)  # type: ignore[arg-type]
                else [outer]
            )
        ]
    return left


@dataclass(frozen=True)
class Cluster:
    """The pods that are looked at, and what the flows say of them."""

    namespace: str
    labels: dict[str, dict[str, str]]
    """Labels of every pod, by `NAMESPACE/NAME`."""

    def within(self, namespace: str | None, labels: dict[str, str]) -> list[str]:
        """Answer the pods of a namespace that carry labels."""
        return [
            name
            for name, at in self.labels.items()
            if name.startswith(f"{namespace}/") and labels.items() <= at.items()
        ]

    def sources(self, flow: Flow) -> list[str]:
        if isinstance(flow.source, Labels):
            return self.within(self.namespace, flow.source.selector)
        return [name for peer in flow.source.peers for name in self.peer(peer)]

    def peer(self, peer: Peer) -> list[str]:
        return self.within(peer.namespace, peer.pods) if peer.namespace else list(peer.cidrs)

    def targets(self, flow: Flow) -> list[str | Network]:
        if not isinstance(flow.target, Endpoint):
            return list(self.within(self.namespace, flow.target.selector))
        host = flow.target.host or ""
        networks = [ip_network(cidr) for cidr in flow.target.cidrs]
        if not networks:
            if service := re.fullmatch(r"[^.]+\.([^.]+)\.svc(\..*)?", host):
                return list(self.within(service[1], {}))
            if host and "." not in host:
                return []  # a service of the namespace, which lets in whom it wants by itself
            networks = EVERYWHERE
        return [part for network in networks for part in without(network, CLOSED)]

    def expected(self, wired: Wired) -> Reached:
        """Answer what the flows say, and that every pod of the namespace looks up names."""
        reached: Reached = {}
        for flow in wired.flows:
            for source in self.sources(flow):
                reached.setdefault((source, "TCP", flow.port), set()).update(
                    target for target in self.targets(flow) if target != source
                )
        servers: list[str | Network] = ["kube-system/dns", "kube-system/cache", *CACHES]
        for peer in wired.environment.cluster.dns:
            servers += self.peer(peer) if peer.namespace else map(ip_network, peer.cidrs)
        for name in self.within(self.namespace, {}):
            for protocol in ("TCP", "UDP"):
                reached.setdefault((name, protocol, 53), set()).update(servers)
        return {key: merged(whom) for key, whom in reached.items() if whom}


def by_whole_sources(reached: Reached) -> Reached:
    """Answer the same, with addresses that reach a pod on the other side: ranges are cut there."""
    whole: Reached = {}
    for (source, protocol, port), targets in reached.items():
        if source[0].isdigit() or ":" in source:
            for target in targets:
                key = (f"to {target}", protocol, port)
                whole.setdefault(key, set()).add(ip_network(source))
        else:
            whole[source, protocol, port] = targets
    return {key: merged(targets) for key, targets in whole.items()}


def policies_of(manifests: Objects) -> Objects:
    return [one for one in manifests if one["kind"] == "NetworkPolicy"]


def unlike(folder: Path, wired: Wired, pods: Objects, policies: Objects) -> Reached:
    """Answer what is possible and no flow, or a flow and not possible."""
    namespace = wired.environment.namespace
    there = found(computed(folder, pods, policies), namespace)
    by_name = {
        f"{one['metadata']['namespace']}/{one['metadata']['name']}": one["metadata"]["labels"]
        for one in pods
    }
    said = Cluster(namespace, by_name).expected(wired)
    there, said = by_whole_sources(there), by_whole_sources(said)
    unlike = {key: there.get(key, set()) ^ said.get(key, set()) for key in there.keys() | said}
    return {key: targets for key, targets in unlike.items() if targets}


@pytest.mark.tools
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_policies_allow_exactly_the_flows(environment: str, tmp_path: Path) -> None:
    wired = wiring.wire(overlay.load(ROOT / "overlays" / environment))
    pods = list(pods_of(manifests(environment), wired))
    assert unlike(tmp_path, wired, pods, policies_of(manifests(environment))) == {}


@pytest.mark.tools
@pytest.mark.parametrize(
    "names",
    [{"default-deny"}, {"dns", "dns-platform"}, {"cube-store-router"}, {"dagster-run"}],
    ids=min,
)
def test_without_any_policy_something_else_is_possible(names: set[str], tmp_path: Path) -> None:
    """The comparison would tell."""
    wired = wiring.wire(overlay.load(ROOT / "overlays" / "demo"))
    pods = list(pods_of(manifests("demo"), wired))
    every = policies_of(manifests("demo"))
    policies = [one for one in every if one["metadata"]["name"] not in names]
    assert len(policies) == len(every) - len(names)
    assert unlike(tmp_path, wired, pods, policies)


@pytest.mark.tools
@pytest.mark.parametrize("kind", ["aws-pod-identity", "gcp"])
def test_an_identity_opens_its_metadata_address_for_its_pods_alone(
    kind: str, tmp_path: Path
) -> None:
    environment = tmp_path / "env"
    shutil.copytree(ROOT / "overlays" / "demo", environment)
    file = environment / "environment.yaml"
    old = "      module: floe_demo.definitions\n"
    new = f"{old}      identity: {{type: {kind}}}\n"
    text = file.read_text().replace(old, new)
    file.write_text(text.replace("../../demo/", f"{ROOT}/demo/"))
    rendering = render(environment, Project())
    made = [
        load(text)
        for path, text in rendering.files.items()
        if path.endswith(".yaml") and "kustomization" not in path
    ]
    wired = wiring.wire(overlay.load(environment))
    folder = tmp_path / "cluster"
    folder.mkdir()
    pods = list(pods_of(made, wired))
    assert unlike(folder, wired, pods, policies_of(made)) == {}
    reached = found(computed(folder, pods, policies_of(made)), wired.environment.namespace)
    open_to = {
        source.partition("/")[2].rpartition("-")[0]
        for (source, _, port), targets in reached.items()
        for target in targets
        if port != DNS and not isinstance(target, str) and any(map(target.__eq__, IDENTITIES))
    }
    assert open_to == {"dagster-code-demo", "run-demo"}
