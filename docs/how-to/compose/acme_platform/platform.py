"""What Acme's platform is made of."""

from dataclasses import replace

from cdk8s import Chart

from acme_platform.environment import AcmeEnvironment
from acme_platform.notebook import NotebookServer, labels
from floe_constructs.jaeger.flows import collecting
from floe_constructs.jaeger.pipeline import OTLP_HTTP
from floe_constructs.kubernetes.endpoint import Flow
from floe_deploy import platform
from floe_deploy.wiring import Wired


def compose(chart: Chart, wired: Wired) -> None:
    """Add floe-deploy's platform, and what is Acme's own."""
    environment = wired.environment
    if isinstance(environment, AcmeEnvironment) and environment.notebook:
        NotebookServer(chart, "notebook", environment.notebook, wired.name)
        wired = replace(wired, flows=(*wired.flows, *flows(wired)))
    platform.compose(chart, wired)


def flows(wired: Wired) -> list[Flow]:
    """Answer what the server talks to; nothing else is possible."""
    if wired.jaeger is None:
        return []
    target = collecting(wired.jaeger)
    return [Flow(source=labels(wired.name), target=target, port=OTLP_HTTP, why="send spans")]
