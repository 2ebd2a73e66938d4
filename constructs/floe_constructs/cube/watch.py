"""What there is to watch of Cube, which has no metrics of its own that Prometheus could read.

Cube Store sends StatsD by UDP; a sidecar that turns it into metrics is not deployed.
"""

from floe_constructs.cube.spec import CubeSpec
from floe_constructs.monitoring import cluster
from floe_constructs.monitoring.watch import Panel, Watch

_OWN = 'namespace="$namespace",pod=~"cube-.+"'

PANELS = (
    Panel(
        title="Traffic in",
        unit="Bps",
        queries={
            "{{pod}}": "sum by (pod) (rate("
            f"container_network_receive_bytes_total{{{_OWN}}}[$__rate_interval]))"
        },
        description="Cube does not count its queries: this is what shows that somebody asks.",
    ),
)


def watched(spec: CubeSpec) -> Watch:
    """Answer what there is to watch."""
    panels = (*PANELS, *cluster.panels("cube", volumes=True))
    return Watch(name="cube", instance=spec.instance, title="Cube", panels=panels)
