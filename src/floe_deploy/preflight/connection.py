"""The layers below every protocol, tried one after the other: name, TCP, TLS.

Clients tell a refused connection, an unknown name and a wrong certificate in one sentence of their
own, if at all; tried here first, each has its name before a client is asked.
"""

import ssl
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from floe_constructs.preflight.targets import Kept, is_host
from floe_deploy.preflight import layers
from floe_deploy.preflight.check import Probe
from floe_deploy.preflight.code import Stage
from floe_deploy.preflight.tcp import addresses_of, connected
from floe_deploy.preflight.tls import Greeting, handshake, look_at, trusting

_PORTS = {"http": 80, "https": 443}


def address_of(url: str) -> tuple[str, int]:
    """Answer host and port of an HTTP address."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)


def host_of(probe: Probe, host: str | Kept) -> str:
    """Answer a host, from wherever it is kept.

    Raises:
        Fault: what is kept is none.

    """
    if isinstance(host, str):
        return host
    text = probe.text(host)
    if not is_host(text):
        raise layers.HOST_MALFORMED(place=host.told)
    return text


def place_of(url: str) -> str:
    """Answer host and port of an HTTP address as messages have them."""
    host, port = address_of(url)
    return f"{host}:{port}"


async def reach_url(probe: Probe, url: str, ca_file: str | None = None) -> ssl.SSLContext | None:
    """Try the layers below HTTP; answer what the server is verified by, if it speaks TLS.

    Where a proxy of the environment (`HTTPS_PROXY`) is on the way, it is what is tried.

    Raises:
        Fault: a layer does not work.

    """
    host, port = address_of(url)
    encrypted = urlsplit(url).scheme == "https"
    context = trusting(ca_file) if encrypted else None
    if proxy := _proxy(url):
        await reach(probe, *address_of(proxy))
    else:
        await reach(probe, host, port, context)
    if not encrypted:
        warn_of_plain_traffic(probe, host, port)
    return context


async def reach(
    probe: Probe,
    host: str,
    port: int,
    context: ssl.SSLContext | None = None,
    greet: Greeting | None = None,
) -> Mapping[str, Any]:
    """Try name, TCP, what a protocol says first and, with a context, TLS; answer the certificate.

    Raises:
        Fault: a layer does not work.

    """
    where = f"{host}:{port}"
    probe.at(Stage.DNS, where)
    addresses = await addresses_of(host, port)
    probe.at(Stage.TCP)
    connection = await connected(addresses, host, port)
    with connection:
        if greet and not await greet(connection):
            return {}
        if context is None:
            return {}
        probe.at(Stage.TLS)
        certificate = await handshake(connection, host, port, context, greet)
    look_at(probe, certificate, host, port)
    return certificate


def warn_of_plain_traffic(probe: Probe, host: str, port: int) -> None:
    """Warn of traffic that others could read: neither on this machine nor to a Service."""
    if not near(host):
        probe.warn(layers.PLAIN_TRAFFIC(host=host, port=port))


def near(host: str) -> bool:
    """Tell whether a host is this machine, or a Service of the cluster."""
    if on_the_node(host):
        return True
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return "." not in host or host.endswith((".svc", ".cluster.local", ".localhost"))


def on_the_node(host: str) -> bool:
    """Tell whether a host is what the node gives identities by, of which no proxy may hear."""
    with suppress(ValueError):
        return ip_address(host).is_link_local
    return host == "metadata.google.internal"


def _proxy(url: str) -> str:
    """Answer the proxy that the environment puts before an address, as httpx and obstore do."""
    host, port = address_of(url)
    proxies = getproxies()
    if not proxies or on_the_node(host) or proxy_bypass(f"{host}:{port}"):
        return ""
    proxy = proxies.get(urlsplit(url).scheme) or proxies.get("all") or ""
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"
