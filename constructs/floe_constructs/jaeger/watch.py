"""What there is to watch of Jaeger: what its OpenTelemetry collector says of itself."""

from floe_constructs.jaeger.flows import collecting, labels
from floe_constructs.jaeger.pipeline import COUNTED, METRICS
from floe_constructs.jaeger.spec import JaegerSpec
from floe_constructs.jaeger.storage import BadgerStorage
from floe_constructs.monitoring import cluster
from floe_constructs.monitoring.watch import Alert, Panel, Target, Watch

_OWN = 'namespace="$namespace",pod=~"jaeger-.+"'

ALERTS = (
    Alert(
        name="FloeSpansRefused",
        severity="warning",
        lasting="10m",
        expr=f"sum by (pod) (rate(otelcol_receiver_refused_spans{{{_OWN}}}[10m])) > 0",
        summary="{{ $labels.pod }} refuses spans",
        description='{{ $value | printf "%.1f" }} spans per second do not get in: its memory is at '
        "the limit, or what it is sent cannot be read.",
    ),
    Alert(
        name="FloeSpansLost",
        severity="warning",
        lasting="10m",
        expr=f"sum by (pod) (rate(otelcol_exporter_send_failed_spans{{{_OWN}}}[10m])) > 0",
        summary="{{ $labels.pod }} loses spans",
        description='{{ $value | printf "%.1f" }} spans per second were taken in and cannot be '
        "written to the storage.",
    ),
)

PANELS = (
    Panel(
        title="Spans received per second",
        unit="ops",
        queries={
            "accepted": f"sum(rate(otelcol_receiver_accepted_spans{{{_OWN}}}[$__rate_interval]))",
            "refused": f"sum(rate(otelcol_receiver_refused_spans{{{_OWN}}}[$__rate_interval]))",
        },
    ),
    Panel(
        title="Spans written per second",
        unit="ops",
        queries={
            "written": f"sum(rate(otelcol_exporter_sent_spans{{{_OWN}}}[$__rate_interval]))",
            "failed": f"sum(rate(otelcol_exporter_send_failed_spans{{{_OWN}}}[$__rate_interval]))",
        },
        description="As many as are accepted, a little later.",
    ),
)


def watched(spec: JaegerSpec) -> Watch:
    """Answer what there is to watch."""
    targets = [
        Target(pods=labels(spec, role), port="metrics", number=METRICS) for role in spec.roles
    ]
    if spec.performance:
        targets.append(Target(pods=collecting(spec), port="counted", number=COUNTED))
    volumes = isinstance(spec.storage, BadgerStorage)
    return Watch(
        name="jaeger",
        instance=spec.instance,
        title="Jaeger",
        targets=tuple(targets),
        alerts=ALERTS,
        panels=(*PANELS, *cluster.panels("jaeger", volumes=volumes)),
    )
