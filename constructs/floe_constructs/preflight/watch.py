"""What there is to watch of checking between releases."""

from floe_constructs.monitoring.watch import Alert, Watch
from floe_constructs.preflight.spec import PreflightSpec

_OWN = '{namespace="$namespace",cronjob=~"preflight-.+"}'
_BEGUN, _WELL = (f"kube_cronjob_status_last_{end}_time{_OWN}" for end in ("schedule", "successful"))

ALERTS = (
    Alert(
        name="FloeServiceFailing",
        severity="warning",
        lasting="15m",
        expr=f"{_BEGUN} > on (cronjob) {_WELL}\nor {_BEGUN} unless on (cronjob) {_WELL}",
        summary="{{ $labels.cronjob }} finds a service that does not work",
        description="Its last run has failed: a service that the platform needs does not work, or "
        "the pod that checks does not start. The log of its last pod tells which.",
    ),
)


def watched(spec: PreflightSpec) -> Watch:
    """Answer what there is to watch."""
    return Watch(name="preflight", instance=spec.instance, title="Preflight", alerts=ALERTS)
