"""Asking a container what its probes ask."""

import socket
from typing import Any

import urllib3
from dagster._grpc.client import DagsterGrpcClient

from pods import Body


def answers(address: str, container: Body, probe: str = "readinessProbe") -> bool:
    """Answer whether it is ready, or what else a probe asks; without a probe it is."""
    ports = {port["name"]: port["containerPort"] for port in container.get("ports", ())}
    match container.get(probe, {}):
        case {"grpc": {"port": port, "service": service}}:
            return _listens(address, port) and _serves(address, port, service)
        case {"httpGet": {"port": name, "path": path}}:
            return _listens(address, ports[name]) and _pleases(f"{address}:{ports[name]}{path}")
        case {"tcpSocket": {"port": name}}:
            return _listens(address, ports[name])
        case _:
            return True


def _listens(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=2).close()
    except OSError:
        return False
    return True


def _serves(address: str, port: int, service: str) -> bool:
    assert service == "DagsterApi", "is what the client asks for"
    client: Any = DagsterGrpcClient(host=address, port=port)
    return bool(client.health_check_query() == "SERVING")


def _pleases(page: str) -> bool:
    try:
        answer = urllib3.request("GET", f"http://{page}", retries=False, timeout=2)
    except urllib3.exceptions.HTTPError:
        return False
    return answer.status < 400
