"""The check of what has none of its own: it is there, and nobody asked whether it works."""

from typing import cast

from floe_constructs.preflight.targets import Other
from floe_deploy.preflight import layers
from floe_deploy.preflight.check import Check, Probe, Service
from floe_deploy.preflight.code import Answer
from floe_deploy.preflight.connection import host_of, reach, warn_of_plain_traffic
from floe_deploy.preflight.tls import trusting


def checks(service: str, target: Other) -> list[Check]:
    """Answer the one check: name, TCP and TLS."""
    host = target.host if isinstance(target.host, str) else target.host.told

    async def reached(probe: Probe) -> Answer:
        host = host_of(probe, target.host)
        context = trusting(target.ca_file) if target.tls else None
        await reach(probe, host, target.port, context)
        if not target.tls:
            warn_of_plain_traffic(probe, host, target.port)
        probe.warn(layers.NO_DEEP_CHECK(kind=target.kind, host=host, port=target.port))
        return Answer(message="")  # the warning says it

    return [
        Check(
            id=target.root(service),
            service=cast("Service", service),
            title=f"{target.kind} is there",
            hint=f"{host}:{target.port}",
            run=reached,
        )
    ]
