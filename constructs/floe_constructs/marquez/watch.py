"""What there is to watch of Marquez: what Dropwizard and the JVM say."""

from floe_constructs.marquez.config import HTTP
from floe_constructs.marquez.flows import labels
from floe_constructs.marquez.spec import MarquezSpec
from floe_constructs.monitoring import cluster
from floe_constructs.monitoring.watch import Alert, Panel, Target, Watch

_OWN = 'namespace="$namespace",pod=~"marquez-api-.+"'
_HANDLER = "io_dropwizard_jetty_MutableServletContextHandler"
_POOL = "io_dropwizard_db_ManagedPooledDataSource_MarquezApp_source"

ALERTS = (
    Alert(
        name="FloeLineageFailing",
        severity="warning",
        lasting="10m",
        expr=f"sum(rate({_HANDLER}_5xx_responses_total{{{_OWN}}}[10m]))"
        f" / sum(rate({_HANDLER}_requests_count{{{_OWN}}}[10m])) > 0.05",
        summary="Marquez answers with errors",
        description="{{ $value | humanizePercentage }} of requests fail. Lineage that is sent now "
        "is lost: those who send it go on without.",
    ),
)

PANELS = (
    Panel(
        title="Answers per second",
        unit="ops",
        queries={
            kind: f"sum(rate({_HANDLER}_{kind}_responses_total{{{_OWN}}}[$__rate_interval]))"
            for kind in ("2xx", "4xx", "5xx")
        },
        description="Requests for metrics are among them.",
    ),
    Panel(
        title="Time of the slowest hundredth of requests",
        unit="s",
        queries={"{{pod}}": f'{_HANDLER}_requests{{{_OWN},quantile="0.99"}}'},
    ),
    Panel(
        title="Connections to the database",
        unit="short",
        queries={
            "in use": f"sum({_POOL}_active{{{_OWN}}})",
            "waited for": f"sum({_POOL}_waiting{{{_OWN}}})",
            "open": f"sum({_POOL}_size{{{_OWN}}})",
        },
        description="Waiting means that the pool is too small, or the database too slow.",
    ),
    Panel(
        title="Heap, as a share of its limit",
        unit="percentunit",
        queries={
            "{{pod}}": f'jvm_memory_bytes_used{{{_OWN},area="heap"}}'
            f' / jvm_memory_bytes_max{{{_OWN},area="heap"}}'
        },
    ),
)


def watched(spec: MarquezSpec) -> Watch:
    """Answer what there is to watch.

    The admin port's `/metrics` is JSON, so that metrics are on the port of the API.
    """
    return Watch(
        name="marquez",
        instance=spec.instance,
        title="Marquez",
        targets=(Target(pods=labels(spec, "api"), port="http", number=HTTP),),
        alerts=ALERTS,
        panels=(*PANELS, *cluster.panels("marquez")),
    )
